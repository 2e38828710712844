// SPDX-License-Identifier: MPL-2.0
// Figures as the server tells them, how they compare, and how they are written.
import type { Label } from '../lib/api/types.ts';
import { spanWords } from '../lib/clock/words.ts';
import { label, language, showNumber } from '../lib/i18n/index.ts';
import type { Span } from './days.ts';
import { t } from './i18n.ts';

export interface Measure {
  code: string;
  label: Label;
  unit: string;
  stock: boolean;
  better?: 'more' | 'less' | '';
  numerator?: string;
  denominator?: string;
}
export interface FigureKey {
  id: number;
  code: string;
  label: Label | null;
  from?: string;
  to?: string;
}
export interface FigureRow {
  keys: FigureKey[];
  values: (number | null)[];
  list: string;
}
export interface Figures {
  from: string;
  to: string;
  today: string;
  as_of: string;
  measures: Measure[];
  dimensions: { code: string }[];
  rows: FigureRow[];
  totals: (number | null)[];
  list: string;
}

/** A figure with its two halves, where it is a rate. */
export interface Figure {
  code: string;
  measure: Measure;
  value: number | null;
  numerator: number | null;
  denominator: number | null;
}

/** The figure of a code, wherever it stands in the answer. */
export function figureOf(figures: Figures, values: readonly (number | null)[], code: string): Figure | null {
  const at = (wanted: string | undefined): number => figures.measures.findIndex((one) => one.code === wanted);
  const measure = figures.measures[at(code)];
  if (!measure) return null;
  const value = (wanted: string | undefined): number | null => values[at(wanted)] ?? null;
  return { code, measure, value: value(code), numerator: value(measure.numerator), denominator: value(measure.denominator) };
}
export const isRate = (figure: Figure): boolean => figure.measure.unit === 'share';

// ---- words ----

/** 99.97 % is not 100 %: the last case is still missing. */
export function roundShare(share: number): number {
  const tenths = Math.round(share * 1000);
  if (tenths === 1000 && share < 1) return 0.999;
  if (tenths === 0 && share > 0) return 0.001;
  return tenths / 1000;
}
export const showShare = (share: number): string =>
  new Intl.NumberFormat(language.value, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(roundShare(share));

export function showValue(unit: string, value: number | null): string {
  if (value === null) return '–';
  if (unit === 'share') return showShare(value);
  if (unit === 's') return spanWords(value * 1000);
  return unit === 'cases' ? showNumber(value) : new Intl.NumberFormat(language.value, { maximumFractionDigits: 2 }).format(value);
}
export const measureName = (figure: { measure: Measure }): string => label(figure.measure.label);

const utc = (day: string): Date => new Date(`${day}T00:00:00Z`);
const dayFormat = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language.value, { ...options, timeZone: 'UTC' });
export function showSpan({ from, to }: Span, today: string): string {
  const far = from.slice(0, 4) !== today.slice(0, 4) || to.slice(0, 4) !== today.slice(0, 4);
  const format = dayFormat({ month: 'short', day: 'numeric', ...(far ? { year: 'numeric' } : {}) });
  return from === to ? format.format(utc(from)) : format.formatRange(utc(from), utc(to));
}
/** A key of time: "Tue, Nov 3", "Nov 2 – 8", "November 2026". */
export function showKey(unit: string, key: FigureKey, today: string, short = false): string {
  const span = { from: key.from ?? '', to: key.to ?? '' };
  if (unit === 'month') return dayFormat(short ? { month: 'short' } : { month: 'long', year: 'numeric' }).format(utc(span.from));
  if (unit === 'week') return short ? dayFormat({ month: 'numeric', day: 'numeric' }).format(utc(span.from)) : showSpan(span, today);
  return dayFormat(short ? { month: 'numeric', day: 'numeric' } : { weekday: 'short', month: 'short', day: 'numeric' }).format(utc(span.from));
}

// ---- how a figure stands against the period before ----

export type Tone = 'good' | 'bad' | 'none';
export interface Comparison {
  tone: Tone;
  turn: 'up' | 'down' | 'same' | 'unknown';
  words: string;
}
/** What more of it means. Arrivals are neither; a young closing rate is always the lower one. */
const better: Record<string, 'more' | 'less' | 'neither'> = {
  opened: 'neither',
  closed: 'more',
  open: 'less',
  overdue: 'less',
  closing_rate: 'neither',
  on_time_rate: 'more',
  mean_time_to_close: 'less',
};

/** `partial`: the period before had more time than this one (today against the whole of
 *  yesterday), so that counts of what came and went are told and not judged. */
export function compare(now: Figure, before: Figure | null, partial = false): Comparison {
  const unit = now.measure.unit;
  if (now.value === null || !before || before.value === null) return { tone: 'none', turn: 'unknown', words: t('compare.nothing') };
  const was = showValue(unit, before.value);
  if (partial && unit === 'cases' && !now.measure.stock) return { tone: 'none', turn: 'unknown', words: t('compare.yesterday', { was }) };
  const difference = unit === 'share' ? roundShare(now.value) - roundShare(before.value) : now.value - before.value;
  const least = unit === 'share' ? 0.0005 : unit === 's' ? 60 : 1;
  if (Math.abs(difference) < least) return { tone: 'none', turn: 'same', words: t('compare.same', { was }) };
  const up = difference > 0;
  const meaning = better[now.code] ?? (now.measure.better || 'neither');
  const tone: Tone = meaning === 'neither' ? 'none' : (meaning === 'more') === up ? 'good' : 'bad';
  const size = Math.abs(difference);
  const n =
    unit === 'share'
      ? new Intl.NumberFormat(language.value, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(size * 100)
      : unit === 's'
        ? spanWords(size * 1000)
        : showNumber(size);
  const words = (): string => {
    if (unit === 'share') return t(up ? 'compare.points_up' : 'compare.points_down', { n, was });
    if (unit === 's') return t(up ? 'compare.slower' : 'compare.quicker', { n, was });
    return before.value === 0 ? t('compare.more_none', { n }) : t(up ? 'compare.more' : 'compare.fewer', { n, was });
  };
  return { tone, turn: up ? 'up' : 'down', words: words() };
}

/** Rows in the order of a column; what has no value comes last, whatever the direction. */
export function sortRows(figures: Figures, sort: string, ascending: boolean, name: (row: FigureRow) => string): FigureRow[] {
  const sign = ascending ? 1 : -1;
  const collator = new Intl.Collator(language.value, { numeric: true });
  const at = figures.measures.findIndex((one) => one.code === sort);
  return [...figures.rows].sort((a, b) => {
    const byName = collator.compare(name(a), name(b));
    if (sort === 'name') return byName * sign;
    const [x, y] = [a.values[at] ?? null, b.values[at] ?? null];
    if (x === null || y === null) return x === y ? byName : x === null ? 1 : -1;
    return (x - y) * sign || byName;
  });
}
