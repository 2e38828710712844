// SPDX-License-Identifier: MPL-2.0
// Scores, places that stand out, coverage and the map of figures, against what can be worked
// out from the cases themselves.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cli, startServer } from './lib.mjs';

let server;
const people = {};
const today = () => new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(new Date());
before(async () => {
  server = await startServer();
  for (const login of ['collector1', 'acceptor1', 'leader1', 'dispatcher1', 'parks1', 'manager1']) {
    people[login] = await server.signIn(login);
  }
});
after(() => server?.remove());

async function step(login, number, action, inputs) {
  const answer = await people[login].act(number, action, inputs);
  assert.equal(answer.status, 200, `${action}: ${answer.text}`);
}
const want = (path, login = 'manager1') => people[login].want(path);
async function refused(path, code, login = 'manager1') {
  const answer = await people[login].get(path);
  assert.equal(answer.body.code, code, `${path}: ${answer.text}`);
}
const metres = (a, b) => Math.hypot((a.lon - b.lon) * 111195 * Math.cos((a.lat * Math.PI) / 180), (a.lat - b.lat) * 111195);

test('the same spot again is found, and nothing else', async () => {
  const at = (lon, lat) => ({ point: { lon, lat } });
  const first = (await people.collector1.report(at(120.0005, 30.0005))).body.number;
  const far = (await people.collector1.report(at(120.0012, 30.0005))).body.number; // 67 m east
  for (const number of [first, far]) await step('acceptor1', number, 'reject', { opinion: 'gone' });
  const again = (await people.collector1.report(at(120.0006, 30.0005))).body.number; // 10 m from the first
  const open = (await people.collector1.report(at(120.00061, 30.0005))).body.number; // its neighbour is open
  const found = await want('/repeats');
  assert.equal(found.arrivals, 4);
  assert.equal(found.repeats, 2); // both lie within 30 m of the first one, which had ended
  assert.equal(found.spots.length, 1);
  const [spot] = found.spots;
  assert.deepEqual(spot.cases.map((one) => one.number), [open, again, first]);
  assert.deepEqual(spot.cases.map((one) => one.repeats), [true, true, false]);
  assert.ok(spot.at.grid.code.startsWith('T'), JSON.stringify(spot.at));
  assert.ok(metres(spot.at, { lon: 120.0006, lat: 30.0005 }) < 5);
  // Narrower, it is another spot; wider, they are all one.
  assert.equal((await want('/repeats?reach_m=5')).repeats, 0);
  const wide = await want('/repeats?reach_m=100');
  assert.equal(wide.spots[0].count, 4, JSON.stringify(wide));
  assert.equal((await want(`/repeats?class=${spot.class.id}`)).repeats, 2);
  await refused('/repeats?reach_m=0', 'api.bad_parameter');
  await refused('/repeats?nonsense=1', 'api.unknown_parameter');
});

test('coverage counts the grids that collectors reported from', async () => {
  const before = await want('/coverage');
  assert.equal(before.level, 'district');
  assert.equal(before.grids, 9);
  const cases = (await want(`/cases?figure=by_collectors&from=${today()}&to=${today()}&limit=500`)).items;
  const grids = new Set(cases.map((one) => one.grid?.code ?? one.grid));
  assert.equal(before.visited, grids.size);
  assert.equal(before.reports, cases.length);
  assert.equal(before.areas.reduce((sum, area) => sum + area.visited, 0), before.visited);
  assert.equal(before.areas.reduce((sum, area) => sum + area.grids, 0), 9);
  for (const area of before.areas) {
    assert.equal((await want(`/cases?figure=by_collectors&${area.list}`)).total, area.reports, area.code);
  }
  // What only others reported is told apart.
  const lonely = await people.acceptor1.report({ point: { lon: 120.0025, lat: 30.0025 }, source: 'hotline' });
  assert.equal(lonely.status, 201, lonely.text);
  const after = await want('/coverage');
  assert.deepEqual([after.visited, after.others], [before.visited, before.others + 1]);
  await refused('/coverage?by=area:patrol', 'spots.level');
  await refused('/coverage?by=department', 'figures.by');
});

