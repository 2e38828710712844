// SPDX-License-Identifier: MPL-2.0
// Accounts from outside: commands beside a running server, links, first sign-in, closing.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person, Server, Stream, cli, nobody, root, startServer, until } from './lib.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server?.remove());

const person = (...words) => cli('person', ...words, '--data', server.data);

async function signIn(login, password) {
  return nobody(server).call('POST', '/session', { login, password });
}

async function session(login, password) {
  const answer = await signIn(login, password);
  assert.equal(answer.status, 200, answer.text);
  return new Person(server, login, { Cookie: answer.headers.get('set-cookie').split(';')[0] }, answer.body);
}

test('a person is invited, chooses a password once and works', async () => {
  const { stdout } = await person('add', 'tinytown', 'Pat', 'Pat Wood', '--role', 'department/roads', '--role', 'collector@district:D1', '--address', server.base);
  const token = /#link=([\w-]+)/.exec(stdout)[1];
  assert.ok(!server.log.includes(token), 'no secret in the log');
  assert.deepEqual((await nobody(server).want(`/links/${token}`)).login, 'pat');
  const use = (password) => nobody(server).call('POST', '/links', { link: token, password });
  const weak = await use('short');
  assert.equal(weak.status, 400);
  assert.equal(weak.body.code, 'password.too_short');
  assert.equal((await use('a long enough one')).status, 204);
  assert.equal((await use('a long enough two')).status, 404);
  const pat = await session('pat', 'a long enough one');
  assert.deepEqual(pat.session.person.roles.map((one) => one.role).sort(), ['collector', 'department']);
  assert.equal(pat.session.must_change_password, false);
  assert.equal((await pat.report()).status, 201);
});

test('a password that was handed over must be changed before anything else', async () => {
  await person('add', 'tinytown', 'kim', 'Kim', '--role', 'acceptor');
  const { stdout } = await person('password', 'tinytown', 'kim');
  const handed = stdout.trim().split(': ').pop();
  const kim = await session('kim', handed);
  assert.equal(kim.session.must_change_password, true);
  assert.equal((await kim.get('/cases')).status, 403);
  const change = await kim.call('POST', '/session/password', { old: handed, new: 'my own password' });
  assert.equal(change.status, 204, change.text);
  assert.equal((await kim.get('/cases')).status, 200);
});

test('closing a person ends sessions and streams at once', async () => {
  const inspector = await server.signIn('inspector1');
  const stream = new Stream(inspector);
  await stream.ready;
  assert.equal(stream.status, 200);
  await person('close', 'tinytown', 'inspector1');
  const answer = await inspector.get('/cases');
  assert.equal(answer.status, 401);
  assert.equal(answer.body.code, 'account.session_gone');
  await until(() => stream.closed, 'the stream to end');
  const again = await signIn('inspector1', server.logins.inspector1);
  assert.equal(again.status, 401);
  assert.equal(again.body.code, 'account.wrong');
  await person('reopen', 'tinytown', 'inspector1');
  assert.equal((await signIn('inspector1', server.logins.inspector1)).status, 200);
});

test('new roles hold for the next request of a running session', async () => {
  const manager = await server.signIn('manager1');
  assert.equal((await manager.get('/staff')).status, 200);
  await person('roles', 'tinytown', 'manager1', '--role', 'collector@district:D1');
  assert.equal((await manager.get('/staff')).status, 403);
  await person('roles', 'tinytown', 'manager1', '--role', 'manager');
  assert.equal((await manager.get('/staff')).status, 200);
});

test('mistakes of a command have a code and an exit status', async () => {
  const rows = [
    [['close', 'tinytown', 'nobody'], 'account.person_unknown', 3],
    [['close', 'tinytown', 'admin1'], 'account.last_administrator', 5],
    [['add', 'tinytown', 'kim', 'Kim'], 'account.login_taken', 5],
    [['add', 'tinytown', 'lee', 'Lee', '--role', 'mayor'], 'role.unknown', 2],
    [['add', 'tinytown', 'lee', 'Lee', '--role', 'department/none'], 'staff.department_unknown', 2],
    [['list', 'nowhere'], 'city.unknown', 3],
  ];
  for (const [words, code, status] of rows) {
    const failed = await person(...words).then(() => null, (error) => error);
    assert.ok(failed, words.join(' '));
    assert.match(failed.stderr, new RegExp(code.replace('.', '\\.')), words.join(' '));
    assert.equal(failed.code, status, words.join(' '));
  }
  const { stdout } = await person('list', 'tinytown');
  assert.match(stdout, /^roads1\t.*\topen\t department\/roads$/m);
});

