// SPDX-License-Identifier: MPL-2.0
// What if a draft had been in force: every case counted by hand. Monday 7 June 2027 in
// Tinytown, office hours 08:00 to 12:00 and 14:00 to 18:00; moves seconds after the minute.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cli, copyModel, startServer, until } from './lib.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gridcase-what-if-'));
const clock = join(folder, 'clock');
const at = (hour, minute = 0, day = 7) => Date.UTC(2027, 5, day, hour - 8, minute);
const number = {};
let server, model, person, departments, original;

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
async function handled(login, of) {
  await step(login, of, 'sign');
  await step(login, of, 'feed_back', { opinion: 'done' });
}
function edit(path, from, to) {
  const file = join(model.path, 'tables', path);
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(from), `${path}: ${from}`);
  original[file] ??= text;
  writeFileSync(file, text.replace(from, to));
}
function restore() {
  for (const [file, text] of Object.entries(original)) writeFileSync(file, text);
  original = {};
}
const tryOut = (...options) => cli('what-if', 'tinytown', model.path, '--data', server.data, '--from', '2027-06-01', '--to', '2027-06-30', ...options);
// Case number -> columns of the table.
async function table() {
  const file = join(folder, 'flips.csv');
  await tryOut('--table', file);
  const [head, ...rows] = readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split(','));
  return Object.fromEntries(rows.map((row) => [row[0], Object.fromEntries(head.map((name, i) => [name, row[i]]))]));
}
const near = (text, instant) => Math.abs(Date.parse(text) - instant) < 120e3;
const heads = (text) => Object.fromEntries(text.split('\n')[0].split('\t').map((word) => [word.replace(/ \d+$/, ''), Number(word.match(/\d+$/)[0])]));

