// SPDX-License-Identifier: MPL-2.0
// What a view of the dashboard is: what it asks of the server, and what it shows of it.
import type { ComponentType } from 'preact';
import type { Span } from '../days.ts';
import { ApiError } from '../../lib/api/client.ts';
import type { FigureRow, Figures } from '../figures.ts';
import { learnMeasures, learnRows } from '../state.ts';
import { figureQuery, type View } from '../view.ts';

export interface PageRead {
  get: <T>(path: string) => Promise<T>;
  view: View;
  span: Span;
  before: Span;
  today: string;
  /** The dimension that the address asks for: departments at the level that fits. */
  dimension: string;
  /** Departments at the level at which they can be compared. */
  departments: string;
}
export interface Page<T> {
  read: (asked: PageRead) => Promise<T>;
  Body: ComponentType<{ data: T }>;
}

/** Figures of a view's period and filters. */
export const figures = async (asked: PageRead, measures: readonly string[], more: { by?: string; over?: Span } = {}): Promise<Figures> => {
  const query = figureQuery(asked.view.filters, more.over ?? asked.span, { measures: measures.join(), ...(more.by ? { by: more.by } : {}) });
  const found = await asked.get<Figures>(`/figures?${query}`);
  learnRows(found);
  learnMeasures(found.measures);
  return found;
};
/** The value of a measure in a row or in the totals; null: there is none. */
export function valueOf(answer: Figures, values: readonly (number | null)[], code: string): number | null {
  const at = answer.measures.findIndex((one) => one.code === code);
  return at < 0 ? null : (values[at] ?? null);
}
export const keyOf = (row: FigureRow): string => row.keys[0]?.code ?? '';
/** A part of a view that may fail alone: the rest is shown, and its place says why. */
export type Settled<T> = { value: T } | { error: unknown };
export const settle = <T,>(part: Promise<T>): Promise<Settled<T>> =>
  part.then(
    (value) => ({ value }),
    (error: unknown) => {
      if (error instanceof ApiError && error.code !== 'figures.building') return { error };
      throw error;
    },
  );
