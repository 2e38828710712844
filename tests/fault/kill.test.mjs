// SPDX-License-Identifier: MPL-2.0
// kill -9 at random moments under load.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sleep, startServer } from '../http/lib.mjs';
import { Ledger, checkStore, long, stopIfRunning, whileRunning } from './load.mjs';

const rounds = long ? 25 : 5;
const clients = 12;
let server;
before(async () => (server = await startServer()));
after(() => server?.remove());

test(`after each of ${rounds} kills every acknowledged write is there, nothing is there twice`, async (t) => {
  const collector = await server.signIn('collector1');
  const acceptor = await server.signIn('acceptor1');
  const ledger = new Ledger();
  for (let round = 0; round < rounds; round++) {
    let stopped = false;
    const working = Array.from({ length: clients }, (_, i) => ledger.work(i % 4 ? collector : acceptor, () => stopped));
    await sleep(randomInt(150, long ? 3000 : 1200));
    server.child.kill('SIGKILL');
    const { code, signal } = await server.ended;
    assert.equal(signal, 'SIGKILL', `round ${round}: ended by itself with ${code}:\n${server.log.slice(-3000)}`);
    stopped = true;
    await Promise.all(working);
    await server.start(); // sessions outlive it
    await whileRunning(server, () => ledger.verify(acceptor));
  }
  await ledger.verify(acceptor, true);
  const counts = ledger.count();
  t.diagnostic(`told: ${JSON.stringify(counts)}`);
  assert.ok(counts.reports > 10 * rounds && counts.comments > rounds && counts.photos > 0);
  await server.stop();
  await checkStore(server);
});

test('a kill while the server starts leaves a store that starts', async () => {
  await stopIfRunning(server);
  for (let round = 0; round < (long ? 40 : 4); round++) {
    const starting = server.start().catch(() => null);
    await sleep(randomInt(1, 120));
    server.child.kill('SIGKILL');
    await server.ended;
    await starting;
  }
  await server.start();
  const acceptor = await server.signIn('acceptor1');
  assert.equal((await acceptor.get('/cases?limit=1')).status, 200);
  await server.stop();
  await checkStore(server);
});
