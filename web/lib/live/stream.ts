// SPDX-License-Identifier: MPL-2.0
// The change stream, one connection for all tabs of a city: the tab that holds a lock reads
// it and passes every event on over a BroadcastChannel (six open streams would block a
// browser's further HTTP/1.1 requests). All tabs remember the last id, so whoever takes over
// continues from there. Without locks (plain http on a network) each visible tab reads for
// itself. Names carry the city and the person: cities may share one origin.

export interface StreamEvent {
  id: string;
  event: string;
  data: string;
}
export type StreamState = 'connecting' | 'live' | 'lost';
type Message =
  | { type: 'event'; event: StreamEvent }
  | { type: 'state'; state: StreamState }
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
  #failures = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.lastId = options.since ?? '';
    this.#channel = (options.channel ?? ((name) => new BroadcastChannel(name)))(options.name);
    this.#channel.onmessage = (event: MessageEvent<Message>) => this.#hear(event.data);
    const locks = options.locks === undefined ? globalThis.navigator?.locks : options.locks;
    if (locks) this.#lead(locks);
    else this.#alone();
    this.#channel.postMessage({ type: 'hello' } satisfies Message);
  }

  close(): void {
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
      if (document.visibilityState === 'hidden') this.#drop();
      else if (!this.#source) this.#connect();
    };
    document.addEventListener('visibilitychange', follow, { signal: this.#done.signal });
    this.leader = true;
    follow();
  }

  #hear(message: Message): void {
    if (message.type === 'event') this.#take(message.event);
    else if (message.type === 'state') this.#show(message.state);
    else if (this.leader) this.#channel.postMessage({ type: 'state', state: this.state } satisfies Message);
  }
  #take(event: StreamEvent): void {
    if (event.id) this.lastId = event.id;
    this.#options.onEvent(event);
  }
  #show(state: StreamState): void {
    if (state === this.state) return;
    this.state = state;
    this.#options.onState(state);
  }
  #tell(state: StreamState): void {
    this.#show(state);
    this.#channel.postMessage({ type: 'state', state } satisfies Message);
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
        const event = { id: message.lastEventId, event: name, data: message.data };
        this.#take(event);
        this.#channel.postMessage({ type: 'event', event } satisfies Message);
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
