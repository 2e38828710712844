// SPDX-License-Identifier: MPL-2.0
// Days of the city as "YYYY-MM-DD", the periods a person chooses, and the period before each.
// Nothing here knows a clock or a zone: what day it is in the city is told from outside.

import { language } from '../lib/i18n/index.ts';

export type Period = 'today' | '7d' | '30d' | 'month' | 'last-month' | 'quarter' | 'year' | 'range';
export const periods: readonly Period[] = ['today', '7d', '30d', 'month', 'last-month', 'quarter', 'year', 'range'];
export type TimeUnit = 'day' | 'week' | 'month';
export interface Span {
  from: string;
  to: string;
}

const DAY = 86_400_000;
const parse = (day: string): Date => new Date(`${day}T00:00:00Z`);
const write = (date: Date): string => date.toISOString().slice(0, 10);
const ofParts = (year: number, month: number, day: number): string => write(new Date(Date.UTC(year, month, day)));

/** A day that the calendar has; "2026-02-30" is none. */
export function isDay(text: string | null | undefined): text is string {
  if (!text || !/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = parse(text);
  return !Number.isNaN(date.valueOf()) && write(date) === text;
}
export const addDays = (day: string, days: number): string => write(new Date(parse(day).valueOf() + days * DAY));
/** Both ends count. */
export const daysIn = ({ from, to }: Span): number => Math.round((parse(to).valueOf() - parse(from).valueOf()) / DAY) + 1;

/** The first day of a month or quarter (3 months), steps before the one that a day lies in. */
function firstOf(day: string, months: 1 | 3, stepsBefore = 0): string {
  const date = parse(day);
  const month = Math.floor(date.getUTCMonth() / months) * months;
  return ofParts(date.getUTCFullYear(), month - stepsBefore * months, 1);
}
const earlier = (a: string, b: string): string => (a < b ? a : b);

export function spanOf(period: Period, today: string, range: Span): Span {
  switch (period) {
    case 'today':
      return { from: today, to: today };
    case '7d':
      return { from: addDays(today, -6), to: today };
    case '30d':
      return { from: addDays(today, -29), to: today };
    case 'month':
      return { from: firstOf(today, 1), to: today };
    case 'last-month':
      return { from: firstOf(today, 1, 1), to: addDays(firstOf(today, 1), -1) };
    case 'quarter':
      return { from: firstOf(today, 3), to: today };
    case 'year':
      return { from: `${today.slice(0, 4)}-01-01`, to: today };
    default:
      return range;
  }
}

/** What a period is compared with: as many days of the month, quarter or year before, the
 *  whole month before a whole month, else as many days directly before. */
export function spanBefore(period: Period, span: Span): Span {
  const days = daysIn(span);
  const part = (from: string, end: string): Span => ({ from, to: earlier(addDays(from, days - 1), end) });
  switch (period) {
    case 'last-month':
      return { from: firstOf(span.from, 1, 1), to: addDays(span.from, -1) };
    case 'month':
      return part(firstOf(span.from, 1, 1), addDays(span.from, -1));
    case 'quarter':
      return part(firstOf(span.from, 3, 1), addDays(span.from, -1));
    case 'year': {
      const year = Number(span.to.slice(0, 4)) - 1;
      const same = `${year}${span.to.slice(4)}`;
      return { from: `${year}-01-01`, to: isDay(same) ? same : `${year}-02-28` };
    }
    default:
      return { from: addDays(span.from, -days), to: addDays(span.from, -1) };
  }
}

/** Days while they can be told apart, then weeks, then months. */
export function unitFor(span: Span): TimeUnit {
  const days = daysIn(span);
  return days <= 35 ? 'day' : days <= 190 ? 'week' : 'month';
}
/** Units that fit a period: more than one column, fewer than the chart has room for. */
export function unitsFor(span: Span): TimeUnit[] {
  const days = daysIn(span);
  const fits: [TimeUnit, boolean][] = [
    ['day', days <= 370],
    ['week', days > 10 && days <= 2600],
    ['month', days > 40],
  ];
  return fits.filter(([, fit]) => fit).map(([unit]) => unit);
}
/** A trend needs some days: a short period is shown at the end of the 14 days up to it. */
export const trendSpan = (span: Span): Span => (daysIn(span) < 7 ? { from: addDays(span.to, -13), to: span.to } : span);
/** 1 is Monday. */
export const weekdayName = (day: number, style: 'long' | 'short' = 'short'): string =>
  new Intl.DateTimeFormat(language.value, { weekday: style, timeZone: 'UTC' }).format(new Date(Date.UTC(2024, 0, day))); // 1 January 2024 was a Monday
export const hourName = (hour: number): string => `${String(hour).padStart(2, '0')}–${String(hour + 1).padStart(2, '0')}`;
