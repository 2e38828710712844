// SPDX-License-Identifier: MPL-2.0
// The SHA-256 of a file, by which the server names it. The browser's own where the page is
// secure and the file fits in memory; otherwise (a phone on the office's plain http, a long
// video) a library that hashes slice by slice.

const WHOLE_MOST = 32 * 1024 * 1024;
const SLICE = 4 * 1024 * 1024;

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The file's bytes could not be read: on phones a file that was changed or taken away. */
export class UnreadableError extends Error {
  constructor(cause: unknown) {
    super('the file cannot be read', { cause });
    this.name = 'UnreadableError';
  }
}

export async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (error) {
    throw new UnreadableError(error);
  }
}

async function inSlices(blob: Blob, signal?: AbortSignal): Promise<string> {
  const { sha256: make } = await import('@noble/hashes/sha2.js');
  const hash = make.create();
  for (let at = 0; at < blob.size; at += SLICE) {
    signal?.throwIfAborted();
    hash.update(await bytesOf(blob.slice(at, at + SLICE)));
    // Lets the page breathe between slices.
    await new Promise((done) => setTimeout(done));
  }
  return toHex(hash.digest());
}

export async function sha256(blob: Blob, signal?: AbortSignal): Promise<string> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle || blob.size > WHOLE_MOST) return inSlices(blob, signal);
  return toHex(new Uint8Array(await subtle.digest('SHA-256', await bytesOf(blob))));
}
