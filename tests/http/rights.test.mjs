// SPDX-License-Identifier: MPL-2.0
// Who may do and see what: by route, by case, by field; two cities; stale versions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Person, demoLogins, nobody, startServer, uuid } from './lib.mjs';

let server;
const people = {};
before(async () => {
  server = await startServer();
  for (const login of Object.keys(server.logins)) people[login] = await server.signIn(login);
});
after(() => server?.remove());

async function dispatched(code) {
  const { number } = (await people.acceptor1.report({
    reporter: { name: '张三丰', phone: '13912345678', email: 'zhang@example.org' },
    source: 'leader',
  })).body;
  for (const [login, action] of [['acceptor1', 'accept'], ['leader1', 'file']]) {
    const answer = await people[login].act(number, action);
    assert.equal(answer.status, 200, answer.text);
  }
  const found = (await people.dispatcher1.want('/departments')).items.find((one) => one.code === code);
  const sent = await people.dispatcher1.act(number, 'dispatch', { department: found.id });
  assert.equal(sent.status, 200, sent.text);
  return number;
}

test('nothing but the city and signing in is open to nobody', async () => {
  const description = (await nobody(server).get('/openapi.json')).body;
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const address = path.replace(/\{[^}]+\}/g, 'x');
      const answer = await nobody(server).call(method.toUpperCase(), address, operation.requestBody ? '{}' : undefined, {
        ...(operation.requestBody ? { 'Content-Type': Object.keys(operation.requestBody.content)[0].replace('*/*', 'image/jpeg') } : {}),
        'Idempotency-Key': uuid(),
      });
      if (operation['x-right'] === 'public') assert.notEqual(answer.status, 401, `${method} ${path}`);
      else assert.equal(answer.status, 401, `${method} ${path}: ${answer.text}`);
    }
  }
});

test('the wrong role is refused by the process and by the route', async () => {
  const { number } = (await people.collector1.report()).body;
  const found = await people.acceptor1.want(`/cases/${number}`);
  const accept = found.allowed_actions.find((one) => one.action === 'accept');
  const answer = await people.dispatcher1.call('POST', `/cases/${number}/actions`, { action: 'accept' }, {
    'Idempotency-Key': uuid(), 'If-Match': `"${accept.task}.${accept.task_version}"`,
  });
  assert.equal(answer.status, 403, answer.text);
  assert.equal(answer.body.code, 'case.role');
  assert.equal((await people.admin1.report()).status, 403);
  assert.equal((await people.collector1.get('/staff')).status, 403);
  assert.equal((await people.admin1.get('/staff')).status, 200);
  const unknown = await people.acceptor1.call('POST', `/cases/${number}/actions`, { action: 'levitate' }, { 'Idempotency-Key': uuid() });
  assert.ok([404, 409].includes(unknown.status), unknown.text);
  const early = await people.leader1.act(number, 'close');
  assert.ok([403, 409].includes(early.status), early.text);
});

test("another department's user neither sees nor moves a case", async () => {
  const number = await dispatched('parks');
  assert.equal((await people.parks1.get(`/cases/${number}`)).status, 200);
  for (const path of ['', '/explain']) {
    const answer = await people.water1.get(`/cases/${number}${path}`);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.body.code, 'case.unknown');
  }
  const list = await people.water1.want('/cases?limit=500');
  assert.ok(!list.items.some((item) => item.number === number));
  const map = await people.water1.want('/geo/cases');
  assert.ok(!map.features.some((feature) => feature.properties.number === number));
  const task = (await people.parks1.want(`/cases/${number}`)).tasks.find((one) => one.state === 'open');
  const answer = await people.water1.call('POST', `/cases/${number}/actions`, { action: 'sign' }, {
    'Idempotency-Key': uuid(), 'If-Match': `"${task.id}.${task.version}"`,
  });
  assert.equal(answer.status, 404, answer.text);
});

test('a collector sees the cases of the own district only', async () => {
  const { number } = (await people.acceptor1.report({ source: 'leader' })).body; // T11, district D1
  assert.equal((await people.collector1.get(`/cases/${number}`)).status, 200);
  assert.equal((await people.collector2.get(`/cases/${number}`)).status, 404);
});

test("a reporter's name and number are masked for whoever does not need them", async () => {
  const number = await dispatched('parks');
  const whole = (await people.acceptor1.want(`/cases/${number}`)).reporter;
  assert.equal(whole.name, '张三丰');
  assert.equal(whole.masked, false);
  for (const login of ['dispatcher1', 'parks1', 'manager1', 'inspector1']) {
    const answer = await people[login].get(`/cases/${number}`);
    assert.equal(answer.status, 200, login);
    assert.equal(answer.body.reporter.masked, true, login);
    for (const secret of ['张三丰', '13912345678', 'zhang@example.org']) {
      assert.ok(!answer.text.includes(secret), `${login}: ${secret}`);
    }
  }
  // Not even for whoever may see them in the case: lists, the map, figures and streams never carry them.
  for (const path of ['/cases', `/cases?number=${number}`, '/geo/cases?bbox=119,29,121,31', '/summary', `/cases/${number}/explain`, '/staff']) {
    const answer = await people.acceptor1.get(path);
    for (const secret of ['张三丰', '13912345678', 'zhang@example.org']) assert.ok(!answer.text.includes(secret), `${path}: ${secret}`);
  }
  assert.ok(!server.log.includes('13912345678') && !server.log.includes('张三丰'));
});

