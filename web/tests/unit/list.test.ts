// SPDX-License-Identifier: MPL-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CaseRows, compareRows } from '../../console/state/list.ts';
import { Client } from '../../lib/api/client.ts';
import type { CaseSummary } from '../../lib/api/types.ts';

const summary = (number: string, due: string | null, version = 1): CaseSummary =>
  ({
    number,
    version,
    opened_at: '2025-03-03T12:00:00.000Z',
    clock: due === null ? null : { kind: 'handling', state: 'running', due_at: due, yellow_at: null, started_at: null, limit_text: null },
  }) as CaseSummary;
const day = (n: number) => `2025-03-${String(n).padStart(2, '0')}T12:00:00.000Z`;

let stored: CaseSummary[];
let asked: URLSearchParams[];
function make() {
  const client = new Client({
    base: '',
    fetch: async (input) => {
      const query = new URL(String(input), 'http://x').searchParams;
      asked.push(query);
      const number = query.get('number');
      const found = number ? stored.filter((one) => one.number === number) : stored;
      return new Response(JSON.stringify({ items: found.slice().sort((a, b) => compareRows('due', a, b)), next_cursor: null, as_of: new Date().toISOString() }), {
        headers: { 'Content-Type': 'application/json' },
      });
    },
  });
  return new CaseRows(client);
}
const numbers = (rows: CaseRows) => rows.rows.value.map((row) => row.item.number);
const settle = () => vi.advanceTimersByTimeAsync(400);

describe('rows of the queue', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    stored = [summary('A', day(2)), summary('B', day(4)), summary('C', null)];
  });
  afterEach(() => vi.useRealTimers());

  it('put a new case in its place while nobody points at the list', async () => {
    const rows = make();
    await rows.load({ open: true }, 'due');
    stored.push(summary('N', day(3)));
    rows.changed('N');
    await settle();
    expect(numbers(rows)).toEqual(['A', 'N', 'B', 'C']);
    expect(rows.byNumber.value.get('N')!.changes).toBe(1);
    expect(asked.at(-1)!.get('open')).toBe('1');
  });
  it('keep a new case behind the button while somebody points at the list', async () => {
    const rows = make();
    await rows.load({}, 'due');
    rows.held = true;
    stored.push(summary('N', day(1)));
    rows.changed('N');
    await settle();
    expect(numbers(rows)).toEqual(['A', 'B', 'C']);
    expect(rows.waiting.value.map((item) => item.number)).toEqual(['N']);
    rows.settle();
    expect(numbers(rows)).toEqual(['N', 'A', 'B', 'C']);
    expect(rows.waiting.value).toEqual([]);
  });
  it('change a row where it stands and let it flash', async () => {
    const rows = make();
    await rows.load({}, 'due');
    rows.held = true;
    stored[0] = summary('A', day(9), 2);
    rows.changed('A');
    await settle();
    expect(numbers(rows)).toEqual(['A', 'B', 'C']);
    expect(rows.rows.value[0]).toMatchObject({ changes: 1, left: false, item: { version: 2 } });
  });
  it('dim a row that left the list while somebody points at it, and drop it afterwards', async () => {
    const rows = make();
    await rows.load({}, 'due');
    rows.held = true;
    stored = stored.filter((one) => one.number !== 'B');
    rows.changed('B');
    await settle();
    expect(rows.byNumber.value.get('B')!.left).toBe(true);
    rows.held = false;
    rows.settle();
    expect(numbers(rows)).toEqual(['A', 'C']);
  });
  it('drop at once what has gone from sight', async () => {
    const rows = make();
    await rows.load({}, 'due');
    rows.gone('A');
    expect(numbers(rows)).toEqual(['B', 'C']);
  });
  it('ask for the whole list anew when very much has changed', async () => {
    const rows = make();
    await rows.load({}, 'due');
    asked = [];
    for (let i = 0; i < 40; i++) rows.changed(`X${i}`);
    await settle();
    expect(asked).toHaveLength(1);
    expect(asked[0]!.get('number')).toBeNull();
  });
  it('do not go back to an older version of a case', async () => {
    const rows = make();
    await rows.load({}, 'due');
    rows.put(summary('A', day(2), 7));
    stored[0] = summary('A', day(2), 6);
    rows.changed('A');
    await settle();
    expect(rows.byNumber.value.get('A')!.item.version).toBe(7);
  });
  it('say that they failed, and start anew', async () => {
    const rows = new CaseRows(new Client({ base: '', sleep: async () => undefined, fetch: async () => Promise.reject(new TypeError('cut')) }));
    await rows.load({}, 'due');
    expect(rows.state.value).toBe('failed');
  });
});