test('hot spots say nothing where there is no past, and refuse nonsense', async () => {
  const found = await want('/hot-spots?windows=3');
  assert.deepEqual([found.windows, found.total, found.spots], [0, 0, []]);
  await refused('/hot-spots?by=class', 'figures.by');
  await refused('/hot-spots?windows=1', 'api.bad_parameter');
});

test('a league table is its parts, weighed; every part opens its cases', async () => {
  const parks = (await want('/departments')).items.find((one) => one.code === 'parks');
  for (let i = 0; i < 3; i++) {
    const { number } = (await people.collector1.report()).body;
    await step('acceptor1', number, 'accept');
    await step('leader1', number, 'file');
    await step('dispatcher1', number, 'dispatch', { department: parks.id });
    await step('parks1', number, 'sign');
    if (i < 2) await step('parks1', number, 'feed_back', { opinion: 'swept' });
  }
  const { items, grades } = await want('/scores');
  assert.deepEqual(grades.map((one) => one.code), ['A', 'B', 'C', 'D', 'E']);
  const league = await want('/scores/department');
  assert.equal(league.score.code, 'department');
  assert.ok(items.some((one) => one.code === 'department' && one.parts.length === league.score.parts.length));
  const figures = await want('/figures?by=department&measures=to_handle,closing_rate,on_time_rate,rework_rate');
  const value = (row, code) => row.values[figures.measures.findIndex((one) => one.code === code)];
  assert.ok(league.rows.length > 0);
  for (const row of league.rows) {
    const own = figures.rows.find((one) => one.keys[0].id === row.id);
    const rate = (code) => (value(own, code) === null ? 100 : 100 * value(own, code));
    const rework = value(own, 'rework_rate') === null ? 100 : 100 - 100 * value(own, 'rework_rate');
    const expected = 0.1 * 100 + 0.3 * rate('closing_rate') + 0.3 * rate('on_time_rate') + 0.3 * rework; // 50 cases at most: 100
    assert.ok(Math.abs(row.points - expected) < 0.011, `${row.code}: ${row.points}, not ${expected}`);
    assert.equal(row.grade, grades.find((grade) => grade.from === null || row.points >= grade.from).code);
    assert.equal(row.rank_before, null);
    for (const [i, part] of league.score.parts.entries()) {
      if (part.unit !== 'cases' || row.parts[i].value === null) continue;
      assert.equal((await want(`/cases?figure=${part.measure}&${row.list}`)).total, row.parts[i].value, `${row.code} ${part.code}`);
    }
  }
  const ranks = league.rows.map((row) => row.rank);
  assert.deepEqual(ranks, [...ranks].sort((a, b) => a - b));
  await refused('/scores/nothing', 'scores.unknown');
  await refused('/scores/department?by=class', 'figures.by');
});

test('the command prints the same table, and tells what is wrong with another one', async () => {
  const league = await want('/scores/department');
  const lines = (await cli('scores', 'table', 'tinytown', 'department', '--data', server.data)).stdout.trim().split('\n').map((line) => line.split('\t'));
  assert.deepEqual(lines[0].slice(0, 6), ['rank', 'before', 'code', 'name', 'points', 'grade']);
  assert.deepEqual(lines.slice(1).map((line) => [Number(line[0]), line[2], Number(line[4]), line[5]]), league.rows.map((row) => [row.rank, row.code, row.points, row.grade]));
  assert.match((await cli('scores', 'list', 'tinytown', '--data', server.data)).stdout, /^department\t1\t/);
  const folder = mkdtempSync(join(tmpdir(), 'gridcase-scores-'));
  writeFileSync(join(folder, 'score_parts.csv'), 'score,version,part,kind,measure,weight,name_en\ndepartment,1,a,rate,nothing,90,A\n');
  const wrong = await cli('scores', 'check', 'tinytown', folder, '--data', server.data).catch((error) => error);
  assert.match(wrong.stderr, /score_parts\.csv:2: measure: there is no measure 'nothing'.*\[scores\.measure\]/);
  assert.match(wrong.stderr, /add up to 90, not 100/);
  rmSync(folder, { recursive: true });
});

