// SPDX-License-Identifier: MPL-2.0
// Sends a file so that a lost line costs at most one chunk: HEAD tells how much of it this
// person has sent already, PATCH appends, the answer to the last byte is the receipt. Calling
// it again for the same file, after hours or after a reload, goes on where it stopped; a file
// that is there already is not sent again. Works in a page and in a service worker.
import { ApiError, LineError, problemOf } from '../api/client.ts';
import type { StoredMedia } from '../api/types.ts';
import { bytesOf, sha256 } from './sha256.ts';

export { sha256, UnreadableError } from './sha256.ts';

/** What the server has on disk. */
export type Receipt = StoredMedia;
export interface Progress {
  sent: number;
  total: number;
}
export interface UploadOptions {
  /** Where the city's API is: a Client, or anything that makes addresses of it. */
  api: { url(path: string): string };
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  /** The file's SHA-256 when it is known already (an outbox keeps it). */
  sha256?: string;
  fetch?: typeof fetch;
  sleep?: (ms: number) => Promise<void>;
}

const CHUNK_LEAST = 64 * 1024;
const CHUNK_FIRST = 256 * 1024;
const CHUNK_MOST = 4 * 1024 * 1024;
const CHUNK_AIM_MS = 2500;
const ANSWER_MS = 60_000;
/** Pauses between tries of a chunk; after the last one the caller is told. */
const RETRY_MS = [500, 1500, 4000, 8000];
const TRANSIENT = new Set([429, 502, 503, 504]);

interface Upload {
  readonly blob: Blob;
  readonly hash: string;
  readonly address: string;
  readonly options: UploadOptions;
  readonly fetch: typeof fetch;
  offset: number;
  chunk: number;
}

async function ask(upload: Upload, init: RequestInit): Promise<Response> {
  const abort = new AbortController();
  const { signal } = upload.options;
  const stop = () => abort.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', stop);
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    abort.abort();
  }, ANSWER_MS);
  try {
    return await upload.fetch(upload.address, {
      ...init,
      signal: abort.signal,
      credentials: 'same-origin',
      cache: 'no-store',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new LineError(timedOut);
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener('abort', stop);
  }
}

const offsetOf = (response: Response): number | null => {
  const text = response.headers.get('upload-offset');
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
};

/** How much the server has of it from this person: sets the offset. True: all of it. */
async function look(upload: Upload): Promise<boolean> {
  const response = await ask(upload, { method: 'HEAD' });
  if (response.status === 404) {
    upload.offset = 0;
    return false;
  }
  if (!response.ok) throw await problemOf(response);
  upload.offset = Math.min(offsetOf(response) ?? upload.blob.size, upload.blob.size);
  return response.headers.get('upload-complete') === '?1';
}

// Small chunks on a slow line, so that little is lost with it.
function adapt(upload: Upload, sent: number, ms: number): void {
  const fits = (sent / Math.max(ms, 1)) * CHUNK_AIM_MS;
  const next = Math.min(fits, upload.chunk * 2);
  upload.chunk = Math.round(Math.min(CHUNK_MOST, Math.max(CHUNK_LEAST, next)));
}

/** Sends one chunk; the receipt when it was the last. */
async function append(upload: Upload): Promise<Receipt | null> {
  const { blob } = upload;
  const end = Math.min(upload.offset + upload.chunk, blob.size);
  const body = await bytesOf(blob.slice(upload.offset, end));
  const began = Date.now();
  const response = await ask(upload, {
    method: 'PATCH',
    headers: {
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': String(upload.offset),
      'Upload-Length': String(blob.size),
      Accept: 'application/json',
    },
    body,
  });
  const offset = offsetOf(response);
  // The server has more or less than we believed: an answer was lost, or another tab sends.
  if (response.status === 409 && offset !== null) {
    upload.offset = Math.min(offset, blob.size);
    return null;
  }
  if (!response.ok) throw await problemOf(response);
  if (response.status === 201) return (await response.json()) as Receipt;
  adapt(upload, end - upload.offset, Date.now() - began);
  upload.offset = offset ?? end;
  return null;
}

const isTransient = (error: unknown): boolean =>
  error instanceof LineError || (error instanceof ApiError && TRANSIENT.has(error.status));

async function sendAll(upload: Upload): Promise<Receipt> {
  const sleep = upload.options.sleep ?? ((ms: number) => new Promise<void>((done) => setTimeout(done, ms)));
  const total = upload.blob.size;
  let failures = 0;
  let known = false; // whether the offset is the server's
  let best = -1;
  let again = false;
  for (;;) {
    try {
      if (!known) {
        const complete = await look(upload);
        known = true;
        // An empty append at the end asks for the receipt of what is there.
        if (complete) upload.offset = total;
      }
      upload.options.onProgress?.({ sent: upload.offset, total });
      const receipt = await append(upload);
      if (receipt) {
        upload.options.onProgress?.({ sent: total, total });
        return receipt;
      }
      // Only what goes forward counts: two tabs that send the same cannot turn for ever.
      if (upload.offset > best) failures = 0;
      else if (++failures > RETRY_MS.length) throw new LineError(false);
      best = Math.max(best, upload.offset);
    } catch (error) {
      // What came before, perhaps from a disk that lied, was not this file: once more, from
      // its beginning.
      if (error instanceof ApiError && error.code === 'media.digest' && !again) {
        again = true;
        known = false;
        continue;
      }
      if (upload.options.signal?.aborted || !isTransient(error) || failures >= RETRY_MS.length) throw error;
      upload.chunk = Math.max(CHUNK_LEAST, Math.floor(upload.chunk / 2));
      await sleep(RETRY_MS[failures++]!);
      known = false;
    }
  }
}

/**
 * Sends the file and answers with its receipt. Throws ApiError (refused, with a stable code
 * that the catalogues translate), LineError (no line: call it again later), UnreadableError,
 * or the signal's reason.
 */
export async function uploadMedia(blob: Blob, options: UploadOptions): Promise<Receipt> {
  if (blob.size === 0) {
    throw new ApiError({ status: 400, code: 'media.empty', detail: 'the file is empty' });
  }
  const hash = options.sha256 ?? (await sha256(blob, options.signal));
  return sendAll({
    blob,
    hash,
    address: options.api.url(`/media/${hash}`),
    options,
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    offset: 0,
    chunk: CHUNK_FIRST,
  });
}
