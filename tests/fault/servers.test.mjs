// SPDX-License-Identifier: MPL-2.0
// Two servers on one PostgreSQL store, each with a folder of its own and photos shared.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person, Server, Stream, binary, cli, copyModel, demoLogins, newDatabase, prepareEngine, root, until, uuid } from '../http/lib.mjs';
import { newPhoto } from '../http/photo.mjs';
import { Ledger } from './load.mjs';

process.env.GRIDCASE_ENGINE = 'postgres'; // whatever the others run on
const socket = join(process.env.GRIDCASE_TEST_POSTGRES_FOLDER ?? '', '.s.PGSQL.5432');
const folder = mkdtempSync(join(tmpdir(), 'gc-two-'));
const clock = join(folder, 'clock');
const photos = join(folder, 'photos');
const tinytown = join(root, 'fixtures', 'tinytown');
let first, second, between;

// Stands between the first server and the database: what commits a writing transaction waits
// while state.held is set.
function proxy(path) {
  const state = { held: false, waiting: [] };
  state.server = net.createServer((client) => {
    const behind = net.connect(socket);
    let writing = false;
    const end = () => {
      client.destroy();
      behind.destroy();
    };
    client.on('data', (part) => {
      if (part.includes('ISOLATION LEVEL')) writing = part.includes('READ WRITE');
      const commit = part.includes('COMMIT'); // with what comes right before it
      if (state.held && writing && commit) state.waiting.push(() => behind.write(part));
      else behind.write(part);
    });
    behind.on('data', (part) => client.write(part));
    for (const side of [client, behind]) side.on('close', end).on('error', end);
  });
  state.release = () => {
    state.held = false;
    state.waiting.splice(0).forEach((send) => send());
  };
  return new Promise((done) => state.server.listen(path, () => done(state)));
}

const seesOthers = async (server) => /^gridcase_other_servers 1$/m.test(await (await fetch(`http://127.0.0.1:${server.healthPort}/metrics`)).text());
const at = (server, person) => new Person(server, person.login, person.headers, person.session);
// A program's token outlives a clock that is set forward.
async function program(login) {
  const person = await first.signIn(login);
  const answer = await person.call('POST', '/tokens', { name: 'two servers' });
  assert.equal(answer.status, 201, answer.text);
  return new Person(first, login, { Authorization: `Bearer ${answer.body.token}` }, null);
}
const start = (server) => server.start(['--photos', photos], { GRIDCASE_CLOCK_FILE: clock });

