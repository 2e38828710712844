// SPDX-License-Identifier: MPL-2.0
// Levels of command over HTTP: a desk's part of the tree, crews, offices without login,
// separated duties, and a desk that leaves the model while it has cases.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { departments, model, staff } from './level_model.mjs';
import { Server, addCity, cli, demoLogins, until, uuid } from './lib.mjs';

let server, lax, strict, small;
const people = {};
const ids = {};
before(async () => {
  const data = mkdtempSync(join(tmpdir(), 'gridcase-http-'));
  strict = model('leveltown');
  // A small town switches the separation of duties off.
  small = model('smalltown', (path) => writeFileSync(path, readFileSync(path, 'utf8').replace(/ ?other_side ?/g, ' ')));
  await addCity(data, 'leveltown', strict.path);
  await addCity(data, 'smalltown', small.path);
  server = new Server(data, 'leveltown');
  server.logins = demoLogins(data, 'leveltown');
  await server.start();
  for (const login of Object.keys(server.logins)) people[login] = await server.signIn(login);
  for (const one of (await people.dispatcher1.want('/departments')).items) ids[one.code] = one.id;
  lax = Object.assign(Object.create(Object.getPrototypeOf(server)), server, {
    city: 'smalltown', api: `${server.base}/smalltown/api/v1`, logins: demoLogins(data, 'smalltown'),
  });
});
after(async () => {
  await server?.stop();
  for (const one of [strict, small]) one?.remove();
  if (server) rmSync(server.data, { recursive: true, force: true });
});

const good = (answer) => {
  assert.ok(answer.status < 300, answer.text);
  return answer.body;
};
async function filed(who = people) {
  const { number } = good(await who.collector1.report());
  good(await who.acceptor1.act(number, 'accept'));
  good(await who.leader1.act(number, 'file'));
  return number;
}
async function sent(department, who = people) {
  const number = await filed(who);
  good(await who.dispatcher1.act(number, 'dispatch', { department: ids[department] }));
  return number;
}
const numbers = (page) => page.items.map((one) => one.number);
const allowed = async (login, number) => (await people[login].want(`/cases/${number}`)).allowed_actions;
const step = async (number) => (await people.leader1.want(`/cases/${number}`)).step;

test('departments tell their level, desks and who has no login', async () => {
  const items = Object.fromEntries((await people.parks1.want('/departments')).items.map((one) => [one.code, one]));
  assert.deepEqual([items.centre.command, items.centre.supervision, items.centre.desk], [1, 1, undefined]);
  assert.deepEqual([items.north.command, items.north.desk], [2, true]);
  assert.equal(items.water.silent, true);
  assert.ok(!('command' in items.parks));
});

test('a desk receives, passes on inside its part, reviews, endorses; the outer clock runs through', async () => {
  const number = await sent('north');
  const held = await people.north1.want(`/cases/${number}`);
  assert.equal(held.step, 'desk');
  assert.deepEqual([held.holder.role, held.holder.department.code], ['dispatcher', 'north']);
  assert.ok(numbers(await people.north1.want('/cases?queue=mine')).includes(number));
  assert.ok(!numbers(await people.street1.want('/cases')).includes(number), 'no part of theirs');
  assert.equal((await people.street1.get(`/cases/${number}`)).status, 404);
  assert.equal(held.allowed_actions.find((one) => one.action === 'pass_on').inside, ids.north);
  assert.equal((await people.north1.act(number, 'pass_on', { department: ids.parks })).status, 409);
  good(await people.north1.act(number, 'pass_on', { department: ids.street }));
  assert.ok(numbers(await people.street1.want('/cases?queue=mine')).includes(number));
  assert.ok(!numbers(await people.north1.want('/cases?queue=mine')).includes(number), 'the street has it');
  good(await people.street1.act(number, 'pass_on', { department: ids.team }));
  good(await people.team1.act(number, 'sign'));
  good(await people.team1.act(number, 'feed_back', { opinion: 'done' }));
  assert.equal(await step(number), 'desk_review');
  const clocks = (await people.leader1.want(`/cases/${number}`)).clocks;
  assert.equal(clocks.find((one) => one.kind === 'handling').state, 'running');
  assert.deepEqual(clocks.filter((one) => one.kind === 'desk').map((one) => one.state), ['paused', 'running']);
  good(await people.street1.act(number, 'endorse'));
  good(await people.north1.act(number, 'endorse'));
  const after = await people.leader1.want(`/cases/${number}`);
  assert.equal(after.step, 'review');
  assert.equal(after.clocks.find((one) => one.kind === 'handling').state, 'stopped');
  assert.deepEqual(after.levels.map((one) => one.department.code), ['north', 'street', 'team']);
  const told = await people.leader1.want(`/cases/${number}/explain?language=zh-CN`);
  const desk = told.clocks.find((one) => one.kind === 'desk');
  assert.match(JSON.stringify(desk.limit_text), /2工作时/);
  assert.ok(told.clocks.some((one) => one.kind === 'inner'));
  for (const one of after.levels) assert.ok(one.elapsed_ms >= 0 && one.counted_ms >= 0);
  assert.ok(!(await allowed('north1', number)).some((one) => one.task), "the centre's review is none of a desk's");
  good(await people.dispatcher1.act(number, 'accept_feedback'));
});

