// SPDX-License-Identifier: MPL-2.0
// The one way to the server. Every POST carries an Idempotency-Key which stays the same over
// its retries, so that a report whose answer got lost is stored once. Reads are repeated
// once. What a person should know about the line (slow, gone) stands in `line`.
import { signal } from '@preact/signals';
import type { Problem } from './types.ts';

/** The server refused, with a stable code that the catalogues translate. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.problem = problem;
  }
}
/** No answer came: the line is down or the server took too long. */
export class LineError extends Error {
  readonly timedOut: boolean;
  constructor(timedOut: boolean) {
    super(timedOut ? 'no answer in time' : 'no connection');
    this.name = 'LineError';
    this.timedOut = timedOut;
  }
}

export type Line = 'ok' | 'slow' | 'down';

export interface ClientOptions {
  base: string;
  fetch?: typeof fetch;
  sleep?: (ms: number) => Promise<void>;
  /** A signed-in page got 401: the session has ended. */
  onSignedOut?: () => void;
  timeoutMs?: number;
  /** An answer told the server's time. */
  onTime?: (skewMs: number, seenAt: number) => void;
}
export interface SendOptions {
  key?: string;
  ifMatch?: string;
  signal?: AbortSignal;
  /** 401 is an answer here (signing in), not the end of a session. */
  quiet?: boolean;
  timeoutMs?: number;
  accept?: string;
}
export type Query = Record<string, string | number | boolean | null | undefined>;

const RETRY_MS = [400, 1200, 3000];
const SLOW_MS = 3000;
const TRANSIENT = new Set([429, 502, 503, 504]);

/** UUID version 7: ordered by time, and made without a secure context. */
export function uuid(now = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) & 0xff;
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function queryString(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '' || value === false) continue;
    parameters.set(name, value === true ? '1' : String(value));
  }
  const text = parameters.toString();
  return text ? `?${text}` : '';
}

export async function problemOf(response: Response): Promise<ApiError> {
  let body: Partial<Problem> = {};
  if (/json/.test(response.headers.get('content-type') ?? '')) {
    body = (await response.json().catch(() => ({}))) as Partial<Problem>;
  }
  return new ApiError({ ...body, status: response.status, code: body.code ?? `http.${response.status}` });
}

function retryAfterMs(response: Response, fallback: number): number {
  const seconds = Number(response.headers.get('retry-after'));
  return seconds > 0 ? Math.min(seconds, 30) * 1000 : fallback;
}

export class Client {
  readonly base: string;
  readonly line = signal<Line>('ok');
  /** Server clock minus ours, ms: deadlines are compared with the server's clock. */
  readonly skewMs = signal(0);
  /** Server clock minus ours, ms, from the last answer; null: none has come. What the device was
   *  told last by the server's clock. Both outlive the page where `onTime` keeps them. */
  measured: number | null = null;
  seenAt: number | null = null;
  /** The version of the server that answered first, and whether another one answers now: the
   *  page is older than what it talks to. Nothing is done about it but telling. */
  readonly version = signal('');
  readonly outdated = signal(false);
  readonly #fetch: typeof fetch;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #onSignedOut: () => void;
  readonly #timeoutMs: number;
  readonly #onTime: (skewMs: number, seenAt: number) => void;
  #waiting = 0;

  constructor(options: ClientOptions) {
    this.base = options.base;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#sleep = options.sleep ?? ((ms) => new Promise((done) => setTimeout(done, ms)));
    this.#onSignedOut = options.onSignedOut ?? (() => undefined);
    this.#timeoutMs = options.timeoutMs ?? 20_000;
    this.#onTime = options.onTime ?? (() => undefined);
  }

