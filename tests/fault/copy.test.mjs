// SPDX-License-Identifier: MPL-2.0
// A city goes from one engine to the other and back: while people work, killed on the way,
// handed over with what they were told.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, binary, cli, newDatabase, root, sleep, startServer, until } from '../http/lib.mjs';
import { Ledger, checkStore, long } from './load.mjs';

delete process.env.GRIDCASE_ENGINE; // it begins in a folder
const folder = mkdtempSync(join(tmpdir(), 'gridcase-copy-'));
const refused = (...args) => cli(...args).then(() => assert.fail('was not refused'), (error) => error);
const digest = async (data) => /^digest ([0-9a-f]{64}) of \d+ rows$/m.exec((await cli('check', 'tinytown', '--data', data, '--quiet')).stdout)[1];
const photos = (data) => readdirSync(join(data, 'cities/tinytown/media'), { recursive: true }).filter((name) => /^[0-9a-f]{2}\//.test(name)).sort();

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

function working(clients = 6) {
  let stopped = false;
  const held = () => ledger.refused.has('city.held') || ledger.refused.has('city.out_of_service');
  const all = Array.from({ length: clients }, (_, i) => ledger.work(i % 3 ? collector : acceptor, () => stopped || held()));
  return { stop: () => ((stopped = true), Promise.all(all)) };
}

// The next server, with the people who are signed in at this one.
async function moveTo(data) {
  const next = new Server(data, 'tinytown');
  next.logins = server.logins;
  await next.start();
  for (const person of [collector, acceptor]) person.server = next;
  return next;
}

const there = join(folder, 'there');
const back = join(folder, 'back');
let address;

test('copied while people work: whole, and the same digest there and back', async (t) => {
  address = await newDatabase();
  const load = working();
  try {
    await until(() => ledger.count().reports > 20 && ledger.count().photos > 2, 'some work', 30000);
    const { stdout } = await cli('store', 'copy', '--from', `sqlite:${server.data}`, '--to', address, '--data', there);
    t.diagnostic(stdout.trim().split('\n').at(-2));
    assert.match(stdout, /tinytown: \d+ cases, 0 problems/);
    assert.match(stdout, /tinytown: digest [0-9a-f]{64} of both/);
  } finally {
    await load.stop();
  }
  // What came later is brought by the same command, and then nobody works.
  assert.match((await refused('store', 'copy', '--from', server.data, '--to', there)).stderr, /copy\.exists/);
  const again = await cli('store', 'copy', '--from', server.data, '--to', there, '--again');
  assert.match(again.stdout, /the rest was there/);
  await cli('store', 'copy', '--from', there, '--to', `sqlite:${back}`);
  const digests = [await digest(server.data), await digest(there), await digest(back)];
  assert.equal(new Set(digests).size, 1, digests.join(' '));
  assert.ok(photos(server.data).length > 4);
  assert.deepEqual(photos(there), photos(server.data));
  assert.deepEqual(photos(back), photos(server.data));
  const one = photos(back)[0];
  assert.equal(statSync(join(back, 'cities/tinytown/media', one)).ino, statSync(join(server.data, 'cities/tinytown/media', one)).ino, 'linked');
  assert.ok(!existsSync(join(there, 'cities/tinytown/cases.db')));
});

test('backed up on one engine, restored on either: the same digest, photos once', async () => {
  const target = join(folder, 'target');
  const first = await cli('backup', target, '--data', there);
  assert.match(first.stdout, /1 cities, [\d.]+ MB, [1-9]\d* photos \([1-9]\d* new/);
  const second = await cli('backup', target, '--data', there);
  assert.match(second.stdout, /photos \(0 new/);
  const names = readdirSync(target).filter((name) => name.endsWith('Z')).sort();
  const manifest = JSON.parse(readFileSync(join(target, names.at(-1), 'manifest.json')));
  assert.equal(manifest.cities[0].digest, await digest(there));
  assert.deepEqual(readdirSync(join(target, names.at(-1)), { recursive: true }).filter((name) => /\./.test(name)).sort(),
    ['cities/tinytown/cases.db', 'cities/tinytown/city.db', 'cities/tinytown/photos.txt', 'manifest.json', 'manifest.sha256', 'system.db']);
  for (const [name, ...store] of [['files'], ['server', '--store', await newDatabase()]]) {
    const data = join(folder, `restored-${name}`);
    const { stdout } = await cli('restore', target, data, ...store);
    assert.match(stdout, /tinytown: \d+ cases, 0 problems/);
    assert.match(stdout, / photos, 0 problems/);
    assert.equal(await digest(data), manifest.cities[0].digest);
    assert.equal(existsSync(join(data, 'system.db')), name === 'files');
    assert.ok(!existsSync(join(data, '.restore')));
    assert.deepEqual(photos(data), photos(there));
  }
});

const psql = (to, text) => execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d',
  `${process.env.GRIDCASE_TEST_POSTGRES}&dbname=${/\/\/\/([^?]+)/.exec(to)[1]}`, '-c', text]);

test('what is too many or differs there is put right', async () => {
  const name = /\/\/\/([^?]+)/.exec(address)[1];
  execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', `${process.env.GRIDCASE_TEST_POSTGRES}&dbname=${name}`, '-c',
    `SET search_path TO gridcase_tinytown_cases;
     UPDATE history SET opinion = 'forged' WHERE seq = 1;
     DELETE FROM change WHERE position = 2;
     INSERT INTO rollup_area SELECT 1, 1, opened, filed, sent, fed_back, handled_in_time, handled_late, ended, closed, closed_in_time,
       closed_late FROM rollup_area LIMIT 1`]);
  assert.notEqual(await digest(there).catch(() => ''), await digest(server.data));
  const { stdout } = await cli('store', 'copy', '--from', server.data, '--to', there, '--again');
  const [, put, removed] = /(\d+) put and (\d+) removed/.exec(stdout).map(Number);
  assert.ok(put >= 2 && put <= ledger.count().reports + 1, stdout);
  assert.equal(removed, 1);
  assert.equal(await digest(there), await digest(server.data));
});