test('list, map, search and page agree on a desk, a crew and an assistant', async () => {
  const desk = await sent('north');
  const crew = await sent('clean');
  good(await people.clean1.act(crew, 'hand_on', { department: ids.crew1 }));
  const helped = await filed();
  good(await people.dispatcher1.act(helped, 'dispatch', { department: ids.clean, assistants: [ids.parks] }));
  const sees = { north1: [desk], street1: [], crew1: [crew], crew2: [], parks1: [helped], clean1: [crew, helped], dispatcher1: [desk, crew, helped] };
  for (const [login, own] of Object.entries(sees)) {
    for (const query of ['', '&open=1', '&open=1&sort=due', '&q=bags']) {
      const list = async () => numbers(await people[login].want(`/cases?limit=500${query}`));
      // The index of words follows a moment later.
      if (query.includes('q=')) await until(async () => ((all) => own.every((number) => all.includes(number)))(await list()), 'the index');
      const listed = await list();
      for (const number of [desk, crew, helped]) {
        assert.equal(listed.includes(number), own.includes(number), `${login} ${query} ${number === desk ? 'desk' : number === crew ? 'crew' : 'helped'}`);
      }
    }
    const drawn = (await people[login].want('/geo/cases')).features.map((one) => one.properties.number ?? one.id);
    for (const number of [desk, crew, helped]) {
      assert.equal(drawn.includes(number), own.includes(number), `${login} map`);
      assert.equal((await people[login].get(`/cases/${number}`)).status, own.includes(number) ? 200 : 404, login);
    }
  }
  // The crew holds the task, so the work is the crew's; the company above may still act.
  assert.ok(numbers(await people.crew1.want('/cases?queue=mine')).includes(crew));
  const before = (await people.clean1.want(`/cases/${crew}`)).clock.due_at;
  good(await people.crew1.act(crew, 'sign'));
  assert.equal((await people.crew1.want(`/cases/${crew}`)).clock.due_at, before, 'the clock does not notice');
});

test('who has no login is spoken for, and both names are kept', async () => {
  const number = await sent('water');
  const found = (await allowed('dispatcher1', number)).find((one) => one.action === 'sign');
  assert.equal(found.on_behalf.code, 'water');
  const act = (body) => people.dispatcher1.call('POST', `/cases/${number}/actions`, body, {
    'Idempotency-Key': uuid(), 'If-Match': `"${found.task}.${found.task_version}"`,
  });
  const silent = await act({ action: 'sign', inputs: {} });
  assert.deepEqual([silent.status, silent.body.code], [400, 'case.behalf'], silent.text);
  const after = good(await act({ action: 'sign', inputs: {}, on_behalf: '李工，值班电话' }));
  const row = after.history.at(-1);
  assert.equal(row.actor.name, '赵静');
  assert.deepEqual([row.on_behalf_of.department.code, row.on_behalf_of.name], ['water', '李工，值班电话']);
});

