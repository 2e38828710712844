// SPDX-License-Identifier: MPL-2.0
// A definition of the city's tables said in words: conditions and formulas become sentences,
// by the names that the server has for each of their words.
import type { Label } from '../lib/api/types.ts';
import { label } from '../lib/i18n/index.ts';
import { t } from './i18n.ts';

/** A count or an indicator as the city's tables define it. */
export interface MeasureWord {
  code: string;
  version?: string;
  /** A count of cases; else a formula over counts. */
  count?: boolean;
  label: Label;
  note?: Label;
  unit: string;
  better?: string;
  stock?: boolean;
  /** Of the city's own table. */
  own?: boolean;
  source?: string;
  formula?: string;
  parts?: string[];
  above?: string[];
  below?: string[];
  if_zero?: number | null;
  on?: string;
  until?: string;
  when?: string;
  value?: string;
  /** Of what the city has not entered: nothing to show. */
  lacks_given?: boolean;
}
export interface Before {
  code: string;
  label: Label;
  value: string;
  period: string;
  source: string;
  by: string | null;
  at: string | null;
}
export interface Word {
  word: string;
  type: string;
  label: Label;
}
export interface Definitions {
  measures: MeasureWord[];
  before: Before[];
  words: Word[];
  given: { code: string; from: string; to: string; value: number; note: string }[];
}
export const noDefinitions: Definitions = { measures: [], before: [], words: [], given: [] };

/** A piece of a sentence; with a code it is the name of another figure. */
export interface Said {
  text: string;
  code?: string;
}

const signs: Record<string, string> = { '<=': '≤', '>=': '≥', '*': '×', '/': '÷', '-': '−' };
const choiceKey = {
  none: 'choice.none',
  closed: 'choice.closed',
  declined: 'choice.declined',
  not_accepted: 'choice.not_accepted',
  voided: 'choice.voided',
  forced: 'choice.forced',
  merged: 'choice.merged',
  no_answer: 'choice.no_answer',
  self_done: 'choice.self_done',
  simple_done: 'choice.simple_done',
  yes: 'choice.yes',
  no: 'choice.no',
  unknown: 'choice.unknown',
} as const;
const joinKey = { and: 'say.and', or: 'say.or', not: 'say.not', in: 'say.in', now: 'say.now', days: 'say.days', '=': 'say.is', '!=': 'say.is_not' } as const;
const has = <T extends object>(table: T, key: string): key is Extract<keyof T, string> => Object.hasOwn(table, key);

/** The words of a condition or a formula; an expression that cannot be read is one piece. */
export function splitExpression(text: string): string[] {
  const found: string[] = [];
  const word = /\s*(>=|<=|!=|[=<>()+\-*/,]|\d+(?:\.\d+)?(?:\s*(?:min|h|d)\b)?|[a-z_][\w.]*)/gy;
  while (word.lastIndex < text.trimEnd().length) {
    const next = word.exec(text);
    if (!next) return [text];
    found.push(next[1]!);
  }
  return found;
}

