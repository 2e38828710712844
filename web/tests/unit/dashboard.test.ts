// SPDX-License-Identifier: MPL-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { addDays, daysIn, isDay, periods, spanBefore, spanOf, trendSpan, unitFor, unitsFor } from '../../dashboard/days.ts';
import { compare, type Figure, figureOf, type Figures, type Measure, roundShare, showKey, showSpan, showValue, sortRows } from '../../dashboard/figures.ts';
import '../../dashboard/i18n.ts';
import { chips, departmentLevel, figureQuery, listQuery, narrowed, plainView, readView, type View, without, writeView } from '../../dashboard/view.ts';
import { doubts, sameRow } from '../../dashboard/honesty.tsx';
import { pairs, spanAgainst } from '../../dashboard/pages/compare.tsx';
import { byHour, shadeOf } from '../../dashboard/pages/hours.tsx';
import { shadeAt, shadeEnds } from '../../dashboard/pages/map.tsx';
import { spanOfAge } from '../../dashboard/pages/open.tsx';
import { inkOn } from '../../dashboard/pages/scores.tsx';
import { placeWords } from '../../dashboard/pages/spots.tsx';
import { setLanguage } from '../../lib/i18n/index.ts';

const none = { from: '', to: '' };

describe('days and periods', () => {
  it('know the calendar', () => {
    expect(['2026-02-28', '2024-02-29'].every(isDay)).toBe(true);
    expect(['2026-02-29', '2026-13-01', '2026-1-1', '', 'today', null, undefined].some((day) => isDay(day))).toBe(false);
    expect(addDays('2026-03-08', 1)).toBe('2026-03-09'); // clocks change in New York
    expect(daysIn({ from: '2026-01-01', to: '2026-12-31' })).toBe(365);
  });
  it.each([
    ['today', '2026-03-31', '2026-03-31', '2026-03-31', '2026-03-30', '2026-03-30'],
    ['7d', '2026-03-31', '2026-03-25', '2026-03-31', '2026-03-18', '2026-03-24'],
    ['30d', '2026-03-31', '2026-03-02', '2026-03-31', '2026-01-31', '2026-03-01'],
    ['month', '2026-03-31', '2026-03-01', '2026-03-31', '2026-02-01', '2026-02-28'],
    ['month', '2026-03-10', '2026-03-01', '2026-03-10', '2026-02-01', '2026-02-10'],
    ['last-month', '2026-01-15', '2025-12-01', '2025-12-31', '2025-11-01', '2025-11-30'],
    ['quarter', '2026-05-10', '2026-04-01', '2026-05-10', '2026-01-01', '2026-02-09'],
    ['year', '2024-02-29', '2024-01-01', '2024-02-29', '2023-01-01', '2023-02-28'],
  ] as const)('%s on %s', (period, today, from, to, beforeFrom, beforeTo) => {
    expect(spanOf(period, today, none)).toEqual({ from, to });
    expect(spanBefore(period, { from, to })).toEqual({ from: beforeFrom, to: beforeTo });
  });
  it('compare every period with days that end before it begins', () => {
    for (let day = '2023-12-20'; day < '2025-03-05'; day = addDays(day, 1)) {
      for (const period of periods) {
        const span = spanOf(period, day, { from: addDays(day, -9), to: day });
        const before = spanBefore(period, span);
        expect(before.to < span.from, `${period} ${day}`).toBe(true);
        expect(before.from <= before.to, `${period} ${day}`).toBe(true);
      }
    }
  });
  it('cut a trend into as many columns as one can read', () => {
    expect(unitFor({ from: '2026-01-01', to: '2026-01-31' })).toBe('day');
    expect(unitFor({ from: '2026-01-01', to: '2026-03-31' })).toBe('week');
    expect(unitFor({ from: '2026-01-01', to: '2026-12-31' })).toBe('month');
    expect(unitsFor({ from: '2026-01-01', to: '2026-01-07' })).toEqual(['day']);
    expect(unitsFor({ from: '2016-01-01', to: '2026-01-01' })).toEqual(['month']);
    expect(trendSpan({ from: '2026-01-20', to: '2026-01-20' })).toEqual({ from: '2026-01-07', to: '2026-01-20' });
  });
});

