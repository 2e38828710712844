// SPDX-License-Identifier: MPL-2.0
// A frozen period as figures: the same tables that are counted now, as they were told then.
import type { Label } from '../lib/api/types.ts';
import type { Span } from './days.ts';
import { addDays } from './days.ts';
import type { MeasureWord } from './definition.ts';
import type { Figures, Measure } from './figures.ts';

export interface FrozenVersion {
  period: string;
  version: number;
  made_at: string;
  made_by: string | null;
  reason: string;
}
export interface FrozenTable {
  by: string;
  rows: { id?: number; code?: string; name?: Label; values: (number | null)[] }[];
}
export interface FrozenDoc {
  period: string;
  version: number;
  from: string;
  to: string;
  made_at: string;
  measures: { code: string; name: Label; unit: string; stock?: boolean }[];
  tables: FrozenTable[];
}

/** "2026-10", "2026-Q4" or "2026" where the days are just that; null: no period that is frozen. */
export function periodCode({ from, to }: Span): string | null {
  const [year = '', month = '', day = ''] = from.split('-');
  const next = addDays(to, 1); // the first day after it
  if (day !== '01' || !next.endsWith('-01')) return null;
  const months = (Number(next.slice(0, 4)) - Number(year)) * 12 + Number(next.slice(5, 7)) - Number(month);
  if (months === 1) return `${year}-${month}`;
  if (months === 3 && Number(month) % 3 === 1) return `${year}-Q${(Number(month) + 2) / 3}`;
  return months === 12 && month === '01' ? year : null;
}

/** Null: the document has no table by that dimension. */
export function figuresOfFrozen(doc: FrozenDoc, by: string, words: readonly MeasureWord[], today: string, name: (dimension: string, id: number, code: string) => Label | null): Figures | null {
  const table = doc.tables.find((one) => one.by === by);
  const whole = doc.tables.find((one) => one.by === '')?.rows[0];
  if (!table || !whole) return null;
  const measures = doc.measures.map(({ code, name: label, unit, stock = false }): Measure => {
    const word = words.find((one) => one.code === code);
    const half = (codes: readonly string[] | undefined): string | undefined => (codes?.length === 1 ? codes[0] : undefined);
    const numerator = half(word?.above);
    const denominator = half(word?.below);
    const better = word?.better === 'more' || word?.better === 'less' ? word.better : '';
    return { code, label, unit, stock, better, ...(numerator && denominator ? { numerator, denominator } : {}) };
  });
  return {
    from: doc.from,
    to: doc.to,
    today,
    as_of: doc.made_at,
    measures,
    dimensions: by === '' ? [] : [{ code: by }],
    rows: by === '' ? [] : table.rows.map((row) => ({ keys: [{ id: row.id ?? 0, code: row.code ?? '', label: row.name ?? name(by, row.id ?? 0, row.code ?? '') }], values: row.values, list: '' })),
    totals: whole.values,
    list: '',
  };
}
