// SPDX-License-Identifier: MPL-2.0
// What is shown, as the address of the page: what one person sees another one opens.
import { isDay, type Period, periods, type Span, type TimeUnit } from './days.ts';

/** Filters of the figures, under the names that the server has for them. */
export const filterNames = ['department', 'lead', 'area', 'outside', 'class', 'major', 'source', 'grid', 'duty_grid', 'weekday', 'hour', 'reported_by', 'accepted_by', 'verified_by', 'filed_by', 'sent_by', 'checked_by', 'closed_by'] as const;
export type FilterName = (typeof filterNames)[number];
export type Filters = Partial<Record<FilterName, string>>;

export const measureCodes = ['opened', 'closed', 'open', 'overdue', 'closing_rate', 'on_time_rate', 'mean_time_to_close'] as const;
export type MeasureCode = (typeof measureCodes)[number];
/** Doubts behind a closing rate, the gravest first; shares of the same cases. */
export const doubtCodes = ['forced_share', 'one_sided_share', 'unchecked_share', 'gone_again_share', 'reopened_share', 'suspended_share', 'fed_back_bare_share', 'checked_bare_share'] as const;
/** Beside them: how old the suspended ones are. */
export const honestyCodes = [...doubtCodes, 'suspended_age'] as const;
export const groups = ['flow', 'backlog', 'rates', 'time'] as const;
export type Group = (typeof groups)[number];
export const groupMeasures: Record<Group, readonly MeasureCode[]> = {
  flow: ['opened', 'closed'],
  backlog: ['open', 'overdue'],
  rates: ['closing_rate', 'on_time_rate'],
  time: ['mean_time_to_close'],
};

/** The views of the dashboard, in the order of its menu. */
export const pageNames = ['overview', 'compare', 'map', 'hours', 'stages', 'open', 'ahead', 'quality', 'spots', 'coverage', 'missed', 'scores', 'programme', 'frozen', 'definitions'] as const;
export type PageName = (typeof pageNames)[number];

/** Compared with the stretch before, or the same days a year before. */
export type Against = 'before' | 'year';

/** The list behind a figure: `of` is the query that the server gave with the row. */
export interface FigureList {
  figure: string;
  part: 'numerator' | 'denominator';
  of: string;
}
export interface View {
  page: PageName;
  /** What a view asks besides, empty: as it thinks best. */
  measure: string;
  level: string;
  score: string;
  against: Against;
  period: Period;
  range: Span;
  filters: Filters;
  /** department, class, major, source or area:LEVEL; empty: departments. */
  by: string;
  unit: TimeUnit | '';
  group: Group;
  sort: MeasureCode | 'name';
  ascending: boolean;
  /** The frozen version of the period that is looked at; 0: as counted now. */
  frozen: number;
  list: FigureList | null;
}
export const plainView: View = {
  page: 'overview',
  measure: '',
  level: '',
  score: '',
  against: 'before',
  period: '30d',
  range: { from: '', to: '' },
  filters: {},
  by: 'department',
  unit: '',
  group: 'flow',
  sort: 'overdue',
  ascending: false,
  frozen: 0,
  list: null,
};

const word = (text: string | null): string => (/^[a-z][\w:-]{0,60}$/.test(text ?? '') ? text! : '');
const oneOf = <T extends string>(words: readonly T[], word: string | null, other: T): T => (words.includes(word as T) ? (word as T) : other);
const sorts = [...measureCodes, 'name'] as const;

