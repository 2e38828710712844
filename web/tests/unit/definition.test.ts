// SPDX-License-Identifier: MPL-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { addTexts, setLanguage } from '../../lib/i18n/index.ts';
import { beforeNumber, countsOf, deadlinesOf, type Definitions, draftTables, formulaNamer, joinSaid, type MeasureWord, namer, ownTable, sayExpression, splitExpression, usedBy } from '../../dashboard/definition.ts';
import { figuresOfFrozen, type FrozenDoc, periodCode } from '../../dashboard/frozen.ts';
import en from '../../dashboard/i18n/en.json';
import zh from '../../dashboard/i18n/zh-CN.json';

const label = (text: string, chinese = text) => ({ en: text, 'zh-CN': chinese });
const count = (code: string, more: Partial<MeasureWord>): MeasureWord => ({ code, count: true, label: label(code), unit: 'cases', on: 'opened', when: '', ...more });
const all: Definitions = {
  measures: [
    count('opened', {}),
    count('closed_of_opened', { when: 'closed' }),
    count('to_close', { when: 'closed or open' }),
    count('in_time', { on: 'judged', when: 'in_time' }),
    { code: 'closing_rate', label: label('Closing rate', '结案率'), unit: 'share', formula: 'closed_of_opened / to_close', parts: ['closed_of_opened', 'to_close'], above: ['closed_of_opened'], below: ['to_close'], if_zero: null, own: true, version: '2', better: 'more', source: 'the city, 2026' },
    { code: 'mixed', label: label('Mixed'), unit: 'number', formula: 'closing_rate * in_time', parts: ['closing_rate', 'in_time'], own: true },
  ],
  before: [],
  given: [],
  words: [
    { word: 'opened', type: 'instant', label: label('reported', '上报') },
    { word: 'judged', type: 'instant', label: label('verdict', '评判') },
    { word: 'in_time', type: 'truth', label: label('handled in time', '按期') },
    { word: 'source', type: 'choice', label: label('where it came from', '来源') },
    { word: 'outcome', type: 'choice', label: label('how it ended', '结果') },
    { word: 'filed', type: 'instant', label: label('filed', '立案') },
    { word: 'contacts', type: 'number', label: label('calls', '联系') },
  ],
};
addTexts(zh, () => Promise.resolve(en));

describe('a definition in words', () => {
  beforeEach(() => setLanguage('en'));
  const say = (text: string) => joinSaid(sayExpression(text, namer(all, [{ code: 'media', label: label('Press') }])));
  it('is split into its words', () => {
    expect(splitExpression('source in (hotline, media) and seconds(opened, filed) >= 2 h')).toEqual(['source', 'in', '(', 'hotline', ',', 'media', ')', 'and', 'seconds', '(', 'opened', ',', 'filed', ')', '>=', '2 h']);
    expect(splitExpression('what § is this')).toEqual(['what § is this']);
  });
  it('names words, choices and sources, each for what it is there', () => {
    expect(say('source in (hotline, media) and (contacts > 1 or filed)')).toBe('“where it came from” is one of (hotline, Press) and (“calls” > 1 or “filed”)');
    expect(say('outcome != voided and not filed')).toBe('“how it ended” is not voided and not “filed”');
    expect(say('seconds(opened, filed) <= 30 min')).toBe('time between (“reported”, “filed”) ≤ 30 min');
  });
  it('leads from a formula to its figures, in the language of the page', async () => {
    expect(sayExpression('closed_of_opened / to_close', formulaNamer(all))).toEqual([{ text: 'closed_of_opened', code: 'closed_of_opened' }, { text: '÷' }, { text: 'to_close', code: 'to_close' }]);
    await setLanguage('zh-CN');
    expect(joinSaid(sayExpression('closing_rate / days', formulaNamer(all)))).toBe('结案率 ÷ 期间天数');
  });
  it('finds its counts, its deadlines and who uses it', () => {
    expect(countsOf(all, 'mixed').map((one) => one.code)).toEqual(['closed_of_opened', 'to_close', 'in_time']);
    expect(deadlinesOf(all, 'mixed').map((one) => one.word)).toEqual(['judged', 'in_time']);
    expect(deadlinesOf(all, 'closing_rate')).toEqual([]);
    expect(usedBy(all, 'closing_rate').map((one) => one.code)).toEqual(['mixed']);
  });
  it('becomes a row of the city’s own table, beside the others', () => {
    const changed = { ...all.measures[4]!, formula: 'closed_of_opened / opened' };
    expect(ownTable([changed])).toBe('code,version,name_en,name_zh,formula,if_zero,unit,better,source\nclosing_rate,2,Closing rate,结案率,closed_of_opened / opened,blank,share,more,"the city, 2026"\n');
    const tables = draftTables(all, changed);
    expect(Object.keys(tables)).toEqual(['own_indicators']);
    expect(tables.own_indicators).toContain('\nmixed,');
    expect(tables.own_indicators!.match(/closing_rate,2/g)).toHaveLength(1);
    expect(draftTables(all, { ...all.measures[0]!, when: 'filed' }).own_counts).toBe('code,version,name_en,name_zh,on,until,when,value,unit,better,source\nopened,,opened,opened,opened,,filed,,cases,,\n');
  });
});

