// SPDX-License-Identifier: MPL-2.0
// Sends what the person has saved, each thing once. An item leaves the phone's store only
// when the server has said that it has all of it. One sender at a time: a lock of the
// browser, or a lease in the store where there are no locks; and if two ever send the same,
// the key makes it one at the server. What the server refuses stays, with its reason.
//
// The first try sends the photos, then the words that name them. When that has failed, words
// go first from then on: they are short, name the photos as expected, and so get through a
// line on which photos do not.
import { ApiError, LineError } from '../../lib/api/client.ts';
import type { Database, Item, Photo, Reason } from './database.ts';

/** The server, as far as the outbox is concerned. Throws ApiError or LineError. */
export interface Transport {
  /** Who is signed in; null: nobody. */
  who(): Promise<number | null>;
  photo(photo: Photo, person: number): Promise<void>;
  /** Answers with the case's number. */
  post(item: Item): Promise<string>;
}
export interface OutboxOptions {
  database: Database;
  transport: Transport;
  person: () => number | null;
  now?: () => number;
  locks?: Pick<LockManager, 'request'> | null;
  /** Something in the store has changed. */
  onChange?: () => void;
  onSent?: (item: Item, number: string) => void;
  onRefused?: (item: Item) => void;
  /** The session has ended, or is somebody else's. */
  onSignedOut?: (other: boolean) => void;
}
export type Round = 'idle' | 'done' | 'line' | 'busy' | 'signed-out' | 'other-person';

const LEASE_MS = 90_000;
const PAUSE_MOST_MS = 5 * 60_000;
/** Statuses after which the same thing may well be taken later. */
const LATER = new Set([408, 425, 429, 500, 502, 503, 504, 507]);

export const pauseAfter = (tries: number): number => Math.min(PAUSE_MOST_MS, 2000 * 2 ** Math.min(tries, 10));

export const reasonOf = (error: ApiError): Reason => ({
  status: error.status,
  code: error.code,
  detail: error.problem.detail ?? '',
  ...(error.problem.changed ? { changed: error.problem.changed } : {}),
});

class Stop extends Error {
  readonly round: Round;
  constructor(round: Round) {
    super(round);
    this.round = round;
  }
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #holder = Math.random().toString(36).slice(2);
  readonly #now: () => number;
  #running: Promise<Round> | null = null;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  get sending(): boolean {
    return this.#running !== null;
  }

  /** Sends what is due. hurry: also what waits for its pause to end (the line is back). */
  flush(hurry = false): Promise<Round> {
    this.#running ??= this.#alone(hurry).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** The instant at which something is due next; null: nothing waits. */
  async nextAt(): Promise<number | null> {
    const person = this.#options.person();
    if (person === null) return null;
    const waiting = (await this.#options.database.items(person)).filter((item) => item.state === 'queued');
    return waiting.length === 0 ? null : Math.min(...waiting.map((item) => item.next));
  }

  async #alone(hurry: boolean): Promise<Round> {
    const { database } = this.#options;
    const locks = this.#options.locks === undefined ? globalThis.navigator?.locks : this.#options.locks;
    if (locks) {
      return locks.request(`gridcase:${database.city}:field:sender`, { ifAvailable: true }, (lock) =>
        lock ? this.#round(hurry, () => Promise.resolve(true)) : Promise.resolve('busy' as const),
      ) as Promise<Round>;
    }
    const renew = () => database.lease(this.#holder, LEASE_MS, this.#now());
    if (!(await renew())) return 'busy';
    try {
      return await this.#round(hurry, renew);
    } finally {
      await database.endLease(this.#holder);
    }
  }

  async #round(hurry: boolean, renew: () => Promise<boolean>): Promise<Round> {
    const { database } = this.#options;
    const person = this.#options.person();
    if (person === null) return 'idle';
    const due = (await database.items(person)).filter((item) => item.state === 'queued' && (hurry || item.next <= this.#now()));
    if (due.length === 0) return 'idle';
    try {
      await this.#check(person);
      for (const item of due) {
        if (!(await renew())) return 'busy';
        // The person may have changed while the last one was under way.
        if (this.#options.person() !== person) return 'other-person';
        await this.#send(item);
      }
      return 'done';
    } catch (error) {
      if (error instanceof Stop) return error.round;
      throw error;
    }
  }

  /** Only the person whose things these are may be signed in. */
  async #check(person: number): Promise<void> {
    const who = await this.#options.transport.who().catch((error: unknown) => {
      if (error instanceof LineError || (error instanceof ApiError && LATER.has(error.status))) throw new Stop('line');
      throw error;
    });
    if (who === person) return;
    this.#options.onSignedOut?.(who !== null);
    throw new Stop(who === null ? 'signed-out' : 'other-person');
  }

  async #send(given: Item): Promise<void> {
    const { database, transport } = this.#options;
    let item = given;
    try {
      if (item.tries === 0 && item.posted === null) await this.#photos(item);
      if (item.posted === null) {
        const number = await transport.post(item);
        item = { ...item, posted: number };
        await database.changeItem(item.key, { posted: number });
      }
      await this.#photos(item);
      const number = item.posted!;
      await database.finish(item, number, this.#now());
      this.#options.onChange?.();
      this.#options.onSent?.(item, number);
    } catch (error) {
      await this.#failed(item, error);
    }
  }

  async #photos(item: Item): Promise<void> {
    for (const photo of await this.#options.database.photosOf(item.key)) {
      if (photo.sent) continue;
      await this.#options.transport.photo(photo, item.person);
      await this.#options.database.photoSent(photo.id);
      this.#options.onChange?.();
    }
  }

  async #failed(item: Item, error: unknown): Promise<void> {
    const { database } = this.#options;
    if (error instanceof ApiError && error.status === 401) {
      this.#options.onSignedOut?.(false);
      throw new Stop('signed-out');
    }
    if (error instanceof ApiError && error.code === 'account.other_person') {
      this.#options.onSignedOut?.(true);
      throw new Stop('other-person');
    }
    if (error instanceof ApiError && !LATER.has(error.status) && error.status >= 400) {
      const reason = reasonOf(error);
      await database.changeItem(item.key, { state: 'refused', reason });
      this.#options.onChange?.();
      this.#options.onRefused?.({ ...item, state: 'refused', reason });
      return;
    }
    const tries = item.tries + 1;
    const asked = error instanceof ApiError ? (error.problem.retry_after_s ?? 0) * 1000 : 0;
    await database.changeItem(item.key, { tries, next: this.#now() + Math.max(pauseAfter(tries), asked) });
    this.#options.onChange?.();
    // No line: the others would fail, too. Anything else concerns this one only.
    if (error instanceof LineError) throw new Stop('line');
    if (!(error instanceof ApiError)) throw error;
  }
}
