// SPDX-License-Identifier: MPL-2.0
// Backups made under load and on bad days, and what is restored from them.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, readdirSync, rmSync, statSync, statfsSync, truncateSync,
  unlinkSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person, Server, Stream, addCity, binary, cli, copyModel, makeData, root, sleep, startServer, until } from '../http/lib.mjs';
import { Ledger, checkStore, long, stopIfRunning } from './load.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gridcase-backup-'));
const target = join(folder, 'target');
const fresh = (name) => join(folder, name);
const backups = (at = target) => readdirSync(at).filter((name) => /^\d{8}T\d{6}Z/.test(name)).sort();
const newest = () => join(target, backups().at(-1));
const refused = (...args) => cli(...args).then(() => assert.fail('was not refused'), (error) => error);
const files = (at) => (existsSync(at) ? readdirSync(at, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()) : [])
  .map((one) => join(one.parentPath ?? one.path, one.name));

let server, collector, acceptor;
const ledger = new Ledger();
before(async () => {
  server = await startServer();
  collector = await server.signIn('collector1');
  acceptor = await server.signIn('acceptor1');
});
after(async () => {
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function underLoad(work, clients = 8) {
  let stopped = false;
  const working = Array.from({ length: clients }, (_, i) => ledger.work(i % 4 ? collector : acceptor, () => stopped));
  try {
    return await work();
  } finally {
    stopped = true;
    await Promise.all(working);
  }
}

// A second server on what was restored, with the first one's passwords.
async function serve(data) {
  const other = new Server(data, 'tinytown');
  other.logins = server.logins;
  await other.start();
  return other;
}

test('under load: what was acknowledged before is in it, the restored copy is whole', async (t) => {
  let position;
  const { told, out } = await underLoad(async () => {
    await until(() => ledger.count().reports > 60 && ledger.count().photos > 5, 'some work', 30000);
    // What the clients have heard by now must be in the backup that begins now.
    const told = [...ledger.told.map((one) => one.number)];
    const photos = [...ledger.photos].filter(([, one]) => one.told).map(([sha256, one]) => [sha256, one.person.login]);
    position = (await acceptor.want('/cases?limit=1')).position;
    const { stdout } = await cli('backup', target, '--data', server.data, '--mb-per-s', '4');
    return { told: { numbers: told, photos }, out: stdout };
  });
  t.diagnostic(out.split('\n')[0]);
  assert.match(out, /1 cities/);
  assert.equal(backups().length, 1);
  assert.deepEqual(files(newest()).map((file) => file.split('/').at(-1)).sort(),
    ['cases.db', 'city.db', 'manifest.json', 'manifest.sha256', 'photos.txt', 'system.db'], 'nothing that can be made anew');

  const data = fresh('restored');
  const { stdout } = await cli('restore', target, data);
  assert.match(stdout, /tinytown: \d+ cases, 0 problems/);
  assert.match(stdout, / photos, 0 problems/);
  const other = await serve(data);
  try {
    const gone = new Person(other, 'acceptor1', acceptor.headers);
    assert.equal((await gone.get('/cases?limit=1')).status, 401, 'people sign in anew');
    const reader = await other.signIn('acceptor1');
    for (const number of told.numbers) assert.equal((await reader.get(`/cases/${number}`)).status, 200, number);
    const senders = { acceptor1: reader, collector1: await other.signIn('collector1') };
    for (const [sha256, login] of told.photos) {
      assert.equal((await senders[login].get(`/media/${sha256}/original`)).status, 200, sha256);
    }
    const stream = new Stream(reader, `/changes?since=${position}`);
    await stream.wait((event) => event.event === 'reset', 'reset: its positions are another store\'s');
    stream.close();
    assert.equal((await (await other.signIn('collector1')).report()).status, 201, 'and it works on');
  } finally {
    await other.stop();
  }
  await checkStore(other);
});

test('a second backup copies new photos only, and the old one stays', async () => {
  const before = files(join(target, 'media')).map((file) => [file, statSync(file).mtimeMs]);
  assert.ok(before.length > 0);
  await sleep(1100);
  assert.equal((await ledger.photo(collector)).status, 201);
  const { stdout } = await cli('backup', server.data, target);
  assert.match(stdout, /\([1-9]\d* new/);
  for (const [file, time] of before) assert.equal(statSync(file).mtimeMs, time, 'written once');
  assert.equal(backups().length, 2);
  for (const name of backups()) await cli('restore', join(target, name), '--verify');
  const status = JSON.parse(readFileSync(join(newest(), 'manifest.json')));
  assert.ok(status.cities[0].photos >= before.length);
});

test('what is damaged is named, and nothing is left in the new folder', async () => {
  const pool = files(join(target, 'media'));
  const of = (name) => files(newest()).find((file) => file.endsWith(name));
  const broken = [of('system.db'), of('cases.db'), of('city.db'), of('photos.txt'), of('manifest.json'), pool[0], pool.at(-1)];
  const listed = readFileSync(of('photos.txt'), 'utf8');
  for (const file of broken) {
    if (file.includes('/media/')) assert.ok(listed.includes(file.split('/media/tinytown/')[1]), 'a photo of this backup');
    const kept = readFileSync(file);
    for (const harm of long || file === broken[1] || file === pool[0] ? ['flip', 'cut', 'remove'] : ['flip']) {
      if (harm === 'flip') {
        const bytes = Buffer.from(kept);
        bytes[Math.floor(bytes.length / 2)] ^= 0x10;
        writeFileSync(file, bytes);
      } else if (harm === 'cut') truncateSync(file, kept.length - 1);
      else unlinkSync(file);
      const data = fresh('damaged');
      const failed = await refused('restore', newest(), data);
      const wanted = file.endsWith('manifest.json') && harm === 'remove' ? /backup\.none/ : /backup\.damaged/;
      assert.match(failed.stderr, wanted, `${file} ${harm}: ${failed.stderr}`);
      if (!file.endsWith('manifest.json')) assert.ok(failed.stderr.includes(file.split('/').at(-1)), `${harm}: ${failed.stderr}`);
      assert.deepEqual(files(data), [], `${file} ${harm}`);
      if (long) assert.match((await refused('restore', newest(), '--verify')).stderr, wanted);
      writeFileSync(file, kept);
    }
  }
  await cli('restore', newest(), '--verify');
});

test('a backup of a newer program, and a folder that holds a store, are refused', async () => {
  const manifest = join(newest(), 'manifest.json');
  const kept = readFileSync(manifest, 'utf8');
  const write = (text) => {
    writeFileSync(manifest, text);
    writeFileSync(join(newest(), 'manifest.sha256'), `${createHash('sha256').update(text).digest('hex')}  manifest.json\n`);
  };
  for (const edit of [(m) => (m.format = 2), (m) => (m.migrations.cases = 9999)]) {
    const newer = JSON.parse(kept);
    edit(newer);
    write(JSON.stringify(newer));
    const failed = await refused('restore', newest(), fresh('newer'));
    assert.match(failed.stderr, /made by a newer gridcase.*backup\.newer/);
    assert.deepEqual(files(fresh('newer')), []);
  }
  for (const path of ['../../etc/passwd', '/etc/passwd', 'cities/../x/cases.db', 'cities/tinytown/lock']) {
    const evil = JSON.parse(kept);
    evil.files[0].path = path;
    write(JSON.stringify(evil));
    assert.match((await refused('restore', newest(), fresh('newer'))).stderr, /backup\.damaged/, path);
  }
  write(kept);
  // The server goes on, so its files' bytes may change; that they are the same files may not.
  const inodes = () => ['system.db', 'cities/tinytown/cases.db', 'cities/tinytown/city.db'].map((file) => statSync(join(server.data, file)).ino);
  const before = inodes();
  const onStore = await refused('restore', target, server.data); // newer than the backup, and in use
  assert.match(onStore.stderr, /there is a store already.*restore\.not_empty/);
  assert.equal(onStore.code, 5);
  assert.deepEqual(inodes(), before);
  assert.equal((await collector.report()).status, 201, 'its sessions are its own still');
  mkdirSync(fresh('full'));
  writeFileSync(join(fresh('full'), 'letter.txt'), 'mine');
  assert.match((await refused('restore', target, fresh('full'))).stderr, /restore\.not_empty/);
  assert.equal(readFileSync(join(fresh('full'), 'letter.txt'), 'utf8'), 'mine');
  assert.match((await refused('restore', fresh('nothing'), fresh('new'))).stderr, /backup\.none/);
});

test('a target inside the data folder, and two backups at once, are refused', async () => {
  const inside = await refused('backup', join(server.data, 'backups'), '--data', server.data);
  assert.match(inside.stderr, /backup\.inside/);
  const slow = cli('backup', target, '--data', server.data, '--mb-per-s', '1');
  await until(() => readdirSync(target).some((name) => name.startsWith('.part-')), 'the slow one');
  assert.match((await refused('backup', target, '--data', server.data)).stderr, /backup\.running/);
  await slow;
});

test('kill -9 of the server in the middle: no half backup, the old ones stay, the next one works', async () => {
  let old = backups();
  for (let cuts = 0, round = 0; cuts < (long ? 8 : 2); round++) {
    assert.ok(round < 20, 'always too late');
    const cut = cli('backup', target, '--data', server.data, '--mb-per-s', '1').then(() => null, (error) => error);
    await until(() => readdirSync(target).some((name) => name.startsWith('.part-')), 'the backup');
    await sleep(round * 50);
    const half = readdirSync(target).some((name) => name.startsWith('.part-'));
    server.child.kill('SIGKILL');
    await server.ended;
    const failed = await cut;
    if (half && failed) {
      assert.match(failed.stderr, /control\./);
      assert.deepEqual(backups(), old, 'none more, none less');
      cuts++;
    }
    old = backups(); // one that was done before the kill counts
    await server.start();
  }
  await cli('restore', join(target, old.at(-1)), '--verify');
  await cli('backup', target, '--data', server.data);
  assert.equal(backups().length, old.length + 1);
  assert.deepEqual(readdirSync(target).filter((name) => name.startsWith('.')), [], 'what was left is swept');
  await cli('restore', newest(), '--verify');
});

test('without a server: under the lock; a command killed in the middle leaves nothing that counts', async () => {
  await server.stop();
  const old = backups();
  const child = spawn(binary, ['backup', target, '--data', server.data, '--mb-per-s', '1'], { cwd: root, stdio: 'ignore' });
  const ended = new Promise((done) => child.on('exit', done));
  await until(() => readdirSync(target).some((name) => name.startsWith('.part-')), 'the backup');
  assert.match((await refused('serve', '--data', server.data, '--port', '0')).stderr, /store\.locked/);
  child.kill('SIGKILL');
  await ended;
  assert.deepEqual(backups(), old);
  await cli('backup', target, '--data', server.data);
  assert.equal(backups().length, old.length + 1);
  await server.start();
});

test('a restore that was cut short does not open, and is done again', async () => {
  const data = fresh('cut');
  const pool = files(join(target, 'media'));
  assert.ok(pool.length > 10);
  let opened = 0;
  for (let round = 0; round < 12 && opened === 0; round++) {
    const child = spawn(binary, ['restore', target, data, '--quiet'], { cwd: root, stdio: 'ignore' });
    const ended = new Promise((done) => child.on('exit', (code) => done(code)));
    await until(() => existsSync(join(data, 'restore-unfinished')) || child.exitCode !== null, 'its begin');
    child.kill('SIGKILL');
    await ended;
    if (!existsSync(join(data, 'restore-unfinished'))) {
      rmSync(data, { recursive: true, force: true }); // it was quicker than we are
      continue;
    }
    opened++;
    assert.match((await refused('serve', '--data', data, '--port', '0')).stderr, /store\.unfinished/);
    assert.match((await refused('check', 'tinytown', '--data', data)).stderr, /store\.unfinished/);
  }
  assert.equal(opened, 1, 'one was cut in the middle');
  await cli('restore', target, data);
  assert.ok(!existsSync(join(data, 'restore-unfinished')));
  const other = await serve(data);
  assert.equal((await (await other.signIn('acceptor1')).get('/cases?limit=1')).status, 200);
  await other.stop();
});

test('old backups go, and photos that no backup names go with them', async () => {
  // Photos of the first backups only: what the newest one does not list.
  const orphan = join(target, 'media/tinytown/ab', `${'c'.repeat(62)}.orig`);
  mkdirSync(join(target, 'media/tinytown/ab'), { recursive: true });
  writeFileSync(orphan, 'of a backup long ago');
  const { stdout } = await cli('backup', target, '--data', server.data, '--keep', '2');
  assert.match(stdout, /older backups were removed/);
  assert.equal(backups().length, 2);
  assert.ok(!existsSync(orphan));
  for (const name of backups()) await cli('restore', join(target, name), '--verify');
});

test('a damaged photo of the data folder is told, the rest is saved', async () => {
  const photo = files(join(server.data, 'cities/tinytown/media')).find((file) => file.endsWith('.orig'));
  const elsewhere = fresh('other-target');
  const kept = readFileSync(photo);
  const { mtime } = statSync(photo);
  writeFileSync(photo, Buffer.from(kept).fill(0, 10, 20));
  const told = await refused('backup', elsewhere, '--data', server.data);
  assert.match(told.stderr, /the backup was made, but 1 photos are missing or damaged.*backup\.photos/);
  assert.equal(backups(elsewhere).length, 1);
  await cli('restore', elsewhere, '--verify');
  writeFileSync(photo, kept);
  utimesSync(photo, mtime, mtime);
});

test('a city that cannot be read is told, the others are saved', async () => {
  const elsewhere = fresh('two-cities');
  const model = copyModel('othertown', (ini) => ini.replace(/^number_prefix = TT/m, 'number_prefix = OT'));
  const own = await makeData();
  try {
    await addCity(own, 'othertown', model.path);
  } finally {
    model.remove();
  }
  const file = join(own, 'cities/othertown/cases.db');
  const kept = readFileSync(file);
  writeFileSync(file, Buffer.alloc(kept.length, 'no database '));
  const told = await refused('backup', elsewhere, '--data', own);
  assert.match(told.stderr, /1 cities could not be read.*backup\.left_out/);
  assert.equal(told.code, 9);
  const [name] = backups(elsewhere);
  const manifest = JSON.parse(readFileSync(join(elsewhere, name, 'manifest.json')));
  assert.deepEqual(manifest.cities.map((city) => city.slug), ['tinytown']);
  assert.equal(manifest.left_out[0].slug, 'othertown');
  assert.ok(manifest.left_out[0].reason);
  const data = fresh('one-city');
  const restored = await refused('restore', elsewhere, data);
  assert.match(restored.stderr, /not in the backup: othertown.*restore\.left_out/);
  assert.match(restored.stdout, /tinytown: \d+ cases, 0 problems/);
  assert.match((await cli('status', '--data', own).catch((error) => error)).stdout, /warning +backup .*not everything could be read/);
  writeFileSync(file, kept);
  await cli('backup', elsewhere, '--data', own);
  await cli('restore', elsewhere, fresh('both'));
  rmSync(own, { recursive: true });
});

test('a disk that fills in the middle: a clear error, the old backup stays, then it works again', async (t) => {
  const disk = fresh('disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'gridcase-test', disk], { stdio: 'pipe' });
  } catch (error) {
    t.skip(`NOT TESTED: mounting a small disk needs root (${String(error.stderr).trim()})`);
    return;
  }
  try {
    await cli('backup', disk, '--data', server.data);
    const [old] = backups(disk);
    const size = statSync(join(server.data, 'cities/tinytown/cases.db')).size;
    // Refused beforehand when it is known.
    const filler = join(disk, 'filler');
    const fill = (leave) => {
      const fd = openSync(filler, 'a');
      for (let step = 1 << 20; step >= 4096; ) {
        const { bavail, bsize } = statfsSync(disk);
        if (bavail * bsize - step < leave) step >>= 1;
        else writeSync(fd, Buffer.alloc(step));
      }
      closeSync(fd);
    };
    fill(size);
    const known = await refused('backup', disk, '--data', server.data);
    assert.match(known.stderr, /MB are needed.*backup\.no_space/);
    unlinkSync(filler);
    // Filled by somebody else while the backup is at it.
    const cut = cli('backup', disk, '--data', server.data, '--mb-per-s', '1').then(() => null, (error) => error);
    await until(() => readdirSync(disk).some((name) => name.startsWith('.part-')), 'the backup');
    const fd = openSync(filler, 'a');
    for (let step = 1 << 20; step >= 1; ) {
      try {
        writeSync(fd, Buffer.alloc(step));
      } catch {
        step >>= 1;
      }
    }
    closeSync(fd);
    const failed = await cut;
    assert.ok(failed, 'it failed');
    assert.match(failed.stderr, /\((disk\.full|backup\.no_space)\)/, failed.stderr);
    assert.deepEqual(readdirSync(disk).filter((name) => name.startsWith('.')), [], 'nothing half stays');
    assert.deepEqual(backups(disk), [old]);
    unlinkSync(filler);
    await cli('restore', join(disk, old), '--verify');
    assert.equal((await collector.report()).status, 201, 'the server works on');
    await cli('backup', disk, '--data', server.data);
    assert.equal(backups(disk).length, 2);
    // A restore onto a disk that is too small.
    fill(1 << 20);
    const small = await refused('restore', target, join(disk, 'data'));
    assert.match(small.stderr, /backup\.no_space/);
    assert.deepEqual(files(join(disk, 'data')), []);
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
});

test('the server makes backups by itself, and keeps as many as it was told', async () => {
  await server.stop();
  const own = fresh('scheduled');
  const clock = fresh('clock');
  writeFileSync(clock, String(Math.round(6.1 * 3600 * 1000))); // the last one is six hours old
  await server.start(['--backup-to', own, '--backup-every-h', '6', '--backup-keep', '2', '--backup-mb-per-s', '0'], { GRIDCASE_CLOCK_FILE: clock });
  const { taken } = await until(() => existsSync(own) && backups(own).length === 1 && { taken: backups(own)[0] }, 'the first backup', 15000);
  for (let round = 1; round <= 2; round++) {
    writeFileSync(clock, String(Math.round((round + 1) * 6.1 * 3600 * 1000)));
    await until(() => backups(own).length === 2 && backups(own)[0] !== (round === 2 ? taken : ''), `backup ${round + 1}: ${server.log.slice(-600)}`, 15000);
    await until(() => server.log.match(/event=backup\.made/g)?.length === round + 1, 'its end');
  }
  assert.ok(!backups(own).includes(taken), 'the first one is gone');
  await cli('restore', own, '--verify');
  await server.stop();
  await server.start();
});

// The last test of the file: everything that was told is still in the server's own store.
test('the store that was backed up is whole', async () => {
  await stopIfRunning(server);
  await checkStore(server);
});
