// SPDX-License-Identifier: MPL-2.0
import { describe, expect, it, vi } from 'vitest';
import { ApiError, Client, LineError, queryString, uuid } from '../../lib/api/client.ts';

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(status === 204 ? null : JSON.stringify(body), {
    status,
    headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', ...headers },
  });
type Answer = Response | Error;

function make(answers: Answer[], more: { onSignedOut?: () => void } = {}) {
  const calls: { url: string; init: RequestInit; headers: Record<string, string> }[] = [];
  const slept: number[] = [];
  const client = new Client({
    base: '/boston/api/v1',
    ...more,
    sleep: async (ms) => {
      slept.push(ms);
    },
    fetch: async (input, init) => {
      calls.push({ url: String(input), init: init!, headers: init!.headers as Record<string, string> });
      const answer = answers.shift()!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { client, calls, slept };
}

describe('client', () => {
  it('sends every retry of a POST with the same Idempotency-Key', async () => {
    const { client, calls } = make([new TypeError('cut'), json(503, { code: 'busy' }), json(201, { number: 'B-1' })]);
    await expect(client.post('/cases', { class: 1 })).resolves.toEqual({ number: 'B-1' });
    expect(calls).toHaveLength(3);
    const keys = calls.map((call) => call.headers['Idempotency-Key']);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
  it('keeps the key that the caller gave, so that sending again by hand cannot act twice', async () => {
    const { client, calls } = make([json(200, {}), json(200, {})]);
    await client.post('/x', {}, { key: 'k' });
    await client.post('/x', {}, { key: 'k' });
    expect(calls.map((call) => call.headers['Idempotency-Key'])).toEqual(['k', 'k']);
  });
  it('gives up after its retries with a line error, and tells that the line is down', async () => {
    const { client, calls } = make(Array.from({ length: 4 }, () => new TypeError('cut')));
    await expect(client.post('/cases', {})).rejects.toBeInstanceOf(LineError);
    expect(calls).toHaveLength(4);
    expect(client.line.value).toBe('down');
  });
  it('waits as long as Retry-After says', async () => {
    const { client, slept } = make([json(429, {}, { 'Retry-After': '7' }), json(200, {})]);
    await client.get('/cases');
    expect(slept).toEqual([7000]);
  });
  it('does not repeat what the server has refused', async () => {
    const { client, calls } = make([json(412, { code: 'task.changed', changed: [{ seq: 4 }] })]);
    const error = await client.post('/cases/B-1/actions', {}, { ifMatch: '"17.3"' }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).code).toBe('task.changed');
    expect((error as ApiError).problem.changed).toEqual([{ seq: 4 }]);
    expect(calls).toHaveLength(1);
    expect(calls[0]!.headers['If-Match']).toBe('"17.3"');
  });
  it('tells the page once when the session has ended, but not while signing in', async () => {
    const ended = vi.fn();
    const { client } = make([json(401, { code: 'account.sign_in' }), json(401, { code: 'login.wrong' })], { onSignedOut: ended });
    await expect(client.get('/cases')).rejects.toMatchObject({ status: 401 });
    await expect(client.post('/session', {}, { quiet: true })).rejects.toMatchObject({ code: 'login.wrong' });
    expect(ended).toHaveBeenCalledTimes(1);
  });
  it('makes a code of the status when the answer is no problem document', async () => {
    const { client } = make([new Response('<html>', { status: 500, headers: { 'Content-Type': 'text/html' } })]);
    await expect(client.delete('/session')).rejects.toMatchObject({ code: 'http.500', status: 500 });
  });
  it('sends a photo as it is and everything else as JSON', async () => {
    const { client, calls } = make([json(201, {}), json(204, null)]);
    await client.post('/media', new Blob(['x'], { type: 'image/png' }));
    await client.post('/session/password', { old: 'a', new: 'b' });
    expect(calls.map((call) => call.headers['Content-Type'])).toEqual(['image/png', 'application/json']);
  });
  it('breaks off when the caller does not want the answer any more', async () => {
    const abort = new AbortController();
    abort.abort();
    const { client, calls } = make([new DOMException('aborted', 'AbortError')]);
    await expect(client.get('/cases', {}, { signal: abort.signal })).rejects.toThrow('aborted');
    expect(calls).toHaveLength(1);
    expect(client.line.value).toBe('ok');
  });
  it('notices that the server has become another', async () => {
    const answer = (version: string) => new Response('{}', { headers: { 'Content-Type': 'application/json', 'Gridcase-Version': version } });
    const { client } = make([answer('1'), answer('1'), answer('2'), answer('1')]);
    await client.get('/a');
    await client.get('/a');
    expect([client.version.value, client.outdated.value]).toEqual(['1', false]);
    await client.get('/a');
    expect(client.outdated.value).toBe(true);
    await client.get('/a');
    expect(client.outdated.value).toBe(true);
  });
  it('fetches a file with its name, and a refusal as what it is', async () => {
    const { client } = make([
      new Response('a,b', { headers: { 'Content-Disposition': 'attachment; filename="t-1.csv"', 'Gridcase-Rows': '1' } }),
      new Response('{"code":"account.denied"}', { status: 403, headers: { 'Content-Type': 'application/problem+json' } }),
    ]);
    const file = await client.file('/cases.csv');
    expect([file.name, await file.blob.text(), file.headers.get('gridcase-rows')]).toEqual(['t-1.csv', 'a,b', '1']);
    await expect(client.file('/cases.csv')).rejects.toMatchObject({ status: 403, code: 'account.denied' });
  });
  it('follows the clock of the server only when it is seconds away', () => {
    const { client } = make([]);
    client.heard(new Date(Date.now() + 500).toISOString());
    expect(client.skewMs.value).toBe(0);
    client.heard(new Date(Date.now() + 60_000).toISOString());
    expect(Math.round(client.skewMs.value / 1000)).toBe(60);
  });
});

describe('uuid and query', () => {
  it('makes keys that sort by time', () => {
    expect([uuid(3000), uuid(1000), uuid(2000)].sort().map((key) => Number.parseInt(key.slice(0, 13).replace('-', ''), 16))).toEqual([1000, 2000, 3000]);
  });
  it('leaves out what is empty and writes true as 1', () => {
    expect(queryString({ a: '', b: null, c: undefined, d: false, e: true, f: 'x y', g: 0 })).toBe('?e=1&f=x+y&g=0');
    expect(queryString({})).toBe('');
  });
});
