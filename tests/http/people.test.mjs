// SPDX-License-Identifier: MPL-2.0
// People of a city: codes to print, staff tables as workbooks, rosters, leavers, a company.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Person, cli, demoLogins, nobody, startServer } from './lib.mjs';
import { rosterModel } from './rosters.mjs';
import { workbook } from './xlsx.mjs';

let server, model, admin, leader, acceptor, dispatcher;

before(async () => {
  model = rosterModel();
  server = await startServer();
  await cli('city', 'load', 'tinytown', model.path, '--data', server.data);
  server.logins = demoLogins(server.data);
  [admin, leader, acceptor, dispatcher] = await Promise.all(['admin1', 'leader1', 'acceptor1', 'dispatcher1'].map((one) => server.signIn(one)));
});
after(async () => {
  await server?.remove();
  model?.remove();
});

const command = (who, body) => who.call('POST', '/staff', body);
const table = (who, bytes, apply = 'no') => who.call('POST', `/staff/table?apply=${apply}`, new Uint8Array(bytes), { 'Content-Type': 'application/octet-stream' });
async function enter(login, password) {
  const answer = await nobody(server).call('POST', '/session', { login, password });
  assert.equal(answer.status, 200, answer.text);
  return new Person(server, login, { Cookie: answer.headers.get('set-cookie').split(';')[0] }, answer.body);
}
async function everybody() {
  const people = {};
  for (const one of (await admin.want('/staff')).items) people[one.login] = one;
  return people;
}
async function callIn(source = 'leader') {
  const made = await acceptor.report({ source });
  assert.equal(made.status, 201, made.text);
  const { number } = made.body;
  assert.equal((await acceptor.act(number, 'send_verify', { opinion: 'please look' })).status, 200);
  return number;
}

test('a person is admitted with a code that people can type', async () => {
  const made = await command(admin, { command: 'admit', login: 'New.Hand', name: '新手', department: 'clear', roles: ['collector'] });
  assert.equal(made.status, 200, made.text);
  assert.match(made.body.code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
  assert.ok(!server.log.includes(made.body.code), 'no secret in the log');
  const typed = ` ${made.body.code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`;
  assert.equal((await nobody(server).want(`/links/${encodeURIComponent(typed)}`)).login, 'new.hand');
  const use = (link) => nobody(server).call('POST', '/links', { link, password: 'a long enough one' });
  assert.equal((await use(typed)).status, 204);
  assert.equal((await use(made.body.code)).status, 404, 'a code works once');
  await enter('new.hand', 'a long enough one');
  // A newer code ends the older one.
  const first = (await command(admin, { command: 'code', login: 'new.hand' })).body.code;
  const second = (await command(admin, { command: 'code', login: 'new.hand' })).body.code;
  assert.equal((await nobody(server).get(`/links/${first}`)).status, 404);
  assert.equal((await nobody(server).get(`/links/${second}`)).status, 200);
});

test('pages are given codes, never links or passwords; others nothing at all', async () => {
  for (const word of ['add', 'invite', 'password']) {
    const answer = await command(admin, { command: word, login: 'collector1', name: 'X' });
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body.code, 'person.command');
  }
  for (const who of [leader, acceptor, dispatcher]) {
    assert.equal((await command(who, { command: 'code', login: 'admin1' })).status, 403);
    assert.equal((await who.call('POST', '/staff/codes', {})).status, 403);
    assert.equal((await table(who, workbook([['login', 'name', 'role']]))).status, 403);
  }
  assert.equal((await command(admin, { command: 'close', login: 'admin1' })).body.code, 'account.last_administrator');
});

test('a workbook adds and changes people; a second time it changes nothing', async () => {
  const rows = [
    ['工号', '姓名', '角色', '片区', '单位', '所属'],
    ['wang01', '王一', '信息采集员', 'district:D1', '', 'clear'],
    ['wang02', '王二', '监督员', '', '', 'clear'],
    ['li03', '李三', 'department', '', 'roads', ''],
    ['', '', '', '', '', ''],
    ['collector2', '林波', 'collector', 'district:D2', '', ''],
  ];
  const checked = await table(admin, workbook(rows));
  assert.equal(checked.status, 200, checked.text);
  assert.deepEqual([checked.body.applied, checked.body.people, checked.body.added, checked.body.same], [false, 4, 3, 1]);
  assert.ok(!(await everybody()).wang01, 'a check changes nothing');
  const applied = await table(admin, workbook(rows), 'yes');
  assert.deepEqual([applied.body.applied, applied.body.added], [true, 3]);
  const people = await everybody();
  assert.equal(people.wang01.name, '王一');
  assert.deepEqual(people.wang01.roles.map((one) => one.role), ['collector']);
  assert.equal(people.li03.has_password, false);
  const again = await table(admin, workbook(rows), 'yes');
  assert.deepEqual([again.body.added, again.body.changed, again.body.same], [0, 0, 4]);
  // Codes for all who have no password yet.
  const codes = await admin.call('POST', '/staff/codes', {});
  assert.equal(codes.status, 200, codes.text);
  assert.deepEqual(codes.body.items.map((one) => one.login), ['li03', 'wang01', 'wang02']);
  assert.equal((await nobody(server).want(`/links/${codes.body.items[1].code}`)).login, 'wang01');
});

