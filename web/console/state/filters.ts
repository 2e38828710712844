// SPDX-License-Identifier: MPL-2.0
// What the list shows, as a value that stands in the address: a link shows a colleague the
// same. Every field combines with every other.
import type { Query } from '../../lib/api/client.ts';

export const queues = ['open', 'mine', 'asked', 'where', 'manual', 'overdue', 'all'] as const;
export type Queue = (typeof queues)[number];
export type Sort = 'due' | 'newest';

export interface Filters {
  queue: Queue;
  sort: Sort;
  /** Words, parts of a number, or a whole case number. */
  q: string;
  stage: string;
  department: string;
  class: string;
  area: string;
  light: string;
  /** Only what the map shows. */
  inMap: boolean;
}
/** The fields that appear as chips. */
export const chips = ['stage', 'light', 'department', 'class', 'area', 'inMap'] as const;
export type Chip = (typeof chips)[number];

export const noFilters: Filters = {
  queue: 'open',
  sort: 'due',
  q: '',
  stage: '',
  department: '',
  class: '',
  area: '',
  light: '',
  inMap: false,
};

const lights = new Set(['green', 'yellow', 'red', 'none']);
const oneOf = <T extends string>(list: readonly T[], word: string | null, fallback: T): T =>
  list.find((one) => one === word) ?? fallback;

export function readFilters(search: string): Filters {
  const given = new URLSearchParams(search);
  const light = given.get('light') ?? '';
  return {
    queue: oneOf(queues, given.get('queue'), 'open'),
    sort: oneOf(['due', 'newest'] as const, given.get('sort'), 'due'),
    q: given.get('q') ?? given.get('number') ?? '',
    stage: given.get('stage') ?? '',
    department: given.get('department') ?? '',
    class: given.get('class') ?? '',
    area: given.get('area') ?? '',
    light: lights.has(light) ? light : '',
    inMap: given.get('inmap') === '1',
  };
}

/** Only what differs from the plain list, so that addresses stay short. */
export function writeFilters(filters: Filters): Record<string, string> {
  const out: Record<string, string> = {};
  if (filters.queue !== 'open') out.queue = filters.queue;
  if (filters.sort !== 'due') out.sort = filters.sort;
  for (const name of ['q', 'stage', 'department', 'class', 'area', 'light'] as const) {
    if (filters[name]) out[name] = filters[name];
  }
  if (filters.inMap) out.inmap = '1';
  return out;
}

/** A text that is a whole case number: looked up as such, in any list. */
export const wholeNumber = (text: string): string => (/^[a-z]{2,}\d{8,}$/i.test(text.trim()) ? text.trim().toUpperCase() : '');

/** As the server's list and map query understand it. */
export function filterQuery(filters: Filters, box: readonly number[] | null): Query {
  const number = wholeNumber(filters.q);
  const query: Query = {
    stage: filters.stage,
    department: filters.department,
    class: filters.class,
    area: filters.area,
    light: filters.light,
    number,
    q: number ? '' : filters.q.trim(),
  };
  // A number is looked for among all cases, ended ones too.
  // One may be asked about an ended one too: an appeal.
  if (!number && filters.queue !== 'all' && filters.queue !== 'asked') query.open = true;
  if (!number) {
    if (filters.queue === 'overdue') query.light = 'red';
    else if (filters.queue !== 'open' && filters.queue !== 'all') query.queue = filters.queue;
  }
  if (filters.inMap && box && !number) query.bbox = box.map((degrees) => degrees.toFixed(5)).join(',');
  return query;
}

/** The same list as a table for a spreadsheet program. */
export function exportQuery(filters: Filters, box: readonly number[] | null, language: string): Query {
  return { ...filterQuery(filters, box), sort: filters.sort, language };
}

export function activeChips(filters: Filters): Chip[] {
  return chips.filter((name) => Boolean(filters[name]));
}
