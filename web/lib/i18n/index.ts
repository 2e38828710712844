// SPDX-License-Identifier: MPL-2.0
// Texts of the page in the person's language; labels of the city's own words come from the
// server and are only picked here. zh-CN is the source of the keys; en is checked against it
// by type and by a test. Dates are shown in the city's time zone, whoever looks.
import { computed, signal } from '@preact/signals';
import type { Label } from '../api/types.ts';
import zh from './zh-CN.json';

type Plural = { one?: string; other: string };
type Message = string | Plural;
export type Key = keyof typeof zh;
export type Language = 'zh-CN' | 'en';
type Catalogue = Record<Key, Message>;

export const languages: { code: Language; name: string }[] = [
  { code: 'zh-CN', name: '中文' },
  { code: 'en', name: 'English' },
];
const load: Record<Language, () => Promise<Catalogue>> = {
  'zh-CN': () => Promise.resolve(zh),
  en: () => import('./en.json').then((module) => module.default as Catalogue),
};

/** Catalogues of the application that this page is, see extend.ts. */
const added: { zh: Partial<Catalogue>; en: () => Promise<Partial<Catalogue>> }[] = [];
export function addTexts(zhTexts: object, en: () => Promise<object>): void {
  added.push({ zh: zhTexts, en });
  catalogue.value = { ...catalogue.value, ...zhTexts };
}
async function whole(tag: Language): Promise<Catalogue> {
  const parts = await Promise.all([load[tag](), ...added.map((one) => (tag === 'en' ? one.en() : one.zh))]);
  return Object.assign({}, ...parts) as Catalogue;
}

export const language = signal<Language>('zh-CN');
export const timeZone = signal('UTC');
const catalogue = signal<Catalogue>(zh);

const plural = computed(() => new Intl.PluralRules(language.value));
const numbers = computed(() => new Intl.NumberFormat(language.value));
const format = (options: Intl.DateTimeFormatOptions) =>
  computed(
    () => new Intl.DateTimeFormat(language.value, { ...options, timeZone: timeZone.value, hourCycle: 'h23' }),
  );
const dayTime = format({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
const full = format({
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const clock = format({ hour: '2-digit', minute: '2-digit' });
const date = format({ year: 'numeric', month: '2-digit', day: '2-digit' });

export function preferredLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (stored === 'zh-CN' || stored === 'en') return stored;
  const found = wanted.find((tag) => /^(zh|en)\b/i.test(tag));
  return found ? (/^zh/i.test(found) ? 'zh-CN' : 'en') : 'en';
}

export async function setLanguage(next: Language): Promise<void> {
  catalogue.value = await whole(next);
  language.value = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem('gridcase:language', next);
  } catch {
    // A browser that keeps nothing still shows the page.
  }
}

/** What the person chose in any face of this place, else what the browser asks for. */
export function startLanguage(): Promise<void> {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem('gridcase:language');
  } catch {
    // A browser that keeps nothing still shows the page.
  }
  return setLanguage(preferredLanguage(stored, navigator.languages));
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  const message: Message = catalogue.value[key] ?? key;
  const text =
    typeof message === 'string'
      ? message
      : ((message as Partial<Record<string, string>>)[plural.value.select(Number(values.n ?? 0))] ??
        message.other);
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? numbers.value.format(value) : (value ?? '');
  });
}

/** Whether the catalogue has a text for a code that the server sent (error codes). */
export function has(key: string): key is Key {
  return key in catalogue.value;
}

/** A label in the person's language, else in any; texts and null pass through. */
export function label(text: Label | string | null | undefined): string {
  if (text === null || text === undefined) return '';
  if (typeof text === 'string') return text;
  const tag = language.value;
  return text[tag] ?? text[tag.slice(0, 2)] ?? Object.values(text).find(Boolean) ?? '';
}

const safe = (formatter: Intl.DateTimeFormat, at: string | null | undefined): string => {
  const instant = at ? new Date(at) : null;
  return instant && !Number.isNaN(instant.valueOf()) ? formatter.format(instant) : '';
};
/** "Mar 4, 14:05" */
export const showTime = (at: string | null | undefined) => safe(dayTime.value, at);
/** "Tue, Mar 4, 2025, 14:05" */
export const showFull = (at: string | null | undefined) => safe(full.value, at);
/** "14:05" */
export const showClock = (at: string | null | undefined) => safe(clock.value, at);
/** The local day of an instant, for telling days apart. */
export const localDay = (at: string) => safe(date.value, at);
const compact = computed(() => new Intl.NumberFormat(language.value, { notation: 'compact' }));
/** "6K" where room is short. */
export const showShort = (value: number) => (value < 1000 ? String(value) : compact.value.format(value));
export const showNumber = (value: number) => numbers.value.format(value);

/** What a person typed as local time of the city ("2025-03-04T14:05") as an instant. */
export function instantOf(local: string): string | null {
  const wanted = Date.parse(`${local}Z`);
  if (Number.isNaN(wanted)) return null;
  const wall = new Intl.DateTimeFormat('en-CA', {
    timeZone: timeZone.value,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  let instant = wanted;
  for (let i = 0; i < 2; i++) {
    const part = Object.fromEntries(wall.formatToParts(instant).map((p) => [p.type, p.value]));
    const seen = Date.parse(`${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}Z`);
    instant += wanted - seen;
  }
  return new Date(instant).toISOString();
}
