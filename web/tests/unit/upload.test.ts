// SPDX-License-Identifier: MPL-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { ApiError, LineError } from '../../lib/api/client.ts';
import { type Progress, sha256, uploadMedia } from '../../lib/media/upload.ts';

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
const digest = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ status, code }), {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
  });

type Fault = (method: string, part: Uint8Array) => Response | Error | undefined | void;

/** A server that keeps one person's part, as gridcase does. */
class Disk {
  part = new Uint8Array(0);
  done = false;
  length = 0;
  calls: { method: string; offset: number; bytes: number }[] = [];
  faults: Fault[] = [];
  readonly hash: string;
  constructor(hash: string) {
    this.hash = hash;
  }

  #receipt(): Response {
    this.done = true;
    return new Response(JSON.stringify({ sha256: this.hash, type: 'image/jpeg', bytes: this.length, stored: true }), {
      status: 201,
    });
  }
  #append(init: RequestInit): Response {
    const headers = init.headers as Record<string, string>;
    const offset = Number(headers['Upload-Offset']);
    const body = init.body as Uint8Array;
    this.length = Number(headers['Upload-Length']);
    const have = this.done ? this.length : this.part.length;
    if (offset !== have) return problem(409, 'media.offset', { 'Upload-Offset': String(have) });
    if (!this.done) this.part = Uint8Array.from([...this.part, ...body]);
    if (this.done) return this.#receipt();
    if (this.part.length < this.length) {
      return new Response(null, { status: 204, headers: { 'Upload-Offset': String(this.part.length) } });
    }
    if (digest(this.part) === this.hash) return this.#receipt();
    this.part = new Uint8Array(0);
    return problem(422, 'media.digest');
  }
  fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    expect(String(input)).toBe(`/boston/api/v1/media/${this.hash}`);
    const method = init.method ?? 'GET';
    const body = (init.body as Uint8Array | undefined) ?? new Uint8Array(0);
    this.calls.push({ method, offset: Number((init.headers as Record<string, string>)?.['Upload-Offset'] ?? -1), bytes: body.length });
    init.signal?.throwIfAborted();
    const fault = this.faults.shift()?.(method, body);
    if (fault instanceof Error) throw fault;
    if (fault) return fault;
    if (method === 'PATCH') return this.#append(init);
    if (this.done) return new Response(null, { status: 200, headers: { 'Upload-Complete': '?1' } });
    if (this.part.length === 0) return new Response(null, { status: 404 });
    return new Response(null, {
      status: 200,
      headers: { 'Upload-Offset': String(this.part.length), 'Upload-Complete': '?0' },
    });
  };
}

const api = { url: (path: string) => `/boston/api/v1${path}` };
const options = (disk: Disk) => ({ api, fetch: disk.fetch, sleep: async () => undefined });

