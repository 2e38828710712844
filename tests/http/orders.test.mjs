// SPDX-License-Identifier: MPL-2.0
// Fair clocks over HTTP: a phone's own time, what came late, time orders over a list, what a
// new calendar moved.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cli, copyModel, startServer, until, uuid } from './lib.mjs';

let server;
const people = {};
before(async () => {
  server = await startServer();
  for (const login of ['collector1', 'acceptor1', 'leader1', 'dispatcher1', 'roads1']) {
    people[login] = await server.signIn(login);
  }
});
after(() => server?.remove());

const iso = (ms) => new Date(ms).toISOString();
const find = (number) => people.leader1.want(`/cases/${number}`);
const clock = (found, kind) => found.clocks.find((one) => one.kind === kind);

async function inHand() {
  const made = await people.collector1.report({ class: 'e0113', condition: 'e0113-1' });
  assert.equal(made.status, 201, made.text);
  const { number } = made.body;
  const roads = (await people.dispatcher1.want('/departments')).items.find((one) => one.code === 'roads');
  await people.acceptor1.act(number, 'accept');
  await people.leader1.act(number, 'file');
  const sent = await people.dispatcher1.act(number, 'dispatch', { department: roads.id });
  assert.equal(sent.status, 200, sent.text);
  const taken = await people.roads1.act(number, 'sign');
  assert.equal(taken.status, 200, taken.text);
  return number;
}

const sign = (person, body, filter = 'open=1') =>
  person.call('POST', `/orders?${filter}`, body, { 'Idempotency-Key': uuid() });
const lift = (id) => people.leader1.call('POST', `/orders/${id}/lift`, undefined, { 'Idempotency-Key': uuid() });

test('every reply tells the time', async () => {
  const answer = await people.leader1.get('/city');
  const off = Math.abs(Date.parse(answer.headers.get('gridcase-time')) - Date.now());
  assert.ok(off < 5000, `${off} ms`);
});

test('a phone whose clock is two days ahead reports when it was', async () => {
  const ahead = 2 * 86400e3;
  const done = Date.now() - 3600e3;
  const device = { done_at: iso(done + ahead), sent_at: iso(Date.now() + ahead), skew_ms: -ahead, seen_at: iso(done - 60e3) };
  const made = await people.collector1.report({ device });
  assert.equal(made.status, 201, made.text);
  const [row] = made.body.history;
  assert.ok(Math.abs(Date.parse(row.at) - done) < 1500, row.at);
  assert.ok(Math.abs(Date.parse(row.received_at) - Date.now()) < 60e3);
  assert.equal(row.late, true);
  // The centre's quarter of an hour begins when the report is there.
  const accept = clock(made.body, 'accept');
  assert.ok(Date.parse(accept.due_at) > Date.now() || accept.due_at === null);
  const bare = await people.collector1.report({ device: { done_at: iso(done + ahead) } });
  assert.equal(bare.status, 201, bare.text);
  assert.ok(Math.abs(Date.parse(bare.body.history[0].at) - Date.now()) < 60e3, 'not later than it was received');
  const wrong = await people.collector1.report({ device: { skew_ms: 5 } });
  assert.equal(wrong.status, 400);
});

test('nothing was done before what the device had seen from the server', async () => {
  const number = await inHand();
  const found = await find(number);
  const seen = Date.parse(found.tasks.find((one) => one.state === 'open').opened_at);
  const device = { done_at: iso(seen - 3600e3), seen_at: iso(seen), skew_ms: 0 };
  const allowed = (await people.roads1.want(`/cases/${number}`)).allowed_actions.find((one) => one.action === 'feed_back');
  const fed = await people.roads1.call('POST', `/cases/${number}/actions`, { action: 'feed_back', inputs: { opinion: 'Done.' }, device },
    { 'Idempotency-Key': uuid(), 'If-Match': `"${allowed.task}.${allowed.task_version}"` });
  assert.equal(fed.status, 200, fed.text);
  const last = (await find(number)).history.at(-1);
  assert.ok(Date.parse(last.at) >= seen, 'never before what it had seen');
});

