// SPDX-License-Identifier: MPL-2.0
// The smallest shift of work, counted by hand. Tinytown, June 2027: on Monday each of two
// squads of one department finishes five cases, so a case takes one of them 8 h / 5 = 96 min.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, addCity, demoLogins, until } from './lib.mjs';
import { rosterModel } from './rosters.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gridcase-shift-'));
const clock = join(folder, 'clock');
const at = (day, hour, minute = 0) => Date.UTC(2027, 5, day, hour - 8, minute);
const vendor = { class: 'e0401', condition: 'e0401-1' }; // two hours, day and night
let server, person, departments;

async function moveTo(instant) {
  writeFileSync(clock, String(instant - Date.now()));
  await until(async () => {
    const manager = await server.signIn('manager1');
    const told = await manager.get('/ahead');
    return told.status === 200 && Math.abs(Date.parse(told.body.as_of) - instant) < 60e3;
  }, 'the clock');
  person = {};
}
const as = async (login) => (person[login] ??= await server.signIn(login));
async function step(login, of, action, inputs) {
  const answer = await (await as(login)).act(of, action, inputs);
  assert.equal(answer.status, 200, `${action}: ${answer.text}`);
}
async function sent(body, department) {
  const made = await (await as('collector1')).report(body);
  assert.equal(made.status, 201, made.text);
  await step('acceptor1', made.body.number, 'accept');
  await step('leader1', made.body.number, 'file');
  await step('dispatcher1', made.body.number, 'dispatch', { department: departments[department] });
  return made.body.number;
}
const advise = async (query = '') => (await as('manager1')).want(`/ahead/shift${query}`);
const near = (text, instant) => assert.ok(Math.abs(Date.parse(text) - instant) < 180e3, `${text} is not ${new Date(instant).toISOString()}`);

const numbers = { vendors: [], checks: [] };
let people, model;

async function fedBack(body, department, login) {
  const number = await sent(body, department);
  await step(login, number, 'sign');
  await step(login, number, 'feed_back', { opinion: 'done' });
  return number;
}
const handOn = (from, to, task) => as('leader1').then((leader) => leader.call('POST', `/staff/${people[from]}/work`, { to, task, opinion: 'shift' }));
const work = async (login) => (await (await as('leader1')).want(`/staff/${people[login]}/work`)).items;

before(async () => {
  process.env.GRIDCASE_CLOCK_FILE = clock;
  writeFileSync(clock, String(at(7, 9) - Date.now()));
  model = rosterModel();
  appendFileSync(join(model.path, 'tables/staff.csv'), 'squad2,何队,department,,squad2,\n');
  const limits = join(model.path, 'tables/stage_limits.csv');
  const lines = readFileSync(limits, 'utf8').split('\n').filter((line) => !line.startsWith('check,'));
  writeFileSync(limits, [...lines.filter((line) => line), 'check,4工作时', ''].join('\n'));
  const data = mkdtempSync(join(tmpdir(), 'gridcase-http-'));
  await addCity(data, 'tinytown', model.path);
  server = new Server(data, 'tinytown');
  server.logins = demoLogins(data);
  await server.start();
  await moveTo(at(7, 9));
  departments = Object.fromEntries((await (await as('dispatcher1')).want('/departments')).items.map((one) => [one.code, one.id]));
  people = Object.fromEntries((await (await as('admin1')).want('/staff')).items.map((one) => [one.login, one.id]));
  for (let i = 0; i < 10; i++) {
    const squad = i < 5 ? 'squad1' : 'squad2';
    const number = await fedBack(vendor, squad, squad);
    await step('dispatcher1', number, 'accept_feedback');
    if (i < 5) {
      const [held] = await work('collector1');
      const handed = await handOn('collector1', 'collector3', held.task);
      assert.equal(handed.status, 200, handed.text);
    }
    await step(i < 5 ? 'collector3' : 'collector1', number, 'check', { result: 'pass' });
  }
  await moveTo(at(8, 8));
  for (let i = 0; i < 3; i++) numbers.vendors.push(await sent(vendor, 'squad1'));
  for (let i = 0; i < 3; i++) {
    const number = await fedBack({ class: 'e0113', condition: 'e0113-1' }, 'roads', 'roads1');
    await step('dispatcher1', number, 'accept_feedback');
    numbers.checks.push(number);
  }
});
after(async () => {
  await server?.stop();
  if (server) rmSync(server.data, { recursive: true, force: true });
  model?.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('a squad takes what the other of its department cannot reach, a collector what another cannot', async () => {
  const told = await advise();
  // Three of squad 1 within 120 minutes at 96 each: two are not reached. Three checks within
  // 240: one is not. Squad 2 reaches one of the two in time, the other collector the check.
  assert.deepEqual([told.late, told.avoided, told.moves.length, told.unknown], [3, 2, 2, 0]);
  const holders = told.holders.map((one) => [one.department?.code ?? one.person.login, one.held, one.late, one.given, one.taken, one.a_day]);
  assert.deepEqual(holders.filter((one) => one[1] > 0 || one[4] > 0).sort(), [
    ['collector1', 3, 1, 1, 0, 5],
    ['collector3', 0, 0, 0, 1, 5],
    ['squad1', 3, 2, 1, 0, 5],
    ['squad2', 0, 0, 0, 1, 5],
  ]);
  const [squad, check] = told.moves;
  assert.ok(numbers.vendors.includes(squad.number));
  assert.equal(squad.task, null);
  assert.deepEqual([squad.from, squad.to].map((i) => told.holders[i].department.code), ['squad1', 'squad2']);
  assert.equal(told.holders[squad.to].within.code, 'enforcement');
  near(squad.due_at, at(8, 10));
  near(squad.to_at, at(8, 9, 36)); // 96 minutes
  assert.ok(Date.parse(squad.from_at) > Date.parse(squad.due_at));
  assert.ok(numbers.checks.includes(check.number));
  assert.deepEqual([check.from, check.to].map((i) => told.holders[i].person.login), ['collector1', 'collector3']);
  near(check.due_at, at(8, 14)); // four hours from seconds after eight: noon is just missed
  near(check.from_at, at(8, 14, 48)); // 288 minutes of office time: 4 h until noon, 48 min from two
  near(check.to_at, at(8, 9, 36));
});

test('filters choose what is told, and who sees less is advised less', async () => {
  const squads = await advise(`?department=${departments.enforcement}`);
  assert.deepEqual([squads.late, squads.avoided, squads.moves.length], [2, 1, 1]);
  const roads = await (await as('roads1')).get('/ahead/shift');
  if (roads.status === 200) assert.deepEqual(roads.body.moves.filter((one) => numbers.vendors.includes(one.number)), []);
  else assert.equal(roads.status, 403);
  assert.equal((await (await as('manager1')).get('/ahead/shift?day=1')).status, 400);
});

test('carried out through the ordinary moves, what was advised is gone from the advice', async () => {
  const told = await advise();
  const check = told.moves.find((one) => one.task !== null);
  const handed = await handOn('collector1', told.holders[check.to].person.login, check.task);
  assert.equal(handed.status, 200, handed.text);
  assert.equal(handed.body.handed, 1, handed.text);
  const squad = told.moves.find((one) => one.task === null);
  await step('dispatcher1', squad.number, 'recall', { department: departments.squad2, opinion: 'Squad 1 does not reach it.' });
  const now = await advise();
  assert.deepEqual([now.late, now.avoided], [1, 0]); // the second of squad 1: nobody reaches it
});