test('unknown and wrong answer alike, and no name stands in the log', async () => {
  const unknown = await signIn('who.is.this', 'some password');
  const wrong = await signIn('roads1', 'some password');
  assert.equal(unknown.status, 401);
  assert.equal(wrong.status, 401);
  for (const answer of [unknown, wrong]) for (const member of ['instance', 'request_id']) delete answer.body[member];
  assert.deepEqual(unknown.body, wrong.body);
  const acceptor = await server.signIn('acceptor1');
  const reporter = { name: 'Zebedee Quux', phone: '15550123987', email: 'zq@example.org' };
  assert.equal((await acceptor.report({ reporter, description: 'secret words', source: 'leader' })).status, 201);
  assert.equal((await acceptor.report({ reporter: { ...reporter, shoe_size: 44 } })).status, 400);
  for (const word of [...Object.values(reporter), 'Zebedee', 'secret words', '192.0.2', 'who.is.this', 'some password', 'roads1', server.logins.roads1]) {
    assert.ok(!server.log.includes(word), word);
  }
});

test('a real city has no ready-made login: its first administrator comes by a one-time link', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gridcase-real-'));
  const model = join(folder, 'fixtures', 'tinytown');
  const data = join(folder, 'data');
  cpSync(join(root, 'fixtures', 'tinytown'), model, { recursive: true });
  cpSync(join(root, 'grids', 'standard'), join(folder, 'grids', 'standard'), { recursive: true });
  const ini = readFileSync(join(model, 'city.ini'), 'utf8');
  writeFileSync(join(model, 'city.ini'), ini.replace(/^demo = yes$/m, 'demo = no'));
  const real = new Server(data, 'tinytown');
  try {
    const { stdout } = await cli('city', 'new', 'tinytown', model, '--data', data);
    const token = /#link=([\w-]+)/.exec(stdout)?.[1];
    assert.ok(token, stdout);
    const loaded = await cli('city', 'load', 'tinytown', model, '--data', data);
    assert.ok(!existsSync(join(data, 'cities', 'tinytown', 'demo-logins.txt')));
    assert.doesNotMatch(loaded.stdout + loaded.stderr, /password/i);
    assert.doesNotMatch((await cli('person', 'list', 'tinytown', '--data', data)).stdout, /\topen\t/);
    await real.start(['--address', '0.0.0.0']); // no demo logins: may listen beyond loopback
    const used = await nobody(real).call('POST', '/links', { link: token, password: 'the first password' });
    assert.equal(used.status, 204, used.text);
    const signed = await nobody(real).call('POST', '/session', { login: 'admin', password: 'the first password' });
    assert.equal(signed.status, 200, signed.text);
    assert.deepEqual(signed.body.person.roles.map((one) => one.role), ['administrator']);
    const { stdout: invited } = await cli('person', 'invite', 'tinytown', 'acceptor1', '--data', data);
    assert.match(invited, /#link=/);
  } finally {
    if (real.child) await real.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('work kept for one person is not taken from the session of another', async () => {
  const one = await server.signIn('collector1');
  const other = await server.signIn('acceptor1');
  const kept = { 'Gridcase-Person': String(one.session.person.id) };
  assert.equal((await one.report({}, kept)).status, 201);
  for (const person of [String(one.session.person.id), '', 'x', '99999999999999999999']) {
    const refused = await other.report({}, { 'Gridcase-Person': person });
    assert.equal(refused.status, 409, `"${person}": ${refused.text}`);
    assert.equal(refused.body.code, 'account.other_person');
  }
  assert.equal((await other.get('/cases', kept)).status, 409, 'not even read');
  assert.equal((await nobody(server).call('GET', '/cases', undefined, kept)).status, 401);
});