before(async () => {
  const [one, two, px] = ['one', 'two', 'px'].map((name) => join(folder, name));
  mkdirSync(photos);
  mkdirSync(px);
  writeFileSync(clock, '0');
  await prepareEngine(one);
  await cli('city', 'new', 'tinytown', tinytown, '--data', one, '--photos', photos);
  await cli('city', 'load', 'tinytown', tinytown, '--data', one);
  const address = readFileSync(join(one, 'store-address'), 'utf8');
  mkdirSync(two);
  writeFileSync(join(two, 'store-address'), address);
  between = await proxy(join(px, '.s.PGSQL.5432'));
  writeFileSync(join(one, 'store-address'), address.replace(/host=[^&\n]+/, `host=${px}`));
  first = new Server(one, 'tinytown');
  second = new Server(two, 'tinytown');
  first.logins = second.logins = demoLogins(one);
  await start(first);
  await start(second);
  await until(async () => (await seesOthers(first)) && (await seesOthers(second)), 'the servers to know of each other');
});
after(async () => {
  between?.release();
  for (const server of [first, second]) if (server?.child?.exitCode === null) await server.stop();
  between?.server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listen(person) {
  const stream = await new Stream(person, `/changes?since=${(await person.want('/cases?limit=1')).position}`).ready;
  assert.equal(stream.status, 200);
  return stream;
}

// Positions in order, each once.
function inOrder(stream) {
  const positions = stream.events.map((one) => Number(one.id.split('-').at(-1)));
  for (let i = 1; i < positions.length; i++) assert.ok(positions[i] > positions[i - 1], `${positions[i]} after ${positions[i - 1]}`);
  return stream.events.map((one) => `${one.id} ${one.data.number} ${one.data.kind}`);
}

test('sessions, cases and photos of one server are those of the other', async () => {
  const collector = await first.signIn('collector1');
  const there = at(second, collector);
  const bytes = newPhoto();
  const photo = await collector.call('POST', '/media', bytes, { 'Content-Type': 'image/jpeg' });
  assert.equal(photo.status, 201, photo.text);
  const report = await there.report({ media: [{ sha256: photo.body.sha256 }] });
  assert.equal(report.status, 201, report.text);
  assert.equal((await there.get(`/media/${photo.body.sha256}/original`)).status, 200);
  assert.equal((await collector.want(`/cases/${report.body.number}`)).number, report.body.number);
  assert.equal((await there.call('DELETE', '/session')).status, 204);
  await until(async () => (await collector.get('/cases')).status === 401, 'the session to end at the first, too', 3000);
});

test('both write at once: each case once, and one order of changes at both', async () => {
  const acceptor = await first.signIn('acceptor1');
  const collector = await first.signIn('collector1');
  const streams = [await listen(acceptor), await listen(at(second, acceptor))];
  const key = uuid(); // one key at both: one case
  const same = await Promise.all([collector, at(second, collector)].map((one) => one.report({}, { 'Idempotency-Key': key })));
  for (const told of same) assert.ok([200, 201].includes(told.status), told.text);
  assert.equal(same[0].body.number, same[1].body.number);
  const numbers = new Set([same[0].body.number]);
  await Promise.all(Array.from({ length: 8 }, async (_, i) => {
    const mine = i % 2 ? collector : at(second, collector);
    const judge = i % 2 ? at(second, acceptor) : acceptor;
    for (let k = 0; k < 6; k++) {
      const told = await mine.report();
      assert.equal(told.status, 201, told.text);
      numbers.add(told.body.number);
      const accepted = await judge.act(told.body.number, 'accept');
      assert.equal(accepted.status, 200, accepted.text);
    }
  }));
  assert.equal(numbers.size, 49);
  // Everybody at the same case: one wins, others hear that they were too late.
  const { number } = (await collector.report()).body;
  const raced = await Promise.all(Array.from({ length: 6 }, (_, i) => (i % 2 ? acceptor : at(second, acceptor)).act(number, 'accept').catch((error) => error)));
  assert.equal(raced.filter((one) => one.status === 200).length, 1);
  // What changes two cases takes the turn in the middle.
  const { number: double } = (await at(second, collector).report()).body;
  const merged = await acceptor.act(double, 'merge', { case: number });
  assert.equal(merged.status, 200, merged.text);
  for (const stream of streams) await until(() => stream.events.length >= 49 + 48 + 5, 'all changes', 10000);
  const [here, there] = streams.map(inOrder);
  assert.deepEqual(here, there);
  assert.equal(here.length, 49 + 48 + 5); // and one merged, one taken in
  streams.forEach((stream) => stream.close());
});

test('a transaction that is held open is told when it commits, after one that began later', async () => {
  const acceptor = await first.signIn('acceptor1');
  const collector = await first.signIn('collector1');
  const streams = [await listen(acceptor), await listen(at(second, acceptor))];
  between.held = true;
  const late = collector.report({ description: 'late' });
  await until(() => between.waiting.length > 0, 'the first server to commit');
  const soon = await at(second, collector).report({ description: 'soon' });
  assert.equal(soon.status, 201, soon.text);
  for (const stream of streams) await stream.wait((one) => one.data.number === soon.body.number);
  between.release();
  const told = await late;
  assert.equal(told.status, 201, told.text);
  for (const stream of streams) await stream.wait((one) => one.data.number === told.body.number);
  const [here, there] = streams.map(inOrder);
  assert.deepEqual(here, there);
  assert.deepEqual(streams[0].events.map((one) => one.data.number), [soon.body.number, told.body.number]);
  streams.forEach((stream) => stream.close());
});

test('a timer rings once', async () => {
  const acceptor = await program('acceptor1');
  const leader = await program('leader1');
  const numbers = [];
  for (let i = 0; i < 6; i++) {
    const { number } = (await acceptor.report()).body;
    const watched = await leader.act(number, 'supervise', { level: 'ordinary', opinion: 'please' });
    assert.equal(watched.status, 200, watched.text);
    numbers.push(number);
  }
  const people = [acceptor, at(second, acceptor)];
  const rung = async (number, person) => (await person.want(`/cases/${number}`)).history.filter((row) => row.action === 'escalate').length;
  writeFileSync(clock, String(25 * 3600e3));
  for (const number of numbers) await until(async () => (await rung(number, people[1])) > 0, 'the timer', 20000);
  // Both have looked again when both have taken a write that came later.
  for (const person of people) assert.equal((await person.report()).status, 201);
  for (const number of numbers) assert.equal(await rung(number, people[0]), 1);
  writeFileSync(clock, '0');
});

test('a model that one loads is in force at the other, whoever writes first', async () => {
  const model = copyModel('tinytown', (ini) => ini.replace(/^name\.en = .*$/m, 'name.en = Renamed'));
  const leader = await second.signIn('acceptor1');
  try {
    const before = (await leader.want('/city')).model_version;
    await cli('city', 'load', 'tinytown', model.path, '--data', first.data);
    const told = await leader.report();
    assert.equal(told.status, 201, told.text);
    const now = await leader.want('/city');
    assert.ok(now.model_version > before, `${now.model_version} after ${before}`);
  } finally {
    model.remove();
  }
});

test('a city made beside the servers, from a third folder, is there at both', async () => {
  const model = copyModel('othertown');
  const third = join(folder, 'three');
  try {
    mkdirSync(third);
    writeFileSync(join(third, 'store-address'), readFileSync(join(second.data, 'store-address')));
    await cli('city', 'new', 'othertown', model.path, '--data', third, '--photos', photos);
    await cli('city', 'load', 'othertown', model.path, '--data', third);
    const there = new Server(second.data, 'othertown');
    Object.assign(there, { port: second.port, base: second.base, api: `${second.base}/othertown/api/v1`, logins: demoLogins(third, 'othertown') });
    await until(async () => (await fetch(`${there.api}/city`)).status === 200, 'the city', 15000);
    const collector = await there.signIn('collector1');
    const [one, two] = await Promise.all([collector.report(), at(first, await first.signIn('collector1')).report()]);
    assert.equal(one.status, 201, one.text);
    assert.equal(two.status, 201, two.text);
  } finally {
    model.remove();
  }
});

test('a server dies with requests in flight: what was acknowledged is there, the other goes on', async () => {
  const collector = await first.signIn('collector1');
  const acceptor = await first.signIn('acceptor1');
  const ledger = new Ledger();
  let stopped = false;
  const working = Array.from({ length: 6 }, (_, i) => ledger.work(at(i % 2 ? first : second, i % 3 ? collector : acceptor), () => stopped));
  await until(() => ledger.count().reports > 8, 'some reports', 20000);
  await second.stop('SIGKILL');
  const counted = ledger.count().reports;
  await until(() => ledger.count().reports > counted + 4, 'reports at the other', 20000);
  stopped = true;
  await Promise.all(working);
  await start(second);
  const heard = await listen(at(second, acceptor));
  assert.equal((await at(second, collector).report()).status, 201);
  await heard.wait(() => true);
  heard.close();
  for (const entry of ledger.told) assert.equal((await acceptor.want(`/cases/${entry.number}`)).description, entry.description);
  for (const entry of ledger.reports.values()) entry.person = at(first, entry.person);
  await ledger.repeat();
});

const ask = (address, text) => execFileSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', address, '-c', text]).toString().trim();

// The other store's row waits for its last word, so that the command can be killed before it.
test('handed over while two servers work, the command dies before its last word: one store has the city', async () => {
  const there = join(folder, 'there');
  const from = readFileSync(join(second.data, 'store-address'), 'utf8').trim();
  const to = await newDatabase();
  const args = ['store', 'copy', '--from', second.data, '--to', to, '--data', there];
  await cli(...args, '--city', 'tinytown');
  ask(to, `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
    CREATE TRIGGER waits BEFORE UPDATE ON gridcase_system.city FOR EACH ROW WHEN (NEW.state = 'ready') EXECUTE FUNCTION wait()`);
  const acceptor = await first.signIn('acceptor1');
  const ledgers = [first, second].map(() => new Ledger());
  const over = (ledger) => ledger.refused.has('city.held') || ledger.refused.has('city.out_of_service');
  let stopped = false;
  const working = ledgers.flatMap((ledger, i) => Array.from({ length: 2 }, () => ledger.work(at([first, second][i], acceptor), () => stopped || over(ledger))));
  const child = spawn(binary, [...args, '--city', 'tinytown', '--again', '--hand-over'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const ended = new Promise((done) => child.on('exit', (code, signal) => done(signal ?? code)));
  child.stderr.on('data', (part) => (said += part));
  const reason = `SELECT state || ' ' || coalesce(reason, '') FROM gridcase_system.city WHERE slug = 'tinytown'`;
  try {
    await until(() => child.exitCode !== null || ask(from, reason).startsWith('off moved to '), 'the city to be let go', 60000);
    assert.equal(child.exitCode, null, said);
  } finally {
    child.kill('SIGKILL');
    await ended;
    stopped = true;
    await Promise.all(working);
  }
  // Each was told in words, also the one whose folder the command never saw.
  for (const ledger of ledgers) assert.ok(ledger.count().reports > 0 && ledger.refused.has('city.held'), JSON.stringify([...ledger.refused]));
  for (const server of [first, second]) {
    const answer = await at(server, acceptor).report();
    assert.equal(answer.status, 503);
    assert.match(answer.body.code, /^city\.(held|out_of_service)$/);
    await until(async () => (await at(server, acceptor).get('/cases?limit=1')).body.code === 'city.out_of_service', 'the server to have read it', 15000);
  }
  ask(to, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  ask(to, 'DROP FUNCTION wait CASCADE');
  const complete = ask(to, reason);
  assert.match(complete, /^off being copied from .*; complete: /);
  const third = new Server(there, 'tinytown');
  try {
    await third.start();
    const here = at(third, acceptor);
    assert.equal((await here.get('/cases?limit=1')).status, 200, 'in service there, and still signed in');
    for (const ledger of ledgers) {
      for (const entry of ledger.told) assert.equal((await here.want(`/cases/${entry.number}`)).description, entry.description);
      for (const entry of [...ledger.reports.values(), ...ledger.comments.values(), ...ledger.photos.values()]) entry.person = here;
      await ledger.repeat();
    }
  } finally {
    await third.stop();
  }
  assert.equal(ask(to, `SELECT count(*) - count(DISTINCT description) FROM gridcase_tinytown_cases.case_file WHERE description LIKE 'report %'`), '0');
  // The same command settles it, too.
  ask(to, `UPDATE gridcase_system.city SET state = 'off', reason = '${complete.slice(4)}' WHERE slug = 'tinytown'`);
  assert.match((await cli(...args, '--city', 'tinytown', '--hand-over')).stdout, /tinytown: had moved already/);
  assert.equal(ask(to, reason), 'ready');
  assert.match((await cli('check', 'tinytown', '--data', there)).stdout, /\b0 problems/);
});

test('everything fits together afterwards', async () => {
  await second.stop();
  await first.stop();
  const checked = await cli('check', 'tinytown', '--data', second.data);
  assert.match(checked.stdout, /\b0 problems/);
});