test('a pause over a list stops its clocks, and lifting gives the time back', async () => {
  const numbers = [await inHand(), await inHand()];
  const preview = await people.leader1.want('/order-preview?open=1');
  assert.ok(preview.listed >= 2);
  const refused = await sign(people.acceptor1, { what: 'pause', title: 'Typhoon', reason: 'Order 12.' });
  assert.equal(refused.status, 403);
  const past = await sign(people.leader1, { what: 'pause', title: 'Typhoon', reason: 'Order 12.', until: iso(Date.now() - 1000) });
  assert.equal(past.body.code, 'order.until');
  const february = await sign(people.leader1, { what: 'pause', title: 'T', reason: 'R', until: '2027-02-30T00:00:00Z' });
  assert.equal(february.status, 400);
  const empty = await sign(people.leader1, { what: 'pause', title: 'Typhoon', reason: 'Order 12.' }, 'number=NONE');
  assert.equal(empty.body.code, 'order.empty');
  const signed = await sign(people.leader1, { what: 'pause', title: 'Typhoon', reason: 'Order 12.' });
  assert.equal(signed.status, 201, signed.text);
  const { id, listed, digest } = signed.body.order;
  assert.equal(listed, preview.listed);
  assert.match(digest, /^[0-9a-f]{64}$/);
  const order = await until(async () => {
    const one = (await people.leader1.want(`/orders/${id}`)).order;
    return one.state === 'in_force' && one;
  }, 'the order in force');
  assert.equal(order.next, order.listed);
  for (const number of numbers) assert.equal(clock(await find(number), 'handling').state, 'paused');
  const told = (await people.leader1.want(`/cases/${numbers[0]}/explain`)).clocks.find((one) => one.kind === 'handling');
  assert.equal(told.state, 'paused');
  const lifted = await lift(id);
  assert.equal(lifted.status, 200, lifted.text);
  await until(async () => (await people.leader1.want(`/orders/${id}`)).order.state === 'done', 'the end');
  for (const number of numbers) assert.equal(clock(await find(number), 'handling').state, 'running');
  const why = (await people.leader1.want(`/cases/${numbers[0]}/explain`)).clocks.find((one) => one.kind === 'handling');
  assert.ok(why.intervals.some((one) => one.why === 'ordered: Typhoon' && one.number === id), JSON.stringify(why.intervals));
  const again = await lift(id);
  assert.equal(again.body.code, 'order.not_in_force');
  assert.ok((await people.leader1.want('/orders')).items.some((one) => one.id === id));
});

test('an extension over a list is counted apart, and a crash in its middle is made good', async () => {
  const numbers = [];
  for (let i = 0; i < 3; i++) numbers.push(await inHand());
  const before = clock(await find(numbers[0]), 'handling').due_at;
  const signed = await sign(people.leader1, { what: 'extend', title: 'Snow', reason: 'Order 13.', amount: '2个工作日' });
  assert.equal(signed.status, 201, signed.text);
  await server.stop('SIGKILL');
  await server.start();
  for (const login of Object.keys(people)) people[login] = await server.signIn(login);
  await people.leader1.want('/city');
  const { order } = await until(async () => {
    const one = await people.leader1.want(`/orders/${signed.body.order.id}`);
    return one.order.state === 'done' && one;
  }, 'the end of the order');
  assert.equal(order.worked + order.skipped, order.listed);
  for (const number of numbers) {
    const found = await find(number);
    assert.ok(clock(found, 'handling').due_at > before);
    assert.equal(found.history.filter((row) => row.kind === 'ordered').length, 1);
    assert.equal(clock(found, 'handling').extensions, 0);
  }
  const checked = await cli('check', 'tinytown', '--quiet', '--data', server.data);
  assert.match(checked.stdout, / 0 problems/);
});

test('a new calendar leaves a report of what it moved', async () => {
  const number = await inHand();
  const model = copyModel('tinytown');
  const date = (days) => new Date(Date.now() + (8 + 24 * days) * 3600e3).toISOString().slice(0, 10);
  appendFileSync(join(model.path, 'tables', 'calendar_days.csv'), `${date(1)},${date(20)},holiday,Flood,Flood\n`);
  await cli('city', 'load', 'tinytown', model.path, '--data', server.data);
  model.remove();
  const change = await until(async () => (await people.leader1.want('/calendar-changes')).items[0], 'the report');
  assert.ok(change.moved > 0 && change.later > 0);
  const { items } = await until(async () => {
    const one = await people.leader1.want(`/calendar-changes/${change.version}`);
    return one.items.some((row) => row.number === number) && one;
  }, 'the case in the report');
  const row = items.find((one) => one.number === number && one.clock === 'handling');
  assert.ok(row.due_after > row.due_before);
  assert.equal((await people.leader1.get('/calendar-changes/999')).body.code, 'calendar_change.unknown');
});
