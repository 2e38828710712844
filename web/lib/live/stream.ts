// SPDX-License-Identifier: MPL-2.0
// The change stream, one connection for all tabs of a city: the tab that holds a lock reads
// it and passes every event on over a BroadcastChannel (six open streams would block a
// browser's further HTTP/1.1 requests). All tabs remember the last id, so whoever takes over
// continues from there. Without locks (plain http on a network) each visible tab reads for
// itself. Names carry the city and the person: cities may share one origin.
//
// What can go wrong, and what is done:
// - the line is cut: the browser reconnects with the last id; what comes twice is told once.
// - a tab slept (laptop closed, tab frozen): it says so ("connecting") until it has caught up.
//   A reader reconnects from its last id; another tab asks the reader how far it is, and
//   reads everything anew when it has missed something.
// - the reading tab is frozen and keeps the lock: a visible tab that hears nothing for long
//   reads for itself until the reader speaks again.

export interface StreamEvent {
  id: string;
  event: string;
  data: string;
}
export type StreamState = 'connecting' | 'live' | 'lost';
type Message =
  | { type: 'event'; event: StreamEvent }
  | { type: 'state'; state: StreamState; lastId: string }
  | { type: 'hello' };

/** What of EventSource is used; tests give their own. */
export interface Source {
  readyState: number;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}
export interface StreamOptions {
  url: string;
  name: string;
  /** Position of what the page has read already: changes after it are told. */
  since?: string;
  onEvent: (event: StreamEvent) => void;
  onState: (state: StreamState) => void;
  /** The server refused the stream: find out whether the session has ended. */
  onRefused?: () => void;
  open?: (url: string) => Source;
  locks?: Pick<LockManager, 'request'> | null;
  channel?: (name: string) => BroadcastChannel;
  retryMs?: number;
}

const EVENTS = ['case', 'gone', 'reset'];
const CLOSED = 2;
const TICK_MS = 5000;
/** A tick that comes so late: the tab was asleep. */
const SLEPT_MS = 30_000;
/** The reader is asked whether it is there after so much silence, and given up after as much. */
const SILENT_MS = 20_000;

/** Whether an id ("epoch-position") was heard already when `last` was; ids of another epoch never were. */
export function heard(id: string, last: string): boolean {
  const [a = '', an] = id.split('-');
  const [b = '', bn] = last.split('-');
  return a !== '' && a === b && Number(an) <= Number(bn);
}

export class ChangeStream {
  lastId: string;
  leader = false;
  state: StreamState = 'connecting';
  readonly #options: StreamOptions;
  readonly #channel: BroadcastChannel;
  readonly #done = new AbortController();
  #release: (() => void) | null = null;
  #source: Source | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ticker: ReturnType<typeof setInterval>;
  #tickedAt = Date.now();
  #heardAt = Date.now();
  #failures = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.lastId = options.since ?? '';
    this.#channel = (options.channel ?? ((name) => new BroadcastChannel(name)))(options.name);
    this.#channel.onmessage = (event: MessageEvent<Message>) => this.#hear(event.data);
    const locks = options.locks === undefined ? globalThis.navigator?.locks : options.locks;
    if (locks) this.#lead(locks);
    else this.#alone();
    this.#ticker = setInterval(() => this.#tick(Boolean(locks)), TICK_MS);
    document.addEventListener('visibilitychange', () => this.#tick(Boolean(locks)), { signal: this.#done.signal });
    this.#channel.postMessage({ type: 'hello' } satisfies Message);
  }