describe('the address', () => {
  const rich: View = {
    page: 'map',
    measure: 'closing_rate',
    level: 'ward',
    score: '',
    against: 'year',
    period: 'range',
    range: { from: '2026-01-05', to: '2026-02-03' },
    filters: { department: '1,16', area: '3', major: '' },
    by: 'area:ward',
    unit: 'week',
    group: 'rates',
    sort: 'on_time_rate',
    ascending: true,
    frozen: 2,
    list: { figure: 'on_time_rate', part: 'denominator', of: 'from=2026-01-05&to=2026-02-03&department=1,16' },
  };
  it('comes back as it was written', () => {
    expect(readView(writeView(rich))).toEqual(rich);
    expect(writeView(rich)).toContain('department=1,16');
    expect(readView(writeView(plainView))).toEqual(plainView);
    expect(writeView(plainView)).toBe('');
    for (const period of periods.filter((one) => one !== 'range')) expect(readView(writeView({ ...plainView, period })).period).toBe(period);
  });
  it('takes no word it does not know', () => {
    expect(readView('?period=century&by=password&unit=second&show=all&sort=-up&from=2026-02-30&to=x&figure=<b>')).toEqual(plainView);
    expect(readView('?from=2026-03-01&to=2026-02-01').period).toBe('30d');
    expect(readView('?period=range').period).toBe('30d');
  });
  it('asks for what it shows', () => {
    const query = new URLSearchParams(figureQuery({ department: '4', major: '' }, { from: 'a', to: 'b' }, { by: 'day' }));
    expect([...query.entries()].sort()).toEqual([['by', 'day'], ['department', '4'], ['from', 'a'], ['major', ''], ['to', 'b']]);
    expect(listQuery({ figure: 'open', part: 'numerator', of: 'from=a&to=b' }, { limit: '5' })).toBe('figure=open&limit=5&from=a&to=b');
    expect(listQuery({ figure: 'closing_rate', part: 'denominator', of: 'x=1' })).toBe('figure=closing_rate&figure_part=denominator&x=1');
  });
  it('narrows by what the server says of a row, and widens chip by chip', () => {
    const there = narrowed({ ...plainView, filters: { department: '1' } }, 'from=2026-01-01&to=2026-01-31&department=1,16&lead=0', false);
    expect(there.filters).toEqual({ department: '1,16', lead: '0' });
    expect(there.period).toBe('30d');
    expect(chips(there.filters)).toEqual([{ name: 'department', value: '1' }, { name: 'department', value: '16' }, { name: 'lead', value: '0' }]);
    expect(without(there, { name: 'department', value: '16' }).filters).toEqual({ department: '1', lead: '0' });
    expect(without(there, { name: 'lead', value: '0' }).filters).toEqual({ department: '1,16' });
    const week = narrowed({ ...plainView, filters: { source: 'hotline' } }, 'from=2026-01-05&to=2026-01-11&source=hotline', true);
    expect(week).toMatchObject({ period: 'range', range: { from: '2026-01-05', to: '2026-01-11' }, filters: { source: 'hotline' } });
  });
  it('splits departments where the tree branches, or below the one looked at', () => {
    const tree = [{ id: 1, parent: null }, { id: 2, parent: 1 }, { id: 3, parent: 1 }, { id: 4, parent: 3 }];
    expect(departmentLevel(tree, null)).toBe('department:2');
    expect(departmentLevel(tree, 3)).toBe('department:3');
    expect(departmentLevel(tree, 4)).toBe('department');
    expect(departmentLevel([], null)).toBe('department');
    expect(departmentLevel([{ id: 1, parent: null }, { id: 2, parent: null }], null)).toBe('department:1');
  });
});