  url(path: string, query?: Query): string {
    return this.base + path + queryString(query);
  }
  get<T>(path: string, query?: Query, options: SendOptions = {}): Promise<T> {
    return this.#send<T>('GET', this.url(path, query), undefined, options);
  }
  post<T>(path: string, body: unknown, options: SendOptions = {}): Promise<T> {
    return this.#send<T>('POST', this.url(path), body, { ...options, key: options.key ?? uuid() });
  }
  delete<T = void>(path: string, options: SendOptions = {}): Promise<T> {
    return this.#send<T>('DELETE', this.url(path), undefined, options);
  }
  /** A file that the server makes: its bytes, its name, and what the headers say of it. */
  async file(path: string, query?: Query, options: SendOptions = {}): Promise<{ blob: Blob; name: string; headers: Headers }> {
    let response: Response;
    try {
      response = await this.#once('GET', this.url(path, query), undefined, { ...options, accept: '*/*' });
    } catch (error) {
      this.line.value = 'down';
      throw error instanceof LineError ? error : new LineError(false);
    }
    this.#versionOf(response);
    if (response.status === 401 && !options.quiet) this.#onSignedOut();
    if (!response.ok) throw await problemOf(response);
    this.line.value = 'ok';
    const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? '';
    return { blob: await response.blob(), name, headers: response.headers };
  }
  now(): number {
    return Date.now() + this.skewMs.value;
  }
  /** Take the server's own statement of its time. */
  heard(asOf: string): void {
    const skew = Date.parse(asOf) - Date.now();
    if (Number.isFinite(skew) && Math.abs(skew - this.skewMs.value) > 2000) this.skewMs.value = skew;
  }

  /** An answer that took `tookMs` says what time it is at the server: half way back. */
  #timeOf(response: Response, tookMs: number): void {
    const told = Date.parse(response.headers.get('gridcase-time') ?? '');
    if (!Number.isFinite(told) || tookMs > SLOW_MS) return;
    this.measured = Math.round(told + tookMs / 2 - Date.now());
    this.seenAt = told;
    if (Math.abs(this.measured - this.skewMs.value) > 2000) this.skewMs.value = this.measured;
    this.#onTime(this.measured, told);
  }

  async #send<T>(method: string, url: string, body: unknown, options: SendOptions): Promise<T> {
    const repeats = method === 'POST' ? RETRY_MS.length : method === 'GET' ? 1 : 0;
    for (let attempt = 0; ; attempt++) {
      const pause = RETRY_MS[attempt] ?? 0;
      try {
        const response = await this.#once(method, url, body, options);
        this.#versionOf(response);
        if (response.ok) {
          this.line.value = 'ok';
          return (response.status === 204 ? undefined : await response.json()) as T;
        }
        if (TRANSIENT.has(response.status) && attempt < repeats) {
          await this.#sleep(retryAfterMs(response, pause));
          continue;
        }
        if (response.status === 401 && !options.quiet) this.#onSignedOut();
        throw await problemOf(response);
      } catch (error) {
        if (error instanceof ApiError || options.signal?.aborted) throw error;
        this.line.value = 'down';
        if (attempt >= repeats) throw error instanceof LineError ? error : new LineError(false);
        await this.#sleep(pause);
      }
    }
  }

  #versionOf(response: Response): void {
    const version = response.headers.get('gridcase-version');
    if (!version) return;
    if (this.version.value === '') this.version.value = version;
    else if (version !== this.version.value) this.outdated.value = true;
  }

  async #once(method: string, url: string, body: unknown, options: SendOptions): Promise<Response> {
    const headers: Record<string, string> = { Accept: options.accept ?? 'application/json' };
    let payload: BodyInit | undefined;
    if (body instanceof Blob) {
      headers['Content-Type'] = body.type || 'application/octet-stream';
      payload = body;
    } else if (method !== 'GET') {
      headers['Content-Type'] = 'application/json';
      payload = body === undefined ? undefined : JSON.stringify(body);
    }
    if (options.key) headers['Idempotency-Key'] = options.key;
    if (options.ifMatch) headers['If-Match'] = options.ifMatch;

    const abort = new AbortController();
    const stop = () => abort.abort();
    options.signal?.addEventListener('abort', stop);
    let timedOut = false;
    const limit = setTimeout(() => {
      timedOut = true;
      abort.abort();
    }, options.timeoutMs ?? this.#timeoutMs);
    const slow = setTimeout(() => {
      if (this.line.value === 'ok') this.line.value = 'slow';
    }, SLOW_MS);
    this.#waiting++;
    const begun = performance.now();
    try {
      const response = await this.#fetch(url, {
        method,
        headers,
        body: payload,
        signal: abort.signal,
        credentials: 'same-origin',
        cache: 'no-store',
      });
      this.#timeOf(response, performance.now() - begun);
      return response;
    } catch (error) {
      if (timedOut) throw new LineError(true);
      throw error;
    } finally {
      clearTimeout(limit);
      clearTimeout(slow);
      options.signal?.removeEventListener('abort', stop);
      if (--this.#waiting === 0 && this.line.value === 'slow') this.line.value = 'ok';
    }
  }
}
