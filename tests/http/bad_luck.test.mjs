// SPDX-License-Identifier: MPL-2.0
// A month in which a department was merged into another and a district lost a part to its
// neighbour; frozen; an appeal granted two months later. What do the figures say?
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cli, copyModel, startServer, until, uuid } from './lib.mjs';
import { pdf } from './files.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gridcase-luck-'));
const clock = join(folder, 'clock');
const zone = 8 * 3600e3;
const start = new Date(Date.now() + zone);
// A month that has not begun: its days are reached by moving the server's clock.
const at = (months, day, hour = 10) => Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1 + months, day, hour) - zone;
const period = new Date(at(0, 15)).toISOString().slice(0, 7);
const last = new Date(at(1, 1) - 86400e3).toISOString().slice(0, 10);
const range = `from=${period}-01&to=${last}`;
let server, model, person, departments;
const number = {};

// Signs in anew: sessions end.
async function moveTo(instant) {
  writeFileSync(clock, String(instant - Date.now()));
  await until(async () => {
    const manager = await server.signIn('manager1');
    const told = await manager.get(`/figures?by=none&measures=opened&${range}`);
    return told.status === 200 && Math.abs(Date.parse(told.body.as_of) - instant) < 3600e3;
  }, 'the clock');
  person = {};
}
const as = async (login) => (person[login] ??= await server.signIn(login));
before(async () => {
  writeFileSync(clock, String(at(0, 5) - Date.now()));
  process.env.GRIDCASE_CLOCK_FILE = clock; // of the commands, too
  server = await startServer();
  model = copyModel('tinytown');
  await moveTo(at(0, 5));
  departments = Object.fromEntries((await (await as('dispatcher1')).want('/departments')).items.map((one) => [one.code, one.id]));
});
after(async () => {
  await server?.remove();
  model?.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function step(login, of, action, inputs) {
  const answer = await (await as(login)).act(of, action, inputs);
  assert.equal(answer.status, 200, `${action}: ${answer.text}`);
}
async function sent(collector, body, department) {
  const made = await (await as(collector)).report(body);
  assert.equal(made.status, 201, made.text);
  await step('acceptor1', made.body.number, 'accept');
  await step('leader1', made.body.number, 'file');
  await step('dispatcher1', made.body.number, 'dispatch', { department: departments[department] });
  return made.body.number;
}
async function finish(login, collector, of) {
  await step(login, of, 'feed_back', { opinion: 'done' });
  await step('dispatcher1', of, 'accept_feedback');
  await step(collector, of, 'check', { result: 'pass' });
  await step('leader1', of, 'close');
}
// code -> values
async function figures(by, measures) {
  const told = await (await as('manager1')).want(`/figures?by=${by}&measures=${measures}&${range}`);
  return Object.fromEntries(told.rows.map((row) => [row.keys[0].code, row.values]));
}
const frozen = async (version) => {
  const { body, text } = await (await as('manager1')).get(`/frozen/${period}?version=${version}`);
  const value = (by, code, measure) => {
    const row = body.tables.find((table) => table.by === by).rows.find((one) => by === '' || one.code === code);
    return row?.values[body.measures.findIndex((one) => one.code === measure)];
  };
  return { text, body, value };
};
const road = { class: 'e0113', condition: 'e0113-2' };
const vendor = { class: 'e0401', condition: 'e0401-1' };
const middle = { point: { lon: 120.0015, lat: 30.0005 } }; // T12: moves to the other district

function edit(path, from, to) {
  const file = join(model.path, path);
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(from), `${path}: ${from}`);
  writeFileSync(file, text.replaceAll(from, to));
}

test('a department merged and a district cut in mid-month: who led and where it was reported counts', async () => {
  number.late = await sent('collector1', road, 'roads');
  await step('roads1', number.late, 'sign');
  number.done = await sent('collector1', vendor, 'squad1');
  await step('squad1', number.done, 'sign');
  await finish('squad1', 'collector1', number.done);
  number.open = await sent('collector1', { ...vendor, ...middle }, 'squad1');
  await moveTo(at(0, 20));
  await finish('roads1', 'collector1', number.late); // a limit of two hours
  const proof = await (await as('roads1')).call('POST', '/media', pdf(), { 'Content-Type': 'application/pdf' });
  await step('roads1', number.late, 'appeal', { opinion: 'Flood.', document: [proof.body.sha256] });
  const before = await figures('department', 'opened,closed,handled_in_time,to_handle');
  assert.deepEqual(before.squad1.slice(0, 3), [2, 1, 1]);

  // First Squad becomes part of the second; what lay between 120.001 and 120.002 goes east.
  edit('tables/departments.csv', 'squad1,enforcement,squad,执法一中队,First Squad\n', '');
  edit('tables/staff.csv', 'squad1,郑勇,department,,squad1,\n', 'squad1,郑勇,department,,squad2,\n');
  edit('layers/squads.geojson', '"squad1"', '"squad2"');
  edit('layers/districts.geojson', '120.002', '120.001');
  await cli('city', 'load', 'tinytown', model.path, '--data', server.data);
  // Nothing of what was is another's now.
  assert.deepEqual(await figures('department', 'opened,closed,handled_in_time,to_handle'), before);
  assert.deepEqual(await figures('area:district', 'opened'), { D1: [3] });
  // What is open there is recalled and sent to who does it now, and counts there from then on.
  await step('dispatcher1', number.open, 'recall', { department: departments.squad2, opinion: 'Merged.' });
  number.east = (await (await as('collector2')).report({ ...vendor, ...middle })).body.number;
  const after = await figures('department', 'opened,closed,handled_in_time,to_handle');
  assert.deepEqual([after.squad1, after.squad2.slice(0, 2), after.roads], [[1, 1, 1, 1], [1, 0], before.roads]);
  const offices = await figures('department:2', 'opened');
  assert.deepEqual([offices.enforcement, offices.roads], [[2], [1]], 'together the same as before');
  assert.deepEqual(await figures('area:district', 'opened'), { D1: [3], D2: [1] });
  // The same by recounting: columns, rollups and rows agree.
  assert.match((await cli('check', 'tinytown', '--quiet', '--data', server.data)).stdout, /4 cases, 0 problems/);
});

// The bulletin as JSON and as the words of its pages.
async function whole() {
  const manager = await as('manager1');
  const json = await manager.want(`/report.json?period=${period}&language=en`);
  const answer = await fetch(`${server.api}/report.pdf?period=${period}&language=en`, { headers: manager.headers });
  writeFileSync(join(folder, 'whole.pdf'), Buffer.from(await answer.arrayBuffer()));
  return { json, pages: execFileSync('pdftotext', ['-layout', join(folder, 'whole.pdf'), '-'], { encoding: 'utf8' }) };
}

test('what was frozen keeps names and numbers; an appeal granted later makes a version beside it', async () => {
  await moveTo(at(1, 3));
  const made = await (await as('manager1')).call('POST', '/frozen', { period }, { 'Idempotency-Key': uuid() });
  assert.equal(made.status, 201, made.text);
  const first = await frozen(1);
  const named = (by) => first.body.tables.find((table) => table.by === by).rows.map((row) => row.name?.en ?? '');
  assert.deepEqual(named('department').filter(Boolean).sort(), ['First Squad', 'Roads Department', 'Second Squad']);
  assert.equal(first.value('department', 'squad1', 'opened'), 1);
  assert.equal(first.value('area:district', 'D1', 'opened'), 3);
  assert.equal(first.value('area:district', 'D2', 'opened'), 1);
  assert.equal(first.value('department', 'roads', 'to_handle'), 1);
  assert.equal(first.value('department', 'roads', 'handled_in_time'), 0);
  assert.equal(first.value('department', 'roads', 'on_time_rate'), 0);
  assert.deepEqual(Object.keys(first.body.bulletin.languages), ['zh-CN', 'en']);
  const then = await whole();
  assert.deepEqual(then.json.map.cells.reduce((sum, cell) => sum + cell[1], 0), 4);
  assert.ok(then.json.leagues.some((one) => one.code === 'area' && one.rows.length > 0), 'scores are in it');
  assert.ok(then.json.groups.some((one) => one.rows.some((row) => row.honesty.length > 0)));
  assert.doesNotMatch(then.pages, /spots and map as of/);
  await moveTo(at(2, 25));
  await step('dispatcher1', number.late, 'support_appeal', { opinion: 'It rained.' });
  await step('acceptor1', number.late, 'grant_appeal', { opinion: 'Granted.' });
  await step('manager1', number.east, 'force', { opinion: 'It is enough.' });
  assert.equal((await (await as('collector1')).report()).status, 201);
  const later = await whole();
  assert.deepEqual(later.json, then.json, 'the same bulletin, months and moves later');
  assert.equal(later.pages, then.pages);
  // Until the night the bulletin prints what is frozen; what is counted now when asked for.
  const report = (query) => as('manager1').then((manager) => manager.want(`/report.json?period=${period}${query}`));
  const printed = await report('');
  assert.deepEqual([printed.frozen.version, printed.frozen.digest, printed.root], [1, made.body.digest, null]);
  assert.deepEqual([printed.now.opened, printed.now.to_handle, printed.now.on_time_rate],
    ['opened', 'to_handle', 'on_time_rate'].map((code) => Number(first.value('', '', code).toFixed(6))));
  const ranked = printed.groups[0].rows.find((row) => row.code === 'roads');
  assert.deepEqual([ranked.now.to_handle, ranked.value], [1, 0]);
  const counted = await report('&figures=now');
  assert.equal(counted.frozen, null);
  assert.equal(counted.now.to_handle, printed.now.to_handle - 1);
  assert.equal((await (await as('manager1')).get(`/report.json?period=${period}&figures=old`)).body.code, 'report.figures');
  // By itself in the next night; upkeep runs at a start, too.
  await server.stop();
  writeFileSync(clock, String(at(2, 27) - Date.now()));
  await server.start();
  await moveTo(at(2, 27));
  const [version] = await until(async () => {
    const { items } = await (await as('manager1')).want('/frozen');
    return items.length > 1 && items;
  }, 'the second version', 20000);
  assert.equal(version.version, 2);
  assert.match(version.reason, /corrected afterwards: 1 moves/);
  assert.equal((await frozen(1)).text, first.text);
  const second = await frozen(2);
  assert.equal(second.value('department', 'roads', 'to_handle'), 0);
  assert.equal(second.value('department', 'roads', 'on_time_rate'), null);
  assert.deepEqual(second.body.since.corrections.map((one) => [one.case, one.kind]), [[number.late, 'exempted']]);
  assert.ok(second.body.since.differences.some((one) => one.by === 'department' && one.code === 'roads' && one.measure === 'to_handle' && one.was === 1 && one.is === 0));
  assert.equal(second.value('department', 'squad1', 'opened'), 1, 'everything else stays');
  await cli('root', 'tinytown', '--make', '--data', server.data);
  const written = async (...args) => (await cli('report', 'tinytown', '--period', period, ...args, '--data', server.data)).stdout;
  const told = JSON.parse(await written('--format', 'json'));
  assert.deepEqual([told.frozen.version, told.now.to_handle], [2, counted.now.to_handle]);
  assert.match(told.root, /^root \d+ /);
  assert.equal(JSON.parse(await written('--format', 'json', '--figures', 'now')).frozen, null);
  await cli('report', 'tinytown', '--period', period, '--language', 'en', '--out', join(folder, 'report.pdf'), '--data', server.data);
  const pages = execFileSync('pdftotext', ['-layout', join(folder, 'report.pdf'), '-'], { encoding: 'utf8' });
  assert.match(pages, /frozen, version 2\)/);
  assert.ok(pages.includes(told.root.slice(0, 40)), pages);
  // The raw verdict stays with the case.
  const handling = (await (await as('leader1')).want(`/cases/${number.late}`)).clocks.find((one) => one.kind === 'handling');
  assert.ok(Date.parse(handling.since_at) > Date.parse(handling.due_at), 'handled after its deadline');
  assert.match((await cli('verify', 'tinytown', '--quiet', '--data', server.data)).stdout, /2 frozen documents, 0 problems/);
});