test('a workbook edited into nonsense is told cell by cell', async () => {
  const answer = await table(admin, workbook([
    ['login', 'name', 'role', 'area', 'department', 'home'],
    ['a b', 'X', 'acceptor'],
    ['bea', '', 'acceptor'],
    ['cem', 'C', 'mayor'],
    ['dan', 'D', 'department', '', 'NOPE'],
    ['eve', 'E', 'department'],
    ['fay', 'F', 'collector', 'ward:99'],
    [12345, 'G', 3.5],
  ]), 'yes');
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.applied, false);
  const cells = answer.body.errors.map((one) => `${one.cell} ${one.code}`);
  assert.deepEqual(cells, [
    'A2 account.login_malformed', 'B3 account.name_malformed', 'C4 role.unknown', 'E5 staff.department_unknown',
    'E6 staff.department_missing', 'D7 staff.area_unknown', 'C8 role.unknown',
  ]);
  assert.ok(!(await everybody()).cem, 'nothing of it is applied');
  const wrong = async (bytes) => (await table(admin, bytes, 'yes')).body.code;
  assert.equal(await wrong(Buffer.from('login,name,role\n,,\n')), 'staff.empty');
  assert.equal(await wrong(workbook([['login', 'name', 'role']])), 'staff.column_missing'); // a sheet of one row has no heading
  assert.equal(await wrong(workbook([['login', 'wage', 'role'], ['a1', 'x', 'collector']])), 'staff.column_missing');
  assert.equal(await wrong(workbook([['login', 'name', 'role', 'wage'], ['a1', 'x', 'collector', 3]])), 'staff.column_unknown');
  assert.equal(await wrong(Buffer.from('PK\u0003\u0004 this is no workbook')), 'staff.unreadable');
  assert.equal(await wrong(Buffer.from('login,name,role\n"unclosed')), 'staff.unreadable');
});

test('who is on duty is sent, and sees the beat; a backup only stands by', async () => {
  const number = await callIn();
  const found = await acceptor.want(`/cases/${number}`);
  assert.equal(found.tasks.at(-1).holder.person.name, '陈晓');
  const mine = async (login) => (await (await server.signIn(login)).want('/cases?queue=mine&open=1&sort=due')).items.map((one) => one.number);
  assert.ok((await mine('collector1')).includes(number));
  assert.ok((await mine('collector3')).includes(number), 'the backup of the same duty grid');
  const duty = await (await server.signIn('collector1')).want('/duty');
  assert.equal(duty.on_duty, true);
  assert.equal(duty.items[0].duty_grid.code, 'P1');
  assert.equal(duty.items[0].bbox.length, 4);
  assert.deepEqual(duty.colleagues.map((one) => [one.name, one.backup]), [['何三', true]]);
  assert.equal((await (await server.signIn('manager1')).want('/duty')).on_duty, false);
});

test('the roster of a day names everybody, and the shifts that nobody has', async () => {
  const roster = await leader.want('/roster?day=2026-11-24');
  assert.deepEqual(roster.shifts.map((one) => [one.code, one.starts, one.ends]), [['day', '06:00', '18:00'], ['night', '18:00', '06:00']]);
  assert.equal(roster.items.length, 5);
  assert.deepEqual(roster.empty.map((one) => [one.duty_grid.code, one.shift]), [['P2', 'night']]);
  assert.equal((await leader.get('/roster?day=2026-02-30')).body.code, 'date.invalid');
  assert.equal((await acceptor.get('/roster')).status, 403);
});

test('a dispatcher sees whom to telephone and what can drive', async () => {
  const { items } = await dispatcher.want('/offices');
  assert.equal(items.length, 1);
  assert.deepEqual(items[0].officers[0], { name: '何工', phone: '0571-5550 1201', night_phone: '0571-5550 1299', note: 'gate 3' });
  assert.deepEqual(items[0].vehicles.map((one) => [one.code, one.out]), [['R1', false], ['R2', true]]);
  const collector = await server.signIn('collector1');
  assert.equal((await collector.get('/offices')).status, 403);
  const parks = (await dispatcher.want('/departments')).items.find((one) => one.code === 'parks');
  assert.deepEqual((await dispatcher.want(`/offices?department=${parks.id}`)).items, []);
});

