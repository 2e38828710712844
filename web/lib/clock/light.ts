// SPDX-License-Identifier: MPL-2.0
// The light of a case between two answers of the server. The server says when a clock turns
// yellow and when it is due; the page only compares these instants with the server's time.
// A clock that does not run keeps the light the server gave it.
import type { Clock, Light } from '../api/types.ts';

export function runs(clock: Clock | null | undefined): boolean {
  return clock !== null && clock !== undefined && clock.state === 'running' && clock.due_at !== null;
}

export function lightAt(clock: Clock | null | undefined, given: Light, nowMs: number): Light {
  if (!clock || !runs(clock)) return given;
  const due = Date.parse(clock.due_at!);
  if (Number.isNaN(due)) return given;
  if (nowMs > due) return 'red';
  const yellow = clock.yellow_at === null ? Number.NaN : Date.parse(clock.yellow_at);
  return !Number.isNaN(yellow) && nowMs >= yellow ? 'yellow' : 'green';
}

/** Milliseconds to the deadline, negative past it; null when no clock runs. */
export function leftMs(clock: Clock | null | undefined, nowMs: number): number | null {
  if (!clock || !runs(clock)) return null;
  const due = Date.parse(clock.due_at!);
  return Number.isNaN(due) ? null : due - nowMs;
}

export interface Span {
  big: number;
  bigUnit: SpanUnit;
  small: number;
  smallUnit: SpanUnit | null;
}
export type SpanUnit = 'day' | 'hour' | 'minute';

/** A length in at most two units, rounded down: 26 h 5 min is 1 day 2 hours; the
 * smaller unit is left out where it no longer matters. */
export function span(ms: number): Span {
  const minutes = Math.floor(Math.abs(ms) / 60_000);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days >= 10) return { big: days, bigUnit: 'day', small: 0, smallUnit: null };
  if (days > 0) return { big: days, bigUnit: 'day', small: hours % 24, smallUnit: 'hour' };
  if (hours >= 10) return { big: hours, bigUnit: 'hour', small: 0, smallUnit: null };
  if (hours > 0) return { big: hours, bigUnit: 'hour', small: minutes % 60, smallUnit: 'minute' };
  return { big: minutes, bigUnit: 'minute', small: 0, smallUnit: null };
}
