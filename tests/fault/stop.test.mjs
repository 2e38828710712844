// SPDX-License-Identifier: MPL-2.0
// Ending the server while everything is at work: writers, streams, searches, tiles, figures,
// tables, uploads by parts, a backup. It ends by itself, soon, with nothing lost.
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Stream, cli, sleep, startServer, until } from '../http/lib.mjs';
import { newPhoto } from '../http/photo.mjs';
import { Ledger, checkStore, long, whileRunning } from './load.mjs';

const rounds = long ? 40 : 4;
let server, backups;
before(async () => {
  server = await startServer();
  backups = mkdtempSync(join(tmpdir(), 'gridcase-stop-'));
});
after(async () => {
  await server?.remove();
  if (backups) rmSync(backups, { recursive: true, force: true });
});

const day = (before) => new Date(Date.now() - before * 86400_000).toISOString().slice(0, 10);
const reads = [
  '/cases', '/cases?q=report', '/cases?q=comment', '/geo/cases', '/tiles/cases/12/3413/1688', '/tiles/grids/12/3413/1688',
  '/tiles/areas:district/14/13653/6755', `/figures?measures=opened,open&by=department&from=${day(6)}&to=${day(0)}`,
  `/cases?figure=opened&from=${day(6)}&to=${day(0)}`, '/cases.csv', '/cases.xlsx', '/summary', '/catalogue',
];

async function reader(person, stop) {
  for (let i = randomInt(reads.length); !stop(); i++) {
    try {
      const answer = await person.get(reads[i % reads.length]);
      assert.ok(answer.status < 500 || answer.status === 503, `${reads[i % reads.length]}: ${answer.status} ${answer.text}`);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      await sleep(10); // cut off
    }
  }
}

async function uploader(person, stop) {
  while (!stop()) {
    const bytes = newPhoto();
    const path = `/media/${createHash('sha256').update(bytes).digest('hex')}`;
    try {
      for (let at = 0; at < bytes.length && !stop(); at += 700) {
        await person.call('PATCH', path, bytes.subarray(at, at + 700), {
          'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(at), 'Upload-Length': String(bytes.length),
        });
      }
    } catch {
      await sleep(10);
    }
  }
}

async function watcher(person, stop) {
  while (!stop()) {
    try {
      const stream = await new Stream(person).ready;
      await sleep(randomInt(5, 300));
      stream.close();
    } catch {
      await sleep(10);
    }
  }
}

const everything = (ledger, { collector, acceptor, manager }, stop) => [
  ...[0, 1, 2, 3].map((i) => ledger.work(i % 2 ? collector : acceptor, stop)),
  ...[0, 1, 2, 3, 4, 5].map((i) => reader(i % 2 ? manager : collector, stop)),
  uploader(collector, stop), uploader(acceptor, stop),
  watcher(collector, stop), watcher(manager, stop),
];

test(`ended ${rounds} times under load, it always ends in order, soon, and loses nothing`, async (t) => {
  const collector = await server.signIn('collector1');
  const acceptor = await server.signIn('acceptor1');
  const manager = await server.signIn('manager1');
  const ledger = new Ledger();
  const took = [];
  for (let round = 0; round < rounds; round++) {
    let stopped = false;
    const working = everything(ledger, { collector, acceptor, manager }, () => stopped);
    await sleep(randomInt(100, 700));
    const saving = round % 3 === 0 ? cli('backup', backups, '--data', server.data).catch(() => null) : null;
    if (saving) await sleep(randomInt(10, 150));
    const asked = Date.now();
    server.child.kill('SIGTERM');
    const { code, signal } = await Promise.race([server.ended, sleep(20_000).then(() => ({ code: 'late' }))]);
    took.push(Date.now() - asked);
    stopped = true;
    if (code === 'late') server.child.kill('SIGKILL');
    await Promise.all(working);
    await saving;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `round ${round}: ${server.log.slice(-2000)}`);
    await server.start();
  }
  t.diagnostic(`ms to end: ${took.join(' ')}; told: ${JSON.stringify(ledger.count())}`);
  await whileRunning(server, () => ledger.verify(acceptor, true));
  await server.stop();
  await checkStore(server);
  await server.start();
});

test('killed under the same load, it starts again with all that was told, searched and drawn', async () => {
  const people = {};
  for (const name of ['collector', 'acceptor', 'manager']) people[name] = await server.signIn(`${name}1`);
  const stored = await server.signIn('leader1');
  const before = (await stored.want('/cases?limit=500&sort=newest')).items.length;
  const ledger = new Ledger();
  for (let round = 0; round < (long ? 20 : 2); round++) {
    let stopped = false;
    const working = everything(ledger, people, () => stopped);
    await sleep(randomInt(300, 900));
    server.child.kill('SIGKILL');
    assert.equal((await server.ended).signal, 'SIGKILL', server.log.slice(-2000));
    stopped = true;
    await Promise.all(working);
    await server.start();
  }
  await ledger.repeat();
  const told = ledger.told.map((one) => one.number);
  assert.ok(told.length > 2 && new Set(told).size === told.length);
  for (const number of told) assert.equal((await stored.get(`/cases/${number}`)).status, 200, number);
  // What is made from the cases has caught up with them.
  const [newest] = told.slice(-1);
  await until(async () => (await stored.want(`/cases?q=${newest}`)).items[0]?.number === newest, 'the search to have the last one');
  await until(async () => (await stored.want('/cases?q=report')).search.behind === 0, 'the index');
  const figures = await stored.want(`/figures?measures=opened&from=${day(2)}&to=${day(-1)}`);
  const csv = await stored.get('/cases.csv?language=en');
  for (const number of told) assert.ok(csv.text.includes(number), number);
  assert.equal(figures.totals[0], Number(csv.headers.get('gridcase-rows')), 'figures count every case once');
  assert.ok(figures.totals[0] >= before + told.length || before === 500);
  await server.stop();
  await checkStore(server);
  await server.start();
});

test('what comes on kept lines while it ends is refused, and cannot make it fail', async (t) => {
  const manager = await server.signIn('manager1');
  const statuses = {};
  for (let round = 0; round < rounds + 4; round++) {
    let stopped = false;
    const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
    const ask = (path) =>
      new Promise((done) => {
        const request = http.get(server.api + path, { headers: manager.headers, agent }, (answer) => {
          answer.resume();
          answer.on('end', () => done(answer.statusCode));
          answer.on('error', () => done('cut'));
        });
        request.on('error', () => done('cut'));
      });
    const working = Array.from({ length: 16 }, async (_, i) => {
      while (!stopped) {
        const status = await ask(i % 2 ? '/cases.csv?limit=50' : '/figures?measures=opened');
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 'cut') await sleep(1);
      }
    });
    await sleep(150);
    server.child.kill('SIGTERM');
    const ended = await Promise.race([server.ended, sleep(20_000).then(() => 'late')]);
    stopped = true;
    if (ended === 'late') server.child.kill('SIGKILL');
    await Promise.all(working);
    agent.destroy();
    assert.deepEqual(ended, { code: 0, signal: null }, `round ${round}: ${server.log.slice(-2000)}`);
    await server.start();
  }
  t.diagnostic(JSON.stringify(statuses));
  for (const status of Object.keys(statuses)) assert.ok(['200', '503', 'cut'].includes(status), status);
  assert.ok(statuses[200] > 100);
});