test('nobody verifies their own missed report', async () => {
  const number = await callIn('hotline');
  const found = await acceptor.want(`/cases/${number}`);
  assert.equal(found.tasks.at(-1).holder.person.name, '何三', 'not the collector whose beat it is');
  const own = await server.signIn('collector1');
  const refused = await own.act(number, 'verify', { result: 'gone' }, { 'If-Match': `"${found.tasks.at(-1).id}.${found.tasks.at(-1).version}"` });
  assert.equal(refused.status, 409, refused.text);
  assert.equal(refused.body.code, 'case.own_missed_report');
  assert.equal((await (await server.signIn('collector3')).act(number, 'verify', { result: 'there' })).status, 200);
});

test('a company sees what its people have to do with, and nothing else', async () => {
  const desk = await server.signIn('cvdesk');
  const theirs = await callIn('hotline'); // goes to collector3, who is the company's
  const other = await callIn('leader');
  assert.equal((await acceptor.want(`/cases/${other}`)).tasks.at(-1).holder.person.name, '陈晓');
  const seen = (await desk.want('/cases?open=1')).items.map((one) => one.number);
  assert.ok(seen.includes(theirs));
  assert.ok(!seen.includes(other));
  assert.equal((await desk.get(`/cases/${other}`)).status, 404);
  assert.deepEqual((await desk.want(`/cases/${theirs}`)).allowed_actions, []);
  const staff = (await desk.want('/staff')).items.map((one) => one.login);
  assert.ok(staff.includes('collector3') && staff.includes('wang01') && !staff.includes('collector1'), String(staff));
  const roster = await desk.want('/roster');
  assert.deepEqual([...new Set(roster.items.map((one) => one.login))], ['collector3']);
  for (const path of ['/offices', `/staff/${desk.session.person.id}/work`]) {
    assert.equal((await desk.get(path)).status, 403, path);
  }
  assert.equal((await desk.report()).status, 403);
});

test('who leaves is closed, and the open work goes to others', async () => {
  const people = await everybody();
  const leaver = people.collector1;
  const numbers = [await callIn(), await callIn()];
  const work = await leader.want(`/staff/${leaver.id}/work`);
  assert.ok(work.total >= 2);
  assert.ok(work.items.some((one) => one.case.number === numbers[0]));
  assert.equal((await acceptor.get(`/staff/${leaver.id}/work`)).status, 403);
  const hand = (body) => leader.call('POST', `/staff/${leaver.id}/work`, body);
  // To somebody without the role: refused, task by task.
  const wrong = await hand({ to: 'manager1' });
  assert.equal(wrong.body.handed, 0);
  assert.ok(wrong.body.refused.every((one) => one.code === 'work.role'), JSON.stringify(wrong.body));
  const one = await hand({ to: 'wang01', task: work.items.find((item) => item.case.number === numbers[0]).task, opinion: 'collector1 is ill' });
  assert.deepEqual([one.body.handed, one.body.refused], [1, []], one.text);
  const moved = await acceptor.want(`/cases/${numbers[0]}`);
  assert.equal(moved.tasks.at(-1).holder.person.name, '王一');
  assert.equal(moved.history.at(-1).kind, 'task_handed');
  assert.equal(moved.history.at(-1).opinion, 'collector1 is ill');
  // The rest goes back to the roster: the backup gets it, never the leaver.
  const rest = await hand({});
  assert.equal(rest.body.left, 0, rest.text);
  assert.equal((await acceptor.want(`/cases/${numbers[1]}`)).tasks.at(-1).holder.person.name, '何三');
  assert.equal((await command(admin, { command: 'close', login: 'collector1' })).status, 200);
  assert.equal((await everybody()).collector1.closed, true);
  assert.equal((await acceptor.want(`/cases/${await callIn()}`)).tasks.at(-1).holder.person.name, '何三', 'a leaver is not on duty');
  assert.equal((await hand({ to: 'collector1' })).body.code, 'work.same');
  await command(admin, { command: 'reopen', login: 'collector1' });
  assert.equal((await acceptor.want(`/cases/${await callIn()}`)).tasks.at(-1).holder.person.name, '陈晓');
  const { stdout } = await cli('check', 'tinytown', '--data', server.data);
  assert.match(stdout, /0 problems|nothing wrong|ok/i);
});

test('a city that swaps verify and check says so everywhere; codes stay', async () => {
  const { city } = (await nobody(server).want('/city')).slug ? { city: await nobody(server).want('/city') } : {};
  const task = (code) => city.tasks.find((one) => one.code === code).label;
  assert.deepEqual([task('verify')['zh-CN'], task('check')['zh-CN']], ['核查', '核实']);
  assert.equal(city.roles.find((one) => one.code === 'collector').label.en, 'Field officer');
  assert.ok(city.roles.some((one) => one.code === 'company'));
});

test('a shell prints a code too', async () => {
  const { stdout } = await cli('person', 'code', 'tinytown', 'parks1', '--data', server.data);
  const [, code] = /sign-in code of parks1, valid for 14 days: (\S+)/.exec(stdout);
  assert.equal((await nobody(server).want(`/links/${code}`)).login, 'parks1');
});