describe('figures', () => {
  beforeAll(() => setLanguage('en'));
  const measures: Measure[] = [
    { code: 'open', label: { en: 'Open' }, unit: 'cases', stock: true },
    { code: 'opened', label: { en: 'Arrivals' }, unit: 'cases', stock: false },
    { code: 'closing_rate', label: { en: 'Closing rate' }, unit: 'share', stock: false, numerator: 'closed_of_opened', denominator: 'to_close' },
    { code: 'to_close', label: {}, unit: 'cases', stock: false },
    { code: 'closed_of_opened', label: {}, unit: 'cases', stock: false },
  ];
  const row = (code: string, ...values: (number | null)[]) => ({ keys: [{ id: 1, code, label: null }], values, list: '' });
  const answer: Figures = {
    from: '2026-01-01', to: '2026-01-31', today: '2026-01-31', as_of: '', measures, dimensions: [], list: '', totals: [7, 960, 0.845833, 960, 812],
    rows: [row('b', 2, 5, null, 0, 0), row('a', 2, 9, 1, 1, 1), row('c', 4, 1, 0.5, 2, 1)],
  };
  const made = (code: Figure['code'], value: number | null, unit = 'cases', stock = false): Figure => ({ code, value, numerator: null, denominator: null, measure: { code, label: {}, unit, stock } });

  it('are found by their code, with both halves', () => {
    expect(figureOf(answer, answer.totals, 'closing_rate')).toMatchObject({ value: 0.845833, numerator: 812, denominator: 960 });
    expect(figureOf(answer, answer.totals, 'overdue')).toBeNull();
  });
  it('are never rounded to all or nothing', () => {
    expect([roundShare(0.99996), roundShare(1), roundShare(0.00001), roundShare(0), roundShare(0.8458)]).toEqual([0.999, 1, 0.001, 0, 0.846]);
    expect(showValue('share', 0.845833)).toBe('84.6%');
    expect([showValue('cases', 12655), showValue('s', 90_000), showValue('share', null)]).toEqual(['12,655', '1 d 1 h', '–']);
  });
  it('say what a change means, in words', () => {
    expect(compare(made('overdue', 12), made('overdue', 9))).toEqual({ tone: 'bad', turn: 'up', words: '3 more than before (9)' });
    expect(compare(made('closed', 12), made('closed', 9)).tone).toBe('good');
    expect(compare(made('opened', 12), made('opened', 9)).tone).toBe('none');
    expect(compare(made('on_time_rate', 0.72, 'share'), made('on_time_rate', 0.866, 'share'))).toEqual({ tone: 'bad', turn: 'down', words: '14.6 points lower than before (86.6%)' });
    expect(compare(made('mean_time_to_close', 3600, 's'), made('mean_time_to_close', 7200, 's'))).toEqual({ tone: 'good', turn: 'down', words: '1 h quicker than before (2 h)' });
    expect(compare(made('closing_rate', 0.2, 'share'), made('closing_rate', 0.9, 'share')).tone).toBe('none');
    expect(compare(made('open', 5), made('open', 5)).turn).toBe('same');
    expect(compare(made('open', null), made('open', 5)).turn).toBe('unknown');
    expect(compare(made('open', 5), null).turn).toBe('unknown');
  });
  it('do not judge a day that is not over against a whole one', () => {
    expect(compare(made('closed', 2), made('closed', 300), true)).toEqual({ tone: 'none', turn: 'unknown', words: 'the whole of yesterday: 300' });
    expect(compare(made('open', 2, 'cases', true), made('open', 300), true).tone).toBe('good');
  });
  it('sort by any column, what has no value last', () => {
    const order = (sort: Parameters<typeof sortRows>[1], up: boolean) => sortRows(answer, sort, up, (one) => one.keys[0]!.code).map((one) => one.keys[0]!.code).join('');
    expect([order('opened', false), order('opened', true), order('closing_rate', false), order('closing_rate', true), order('open', false), order('name', true), order('name', false)]).toEqual(['abc', 'cba', 'acb', 'cab', 'cab', 'abc', 'cba']);
  });
  it('name periods in the language of the page', async () => {
    expect(showSpan({ from: '2026-01-05', to: '2026-01-11' }, '2026-02-01')).toMatch(/^Jan 5\s–\s11$/);
    expect(showSpan({ from: '2025-01-05', to: '2025-01-05' }, '2026-02-01')).toBe('Jan 5, 2025');
    expect(showKey('day', { id: 1, code: '', label: null, from: '2026-01-05', to: '2026-01-05' }, '2026-02-01')).toBe('Mon, Jan 5');
    expect(showKey('month', { id: 1, code: '', label: null, from: '2026-01-01', to: '2026-01-31' }, '2026-02-01')).toBe('January 2026');
    await setLanguage('zh-CN');
    expect(showKey('month', { id: 1, code: '', label: null, from: '2026-01-01', to: '2026-01-31' }, '2026-02-01')).toBe('2026年1月');
    expect(compare(made('overdue', 12), made('overdue', 9)).words).toBe('比上期多 3 件（9）');
  });
});