export function readFilters(parameters: URLSearchParams): Filters {
  const found: Filters = {};
  for (const name of filterNames) {
    const value = parameters.get(name);
    if (value !== null && (value !== '' || name === 'major')) found[name] = value;
  }
  return found;
}
export function readView(search: string): View {
  const asked = new URLSearchParams(search);
  const range = { from: asked.get('from') ?? '', to: asked.get('to') ?? '' };
  const dated = isDay(range.from) && isDay(range.to) && range.from <= range.to;
  const sort = asked.get('sort') ?? '';
  const figure = asked.get('figure') ?? '';
  const period = oneOf(periods, asked.get('period'), dated ? 'range' : plainView.period);
  return {
    page: oneOf(pageNames, asked.get('view'), plainView.page),
    measure: word(asked.get('measure')),
    level: word(asked.get('level')),
    score: word(asked.get('score')),
    against: oneOf(['before', 'year'] as const, asked.get('against'), plainView.against),
    period: period === 'range' && !dated ? plainView.period : period,
    range: dated ? range : plainView.range,
    filters: readFilters(asked),
    by: /^(department|class|major|source|area:[\w-]{1,60})$/.test(asked.get('by') ?? '') ? asked.get('by')! : plainView.by,
    unit: oneOf(['day', 'week', 'month', ''] as const, asked.get('unit'), ''),
    group: oneOf(groups, asked.get('show'), plainView.group),
    sort: oneOf(sorts, sort.replace(/^-/, ''), plainView.sort),
    ascending: sort !== '' && !sort.startsWith('-') && (sorts as readonly string[]).includes(sort),
    frozen: /^[1-9]\d{0,4}$/.test(asked.get('frozen') ?? '') ? Number(asked.get('frozen')) : 0,
    list: /^[a-z][a-z0-9_]{0,39}$/.test(figure) ? { figure, part: asked.get('part') === 'denominator' ? 'denominator' : 'numerator', of: asked.get('of') ?? '' } : null,
  };
}
export function writeView(view: View): string {
  const out = new URLSearchParams();
  const put = (name: string, value: string, plain = '') => value !== plain && out.set(name, value);
  put('view', view.page, plainView.page);
  if (view.period === 'range') {
    put('from', view.range.from);
    put('to', view.range.to);
  } else put('period', view.period, plainView.period);
  for (const name of filterNames) if (view.filters[name] !== undefined) out.set(name, view.filters[name]);
  put('by', view.by, plainView.by);
  put('measure', view.measure);
  put('level', view.level);
  put('score', view.score);
  put('against', view.against, plainView.against);
  put('unit', view.unit);
  put('show', view.group, plainView.group);
  put('sort', (view.ascending ? '' : '-') + view.sort, `-${plainView.sort}`);
  if (view.frozen > 0) put('frozen', String(view.frozen));
  if (view.list) {
    put('figure', view.list.figure);
    put('part', view.list.part, 'numerator');
    put('of', view.list.of);
  }
  const text = out.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
  return text ? `?${text}` : '';
}

/** The query of figures: filters and period of a view, with what else is asked for. */
export function figureQuery(filters: Filters, span: Span, more: Record<string, string> = {}): string {
  const out = new URLSearchParams({ ...more, from: span.from, to: span.to });
  for (const name of filterNames) if (filters[name] !== undefined) out.set(name, filters[name]);
  return out.toString();
}
/** The query of the cases behind a figure. */
export function listQuery(list: FigureList, more: Record<string, string> = {}): string {
  const out = new URLSearchParams({ figure: list.figure, ...more });
  if (list.part === 'denominator') out.set('figure_part', 'denominator');
  return `${out.toString()}&${list.of}`;
}

/** The view that a row of a table narrows to: the server's query of the row says how. */
export function narrowed(view: View, of: string, byTime: boolean): View {
  const asked = new URLSearchParams(of);
  if (byTime) return { ...view, period: 'range', range: { from: asked.get('from') ?? '', to: asked.get('to') ?? '' }, unit: '', list: null };
  return { ...view, filters: readFilters(asked), list: null };
}

export interface Chip {
  name: FilterName;
  value: string;
}
/** One chip for each value: several departments or areas hold at once. */
export function chips(filters: Filters): Chip[] {
  const found: Chip[] = [];
  for (const name of filterNames) {
    const value = filters[name];
    if (value === undefined) continue;
    const several = name === 'department' || name === 'area' || name === 'outside';
    for (const one of several ? value.split(',') : [value]) found.push({ name, value: one });
  }
  return found;
}
export function without(view: View, chip: Chip): View {
  const left = chips(view.filters).filter((one) => one.name === chip.name && one.value !== chip.value);
  const filters = { ...view.filters };
  delete filters[chip.name];
  if (left.length > 0) filters[chip.name] = left.map((one) => one.value).join(',');
  return { ...view, filters, list: null };
}

/** How deep to split departments: below the one that is looked at, else where the city's tree
 *  first has several. */
export function departmentLevel(tree: readonly { id: number; parent: number | null }[], within: number | null): string {
  const parents = new Map(tree.map((one) => [one.id, one.parent]));
  const depth = (id: number): number => {
    let steps = 1;
    for (let up = parents.get(id) ?? null; up !== null && steps < 20; up = parents.get(up) ?? null) steps++;
    return steps;
  };
  if (within !== null && parents.has(within)) {
    return tree.some((one) => one.parent === within) ? `department:${depth(within) + 1}` : 'department';
  }
  const counts = new Map<number, number>();
  for (const one of tree) counts.set(depth(one.id), (counts.get(depth(one.id)) ?? 0) + 1);
  for (let level = 1; level <= counts.size; level++) if ((counts.get(level) ?? 0) > 1) return `department:${level}`;
  return 'department';
}