test('killed at any moment it is out of service there, and goes on', async (t) => {
  const other = join(folder, 'killed');
  const to = await newDatabase();
  const args = ['store', 'copy', '--from', server.data, '--to', to, '--data', other];
  let killed = 0;
  for (const state of ['copying', 'copying', 'comparing']) {
    const child = spawn(binary, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = new Promise((done) => child.on('exit', (code, signal) => done(signal)));
    child.stderr.on('data', (part) => part.includes(`: ${state}`) && setTimeout(() => child.kill('SIGKILL'), 20 * killed));
    if ((await ended) !== 'SIGKILL') break; // it was quicker
    killed++;
    if (killed !== 2) continue;
    const half = new Server(other, 'tinytown');
    await half.start();
    const answer = await fetch(`${half.base}/tinytown/api/v1/city`);
    assert.equal(answer.status, 503);
    assert.match(JSON.stringify(await answer.json()), /being copied from/);
    await half.stop();
  }
  t.diagnostic(`killed ${killed} times`);
  assert.ok(killed >= 2);
  const { stdout } = killed === 3 ? await cli(...args) : { stdout: 'the rest was there' };
  assert.match(stdout, /the rest was there/);
  assert.equal(await digest(other), await digest(server.data));
});

test('the database drops its connections in the middle: told, and the same command goes on', async () => {
  const other = join(folder, 'dropped');
  const to = await newDatabase();
  const name = /\/\/\/([^?]+)/.exec(to)[1];
  const args = ['store', 'copy', '--from', server.data, '--to', to, '--data', other];
  const child = spawn(binary, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  const ended = new Promise((done) => child.on('exit', (code) => done(code)));
  child.stderr.on('data', (part) => (told += part));
  await until(() => told.includes(': copying'), 'rows to be copied', 30000);
  execFileSync('psql', ['-X', '-q', '-o', '/dev/null', '-d', `${process.env.GRIDCASE_TEST_POSTGRES}&dbname=postgres`, '-c',
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`]);
  const code = await ended; // it may have been through already, or have come back by itself
  if (code !== 0) {
    assert.match(told, /store\.(unavailable|uncertain)|db\.transaction_lost/);
    await cli(...args);
  }
  assert.equal(await digest(other), await digest(server.data));
});

// Points of open cases are made anew at the end of every round: the second is that of catching
// up, before all is compared. Changes up to there are not looked at again under the hold.
test('a row forged where nothing changes any more is found before nobody may write', async () => {
  const other = join(folder, 'forged');
  const to = await newDatabase();
  const args = ['store', 'copy', '--from', server.data, '--to', to, '--data', other];
  await cli(...args);
  psql(to, `SET search_path TO gridcase_tinytown_cases;
    CREATE SEQUENCE forging;
    CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('gridcase_tinytown_cases.forging') = 2 THEN
        UPDATE gridcase_tinytown_cases.change SET at = at + 1 WHERE position = 1;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER forge AFTER DELETE ON case_open_point FOR EACH STATEMENT EXECUTE FUNCTION forge()`);
  const error = await refused(...args, '--again', '--hand-over');
  assert.match(error.stderr, /: change has \d+ rows .*copy\.differs/);
  assert.doesNotMatch(error.stderr, /: held/);
  assert.equal((await acceptor.get('/cases?limit=1')).status, 200, 'it works on here');
  assert.notEqual(await digest(other).catch(() => ''), await digest(server.data));
});

async function handOver(t, name, ...to) {
  const next = join(folder, name);
  ledger.refused.clear();
  const load = working(3);
  let out;
  try {
    await sleep(300);
    out = (await cli('store', 'copy', '--from', server.data, ...to, '--hand-over')).stdout;
  } finally {
    await load.stop();
  }
  t.diagnostic(out.trim().split('\n').at(-1));
  assert.match(out, /nobody could write for [\d.]+ s/);
  const gone = await acceptor.get('/cases?limit=1');
  assert.equal(gone.status, 503);
  assert.equal(gone.body.code, 'city.out_of_service');
  assert.match(gone.body.detail, /moved to/);
  await server.stop();
  const left = server;
  server = await moveTo(next);
  server.remove = async () => {
    await server.stop();
    await left.remove?.();
  };
  assert.equal((await acceptor.get('/cases?limit=1')).status, 200, 'still signed in');
  await ledger.verify(acceptor, true);
}

test('handed over under load: what was told is there, everybody stays signed in', async (t) => {
  const next = join(folder, 'next');
  await handOver(t, 'next', '--to', await newDatabase(), '--data', next);
  // The way back of the work is the same code; the way back of rows was tried above.
  if (long) await handOver(t, 'home', '--to', `sqlite:${join(folder, 'home')}`);
  await server.stop();
  await checkStore(server);
  assert.ok(ledger.refused.has('city.held') || ledger.refused.has('city.out_of_service'), JSON.stringify([...ledger.refused]));
});
