// SPDX-License-Identifier: MPL-2.0
// My shifts and duty grids of the days ahead: kept on the phone, so that they are there in a
// cellar too; which of them runs now is worked out here, signal or not.
import { signal } from '@preact/signals';
import { ApiError, LineError } from '../../lib/api/client.ts';
import type { Area, Label } from '../../lib/api/types.ts';
import { fix, metres } from './position.ts';
import { client, database, onEntered, person, quickly } from './session.ts';

export interface Shift {
  code: string;
  name: Label;
  starts: string;
  ends: string;
}
export interface Turn {
  duty_grid: Area;
  /** West, south, east, north. */
  bbox: [number, number, number, number];
  shift: string;
  backup: boolean;
  starts_at: string;
  ends_at: string;
}
export interface Duty {
  on_duty: boolean;
  shifts: Shift[];
  items: Turn[];
  /** The city records where its collectors walk on shift, and keeps it so long; null: it does not. */
  tracks?: { keep_days: number } | null;
  colleagues: { name: string; backup: boolean; duty_grid: Area }[];
}
export const duty = signal<Duty | null>(null);

const AGAIN_MS = 10 * 60_000;
let readAt = 0;

export async function readDuty(now = Date.now()): Promise<void> {
  const mine = person.value;
  if (mine === null || now - readAt < AGAIN_MS) return;
  readAt = now;
  try {
    const found = await client.get<Duty>('/duty', {}, quickly);
    if (person.value !== mine) return;
    duty.value = found;
    await database().keep(mine, 'duty', found);
  } catch (error) {
    readAt = 0;
    if (!(error instanceof ApiError) && !(error instanceof LineError)) throw error;
  }
}

export function startDuty(): void {
  onEntered(() => {
    const mine = person.value!;
    duty.value = null;
    readAt = 0;
    void database()
      .kept<Duty>(mine, 'duty')
      .then((kept) => {
        if (kept && person.value === mine && !duty.value) duty.value = kept.value;
      })
      .then(() => readDuty());
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void readDuty();
  });
  addEventListener('online', () => void readDuty());
}

/** One shift with all duty grids walked in it. */
export interface Block {
  shift: string;
  starts_at: string;
  ends_at: string;
  now: boolean;
  turns: Turn[];
}
export function blocksOf(found: Duty | null, now: number): Block[] {
  const blocks: Block[] = [];
  for (const turn of found?.items ?? []) {
    if (Date.parse(turn.ends_at) <= now) continue;
    const same = blocks.find((one) => one.shift === turn.shift && one.starts_at === turn.starts_at);
    if (same) same.turns.push(turn);
    else {
      const runs = Date.parse(turn.starts_at) <= now;
      blocks.push({ shift: turn.shift, starts_at: turn.starts_at, ends_at: turn.ends_at, now: runs, turns: [turn] });
    }
  }
  return blocks.sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at));
}

/** Metres to the frame around a duty grid, 0 inside it; null without a position. */
export function farFrom(turn: Turn): number | null {
  const at = fix.value;
  if (!at) return null;
  const [west, south, east, north] = turn.bbox;
  return metres(at, { lon: Math.min(Math.max(at.lon, west), east), lat: Math.min(Math.max(at.lat, south), north) });
}
