// SPDX-License-Identifier: MPL-2.0
// Where somebody walks on shift: which positions are kept, and that each reaches the server
// once, whatever the line does.
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError, LineError } from '../../lib/api/client.ts';
import { Database } from '../../field/store/database.ts';
import { isNews, Track } from '../../field/store/track.ts';

const HE = 7;
const SHE = 8;
const BEGUN = Date.parse('2026-11-02T08:00:00Z');
const at = (seconds: number, north = 0) => ({ at: BEGUN + seconds * 1000, lon: 120, lat: 30 + north / 111_195, accuracy_m: 8 });
interface Batch {
  sent_at: string;
  fixes: { at: string; lon: number; lat: number }[];
}
const refusal = (status: number, code: string) => new ApiError({ type: '', title: '', status, code });

let now = BEGUN;
let database: Database;
let taken: Map<string, string>;
let posts: number;
let troubles: (Error | 'lost')[];
const server = (body: unknown, key: string): Promise<unknown> => {
  posts++;
  const trouble = troubles.shift();
  if (trouble instanceof Error) return Promise.reject(trouble);
  const fixes = JSON.stringify((body as Batch).fixes);
  if (taken.has(key) && taken.get(key) !== fixes) return Promise.reject(refusal(422, 'case.key_reused'));
  taken.set(key, fixes);
  return trouble === 'lost' ? Promise.reject(new LineError(true)) : Promise.resolve({});
};
const make = () => new Track({ database, post: server, now: () => now });
const all = () => [...taken.values()].flatMap((text) => (JSON.parse(text) as Batch['fixes']).map((fix) => fix.at)).sort();

beforeEach(() => {
  now = BEGUN;
  database = new Database('tinytown', new IDBFactory());
  taken = new Map();
  posts = 0;
  troubles = [];
});

describe('positions that are kept', () => {
  it('are one a minute, and one after thirty metres but no more than four a minute', () => {
    expect(isNews(null, at(0))).toBe(true);
    expect(isNews(at(0), at(59))).toBe(false);
    expect(isNews(at(0), at(60))).toBe(true);
    expect(isNews(at(0), at(14, 200))).toBe(false);
    expect(isNews(at(0), at(15, 29))).toBe(false);
    expect(isNews(at(0), at(15, 31))).toBe(true);
    expect(isNews(at(100), at(0))).toBe(true); // the phone's clock was set back
  });
});

describe('a walk', () => {
  it('is sent in batches of five minutes, each once', async () => {
    const track = make();
    for (let second = 0; second < 12 * 60; second += 20) {
      now = BEGUN + second * 1000;
      await track.add(HE, at(second));
      expect(await track.flush(HE)).toBe('done');
    }
    expect(posts).toBe(2);
    expect(all()).toHaveLength(10);
    now = BEGUN + 13 * 60_000;
    await track.flush(HE, true);
    expect(all()).toHaveLength(12);
    expect(await database.tracks(HE)).toEqual([]);
  });
  it('survives hours without a line, answers that are lost, and a phone that dies', async () => {
    let track = make();
    for (let minute = 0; minute < 120; minute++) {
      now = BEGUN + minute * 60_000;
      await track.add(HE, at(minute * 60));
      troubles = [new LineError(true)];
      await track.flush(HE);
      if (minute % 50 === 49) track = make(); // begun anew: what was open goes on, or is closed
    }
    expect(taken.size).toBe(0);
    troubles = [];
    for (let i = 0; i < 60 && (await database.tracks(HE)).length > 0; i++) {
      troubles = i % 2 === 0 ? ['lost', refusal(503, 'store.unavailable')] : [];
      await track.flush(HE, true);
    }
    expect(await database.tracks(HE)).toEqual([]);
    expect(all()).toHaveLength(120);
    expect(new Set(all()).size).toBe(120);
  });
  it('is its own person\'s: another one sends nothing of it', async () => {
    const track = make();
    await track.add(HE, at(0));
    await track.add(SHE, at(1));
    now = BEGUN + 3_600_000;
    await track.flush(SHE);
    expect(all()).toEqual([new Date(BEGUN + 1000).toISOString()]);
    troubles = [refusal(409, 'account.other_person'), refusal(401, 'account.sign_in')];
    await track.flush(HE);
    await track.flush(HE);
    expect(await database.tracks(HE)).toHaveLength(1);
  });
  it('goes when the city records none, when it is too old, when it is refused for good', async () => {
    const track = make();
    await track.add(HE, at(0));
    await track.add(HE, at(3600));
    now = BEGUN + 7_200_000;
    troubles = [refusal(409, 'track.off')];
    expect(await track.flush(HE)).toBe('off');
    expect(await database.tracks(HE)).toEqual([]);
    await track.add(HE, at(7200));
    now = BEGUN + 5 * 86_400_000;
    posts = 0;
    await track.flush(HE);
    expect([posts, await database.tracks(HE)]).toEqual([0, []]);
    await track.add(HE, { ...at(0), at: now });
    troubles = [refusal(400, 'point.invalid')];
    await track.flush(HE, true);
    expect(await database.tracks(HE)).toEqual([]);
  });
});
