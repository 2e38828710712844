// SPDX-License-Identifier: MPL-2.0
import { describe, expect, it } from 'vitest';
import { exifTime, readExif, withExif } from '../../field/photo/exif.ts';
// A photo as phones send it, with half a place (the server's own test uses it, too).
// @ts-expect-error plain JavaScript
import { photo } from '../../../tests/http/photo.mjs';

const jpeg = new Blob([new Uint8Array([0xff, 0xd8, 0xff, 0xd9])], { type: 'image/jpeg' });
const bytes = (file: Buffer) => file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;

describe('exif', () => {
  it('takes half a place for none', () => {
    expect(bytes(photo).byteLength).toBeGreaterThan(1000);
    expect(readExif(bytes(photo))).toEqual({});
  });
  it('comes back as it was written, in every quarter of the world', async () => {
    for (const [lon, lat] of [[-71.06012, 42.35571], [116.39723, 39.91662], [-58.38159, -34.60368], [151.20929, -33.86882], [0, 0]] as const) {
      const facts = { time: '2026:03:04 14:05:06', offset: '-05:00', lon, lat, accuracy_m: 8.5 };
      const read = readExif(await withExif(jpeg, facts).arrayBuffer());
      expect(read.lon).toBeCloseTo(lon, 6);
      expect(read.lat).toBeCloseTo(lat, 6);
      expect(read).toMatchObject({ time: facts.time, offset: facts.offset, accuracy_m: 8.5 });
    }
  });
  it('is a JPEG still, with everything else behind it', async () => {
    const out = new Uint8Array(await withExif(jpeg, { time: '2026:03:04 14:05:06' }).arrayBuffer());
    expect(Array.from(out.slice(0, 4))).toEqual([0xff, 0xd8, 0xff, 0xe1]);
    const size = (out[4]! << 8) | out[5]!;
    expect(Array.from(out.slice(4 + size))).toEqual([0xff, 0xd9]);
    expect(withExif(jpeg, {})).toBe(jpeg);
  });
  it('gives less, never an error, for whatever is cut or nonsense', async () => {
    const whole = await withExif(jpeg, { time: '2026:03:04 14:05:06', lon: 1, lat: 2 }).arrayBuffer();
    for (let end = 0; end < whole.byteLength; end++) readExif(whole.slice(0, end));
    const noisy = new Uint8Array(whole);
    let seed = 7;
    for (let round = 0; round < 2000; round++) {
      const copy = noisy.slice();
      for (let i = 0; i < 4; i++) {
        seed = (seed * 1103515245 + 12345) % 2 ** 31;
        copy[seed % copy.length] = seed >> 8;
      }
      const facts = readExif(copy.buffer);
      if (facts.lon !== undefined) expect(Math.abs(facts.lon)).toBeLessThanOrEqual(180);
    }
    expect(readExif(new ArrayBuffer(0))).toEqual({});
  });
  it('writes local time with its offset', () => {
    const { time, offset } = exifTime(new Date(2026, 2, 4, 5, 6, 7));
    expect(time).toBe('2026:03:04 05:06:07');
    expect(offset).toMatch(/^[+-]\d\d:\d\d$/);
  });
});
