// SPDX-License-Identifier: MPL-2.0
// The clock of the machine is set back, and forward.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person, sleep, startServer } from '../http/lib.mjs';
import { Ledger, checkStore } from './load.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gridcase-clock-'));
const clock = join(folder, 'clock');
const hour = 3600e3;
const day = 24 * hour;
let server;
before(async () => {
  writeFileSync(clock, '0');
  server = await startServer({ env: { GRIDCASE_CLOCK_FILE: clock } });
});
after(async () => {
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function shift(ms) {
  writeFileSync(clock, String(ms));
  await sleep(250); // read every 100 ms
}

// A program's token lives for a year; a browser's session ends when nobody uses it for hours.
async function program(login) {
  const person = await server.signIn(login);
  const answer = await person.call('POST', '/tokens', { name: 'clock test' });
  assert.equal(answer.status, 201, answer.text);
  return new Person(server, login, { Authorization: `Bearer ${answer.body.token}` }, null);
}

test('a clock set back loses nothing, repeats no number and turns no history round', async () => {
  const collector = await program('collector1');
  const acceptor = await program('acceptor1');
  const leader = await program('leader1');
  const ledger = new Ledger();
  const numbers = new Set();
  const { number } = (await ledger.report(collector)).body;
  for (const offset of [0, -2 * day, 0, -hour, 3 * day, -10 * day, hour]) {
    await shift(offset);
    for (let i = 0; i < 5; i++) numbers.add((await ledger.report(collector)).body.number);
    const comment = await ledger.comment(acceptor, undefined, number);
    assert.equal(comment.status, 200, comment.text);
  }
  assert.equal(numbers.size, 35, 'each report has a number of its own');
  await shift(-day);
  const accepted = await acceptor.act(number, 'accept');
  assert.equal(accepted.status, 200, accepted.text);
  await shift(-2 * day);
  const filed = await leader.act(number, 'file');
  assert.equal(filed.status, 200, filed.text);
  const { history } = await acceptor.want(`/cases/${number}`);
  const moves = history.filter((row) => ['report', 'accept', 'file'].includes(row.action));
  assert.equal(moves.length, 3);
  for (let i = 1; i < moves.length; i++) {
    assert.ok(Date.parse(moves[i].at) >= Date.parse(moves[i - 1].at), 'no move before the last one');
  }
  for (let i = 1; i < history.length; i++) assert.ok(history[i].seq > history[i - 1].seq);
  const explained = await acceptor.want(`/cases/${number}/explain`);
  for (const one of explained.clocks) for (const interval of one.intervals) {
    assert.ok(Date.parse(interval.from) <= Date.parse(interval.to) && interval.counted_ms >= 0);
  }
  await shift(0);
  await ledger.verify(acceptor);
});

test('sessions survive a clock set back, and end when it goes far ahead', async () => {
  const collector = await server.signIn('collector1');
  await shift(-5 * day);
  assert.equal((await collector.get('/cases?limit=1')).status, 200);
  await shift(0);
  assert.equal((await collector.get('/cases?limit=1')).status, 200, 'and its coming back');
  await shift(30 * day);
  assert.equal((await collector.get('/cases?limit=1')).status, 401);
  await shift(0);
});

test('a restart under a clock set back starts, and the store is whole', async () => {
  await shift(-3 * day);
  await server.stop();
  await server.start([], { GRIDCASE_CLOCK_FILE: clock });
  const collector = await server.signIn('collector1');
  assert.equal((await collector.report()).status, 201);
  await shift(0);
  await server.stop();
  await checkStore(server);
});
