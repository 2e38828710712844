// SPDX-License-Identifier: MPL-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { instantOf, label, language, preferredLanguage, setLanguage, showFull, showTime, t, timeZone } from '../../lib/i18n/index.ts';
import zh from '../../lib/i18n/zh-CN.json';

type Message = string | Record<string, string>;
const texts = (message: Message) => (typeof message === 'string' ? [message] : Object.values(message));
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
const root = join(import.meta.dirname, '../..');
const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, Message>;
const sourcesOf = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true })
    .map(String)
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => ({ name: join(folder, name), text: readFileSync(join(root, folder, name), 'utf8') }));
const apps = readdirSync(root).filter((name) => existsSync(join(root, name, 'index.html')));
const sources = ['lib', ...apps].flatMap(sourcesOf);
const codeOf = (list: { text: string }[]) => list.map((source) => source.text).join('\n');
/** Each catalogue with the code that may ask for its texts. */
const rooms = [
  { name: 'lib', code: codeOf(sources) },
  ...apps.filter((name) => existsSync(join(root, name, 'i18n/zh-CN.json'))).map((name) => ({ name, code: codeOf(sourcesOf(name)) })),
].map(({ name, code }) => ({ name, code, tags: { 'zh-CN': read(`${name}/i18n/zh-CN.json`), en: read(`${name}/i18n/en.json`) } }));

describe.each(rooms)('catalogues of $name', ({ name, code, tags }) => {
  const chinese = tags['zh-CN'];
  it('have the same keys, in order', () => {
    expect(Object.keys(tags.en)).toEqual(Object.keys(chinese));
    expect(Object.keys(chinese)).toEqual(Object.keys(chinese).sort());
  });
  it('have the same placeholders in every form of every text', () => {
    for (const [key, message] of Object.entries(chinese)) {
      const wanted = holes(texts(message)[0]!);
      for (const [tag, catalogue] of Object.entries(tags)) {
        for (const text of texts(catalogue[key]!)) expect(holes(text), `${tag} ${key}`).toEqual(wanted);
      }
    }
  });
  it('have no empty text, and no Chinese in English', () => {
    for (const [key, message] of Object.entries(tags.en)) {
      for (const text of texts(message)) {
        expect(text.trim(), key).not.toBe('');
        expect(/\p{Script=Han}/u.test(text), key).toBe(false);
      }
    }
  });
  it('have every key that the page asks for, and none that nobody asks for', () => {
    const families = ['error.', 'why.', 'live.', 'clock.', 'span.', 'choice.', 'urgency.', 'place.kind.'];
    const asked = new Set([...code.matchAll(/'([a-z_]+(?:\.[a-z_]+)+)'/g)].map((match) => match[1]!));
    const unused = Object.keys(chinese).filter((key) => !asked.has(key) && !families.some((family) => key.startsWith(family)));
    expect(unused).toEqual([]);
    const own = name === 'lib' ? codeOf(sourcesOf('lib')) : code;
    const called = [...own.matchAll(/\bt\('([^']+)'/g)].map((match) => match[1]!);
    expect(called.filter((key) => !(key in chinese) && !(key in zh))).toEqual([]);
  });
  it('say nothing twice that all share', () => {
    if (name !== 'lib') expect(Object.keys(chinese).filter((key) => key in zh)).toEqual([]);
  });
});
// An application without a catalogue of its own asks for what all share.
describe.each(apps.filter((name) => !existsSync(join(root, name, 'i18n/zh-CN.json'))))('%s', (name) => {
  it('asks for no text that is not there', () => {
    const called = [...codeOf(sourcesOf(name)).matchAll(/\bt\('([^']+)'/g)].map((match) => match[1]!);
    expect(called.filter((key) => !(key in zh))).toEqual([]);
  });
});

describe('pages', () => {
  it('hold no text of their own', () => {
    for (const { name, text } of sources) {
      if (name.endsWith('language.tsx') || name.includes('i18n')) continue; // the names of the languages
      const plain = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      expect(/\p{Script=Han}/u.test(plain), name).toBe(false);
    }
  });
});

describe('words', () => {
  beforeAll(() => setLanguage('en'));
  it('fill placeholders and choose the plural', () => {
    expect(t('list.shown', { n: 1 })).toBe('1 case');
    expect(t('list.shown', { n: 12345 })).toBe('12,345 cases');
  });
  it('pick the label of the language, else any', () => {
    expect(label({ 'zh-CN': '派遣', en: 'Dispatch' })).toBe('Dispatch');
    expect(label({ 'zh-CN': '派遣' })).toBe('派遣');
    expect(label(null)).toBe('');
    expect(label('Elm Street')).toBe('Elm Street');
  });
  it('show instants in the zone of the city', () => {
    timeZone.value = 'America/New_York';
    expect(showTime('2025-03-09T06:59:00Z')).toBe('Mar 9, 01:59');
    expect(showTime('2025-03-09T07:00:00Z')).toBe('Mar 9, 03:00');
    timeZone.value = 'Asia/Shanghai';
    expect(showFull('2025-01-01T00:30:00Z')).toBe('Wed, Jan 1, 2025, 08:30');
    expect(showTime('nonsense')).toBe('');
  });
  it('read a time typed by a person as time of the city', () => {
    timeZone.value = 'America/New_York';
    expect(instantOf('2025-07-01T12:00')).toBe('2025-07-01T16:00:00.000Z');
    expect(instantOf('2025-01-01T12:00')).toBe('2025-01-01T17:00:00.000Z');
    expect(instantOf('')).toBeNull();
  });
  it('follow the choice of the person, then the browser', () => {
    expect(preferredLanguage('en', ['zh-CN'])).toBe('en');
    expect(preferredLanguage(null, ['fr', 'zh-TW', 'en'])).toBe('zh-CN');
    expect(preferredLanguage(null, ['de'])).toBe('en');
  });
  it('set the language of the document', async () => {
    await setLanguage('zh-CN');
    expect(document.documentElement.lang).toBe('zh-CN');
    expect(language.value).toBe('zh-CN');
    expect(t('list.shown', { n: 1 })).toBe('1 件');
  });
});
