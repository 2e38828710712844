// SPDX-License-Identifier: MPL-2.0
// How far a device's clock is off, measured at each answer of the server.
import { describe, expect, test } from 'vitest';
import { Client } from '../../lib/api/client.ts';

const answer = (told: string | null) => new Response('{}', { headers: { 'Content-Type': 'application/json', ...(told ? { 'Gridcase-Time': told } : {}) } });

describe('the clock of the device', () => {
  test('is measured at every answer that tells the time, and kept by whoever asks', async () => {
    const kept: number[][] = [];
    let told: string | null = null;
    const client = new Client({ base: '', fetch: () => Promise.resolve(answer(told)), onTime: (skew, seen) => kept.push([skew, seen]) });
    await client.get('/x');
    expect(client.measured).toBeNull();
    expect(kept).toEqual([]);
    const ahead = Date.now() - 2 * 86_400_000; // this device is two days ahead
    told = new Date(ahead).toISOString();
    await client.get('/x');
    expect(Math.abs(client.measured! + 2 * 86_400_000)).toBeLessThan(1500);
    expect(client.seenAt).toBe(ahead);
    expect(kept).toEqual([[client.measured, ahead]]);
    expect(Math.abs(client.now() - ahead)).toBeLessThan(1500); // deadlines too
  });

  test('a header that is no time changes nothing', async () => {
    const client = new Client({ base: '', fetch: () => Promise.resolve(answer('soon')) });
    await client.get('/x');
    expect(client.measured).toBeNull();
    expect(client.now() - Date.now()).toBeLessThan(50);
  });
});
