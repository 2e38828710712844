// SPDX-License-Identifier: MPL-2.0
// Small parts of the console: coordinates as people paste them, what a browser keeps, new
// cases that belong further down.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dropFilter, keepDraft, keepFor, keptDraft, savedFilters, saveFilter } from '../../console/state/keep.ts';
import { CaseRows } from '../../console/state/list.ts';
import { plainWords } from '../../console/views/plain.ts';
import { pointOf } from '../../console/views/placebox.tsx';
import { Client } from '../../lib/api/client.ts';
import type { CaseDetail, CaseSummary } from '../../lib/api/types.ts';
import { setLanguage } from '../../lib/i18n/index.ts';

const boston = [-71.19, 42.22, -70.92, 42.4];

describe('coordinates in words', () => {
  it('are understood either way round, by where the city lies', () => {
    expect(pointOf('42.35621, -71.06944', boston)).toEqual({ lat: 42.35621, lon: -71.06944 });
    expect(pointOf(' -71.06944 42.35621 ', boston)).toEqual({ lat: 42.35621, lon: -71.06944 });
    expect(pointOf('42.35，-71.06', boston)).toEqual({ lat: 42.35, lon: -71.06 });
  });
  it('outside the city are latitude first, and what is none is words', () => {
    expect(pointOf('30.5, 120.1', boston)).toEqual({ lat: 30.5, lon: 120.1 });
    for (const text of ['12 5', '104 Brookley Rd', '42.35', '1,2,3', '95.5, 200.5', '']) expect(pointOf(text, boston), text).toBeNull();
  });
});

describe('what a browser keeps', () => {
  beforeEach(() => {
    localStorage.clear();
    sessionStorage.clear();
  });
  it('are the lists of one person in one city', () => {
    keepFor('a', 1);
    saveFilter('  Lamps ', 'q=lamp');
    saveFilter('Lamps', 'q=lamps');
    saveFilter('   ', 'q=x');
    expect(savedFilters.value).toEqual([{ name: 'Lamps', search: 'q=lamps' }]);
    keepFor('a', 2);
    expect(savedFilters.value).toEqual([]);
    keepFor('b', 1);
    expect(savedFilters.value).toEqual([]);
    keepFor('a', 1);
    expect(savedFilters.value).toHaveLength(1);
    dropFilter('Lamps');
    keepFor('a', 1);
    expect(savedFilters.value).toEqual([]);
  });
  it('is bounded, and what somebody else wrote there does no harm', () => {
    keepFor('a', 1);
    for (let i = 0; i < 30; i++) saveFilter(`list ${i}`, 'q=1');
    expect(savedFilters.value).toHaveLength(20);
    for (const text of ['{', '7', '[1, {"name": 2}]', 'null']) {
      localStorage.setItem('gridcase:a:1:filters', text);
      keepFor('a', 1);
      expect(savedFilters.value, text).toEqual([]);
    }
  });
  it('is an unfinished form until it is sent', () => {
    keepFor('a', 1);
    keepDraft('report', { description: 'half' });
    expect(keptDraft('report')).toEqual({ description: 'half' });
    keepFor('a', 2);
    expect(keptDraft('report')).toBeNull();
    keepFor('a', 1);
    keepDraft('report', null);
    expect(keptDraft('report')).toBeNull();
  });
});

const item = (number: string, due: string, version = 1) =>
  ({ number, version, opened_at: '2025-03-03T12:00:00.000Z', clock: { state: 'running', due_at: due, yellow_at: null } }) as CaseSummary;

describe('new cases further down than what is loaded', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());
  it('are told, changed old ones are not', async () => {
    const late = [item('N', '2025-05-01T00:00:00.000Z'), item('O', '2025-05-02T00:00:00.000Z', 4)];
    const client = new Client({
      base: '',
      fetch: async (input) => {
        const number = new URL(String(input), 'http://x').searchParams.get('number');
        const items = number ? late.filter((one) => one.number === number) : [item('A', '2025-03-04T00:00:00.000Z')];
        return new Response(JSON.stringify({ items, next_cursor: number ? null : 'd1.1', as_of: new Date().toISOString() }), { headers: { 'Content-Type': 'application/json' } });
      },
    });
    const rows = new CaseRows(client);
    await rows.load({ open: true }, 'due');
    rows.changed('N', true);
    rows.changed('O');
    await vi.advanceTimersByTimeAsync(400);
    expect([...rows.below.value]).toEqual(['N']);
    expect(rows.rows.value.map((row) => row.item.number)).toEqual(['A']);
    rows.gone('N');
    expect(rows.below.value.size).toBe(0);
  });
});

describe('a case in plain words', () => {
  const found = (part: Partial<CaseDetail>) =>
    ({
      number: 'B1',
      class: { id: 1, code: 'lamp', name: { en: 'Lamp' } },
      opened_at: '2025-03-03T12:00:00.000Z',
      closed_at: null,
      outcome: null,
      stage: 'handle',
      step_label: { en: 'In work' },
      department: { id: 3, name: { en: 'Lights' } },
      holder: null,
      clock: { kind: 'handling', state: 'running', due_at: '2025-03-05T12:00:00.000Z', yellow_at: null, started_at: null, limit_text: null },
      tasks: [],
      history: [{ seq: 1, at: '2025-03-03T12:05:00.000Z', from: null, to: 'x', opinion: null }],
      ...part,
    }) as unknown as CaseDetail;
  beforeEach(() => setLanguage('en'));
  it('says who has it, since when, and what time is left or over', () => {
    const before = plainWords(found({}), Date.parse('2025-03-04T12:00:00.000Z')).join(' ');
    expect(before).toMatch(/^Reported on .*: Lamp\. Now: In work, with Lights, since .* 1 d left\.$/);
    expect(plainWords(found({}), Date.parse('2025-03-06T12:00:00.000Z')).join(' ')).toMatch(/1 d over\.$/);
  });
  it('names who holds the step, not who is asked something beside it', () => {
    const beside = found({
      holder: { role: null, department: { id: 4, name: { en: 'Roads' } }, person: null },
      tasks: [{ id: 1, kind: 'notice', state: 'open', holder: { role: 'manager', department: null, person: null } }],
    } as unknown as Partial<CaseDetail>);
    expect(plainWords(beside, Date.parse('2025-03-04T12:00:00.000Z')).join(' ')).toMatch(/In work, with Roads, since/);
  });
  it('gives the answer of whoever ended it', () => {
    const ended = found({
      closed_at: '2025-03-04T12:00:00.000Z',
      outcome: 'closed',
      history: [
        { seq: 1, from: null, to: 'x', opinion: null },
        { seq: 2, from: 'x', to: 'y', opinion: 'Lamp renewed.' },
        { seq: 3, from: 'y', to: 'y', opinion: 'by the way' },
      ] as unknown as CaseDetail['history'],
    });
    expect(plainWords(ended, 0).join(' ')).toMatch(/It ended on .*Lights\. The answer was: “Lamp renewed\.”$/);
  });
});
