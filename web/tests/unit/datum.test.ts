// SPDX-License-Identifier: MPL-2.0
// The page's shifts against the table that the program's are held to.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Datum, shift, unshift } from '../../lib/map/datum.ts';

const rows = readFileSync('../tests/tables/datum.txt', 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#') && !line.startsWith('cgcs2000'))
  .map((line) => line.trim().split(/\s+/));
const metres = (a: { lon: number; lat: number }, b: { lon: number; lat: number }) =>
  Math.hypot((a.lon - b.lon) * Math.cos((a.lat * Math.PI) / 180), a.lat - b.lat) * 111_195;

describe('shifted datums', () => {
  it('gives what the table says, and comes back', () => {
    expect(rows.length).toBe(9);
    for (const [datum, ...numbers] of rows as [Datum, ...string[]][]) {
      const [lon, lat, x, y, within] = numbers.map(Number) as [number, number, number, number, number];
      const at = shift(datum, { lon, lat });
      expect(metres(at, { lon: x, lat: y })).toBeLessThanOrEqual(within);
      expect(metres(unshift(datum, at), { lon, lat })).toBeLessThan(1e-4);
    }
  });
});