describe('a number of before', () => {
  it('is read in the unit of its figure', () => {
    expect(beforeNumber('26.7 %', 'share')).toBeCloseTo(0.267);
    expect(beforeNumber('0.267', 'share')).toBe(0.267);
    expect(beforeNumber('12 h', 's')).toBe(43_200);
    expect(beforeNumber('3.5 天', 's')).toBe(302_400);
    expect(beforeNumber('1,250', 'number')).toBe(1250);
  });
  it('is none where nothing can be compared', () => {
    for (const [text, unit] of [['about a third', 'share'], ['26.7', 'share'], ['12', 's'], ['', 'number']] as const) expect(beforeNumber(text, unit), text).toBeNull();
  });
});

describe('a frozen period', () => {
  it('is found by its days', () => {
    expect(periodCode({ from: '2026-02-01', to: '2026-02-28' })).toBe('2026-02');
    expect(periodCode({ from: '2026-10-01', to: '2026-12-31' })).toBe('2026-Q4');
    expect(periodCode({ from: '2026-01-01', to: '2026-12-31' })).toBe('2026');
    for (const [from, to] of [['2026-02-01', '2026-02-27'], ['2026-02-02', '2026-03-01'], ['2026-02-01', '2026-04-30'], ['2026-02-01', '2027-01-31']] as const) expect(periodCode({ from, to })).toBeNull();
  });
  it('is told as figures: halves of rates, names, and no list', () => {
    const doc: FrozenDoc = {
      period: '2026-02', version: 1, from: '2026-02-01', to: '2026-02-28', made_at: '2026-03-01T00:00:00Z',
      measures: [{ code: 'closed_of_opened', name: label('a'), unit: 'cases' }, { code: 'to_close', name: label('b'), unit: 'cases' }, { code: 'closing_rate', name: label('c'), unit: 'share' }],
      tables: [{ by: '', rows: [{ values: [3, 4, 0.75] }] }, { by: 'class', rows: [{ id: 7, code: 'x', values: [3, 4, 0.75] }] }],
    };
    const found = figuresOfFrozen(doc, 'class', all.measures, '2026-03-02', (by, id) => label(`${by} ${id}`))!;
    expect(found.totals).toEqual([3, 4, 0.75]);
    expect(found.measures[2]).toMatchObject({ numerator: 'closed_of_opened', denominator: 'to_close', better: 'more' });
    expect(found.rows).toEqual([{ keys: [{ id: 7, code: 'x', label: label('class 7') }], values: [3, 4, 0.75], list: '' }]);
    expect(figuresOfFrozen(doc, 'area:ward', all.measures, '2026-03-02', () => null)).toBeNull();
  });
});
