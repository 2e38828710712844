// SPDX-License-Identifier: MPL-2.0
// A disk that is full, and one that cannot be written: a small tmpfs of the test's own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, cpSync, mkdtempSync, openSync, readdirSync, rmSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, cli, demoLogins, makeData, nobody } from '../http/lib.mjs';
import { digestOf, film, pdf, wav } from '../http/files.mjs';
import { newPhoto } from '../http/photo.mjs';
import { Ledger, checkStore, long, stopIfRunning } from './load.mjs';

const disk = mkdtempSync(join(tmpdir(), 'gridcase-disk-'));
let mounted = false;
let skip = false;
try {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'gridcase-test', disk], { stdio: 'pipe' });
  mounted = true;
} catch (error) {
  skip = `NOT TESTED: mounting a small disk needs root (${String(error.stderr).trim()})`;
  console.error(skip);
}
const data = join(disk, 'data');
const filler = join(disk, 'filler');
let server;

before(async () => {
  if (skip) return;
  const made = await makeData();
  cpSync(made, data, { recursive: true, preserveTimestamps: true });
  rmSync(made, { recursive: true, force: true });
  server = new Server(data, 'tinytown');
  server.logins = demoLogins(data);
  await server.start();
});
after(async () => {
  await stopIfRunning(server);
  if (mounted) execFileSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true, force: true });
});

// Writes zeros until the disk has no byte left.
function fill() {
  const fd = openSync(filler, 'a');
  for (let size = 1 << 20; size >= 1; ) {
    try {
      writeSync(fd, Buffer.alloc(size));
    } catch (error) {
      assert.equal(error.code, 'ENOSPC');
      size >>= 1;
    }
  }
  closeSync(fd);
  assert.equal(statfsSync(disk).bavail, 0);
}

test('a full disk is told clearly, reads go on, and writes work again when space returns', { skip }, async (t) => {
  const collector = await server.signIn('collector1');
  const acceptor = await server.signIn('acceptor1');
  const ledger = new Ledger();
  for (let round = 0; round < (long ? 6 : 2); round++) {
    for (let i = 0; i < 10; i++) assert.equal((await ledger.report(collector)).status, 201);
    assert.equal((await ledger.photo(collector)).status, 201);
    fill();
    let refusal = null;
    for (let i = 0; i < 3000 && !refusal; i++) { // what the log has room for is still taken
      const answers = await Promise.all([ledger.report(collector), ledger.report(collector), ledger.comment(acceptor)]);
      refusal = answers.find((answer) => answer.status >= 400);
    }
    assert.ok(refusal, 'the disk is full');
    assert.equal(refusal.body.code, 'disk.full', refusal.text);
    assert.equal(refusal.status, 507);
    assert.ok(!refusal.text.includes(disk), 'no path in an answer');
    const photo = await ledger.photo(collector);
    assert.equal(photo.body.code, 'disk.full', photo.text);
    assert.equal((await acceptor.get('/cases?limit=20')).status, 200, 'reads go on');
    assert.equal((await acceptor.get(`/cases/${ledger.told[0].number}`)).status, 200);
    unlinkSync(filler);
    assert.equal((await ledger.report(collector)).status, 201, 'at once, without a restart');
    await ledger.verify(acceptor);
  }
  t.diagnostic(`${JSON.stringify(ledger.count())}, refused ${JSON.stringify([...ledger.refused])}`);
  assert.deepEqual([...ledger.refused.keys()], ['disk.full']);
  const spool = readdirSync(data, { recursive: true }).filter((name) => name.includes('spool-') || name.includes('.new-'));
  assert.deepEqual(spool, [], 'nothing half-written stays');
  assert.equal(server.log.match(/event=disk\.full /g)?.length, 1, 'told in the log, once a minute at most');
  await server.restart();
  await ledger.verify(acceptor);
});

// Leaves so many percent of the disk.
function leave(percent) {
  rmSync(filler, { force: true });
  const { bavail, blocks, bsize } = statfsSync(disk);
  const bytes = Math.floor((bavail - (blocks * percent) / 100) * bsize);
  assert.ok(bytes > 0, 'the test has room of its own');
  const fd = openSync(filler, 'w');
  for (let left = bytes; left > 0; ) left -= writeSync(fd, Buffer.alloc(Math.min(left, 1 << 20)));
  closeSync(fd);
}

test('a nearly full disk refuses videos first and photos later, reports never', { skip }, async () => {
  const collector = await server.signIn('collector1');
  const send = (bytes) => collector.call('POST', '/media', bytes, { 'Content-Type': 'application/octet-stream' });
  const begin = (bytes) => collector.call('PATCH', `/media/${digestOf(bytes)}`, bytes.subarray(0, 100), {
    'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0', 'Upload-Length': String(bytes.length),
  });
  const low = (answer) => assert.deepEqual([answer.status, answer.body.code], [507, 'media.disk_low'], answer.text);
  leave(10);
  assert.equal((await send(film({ bytes: 5000 }))).status, 201);
  leave(4);
  for (const bytes of [film({ bytes: 5000 }), wav(), pdf()]) low(await send(bytes));
  low(await begin(film({ bytes: 5000 }))); // told with the first bytes
  assert.equal((await send(newPhoto())).status, 201);
  leave(1.5);
  low(await send(newPhoto()));
  low(await send(film({ bytes: 5000 })));
  const late = newPhoto();
  const made = await collector.report({ media: [digestOf(late)] });
  assert.equal(made.status, 201, 'a report that names a photo still to come');
  leave(10);
  assert.equal((await send(late)).status, 201);
  assert.equal((await collector.want(`/cases/${made.body.number}`)).media[0].received, true);
  unlinkSync(filler);
});

test('the server can be killed on a full disk and started when space returns', { skip }, async () => {
  const collector = await server.signIn('collector1');
  const acceptor = await server.signIn('acceptor1');
  const before = (await acceptor.want('/cases?limit=500')).items.map((one) => one.number);
  const ledger = new Ledger();
  fill();
  for (let i = 0; i < 40; i++) await ledger.report(collector);
  server.child.kill('SIGKILL');
  await server.ended;
  unlinkSync(filler);
  await server.start();
  const stored = new Set((await acceptor.want('/cases?limit=500')).items.map((one) => one.number));
  for (const number of [...before, ...ledger.told.map((one) => one.number)]) assert.ok(stored.has(number), number);
  await ledger.repeat();
  await server.stop();
  await checkStore(server);
});

test('a disk that cannot be written is refused at the start, with a code', { skip }, async () => {
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  try {
    const failed = await cli('serve', '--data', data, '--port', '0').then(() => null, (error) => error);
    assert.ok(failed && failed.code > 0 && failed.code < 100, 'ends by itself');
    assert.match(failed.stderr, /\([a-z]+\.[a-z_]+\)|code=[a-z]+\.[a-z_]+/, failed.stderr);
    assert.match(failed.stderr, /[Rr]ead-only/, failed.stderr);
  } finally {
    execFileSync('mount', ['-o', 'remount,rw', disk]);
  }
  await server.start();
  assert.equal((await nobody(server).get('/city')).status, 200);
  assert.equal((await (await server.signIn('collector1')).report()).status, 201);
});
