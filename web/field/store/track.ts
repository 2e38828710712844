// SPDX-License-Identifier: MPL-2.0
// Where the phone's person walks on shift: positions gathered into batches of some minutes,
// kept on the phone, sent once each. A batch leaves when the server has it, has no use for it,
// or it is older than the server takes.
import { ApiError, LineError, uuid } from '../../lib/api/client.ts';
import type { Point } from '../../lib/api/types.ts';
import type { Database, TrackBatch, TrackFix } from './database.ts';

export const APART_MS = 60_000;
const MOVED_M = 30;
const MOVED_MS = 15_000;
const SEAL_MS = 5 * 60_000;
const SEAL_FIXES = 100;
const OLDEST_MS = 3 * 86_400_000;

const metres = (a: Point, b: Point): number => Math.hypot((a.lon - b.lon) * Math.cos(((a.lat + b.lat) * Math.PI) / 360), a.lat - b.lat) * 111_195;

/** One a minute, and one where somebody has walked on, but no more than four a minute. */
export function isNews(last: TrackFix | null, fix: TrackFix): boolean {
  if (!last) return true;
  const passed = fix.at - last.at;
  return passed >= APART_MS || passed < 0 || (passed >= MOVED_MS && metres(last, fix) >= MOVED_M);
}
const isFull = (batch: TrackBatch, now: number): boolean => batch.fixes.length >= SEAL_FIXES || now - batch.fixes[0]!.at >= SEAL_MS || now < batch.fixes[0]!.at;

export interface TrackOptions {
  database: Database;
  /** POST /tracks. Throws ApiError or LineError. */
  post(body: unknown, key: string): Promise<unknown>;
  now?: () => number;
}
export type TrackRound = 'done' | 'line' | 'off';

export class Track {
  readonly #options: TrackOptions;
  readonly #now: () => number;
  #last: (TrackFix & { person: number }) | null = null;
  #running: Promise<TrackRound> | null = null;

  constructor(options: TrackOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** True when it was kept. */
  async add(person: number, fix: TrackFix): Promise<boolean> {
    const last = this.#last?.person === person ? this.#last : null;
    if (!isNews(last, fix)) return false;
    this.#last = { ...fix, person };
    const { database } = this.#options;
    const open = (await database.tracks(person)).find((batch) => !batch.sealed && !isFull(batch, fix.at));
    await database.writeTrack(open ? { ...open, fixes: [...open.fixes, fix] } : { key: uuid(fix.at), city: database.city, person, sealed: false, fixes: [fix] });
    return true;
  }

  /** Sends what is full, oldest first. all: also what is not yet, at the end of a shift. */
  flush(person: number, all = false): Promise<TrackRound> {
    this.#running ??= this.#send(person, all).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #send(person: number, all: boolean): Promise<TrackRound> {
    const { database, post } = this.#options;
    for (const batch of await database.tracks(person)) {
      const now = this.#now();
      if (!batch.sealed && !all && !isFull(batch, now)) continue;
      if (now - batch.fixes.at(-1)!.at > OLDEST_MS) {
        await database.dropTrack(batch.key);
        continue;
      }
      if (!batch.sealed) await database.writeTrack({ ...batch, sealed: true });
      const body = {
        sent_at: new Date(now).toISOString(),
        fixes: batch.fixes.map(({ at, lon, lat, accuracy_m }) => ({ at: new Date(at).toISOString(), lon, lat, ...(accuracy_m === null ? {} : { accuracy_m }) })),
      };
      try {
        await post(body, batch.key);
      } catch (error) {
        if (error instanceof LineError) return 'line';
        if (!(error instanceof ApiError)) throw error;
        // Who is signed out, or somebody else, keeps it; the server is asked again later.
        if (error.status === 401 || error.code === 'account.other_person' || error.status >= 500 || error.status === 408 || error.status === 429) return 'line';
        if (error.code === 'track.off') {
          await database.forgetTracks(person);
          return 'off';
        }
      }
      await database.dropTrack(batch.key); // taken, or refused for good
    }
    return 'done';
  }
}