describe('uploadMedia', () => {
  it('sends a file in chunks and answers with the receipt', async () => {
    const data = bytes(700_000);
    const disk = new Disk(digest(data));
    const heard: Progress[] = [];
    const receipt = await uploadMedia(new Blob([data]), {
      ...options(disk),
      onProgress: (progress) => heard.push(progress),
    });
    expect(receipt).toMatchObject({ sha256: disk.hash, type: 'image/jpeg', bytes: 700_000 });
    expect(digest(disk.part)).toBe(disk.hash);
    expect(disk.calls.filter((call) => call.method === 'PATCH').length).toBeGreaterThan(1);
    expect(heard[0]).toEqual({ sent: 0, total: 700_000 });
    expect(heard.at(-1)).toEqual({ sent: 700_000, total: 700_000 });
    expect(heard.every((progress, i) => i === 0 || progress.sent >= heard[i - 1]!.sent)).toBe(true);
  });
  it('goes on where an earlier try stopped', async () => {
    const data = bytes(500_000);
    const disk = new Disk(digest(data));
    disk.part = data.slice(0, 400_000);
    await uploadMedia(new Blob([data]), options(disk));
    expect(disk.calls).toEqual([
      { method: 'HEAD', offset: -1, bytes: 0 },
      { method: 'PATCH', offset: 400_000, bytes: 100_000 },
    ]);
  });
  it('does not send again what is there', async () => {
    const data = bytes(300_000);
    const disk = new Disk(digest(data));
    disk.done = true;
    disk.length = data.length;
    const receipt = await uploadMedia(new Blob([data]), options(disk));
    expect(receipt.sha256).toBe(disk.hash);
    expect(disk.calls.reduce((sum, call) => sum + call.bytes, 0)).toBe(0);
  });
  it('asks for the offset again when the line was cut, whether or not the chunk had arrived', async () => {
    const data = bytes(600_000);
    const disk = new Disk(digest(data));
    disk.faults = [
      () => undefined,
      () => new TypeError('cut before it arrived'),
      () => undefined,
      (_method, part) => {
        disk.part = part.slice(); // it arrived, the answer did not
        return new TypeError('cut after it arrived');
      },
    ];
    await expect(uploadMedia(new Blob([data]), options(disk))).resolves.toMatchObject({ bytes: 600_000 });
    expect(digest(disk.part)).toBe(disk.hash);
    expect(disk.calls.filter((call) => call.method === 'HEAD')).toHaveLength(3);
  });
  it('takes the offset that a conflict tells', async () => {
    const data = bytes(300_000);
    const disk = new Disk(digest(data));
    disk.faults = [
      () => {
        disk.part = data.slice(0, 200_000); // another tab sends the same file
        return new Response(null, { status: 404 });
      },
    ];
    await uploadMedia(new Blob([data]), options(disk));
    expect(disk.calls.map((call) => call.offset)).toEqual([-1, 0, 200_000]);
  });
  it('sends a file once more from its beginning when the digest was wrong, and only once', async () => {
    const data = bytes(100_000);
    const disk = new Disk(digest(data));
    disk.part = bytes(40_000).map((byte) => byte ^ 1); // what an earlier try left is spoilt
    await expect(uploadMedia(new Blob([data]), options(disk))).resolves.toMatchObject({ bytes: 100_000 });
    const wrong = new Disk(digest(bytes(5)));
    const error = await uploadMedia(new Blob([data]), { ...options(wrong), sha256: wrong.hash }).catch((caught: unknown) => caught);
    expect((error as ApiError).code).toBe('media.digest');
    expect(wrong.calls.filter((call) => call.method === 'PATCH')).toHaveLength(2);
  });
  it('tells the caller when the line stays down', async () => {
    const disk = new Disk(digest(bytes(10)));
    disk.faults = Array.from({ length: 99 }, () => () => new TypeError('no line'));
    await expect(uploadMedia(new Blob([bytes(10)]), options(disk))).rejects.toBeInstanceOf(LineError);
    expect(disk.calls.length).toBeLessThan(10);
  });
  it('does not repeat what the server has refused', async () => {
    const disk = new Disk(digest(bytes(10)));
    disk.faults = [() => undefined, () => problem(507, 'media.disk_low')];
    const error = await uploadMedia(new Blob([bytes(10)]), options(disk)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).code).toBe('media.disk_low');
    expect(disk.calls).toHaveLength(2);
  });
  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const disk = new Disk(digest(bytes(900_000)));
    disk.faults = [() => undefined, () => abort.abort(new Error('left the page'))];
    await expect(
      uploadMedia(new Blob([bytes(900_000)]), { ...options(disk), signal: abort.signal }),
    ).rejects.toThrow('left the page');
  });
  it('refuses an empty file without asking', async () => {
    await expect(uploadMedia(new Blob([]), options(new Disk('')))).rejects.toMatchObject({ code: 'media.empty' });
  });
});

describe('sha256', () => {
  it('is the same with and without a secure context', async () => {
    const data = bytes(9_000_000); // more than two slices
    const secure = await sha256(new Blob([data]));
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const plain = await sha256(new Blob([data]));
    vi.unstubAllGlobals();
    expect(secure).toBe(digest(data));
    expect(plain).toBe(digest(data));
  });
});
