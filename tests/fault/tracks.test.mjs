// SPDX-License-Identifier: MPL-2.0
// Tracks of people on shift, when a city moves from files to a database server and back.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cli, demoLogins, newDatabase, Server, startServer, uuid } from '../http/lib.mjs';
import { rosterModel } from '../http/rosters.mjs';
import { long } from './load.mjs';

const LONG = long ? {} : { skip: 'a longer variant: make test-long' };

async function bring(who, count) {
  const now = Date.now();
  const fixes = Array.from({ length: count }, (_, i) => ({ at: new Date(now - (count - i) * 1000).toISOString(), lon: 120.0005, lat: 30.0005 }));
  const answer = await who.call('POST', '/tracks', { sent_at: new Date(now).toISOString(), fixes }, { 'Idempotency-Key': uuid() });
  assert.equal(answer.status, 200, answer.text);
}
async function open(data, logins) {
  const server = new Server(data, 'tinytown');
  server.logins = logins;
  await server.start();
  return { server, collector: await server.signIn('collector1') };
}
/** All that is there of the person, over midnight too. */
async function walk(who) {
  const day = (back) => new Date(Date.now() + 8 * 3600e3 - back * 86400e3).toISOString().slice(0, 10);
  const of = async (back) => (await who.want(`/tracks/${who.session.person.id}?day=${day(back)}`)).fixes;
  return [...(await of(1)), ...(await of(0))];
}

test('tracks go along when a city is handed over to a database server, and back', LONG, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gridcase-track-copy-'));
  const model = rosterModel();
  appendFileSync(join(model.path, 'city.ini'), '\n[tracks]\nkeep_days = 30\n');
  const server = await startServer();
  const there = join(folder, 'there');
  const back = join(folder, 'back');
  try {
    await cli('city', 'load', 'tinytown', model.path, '--data', server.data);
    const logins = demoLogins(server.data);
    server.logins = logins;
    const first = await server.signIn('collector1');
    await bring(first, 30);
    await bring(first, 20);
    const was = await walk(first);
    assert.equal(was.length, 50);
    const address = await newDatabase();
    await cli('store', 'copy', '--from', `sqlite:${server.data}`, '--to', address, '--data', there, '--city', 'tinytown', '--hand-over');
    await server.stop();
    const second = await open(there, logins);
    assert.deepEqual(await walk(second.collector), was);
    await bring(second.collector, 5);
    const more = await walk(second.collector);
    assert.equal(more.length, 55);
    await second.server.stop();
    await cli('store', 'copy', '--from', address, '--to', `sqlite:${back}`, '--data', there);
    const third = await open(back, logins);
    assert.deepEqual(await walk(third.collector), more);
    await third.server.stop();
  } finally {
    await server.remove();
    model.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
