// SPDX-License-Identifier: MPL-2.0
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../lib/api/types.ts';
import { leftMs, lightAt, runs, span } from '../../lib/clock/light.ts';

const clock = (part: Partial<Clock> = {}): Clock => ({
  kind: 'handling',
  state: 'running',
  limit_text: null,
  started_at: '2025-03-03T13:00:00.000Z',
  yellow_at: '2025-03-03T16:00:00.000Z',
  due_at: '2025-03-03T17:00:00.000Z',
  ...part,
});
const at = (time: string) => Date.parse(`2025-03-03T${time}Z`);

describe('light', () => {
  it('is green, then yellow from its instant on, then red past the deadline', () => {
    expect(lightAt(clock(), 'green', at('15:59:59.999'))).toBe('green');
    expect(lightAt(clock(), 'green', at('16:00:00'))).toBe('yellow');
    expect(lightAt(clock(), 'green', at('17:00:00'))).toBe('yellow');
    expect(lightAt(clock(), 'green', at('17:00:00.001'))).toBe('red');
  });
  it('keeps what the server said when no clock runs', () => {
    expect(lightAt(clock({ state: 'paused' }), 'yellow', at('23:00:00'))).toBe('yellow');
    expect(lightAt(clock({ state: 'met' }), 'green', at('23:00:00'))).toBe('green');
    expect(lightAt(null, 'none', at('23:00:00'))).toBe('none');
    expect(lightAt(clock({ due_at: null }), 'none', at('23:00:00'))).toBe('none');
  });
  it('goes from green to red where the limit has no yellow', () => {
    expect(lightAt(clock({ yellow_at: null }), 'green', at('16:30:00'))).toBe('green');
    expect(lightAt(clock({ yellow_at: null }), 'green', at('17:30:00'))).toBe('red');
  });
  it('tells what is left, and nothing for a clock that stands', () => {
    expect(leftMs(clock(), at('16:00:00'))).toBe(3_600_000);
    expect(leftMs(clock(), at('17:30:00'))).toBe(-1_800_000);
    expect(leftMs(clock({ state: 'paused' }), at('16:00:00'))).toBeNull();
    expect(runs(clock({ due_at: null }))).toBe(false);
  });
});

describe('span', () => {
  it('uses two units while both matter', () => {
    expect(span(59_999)).toMatchObject({ big: 0, bigUnit: 'minute' });
    expect(span(3 * 3_600_000 + 20 * 60_000)).toMatchObject({ big: 3, bigUnit: 'hour', small: 20, smallUnit: 'minute' });
    expect(span(-26.5 * 3_600_000)).toMatchObject({ big: 1, bigUnit: 'day', small: 2, smallUnit: 'hour' });
    expect(span(20 * 3_600_000 + 60_000)).toMatchObject({ big: 20, bigUnit: 'hour', smallUnit: null });
    expect(span(400 * 86_400_000)).toMatchObject({ big: 400, bigUnit: 'day', smallUnit: null });
  });
});