/** What stands before a value says what the value is of: `source = media` means the press. */
type Name = (word: string, of: string) => Said | null;
export function sayExpression(text: string, name: Name): Said[] {
  const words = splitExpression(text);
  const out: Said[] = [];
  let of = '';
  words.forEach((word, at) => {
    const before = words[at - 1];
    if (word === 'seconds' && words[at + 1] === '(') out.push({ text: t('say.time') });
    else if (has(joinKey, word)) out.push({ text: t(joinKey[word]) });
    else if (/^[a-z_]/.test(word)) {
      const isValue = before === '=' || before === '!=' || (of !== '' && /^[(,]$/.test(before ?? '') && words.slice(0, at).lastIndexOf('in') > words.slice(0, at).lastIndexOf(')'));
      if (isValue) out.push(name(word, of) ?? { text: has(choiceKey, word) ? t(choiceKey[word]) : word });
      else {
        of = word;
        out.push(name(word, '') ?? { text: word });
      }
    } else out.push({ text: signs[word] ?? word });
  });
  return out;
}
/** As running text: no space inside brackets or before a comma. */
export const joinSaid = (said: readonly Said[]): string =>
  said
    .map((one) => one.text)
    .join(' ')
    .replace(/\( /g, '(')
    .replace(/ ([),])/g, '$1');

/** Names by the server's words, the city's sources, and the figures themselves. */
export function namer(all: Definitions, sources: readonly { code: string; label: Label }[]): Name {
  const words = new Map(all.words.map((one) => [one.word, one]));
  return (word, of) => {
    if (of === 'source') return { text: label(sources.find((one) => one.code === word)?.label) || word };
    if (of !== '') return null;
    const known = words.get(word);
    return known ? { text: t('say.quoted', { word: label(known.label) }) } : null;
  };
}
/** Of formulas: every word is a figure, or a number that the city gives. */
export function formulaNamer(all: Definitions): Name {
  const figures = new Map(all.measures.map((one) => [one.code, one]));
  return (word) => {
    const figure = figures.get(word);
    if (figure) return { text: label(figure.label) || word, code: word };
    return word.startsWith('given.') ? { text: t('say.given', { code: word.slice(6) }) } : null;
  };
}

/** The counts that a figure is made of in the end, itself when it is one. */
export function countsOf(all: Definitions, code: string, seen = new Set<string>()): MeasureWord[] {
  const one = all.measures.find((measure) => measure.code === code);
  if (!one || seen.has(code)) return [];
  seen.add(code);
  return one.count ? [one] : (one.parts ?? []).flatMap((part) => countsOf(all, part, seen));
}
/** Deadlines take part through instants and verdicts of clocks. */
const deadlineWords = new Set(['due', 'judged', 'left', 'in_time', 'late', 'pending', 'was_overdue']);
export function deadlinesOf(all: Definitions, code: string): Word[] {
  const used = new Set(countsOf(all, code).flatMap((one) => splitExpression([one.on, one.until, one.when, one.value].filter(Boolean).join(' '))));
  return all.words.filter((one) => used.has(one.word) && (deadlineWords.has(one.word) || (one.type === 'verdict' && one.word.endsWith('_in_time'))));
}
export const usedBy = (all: Definitions, code: string): MeasureWord[] => all.measures.filter((one) => one.parts?.includes(code));

// ---- a row of the city's own tables, as it would be loaded ----

const quote = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const names = (words: Label | undefined, prefix: string): [string, string][] => Object.entries(words ?? {}).map(([tag, text]) => [`${prefix}_${tag === 'zh-CN' ? 'zh' : tag.replaceAll('-', '_').toLowerCase()}`, text]);
const fieldsOf = (one: MeasureWord): Map<string, string> =>
  new Map([
    ['code', one.code],
    ['version', one.version ?? ''],
    ...names(one.label, 'name'),
    ...(one.count
      ? ([['on', one.on ?? ''], ['until', one.until ?? ''], ['when', one.when ?? ''], ['value', one.value ?? '']] as [string, string][])
      : ([['formula', one.formula ?? ''], ['if_zero', one.if_zero === null || one.if_zero === undefined ? 'blank' : String(one.if_zero)]] as [string, string][])),
    ['unit', one.unit],
    ['better', one.better ?? ''],
    ...names(one.note, 'note'),
    ['source', one.source ?? ''],
  ]);
export const ownTable = (rows: readonly MeasureWord[]): string => {
  const all = rows.map(fieldsOf);
  const columns = [...new Set(all.flatMap((row) => [...row.keys()]))];
  return [columns, ...all.map((row) => columns.map((column) => row.get(column) ?? ''))].map((row) => row.map(quote).join(',')).join('\n') + '\n';
};
/** The city's own rows of that kind with one changed: what replaces the table in a dry run. */
export function draftTables(all: Definitions, changed: MeasureWord): Record<string, string> {
  const kind = changed.count ? 'own_counts' : 'own_indicators';
  const others = all.measures.filter((one) => one.own && Boolean(one.count) === Boolean(changed.count) && one.code !== changed.code);
  return { [kind]: ownTable([...others, changed]) };
}

// ---- numbers of before, as people wrote them ----

const spans: [RegExp, number][] = [
  [/^(d|days?|\u5929|\u65e5)$/i, 86_400],
  [/^(h|hours?|\u5c0f?\u65f6)$/i, 3600],
  [/^(min|minutes?|\u5206\u949f?)$/i, 60],
  [/^(s|seconds?|\u79d2)$/i, 1],
];
/** "26.7 %", "12.1 h", "300" in the unit of a figure; null: no number that can be compared. */
export function beforeNumber(text: string, unit: string): number | null {
  const found = /^\s*([\d,]+(?:\.\d+)?)\s*(\S*)\s*$/.exec(text);
  if (!found) return null;
  const value = Number(found[1]!.replaceAll(',', ''));
  const word = found[2]!;
  if (!Number.isFinite(value)) return null;
  if (unit === 'share') return word === '%' || word === '\uff05' ? value / 100 : word === '' && value <= 1 ? value : null;
  if (unit === 's') {
    const span = spans.find(([known]) => known.test(word));
    return span ? value * span[1] : null;
  }
  return value;
}
