// SPDX-License-Identifier: MPL-2.0
// PostgreSQL dies, restarts, or its answers are lost, under a server that works.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, cli, garbage, sleep, startServer, until, uuid } from '../http/lib.mjs';
import { Ledger } from './load.mjs';

process.env.GRIDCASE_ENGINE = 'postgres'; // whatever the others run on
const control = process.env.GRIDCASE_TEST_POSTGRES_CTL;
const socket = join(process.env.GRIDCASE_TEST_POSTGRES_FOLDER ?? '', '.s.PGSQL.5432');
const ctl = (...args) => execFileSync(control, args);

let server;
before(async () => (server = await startServer()));
after(() => server?.remove());

test('the database is killed and restarts: acknowledged writes are there, others heard 503', async (t) => {
  const collector = await server.signIn('collector1');
  const acceptor = await server.signIn('acceptor1');
  const ledger = new Ledger();
  for (let round = 0; round < 3; round++) {
    let stopped = false;
    const working = Array.from({ length: 6 }, (_, i) => ledger.work(i % 3 ? collector : acceptor, () => stopped));
    try {
      await sleep(600);
      ctl('stop', '-m', 'immediate');
      const refused = await ledger.report(collector);
      assert.equal(refused.status, 503, refused.text);
      assert.ok(Number(refused.headers.get('retry-after')) > 0);
      ctl('start');
      await until(async () => (await ledger.report(collector)).status === 201, 'reports to be taken again');
    } finally {
      stopped = true;
      await Promise.all(working);
    }
    await ledger.verify(acceptor);
  }
  const counts = ledger.count();
  t.diagnostic(`told: ${JSON.stringify(counts)}`);
  assert.ok(counts.reports > 3);
});

// A proxy between server and database that can keep an answer to itself.
function proxy(path) {
  const state = { cut: '', lost: 0 }; // the answer to the commit of what has these words
  state.server = net.createServer((client) => {
    const behind = net.connect(socket);
    let losing = false, written = false;
    const end = () => {
      client.destroy();
      behind.destroy();
    };
    client.on('data', (part) => {
      if (state.cut && part.includes(state.cut)) written = true;
      if (state.cut && written && part.includes('COMMIT')) {
        state.cut = '';
        losing = true;
      }
      behind.write(part);
    });
    behind.on('data', (part) => {
      if (!losing) return client.write(part);
      state.lost++;
      state.onLost?.();
      end();
    });
    for (const side of [client, behind]) side.on('close', end).on('error', end);
  });
  return new Promise((done) => state.server.listen(path, () => done(state)));
}

test('the answer to a commit is lost: the report is there once, and told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gc-px-'));
  const between = await proxy(join(folder, '.s.PGSQL.5432'));
  const address = join(server.data, 'store-address');
  const direct = readFileSync(address, 'utf8');
  await server.stop();
  writeFileSync(address, direct.replace(/host=[^&\n]+/, `host=${folder}`));
  try {
    await server.start();
    const collector = await server.signIn('collector1');
    assert.equal((await collector.report()).status, 201);
    for (let round = 0; round < 3; round++) {
      const key = uuid();
      const before = between.lost;
      const send = () => collector.call('POST', '/cases', garbage, { 'Idempotency-Key': key });
      between.cut = garbage.description;
      const told = await send();
      assert.equal(between.lost, before + 1);
      assert.equal(told.status, 201, told.text);
      const again = await send();
      assert.ok([200, 201].includes(again.status), again.text);
      assert.equal(again.body.number, told.body.number);
    }
    // The database itself goes down with the answer: what it tells of transactions after that
    // is another life's. Whatever the sender hears, asking again gives the one case.
    const key = uuid();
    const description = `lost with its database ${key}`;
    const send = () => collector.call('POST', '/cases', { ...garbage, description }, { 'Idempotency-Key': key });
    between.onLost = () => ctl('stop', '-m', 'immediate');
    between.cut = description;
    const told = send();
    await until(() => between.lost === 4, 'the answer to be lost');
    between.onLost = null;
    ctl('start');
    const heard = await told;
    assert.equal(heard.status, 503, heard.text);
    assert.equal(heard.body.code, 'store.uncertain');
    assert.ok(Number(heard.headers.get('retry-after')) > 0);
    await until(async () => [200, 201].includes((await send()).status), 'the answer');
    const mine = (await collector.want('/cases?reported=me&sort=newest')).items.filter((one) => one.description === description);
    assert.equal(mine.length, 1);
  } finally {
    await server.stop();
    between.server.close();
    writeFileSync(address, direct);
    rmSync(folder, { recursive: true, force: true });
    await server.start();
  }
});

test('a folder keeps the address that was said first', async () => {
  await assert.rejects(cli('person', 'list', 'tinytown', '--data', server.data, '--store', 'postgresql:///other'));
});

test('the server starts without its database: it says so and ends', async () => {
  await server.stop();
  ctl('stop', '-m', 'immediate');
  try {
    await assert.rejects(server.start(), /store\.unavailable/);
  } finally {
    ctl('start');
  }
  await server.start();
});