  close(): void {
    clearInterval(this.#ticker);
    this.#done.abort();
    this.#release?.();
    this.#drop();
    this.#channel.close();
  }

  #lead(locks: Pick<LockManager, 'request'>): void {
    const held = () =>
      new Promise<void>((release) => {
        if (this.#done.signal.aborted) {
          release();
          return;
        }
        this.leader = true;
        this.#release = release;
        this.#connect();
      });
    locks
      .request(this.#options.name, { signal: this.#done.signal }, held)
      .catch(() => undefined); // aborted by close()
  }

  /** No locks: read while the tab is looked at, so that hidden tabs hold no connection. */
  #alone(): void {
    const follow = () => {
      if (document.visibilityState === 'hidden') {
        this.#drop();
        this.#show('connecting');
      } else if (!this.#source) this.#connect();
    };
    document.addEventListener('visibilitychange', follow, { signal: this.#done.signal });
    this.leader = true;
    follow();
  }

  /** Notices sleep, and a reader that has fallen silent. */
  #tick(shared: boolean): void {
    const now = Date.now();
    const slept = now - this.#tickedAt > SLEPT_MS;
    this.#tickedAt = now;
    const hidden = document.visibilityState === 'hidden';
    if (slept) {
      this.#heardAt = now;
      this.#show('connecting'); // not known to be true any more
      if (this.leader && shared) this.#connect();
      else if (this.leader) this.#drop();
      if (this.leader && !shared && !hidden) this.#connect();
      if (!this.leader) this.#channel.postMessage({ type: 'hello' } satisfies Message);
      return;
    }
    if (this.leader || hidden) return;
    if (now - this.#heardAt > 2 * SILENT_MS) {
      if (!this.#source) this.#connect(); // stands in for a reader that does not answer
    } else if (now - this.#heardAt > SILENT_MS || this.state === 'connecting') {
      this.#channel.postMessage({ type: 'hello' } satisfies Message);
    }
  }

  #hear(message: Message): void {
    if (message.type === 'hello') {
      if (this.leader) this.#channel.postMessage({ type: 'state', state: this.state, lastId: this.lastId } satisfies Message);
      return;
    }
    this.#heardAt = Date.now();
    if (!this.leader) this.#drop(); // the reader is there again
    if (message.type === 'event') {
      this.#take(message.event);
      return;
    }
    // The reader is further on: what came in between was told while this tab did not listen.
    if (!this.leader && message.lastId && !heard(message.lastId, this.lastId)) {
      this.#take({ id: message.lastId, event: 'reset', data: '{}' });
    }
    this.#show(message.state);
  }
  /** Each event once, however often the line was cut. */
  #take(event: StreamEvent): boolean {
    if (event.id && event.event !== 'reset' && heard(event.id, this.lastId)) return false;
    if (event.id) this.lastId = event.id;
    this.#options.onEvent(event);
    return true;
  }
  #show(state: StreamState): void {
    if (state === this.state) return;
    this.state = state;
    this.#options.onState(state);
  }
  #tell(state: StreamState): void {
    this.#show(state);
    if (this.leader) this.#channel.postMessage({ type: 'state', state, lastId: this.lastId } satisfies Message);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
  #connect(): void {
    this.#drop();
    const since = this.lastId ? `?since=${encodeURIComponent(this.lastId)}` : '';
    const open = this.#options.open ?? ((url: string) => new EventSource(url) as Source);
    const source = open(this.#options.url + since);
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.#tell('live');
    };
    source.onerror = () => this.#failed(source);
    for (const name of EVENTS) {
      source.addEventListener(name, (message) => {
        if (source !== this.#source) return;
        const event = { id: message.lastEventId, event: name, data: message.data };
        if (this.#take(event) && this.leader) this.#channel.postMessage({ type: 'event', event } satisfies Message);
      });
    }
  }
  /** A dropped connection is retried by the browser; a refused one has to be opened anew. */
  #failed(source: Source): void {
    if (source !== this.#source) return;
    this.#tell('lost');
    if (source.readyState !== CLOSED) return;
    this.#options.onRefused?.();
    const base = this.#options.retryMs ?? 1000;
    this.#timer = setTimeout(() => this.#connect(), Math.min(base * 2 ** this.#failures++, 30_000));
  }
}