test('nobody checks what their company handled', async () => {
  const number = await sent('clean');
  good(await people.clean1.act(number, 'sign'));
  good(await people.clean1.act(number, 'feed_back', { opinion: 'swept' }));
  good(await people.dispatcher1.act(number, 'accept_feedback'));
  assert.ok(!(await allowed('collector.clean', number)).some((one) => one.action === 'check'));
  const { id, version } = (await people['collector.clean'].want(`/cases/${number}`)).tasks.find((one) => one.state === 'open');
  const refused = await people['collector.clean'].call('POST', `/cases/${number}/actions`, { action: 'check', inputs: { result: 'pass' } },
    { 'Idempotency-Key': uuid(), 'If-Match': `"${id}.${version}"` });
  assert.deepEqual([refused.status, refused.body.code], [409, 'case.own_work'], refused.text);
  good(await people.collector1.act(number, 'check', { result: 'pass' }));
  const closed = good(await people.leader1.act(number, 'close'));
  assert.equal(closed.one_sided, false);
});

test('where a small town switches that off, the case is marked', async () => {
  const who = {};
  for (const login of ['collector1', 'collector.clean', 'acceptor1', 'leader1', 'dispatcher1', 'clean1']) who[login] = await lax.signIn(login);
  const number = await sent('clean', who);
  good(await who.clean1.act(number, 'sign'));
  good(await who.clean1.act(number, 'feed_back', { opinion: 'swept' }));
  good(await who.dispatcher1.act(number, 'accept_feedback'));
  const checked = good(await who['collector.clean'].act(number, 'check', { result: 'pass' }));
  assert.equal(checked.one_sided, true);
  assert.equal(good(await who.leader1.act(number, 'close')).one_sided, true);
  const day = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10);
  const told = await who.leader1.want(`/figures?by=none&measures=one_sided_share,closed_one_sided&from=${day}&to=${day}`);
  assert.deepEqual(told.totals.slice(0, 2), [1, 1]);
  assert.deepEqual(numbers(await who.leader1.want(`/cases?figure=one_sided_share&from=${day}&to=${day}`)), [number]);
});

test('a desk leaves the model while it has cases: they go on', async () => {
  const waiting = await sent('north');
  const below = await sent('north');
  good(await people.north1.act(below, 'pass_on', { department: ids.street }));
  const table = join(strict.path, 'tables', 'departments.csv');
  const people_of = join(strict.path, 'tables', 'staff.csv');
  writeFileSync(table, departments.replace(/^street,north,desk,.*$/m, 'street,north,department,学院街道,College Street,,,,,,'));
  writeFileSync(people_of, staff.replace(/^street1,.*\n/m, ''));
  await cli('city', 'load', 'leveltown', strict.path, '--data', server.data);
  await until(async () => (await step(below)) === 'desk_returned', 'the desk above has it', 20000);
  assert.equal((await people.leader1.want(`/cases/${below}`)).holder.department.code, 'north');
  assert.equal(await step(waiting), 'desk');
  const last = (await people.leader1.want(`/cases/${below}`)).history.at(-1);
  assert.deepEqual([last.kind, last.actor.system], ['level_removed', true]);
  writeFileSync(table, departments.replace(/^north,centre,desk,.*$/m, 'north,centre,department,北片,North,,,,,,').replace(/^street,north,desk,.*$/m, 'street,north,department,学院街道,College Street,,,,,,'));
  await cli('city', 'load', 'leveltown', strict.path, '--data', server.data);
  await until(async () => (await step(below)) === 'returned' && (await step(waiting)) === 'returned', 'the centre has them', 20000);
  good(await people.dispatcher1.act(below, 'redispatch', { department: ids.roads }));
});

test('a table with a level that makes no sense is not loaded', async () => {
  const broken = model('brokentown');
  try {
    writeFileSync(join(broken.path, 'tables', 'departments.csv'), departments
      .replace('street,north,desk,学院街道分中心,College Street Desk,3,,,,,', 'street,north,desk,学院街道分中心,College Street Desk,2,,,,,')
      .replace('供水公司,Water Company,,,,,,no', '供水公司,Water Company,,,,,,never')
      .replace('园林处,Parks,,,,,,', '园林处,Parks,,,2工作时,,,'));
    const { stdout, stderr } = await cli('city', 'check', broken.path).catch((error) => error);
    for (const slug of ['department.level', 'department.yes_or_no', 'department.limit']) assert.match(stdout + stderr, new RegExp(slug));
  } finally {
    broken.remove();
  }
});

test('what was recorded adds up', async () => {
  await server.stop();
  for (const town of ['leveltown', 'smalltown']) {
    const { stdout } = await cli('check', town, '--data', server.data);
    assert.match(stdout, /\b0 (problems|findings)|fine|no problems/i, stdout);
  }
});