test('two dispatchers on one case: one wins, the other is told what changed', async () => {
  const { number } = (await people.acceptor1.report({ source: 'leader' })).body;
  const found = await people.acceptor1.want(`/cases/${number}`);
  const accept = found.allowed_actions.find((one) => one.action === 'accept');
  const match = { 'If-Match': `"${accept.task}.${accept.task_version}"` };
  const comment = await people.leader1.act(number, 'comment', { opinion: 'look here' });
  assert.equal(comment.status, 200, comment.text);
  const both = await Promise.all(['accept', 'reject'].map((action) =>
    people.acceptor1.call('POST', `/cases/${number}/actions`, { action, inputs: { opinion: 'mine' } }, { 'Idempotency-Key': uuid(), ...match })));
  const won = both.filter((answer) => answer.status === 200);
  const lost = both.filter((answer) => answer.status === 412);
  assert.equal(won.length, 1, both.map((answer) => answer.text).join('\n'));
  assert.equal(lost.length, 1);
  assert.equal(lost[0].body.code, 'case.stale');
  assert.ok(lost[0].body.changed.some((row) => ['accept', 'reject'].includes(row.action)));
  assert.ok(!lost[0].body.changed.some((row) => row.action === 'comment'), 'a comment disturbs nobody');
});

test('a task action without a version is refused', async () => {
  const { number } = (await people.acceptor1.report({ source: 'leader' })).body;
  const answer = await people.acceptor1.call('POST', `/cases/${number}/actions`, { action: 'accept' }, { 'Idempotency-Key': uuid() });
  assert.equal(answer.status, 428, answer.text);
  assert.equal(answer.body.code, 'case.version_required');
  for (const match of ['17.3', '"17"', '"x.y"', '*', '"0.0"']) {
    const bad = await people.acceptor1.call('POST', `/cases/${number}/actions`, { action: 'accept' }, { 'Idempotency-Key': uuid(), 'If-Match': match });
    assert.equal(bad.status, 400, match);
    assert.equal(bad.body.code, 'http.if_match');
  }
});

test('a repeated action gets its first answer, whatever If-Match says now', async () => {
  const { number } = (await people.acceptor1.report({ source: 'leader' })).body;
  const key = uuid();
  const first = await people.acceptor1.act(number, 'accept', {}, { 'Idempotency-Key': key });
  assert.equal(first.status, 200, first.text);
  const again = await people.acceptor1.call('POST', `/cases/${number}/actions`, { action: 'accept', inputs: {} }, { 'Idempotency-Key': key, 'If-Match': '"1.1"' });
  assert.equal(again.status, 200, again.text);
  assert.equal(again.body.history.length, 2);
  const other = await people.acceptor1.call('POST', `/cases/${number}/actions`, { action: 'comment', inputs: { opinion: 'x' } }, { 'Idempotency-Key': key });
  assert.equal(other.status, 422, other.text);
});

test('bearer tokens: made once, listed without secret, ended', async () => {
  const made = await people.manager1.call('POST', '/tokens', { name: 'report tool' });
  assert.equal(made.status, 201, made.text);
  const program = new Person(server, 'program', { Authorization: `Bearer ${made.body.token}` }, null);
  assert.equal((await program.get('/summary')).status, 200);
  const list = await people.manager1.get('/tokens');
  assert.ok(!list.text.includes(made.body.token));
  assert.equal((await program.call('POST', '/tokens', { name: 'more' })).status, 403);
  assert.equal((await people.leader1.call('DELETE', `/tokens/${made.body.id}`)).status, 404);
  assert.equal((await people.manager1.call('DELETE', `/tokens/${made.body.id}`)).status, 204);
  assert.equal((await program.get('/summary')).status, 401);
});

test('wrong passwords are throttled with Retry-After', async () => {
  const wrong = () => nobody(server).call('POST', '/session', { login: 'squad1', password: 'not this one' });
  const first = await wrong();
  assert.equal(first.status, 401);
  assert.equal(first.body.code, 'account.wrong');
  let last = first;
  for (let i = 0; i < 30 && last.status !== 429; i++) last = await wrong();
  assert.equal(last.status, 429, last.text);
  assert.ok(Number(last.headers.get('retry-after')) > 0);
  assert.equal(last.body.code, 'account.throttled');
});

test('signing out ends the session', async () => {
  const person = await server.signIn('leader1');
  assert.equal((await person.get('/session')).status, 200);
  assert.equal((await person.call('DELETE', '/session')).status, 204);
  assert.equal((await person.get('/session')).status, 401);
});

test('a password change ends the other sessions', async () => {
  const one = await server.signIn('inspector1');
  const two = await server.signIn('inspector1');
  const old = server.logins.inspector1;
  const short = await one.call('POST', '/session/password', { old, new: 'short' });
  assert.equal(short.status, 400, short.text);
  const wrong = await one.call('POST', '/session/password', { old: 'x', new: 'correct horse battery' });
  assert.equal(wrong.status, 403, wrong.text);
  const done = await one.call('POST', '/session/password', { old, new: 'correct horse battery' });
  assert.equal(done.status, 204, done.text);
  assert.equal((await one.get('/session')).status, 200);
  assert.equal((await two.get('/session')).status, 401);
  server.logins.inspector1 = 'correct horse battery';
  await server.signIn('inspector1');
});

test('cookies are HttpOnly, SameSite=Strict and for the city only', async () => {
  const answer = await nobody(server).call('POST', '/session', { login: 'manager1', password: demoLogins(server.data).manager1 });
  const cookie = answer.headers.get('set-cookie');
  assert.match(cookie, /^gridcase_tinytown=/);
  assert.match(cookie, /Path=\/tinytown;/);
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  assert.ok(!answer.text.includes(cookie.split(';')[0].split('=')[1]), 'the token is in the cookie only');
});