test('points that people give count from the newest entry on, and can be taken back', async () => {
  const points = async () => {
    const { rows } = await want('/scores/department');
    return rows.find((row) => row.code === 'parks');
  };
  const was = await points();
  const span = await want('/scores/department');
  const give = (entry, login = 'manager1') => people[login].call('POST', '/scores/department/entries', { part: 'adjust', subject: was.id, from: span.from, to: span.to, reason: 'fair', ...entry });
  assert.equal((await give({ points: -3 })).status, 204);
  assert.equal((await give({ points: -2.5, reason: 'on appeal' })).status, 204);
  assert.ok(Math.abs((await points()).points - (was.points - 2.5)) < 0.011);
  const { items } = await want(`/scores/department/entries?from=${span.from}&to=${span.to}`);
  assert.deepEqual(items.map((one) => [one.points, one.reason]), [[-3, 'fair'], [-2.5, 'on appeal']]);
  assert.equal((await give({ points: null })).status, 204);
  assert.equal((await points()).points, was.points);
  assert.equal((await give({ part: 'closing', points: 1 })).body.code, 'scores.entry');
  assert.equal((await give({ points: 101 })).body.code, 'scores.entry');
  assert.equal((await give({ points: 1 }, 'leader1')).status, 403);
  // Another period has none of it.
  const other = await want('/scores/department?from=2026-01-01&to=2026-01-31');
  assert.ok(other.rows.every((row) => row.parts.every((part, i) => other.score.parts[i].kind !== 'adjust' || part.points === null)));
});

test('of a score about people, those without the right to read the staff see themselves', async () => {
  const all = await want('/scores/acceptor');
  assert.ok(all.rows.length >= 1);
  const own = await want('/scores/acceptor', 'acceptor1');
  assert.ok(own.rows.length <= 1 && own.ranked >= own.rows.length);
  assert.deepEqual((await want('/scores/acceptor', 'collector1')).rows, []);
});

test('the map has each grid with its value where it lies', async () => {
  const map = await want('/figures/map?by=grid&measures=opened');
  const figures = await want('/figures?by=grid&measures=opened');
  const told = new Map(map.places.map(([id, code, lon, lat, side, value]) => [id, { code, lon, lat, side, value }]));
  const rows = figures.rows.filter((row) => row.keys[0].id);
  assert.equal(told.size, rows.length);
  for (const row of rows) {
    const place = told.get(row.keys[0].id);
    assert.deepEqual([place.code, place.value], [row.keys[0].code, row.values[0]]);
    assert.ok(metres(place, { lon: 120.0015, lat: 30.0015 }) < 250 && place.side > 50 && place.side < 150, JSON.stringify(place));
  }
  const graded = await want('/figures/map?by=grid&score=grid');
  assert.equal(graded.unit, 'points');
  assert.ok(graded.places.every((place) => graded.grades.some((grade) => grade.code === place[6])));
  await refused('/figures/map?by=class&measures=opened', 'figures.by');
  await refused('/figures/map?by=grid&score=nothing', 'scores.unknown');
});

test('looking ahead says nothing without a past, and to each only of what they see', async () => {
  const all = await want('/ahead');
  assert.ok(all.open > 0);
  assert.deepEqual([all.unknown, all.likely, all.expected, all.past, all.past_least, all.cases], [all.open, 0, 0, 0, 30, []]);
  assert.equal(all.departments.reduce((sum, one) => sum + one.open, 0), all.open);
  const parks = all.departments.find((one) => one.department?.code === 'parks');
  const own = await want('/ahead', 'parks1');
  assert.deepEqual([own.open, own.departments.map((one) => one.id)], [parks.open, [parks.id]]);
  assert.equal((await want(`/ahead?department=${parks.id}`)).open, parks.open);
  assert.equal((await want('/ahead?class=999999')).open, 0);
  const { forecasts, brier, tenths } = await want('/ahead/calibration');
  assert.deepEqual([forecasts, brier, tenths.length], [0, null, 10]);
  await refused('/ahead?from=2026-01-01', 'api.unknown_parameter');
  await refused('/ahead?limit=201', 'api.bad_parameter');
  const { stdout } = await cli('ahead', 'tinytown', '--data', server.data);
  assert.match(stdout, new RegExp(`^open ${all.open}\tlate already ${all.overdue}\t`));
  const wrong = await cli('ahead', 'tinytown', '--from', '2026-01-01', '--data', server.data).catch((error) => error);
  assert.match(wrong.stderr, /--from and --to go with --calibrate/);
});
