// SPDX-License-Identifier: MPL-2.0
// A model with another calendar moves the deadlines of running clocks, under a running
// server, without one, and when it was stopped in between; case and check read beside it.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Stream, cli, copyModel, startServer, until } from './lib.mjs';

const days = (model) => join(model.path, 'tables', 'calendar_days.csv');
let server, model, original;
const people = {};
before(async () => {
  server = await startServer();
  model = copyModel('tinytown');
  original = readFileSync(days(model), 'utf8');
  await signIn();
});
after(async () => {
  await server?.remove();
  model?.remove();
});

async function signIn() {
  for (const login of ['collector1', 'acceptor1', 'leader1', 'dispatcher1', 'roads1']) {
    people[login] = await server.signIn(login);
  }
}

// Local dates of the city, so many days from now.
const date = (ahead) => new Date(Date.now() + (8 + 24 * ahead) * 3600e3).toISOString().slice(0, 10);
const load = () => cli('city', 'load', 'tinytown', model.path, '--data', server.data);
const holiday = (from, to, name) => appendFileSync(days(model), `${date(from)},${date(to)},holiday,${name},${name}\n`);

// A damaged road, five working days, sent to the roads department.
async function sent() {
  const made = await people.collector1.report({ class: 'e0113', condition: 'e0113-1' });
  assert.equal(made.status, 201, made.text);
  const { number } = made.body;
  const roads = (await people.dispatcher1.want('/departments')).items.find((one) => one.code === 'roads');
  await people.acceptor1.act(number, 'accept');
  await people.leader1.act(number, 'file');
  const answer = await people.dispatcher1.act(number, 'dispatch', { department: roads.id });
  assert.equal(answer.status, 200, answer.text);
  return number;
}

const find = (number) => people.leader1.want(`/cases/${number}`);
const handling = (found) => found.clocks.find((clock) => clock.kind === 'handling');
const changes = (found) => found.history.filter((row) => row.kind === 'calendar_changed');

test('a model loaded under a running server moves deadlines and tells the pages', async () => {
  const running = await sent();
  const stopped = await sent();
  await people.roads1.act(stopped, 'sign');
  await people.roads1.act(stopped, 'feed_back', { opinion: 'done' });
  const before = await find(running);
  const still = await find(stopped);
  const stream = new Stream(people.leader1);
  await stream.ready;
  holiday(1, 20, 'Flood');
  await load();
  const after = await until(async () => {
    const found = await find(running);
    return changes(found).length > 0 && found;
  }, 'the new deadline');
  await stream.wait((event) => event.data.number === running && event.data.kind === 'calendar_changed');
  stream.close();
  const old = Date.parse(handling(before).due_at);
  const due = Date.parse(handling(after).due_at);
  assert.ok(due - old > 10 * 24 * 3600e3, `${handling(before).due_at} -> ${handling(after).due_at}`);
  const [row] = changes(after);
  assert.deepEqual(row.actor, { system: true });
  assert.equal(row.label.en, 'Calendar changed');
  assert.match(row.clock_effect, /^handling recompute @2/);
  assert.equal(Date.parse(row.inputs.handling.due_before), old);
  assert.equal(Date.parse(row.inputs.handling.due_after), due);
  assert.equal(after.step, before.step);
  assert.equal(after.tasks.at(-1).version, before.tasks.at(-1).version, 'nobody is disturbed');
  assert.deepEqual(changes(await find(stopped)), []);
  assert.equal(handling(await find(stopped)).due_at, handling(still).due_at);
  const signed = await people.roads1.act(running, 'sign');
  assert.equal(signed.status, 200, signed.text);

  const told = (await people.leader1.want(`/cases/${running}/explain`)).clocks.find((one) => one.kind === 'handling');
  assert.equal(told.calendar_version, 2);
  assert.deepEqual(told.events.map((event) => event.calendar_version), [1, 2]);
  assert.equal(told.intervals.reduce((sum, one) => sum + one.counted_ms, 0), 5 * 8 * 3600e3);
  assert.equal(told.intervals.at(-1).to, told.due_at);
  assert.ok(told.intervals.some((one) => one.why === 'holiday: Flood'));
  assert.equal(told.provisional, handling(after).provisional);
});

test('case and check read a data folder whose server runs', async () => {
  const number = await sent();
  const shown = await cli('case', 'show', 'tinytown', number, '--data', server.data);
  assert.match(shown.stdout, new RegExp(`^${number} `));
  const told = await cli('case', 'explain', 'tinytown', number, '--data', server.data);
  assert.match(told.stdout, /calendar version 2/);
  assert.match(told.stdout, /due +\w{3} \d{4}-/);
  // While people write: one moment is looked at, whatever comes after it.
  let busy = true;
  const writing = (async () => {
    while (busy) assert.equal((await people.collector1.report()).status, 201);
  })();
  for (let i = 0; i < 3; i++) {
    const checked = await cli('check', 'tinytown', '--quiet', '--data', server.data);
    assert.match(checked.stdout, /\d+ cases, 0 problems/);
  }
  busy = false;
  await writing;
  assert.equal((await people.collector1.report()).status, 201);
});

test('a model loaded without a server does the same, and the server goes on', async () => {
  const number = await sent();
  const due = handling(await find(number)).due_at;
  await server.stop();
  const shown = await cli('case', 'show', 'tinytown', number, '--data', server.data);
  assert.match(shown.stdout, new RegExp(`^${number} `));
  writeFileSync(days(model), original);
  await load();
  const moved = await cli('case', 'show', 'tinytown', number, '--data', server.data);
  assert.match(moved.stdout, /Calendar changed +system/);
  await server.start();
  await signIn();
  const found = await find(number);
  assert.equal(changes(found).length, 1);
  assert.ok(handling(found).due_at < due);
  const checked = await cli('check', 'tinytown', '--quiet', '--data', server.data);
  assert.match(checked.stdout, / 0 problems/);
});

test('a deadline beyond the published holidays is marked as provisional', async () => {
  const number = await sent();
  assert.equal(handling(await find(number)).provisional, false);
  const calendar = join(model.path, 'tables', 'calendar.csv');
  writeFileSync(calendar, readFileSync(calendar, 'utf8').replace(/published_until,.*/, `published_until,${date(1)}`));
  await load();
  const found = await until(async () => {
    const one = await find(number);
    return changes(one).length > 0 && one;
  }, 'the mark');
  assert.equal(handling(found).provisional, true);
});