before(async () => {
  original = {};
  writeFileSync(clock, String(at(8, 30) - Date.now()));
  process.env.GRIDCASE_CLOCK_FILE = clock; // of the commands, too
  server = await startServer();
  model = copyModel('tinytown');
  await moveTo(at(8, 30));
  departments = Object.fromEntries((await (await as('dispatcher1')).want('/departments')).items.map((one) => [one.code, one.id]));
  const cover = { class: 'c0101', condition: 'c0101-2' }; // 4 working hours: until 14:30
  number.quick = await sent(cover, 'water');
  number.paused = await sent(cover, 'water');
  number.open = await sent(cover, 'water');
  number.vendor = await sent({ class: 'e0401', condition: 'e0401-1' }, 'squad1'); // 2 hours, day and night
  number.road = await sent({ class: 'e0113', condition: 'e0113-1' }, 'roads'); // 5 working days
  await moveTo(at(9));
  await step('water1', number.paused, 'return', { opinion: 'Not ours.' });
  await moveTo(at(10));
  await step('dispatcher1', number.paused, 'refuse_return', { opinion: 'It is.' });
  await moveTo(at(11));
  await handled('water1', number.quick);
  await moveTo(at(11, 20));
  await handled('water1', number.paused);
  await moveTo(at(11, 30));
  await handled('squad1', number.vendor);
});
after(async () => {
  await server?.remove();
  model?.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('the model in force, tried on itself, flips nothing', async () => {
  const told = heads((await tryOut()).stdout);
  assert.deepEqual(told, { cases: 5, 'with a limit': 5, 'would be late': 0, 'would be in time': 0, 'would go elsewhere': 0, 'other deadline': 0 });
});

test('other limits and another rule flip the cases that they flip by hand, pauses kept', async () => {
  edit('limits.csv', 'c0101-2,,,4工作时', 'c0101-2,,,2工作时');
  edit('limits.csv', 'e0401-1,,,2紧急工作时', 'e0401-1,,,4紧急工作时');
  edit('routing.csv', 'e0113,,,,,roads,,damaged road', 'e0113,,,,,parks,,roads are of the parks');
  const told = heads((await tryOut()).stdout);
  assert.deepEqual(told, { cases: 5, 'with a limit': 5, 'would be late': 2, 'would be in time': 1, 'would go elsewhere': 1, 'other deadline': 4 });
  const flips = await table();
  assert.deepEqual(Object.keys(flips).sort(), [number.quick, number.open, number.vendor, number.road].sort());
  const quick = flips[number.quick]; // two working hours from 08:30
  assert.equal(quick.was, 'in_time');
  assert.deepEqual([quick.now_verdict, quick.draft_verdict], ['in_time', 'late']);
  assert.deepEqual([quick.now_limit, quick.draft_limit], ['4 working hours', '2 working hours']);
  assert.ok(near(quick.now_due, at(14, 30)), quick.now_due);
  assert.ok(near(quick.draft_due, at(10, 30)), quick.draft_due);
  assert.ok(near(quick.handled, at(11)), quick.handled);
  const vendor = flips[number.vendor];
  assert.deepEqual([vendor.now_verdict, vendor.draft_verdict], ['late', 'in_time']);
  assert.ok(near(vendor.now_due, at(10, 30)) && near(vendor.draft_due, at(12, 30)));
  const open = flips[number.open]; // 11:30 now
  assert.deepEqual([open.now_verdict, open.draft_verdict, open.handled], ['running', 'overdue', '-']);
  const road = flips[number.road];
  assert.deepEqual([road.verdict_flips, road.department_flips], ['0', '1']);
  assert.deepEqual([road.now_department, road.now_rule], ['roads', '"damaged road"']);
  assert.deepEqual([road.draft_department, road.draft_rule], ['parks', '"roads are of the parks"']);
  assert.equal(road.now_rule_line, road.draft_rule_line);
  restore();
});

test('a draft of half the time for the paused case counts its pause: an hour', async () => {
  edit('limits.csv', 'c0101-2,,,4工作时', 'c0101-2,,,1.5工作时');
  const flips = await table(); // used 1 h 50 when it was fed back; due 08:30 + 1:30 + 1:00
  const paused = flips[number.paused];
  assert.deepEqual([paused.now_verdict, paused.draft_verdict], ['in_time', 'late']);
  assert.ok(near(paused.now_due, at(15, 30)), paused.now_due);
  assert.ok(near(paused.draft_due, at(11)), paused.draft_due);
  restore();
});

test('a holiday in the draft moves deadlines, and late work becomes work in time', async () => {
  await moveTo(at(16));
  await handled('water1', number.open); // due 14:30; by the draft Tuesday 12:00
  edit('calendar_days.csv', 'date,to,kind,name_zh,name_en\n', 'date,to,kind,name_zh,name_en\n2027-06-07,,holiday,端午,Dragon Boat\n');
  const told = heads((await tryOut()).stdout);
  assert.deepEqual(told, { cases: 5, 'with a limit': 5, 'would be late': 0, 'would be in time': 1, 'would go elsewhere': 0, 'other deadline': 4 });
  const flip = (await table())[number.open];
  assert.deepEqual([flip.was, flip.now_verdict, flip.draft_verdict], ['late', 'late', 'in_time']);
  assert.ok(near(flip.draft_due, at(12, 0, 8)), flip.draft_due);
  assert.equal(flip.now_limit, flip.draft_limit);
  restore();
});

test('a class that the draft has not is counted, not guessed', async () => {
  edit('classes.csv', 'e0401,event,04,01,街面秩序,Street order,无照经营游商,Street vendor\n', '');
  edit('conditions.csv', 'e0401-1,e0401,占道经营,Trading on the road,清离,Removed\n', '');
  edit('limits.csv', 'e0401-1,,,2紧急工作时\n', '');
  edit('routing.csv', 'e0401,,squads,,,,,street vendors: the squad of the place\n', '');
  edit('routing.csv', 'e0401,,,,,@manual,,street vendors where no squad serves: by hand\n', '');
  const { stdout } = await tryOut();
  assert.equal(heads(stdout).cases, 5);
  assert.match(stdout, /^not compared: 1 whose class or condition the draft has not, 0 .* 0 /m);
  restore();
});

test('a draft with errors is refused, and nothing is left in the folder', async () => {
  edit('limits.csv', '2工作时', 'soon');
  await assert.rejects(tryOut(), (error) => /model\.errors/.test(error.stderr) && error.code === 2);
  restore();
  const left = await cli('city', 'show', 'tinytown', '--data', server.data);
  assert.match(left.stdout, /model version +1/);
});

test('an administrator tries the proposed model from the page\'s routes', async () => {
  const admin = await as('admin1');
  assert.deepEqual(await admin.want('/model/what-if'), { state: 'none' });
  assert.equal((await (await as('leader1')).get('/model/what-if')).status, 403);
  edit('limits.csv', 'c0101-2,,,4工作时', 'c0101-2,,,2工作时');
  edit('routing.csv', 'e0113,,,,,roads,,damaged road', 'e0113,,,,,parks,,roads are of the parks');
  await cli('city', 'diff', 'tinytown', model.path, '--data', server.data, '--propose');
  const { tag } = (await admin.want('/model')).proposal;
  const wrong = await admin.call('POST', '/model/what-if', { tag: '0'.repeat(64) });
  assert.equal(wrong.body.code, 'proposal.changed', wrong.text);
  const begun = await admin.call('POST', '/model/what-if', { tag, from: '2027-06-01', to: '2027-06-30' });
  assert.equal(begun.status, 202, begun.text);
  const told = await until(async () => {
    const now = await admin.want('/model/what-if');
    return now.state !== 'running' && now;
  }, 'the trial');
  assert.equal(told.state, 'done', JSON.stringify(told));
  assert.deepEqual([told.from, told.to, told.tag], ['2027-06-01', '2027-06-30', tag]);
  const { result } = told;
  assert.deepEqual([result.cases, result.to_late, result.to_in_time, result.elsewhere], [5, 1, 0, 1]);
  const late = result.items.find((one) => one.verdict_flips);
  assert.equal(late.number, number.quick);
  assert.deepEqual([late.now.limit.en, late.draft.limit['zh-CN']], ['4 working hours', '2工作时']);
  assert.deepEqual(result.departments.find((one) => one.department.code === 'water'), {
    department: { code: 'water', name: result.departments.find((one) => one.department.code === 'water').department.name },
    cases: 3, to_late: 1, to_in_time: 0, elsewhere: 0,
  });
  assert.equal(result.classes.find((one) => one.class.code === 'e0113').elsewhere, 1);
  writeFileSync(join(model.path, 'tables', 'limits.csv'), readFileSync(join(model.path, 'tables', 'limits.csv'), 'utf8').replace('5工作日', '6工作日'));
  const again = await admin.call('POST', '/model/what-if', { tag }); // the folder is not what was proposed
  assert.equal(again.status, 202, again.text);
  const changed = await until(async () => {
    const now = await admin.want('/model/what-if');
    return now.state !== 'running' && now;
  }, 'the second trial');
  assert.deepEqual([changed.state, changed.code], ['failed', 'proposal.changed']);
  restore();
});