describe('the views', () => {
  const row = (hour: number, day: number, n: number) => ({
    keys: [
      { id: hour, code: String(hour), label: null },
      { id: day, code: String(day), label: null },
    ],
    values: [n],
    list: `hour=${hour}&weekday=${day}`,
  });
  const answer = (codes: string[], rows: Figures['rows']): Figures => ({
    from: '2026-01-01', to: '2026-01-31', today: '2026-02-01', as_of: '2026-02-01T00:00:00Z', list: '', totals: [0], rows,
    dimensions: codes.map((code) => ({ code })),
    measures: [{ code: 'opened', label: { en: 'Arrivals' }, unit: 'cases', stock: false }],
  });

  it('find an hour of a weekday in whichever order the server tells it', () => {
    const cells = byHour(answer(['hour', 'weekday'], [row(9, 2, 5), row(23, 7, 1)]));
    expect(cells.get(92)?.list).toBe('hour=9&weekday=2');
    expect(cells.get(237)?.values).toEqual([1]);
    const turned = byHour(answer(['weekday', 'hour'], [{ ...row(9, 2, 5), keys: [row(9, 2, 5).keys[1]!, row(9, 2, 5).keys[0]!] }]));
    expect(turned.get(92)?.values).toEqual([5]);
  });
  it('shade nothing as nothing and the most as the darkest', () => {
    expect([0, 1, 50, 99, 100].map((n) => shadeOf(n, 100))).toEqual([0, 1, 3, 5, 5]);
    expect(shadeOf(0, 0)).toBe(0);
  });
  it('cut places into shades of as many places each, equal values in one', () => {
    expect(shadeEnds([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 5)).toEqual([2, 4, 6, 8, 10]);
    expect(shadeEnds([3, 3, 3, 3], 5)).toEqual([3]);
    expect(shadeEnds([0, 0], 5)).toEqual([]);
    expect([1, 2, 3, 10].map((value) => shadeAt([2, 4, 10], value))).toEqual([0, 0, 1, 2]);
  });
  it('know the days of each age of open work, without gap or overlap', () => {
    expect(spanOfAge('2026-03-10', [0, 0])).toEqual({ from: '2026-03-10', to: '2026-03-10' });
    expect(spanOfAge('2026-03-10', [1, 3])).toEqual({ from: '2026-03-07', to: '2026-03-09' });
    expect(spanOfAge('2026-03-10', [4, 7])).toEqual({ from: '2026-03-03', to: '2026-03-06' });
  });
  it('put keys of two periods side by side, the largest change first', () => {
    const one = (code: string, n: number) => ({ keys: [{ id: 1, code, label: { en: code.toUpperCase() } }], values: [n], list: code });
    const made = pairs({ now: answer(['class'], [one('a', 10), one('b', 4)]), earlier: answer(['class'], [one('a', 9), one('c', 7)]), code: 'opened' });
    expect(made.map((pair) => [pair.key, pair.now?.values[0] ?? null, pair.was?.values[0] ?? null])).toEqual([
      ['c', null, 7],
      ['b', 4, null],
      ['a', 10, 9],
    ]);
  });
  it('compare with the same days of the year before, in leap years too', () => {
    const asked = { view: { ...plainView, against: 'year' as const }, span: { from: '2024-02-01', to: '2024-02-29' }, before: { from: '2024-01-03', to: '2024-01-31' } };
    expect(spanAgainst(asked)).toEqual({ from: '2023-02-01', to: '2023-02-28' });
    expect(spanAgainst({ ...asked, view: plainView })).toEqual(asked.before);
  });
  it('write on a grade in a colour that can be read', () => {
    expect(['#ffff00', '#8a6700', '#24292f', '#ffffff', '#1f5fbf'].map(inkOn)).toEqual(['#000000', '#ffffff', '#ffffff', '#000000', '#ffffff']);
  });
  it('say a place in words, else by its area and grid', async () => {
    await setLanguage('en');
    const at = { grid: { id: 1, code: 'T11' }, areas: [{ code: 'D1', level: 'district', name: { en: 'West', 'zh-CN': '西区' } }], lon: 120, lat: 30, place: null };
    expect(placeWords(at)).toBe('West T11');
    expect(placeWords({ ...at, place: { en: 'near A St' } })).toBe('near A St (West)');
    expect(placeWords({ ...at, grid: null, areas: [] })).not.toBe('');
  });
});

describe('what stands behind a closing rate', () => {
  const share = (code: string): Measure[] => [
    { code, label: { en: code }, unit: 'share', stock: false, numerator: `${code}_above`, denominator: `${code}_below` },
    { code: `${code}_above`, label: { en: code }, unit: 'cases', stock: false },
    { code: `${code}_below`, label: { en: code }, unit: 'cases', stock: false },
  ];
  const rows = [
    { keys: [{ id: 7, code: 'parks', label: null }], values: [null, 0, 0, 0.5, 2, 4, 1, 4, 4], list: 'department=7' },
    { keys: [{ id: 0, code: '', label: null }], values: [0.25, 1, 4, 0, 0, 4, 1, 4, 4], list: 'lead=0' },
  ];
  const answer = { from: '', to: '', today: '', as_of: '', dimensions: [{ code: 'department' }], list: '', rows, totals: [0.1, 1, 10, 0.2, 2, 10, 1, 8, 8], measures: [...share('reopened_share'), ...share('forced_share'), ...share('untracked_share')] } as Figures;
  it('names doubts that have a case, the gravest first; never what is not known', () => {
    expect(doubts(answer, answer.totals).map((one) => [one.code, one.numerator])).toEqual([['forced_share', 2], ['reopened_share', 1]]);
    expect(doubts(answer, rows[0]!.values).map((one) => one.code)).toEqual(['forced_share']);
    expect(doubts({ ...answer, measures: [] }, [])).toEqual([]);
  });
  it('finds the row of the same key, and none where nothing is told', () => {
    expect(sameRow(answer, { keys: [{ id: 7, code: 'parks', label: { en: 'Parks' } }], values: [], list: 'x' })).toBe(rows[0]);
    expect(sameRow(answer, { keys: [{ id: 0, code: '', label: null }], values: [], list: 'x' })).toBe(rows[1]);
    expect(sameRow(answer, { keys: [{ id: 8, code: 'roads', label: null }], values: [], list: 'x' })).toBe(null);
    expect(sameRow(null, rows[0]!)).toBe(null);
  });
});
