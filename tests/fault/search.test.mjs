// SPDX-License-Identifier: MPL-2.0
// The index under bad luck: kills under load, pages of it overwritten while the server runs,
// its file gone. What was acknowledged is found in the end, and cases never suffer.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sleep, startServer, until, uuid } from '../http/lib.mjs';
import { checkStore, long } from './load.mjs';

const rounds = long ? 15 : 3;
let server, collector, leader;
before(async () => {
  server = await startServer();
  collector = await server.signIn('collector1');
  leader = await server.signIn('leader1');
});
after(() => server?.remove());

const told = new Map(); // word -> number
async function work(stopped) {
  while (!stopped()) {
    const word = `w${uuid().replaceAll('-', '')}x`;
    const answer = await collector.report({ description: `report ${word}` }).catch(() => null);
    if (answer?.status === 201) told.set(word, answer.body.number);
  }
}

const search = async (q) => {
  const answer = await leader.get(`/cases?q=${encodeURIComponent(q)}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};

async function verify() {
  await until(async () => {
    const { search: state } = await search('report');
    return state.complete && state.behind === 0;
  }, 'the index to be complete', 60000);
  for (const [word, number] of told) {
    const found = await search(word);
    assert.deepEqual(found.items.map((one) => one.number), [number], word);
  }
}

test(`after each of ${rounds} kills under load what was acknowledged is found`, async () => {
  for (let round = 0; round < rounds; round++) {
    let stopped = false;
    const working = Array.from({ length: 4 }, () => work(() => stopped));
    await sleep(randomInt(200, 1200));
    server.child.kill('SIGKILL');
    await server.ended;
    stopped = true;
    await Promise.all(working);
    await server.start();
  }
  assert.ok(told.size > 10, `${told.size} reports`);
  await verify();
});

test('an index damaged while it is used is made anew, and every search is answered', async () => {
  const file = join(server.data, 'cities', 'tinytown', 'search.db');
  await server.stop(); // all of it in the file
  await server.start();
  await until(async () => (await search('report')).search.complete, 'the index to be asked');
  const fd = openSync(file, 'r+');
  const rubbish = Buffer.alloc(4096, 0x5a);
  for (let at = 4096; at < statSync(file).size; at += 4096) writeSync(fd, rubbish, 0, 4096, at);
  closeSync(fd);
  for (let i = 0; i < 20; i++) {
    await search('report'); // 200, whatever the index is
    await sleep(20);
  }
  await collector.report({ description: 'one more' });
  await verify();
  assert.match(server.log, /event=search\.anew/, 'the damage was seen');
});

test('an index whose file is gone is made anew at the next start', async () => {
  await server.stop();
  for (const tail of ['', '-wal', '-shm']) rmSync(join(server.data, 'cities', 'tinytown', `search.db${tail}`), { force: true });
  await server.start();
  await verify();
  await server.stop();
  await checkStore(server);
});
