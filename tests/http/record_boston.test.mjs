// SPDX-License-Identifier: MPL-2.0
// Nine months of Boston's record of 2015, 93,963 requests, through the one door: what is
// refused, each case's verdict beside the flag that the city itself gave it, and counts by
// department and month beside those of the record. A long test.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { flagged, playable, readCsv, readWhole } from './boston_record.mjs';
import { Server, cli, demoLogins, root } from './lib.mjs';

const skip = !process.env.GRIDCASE_LONG;
let server, manager, data, rows;

before(async () => {
  if (skip) return;
  data = mkdtempSync(join(tmpdir(), 'gridcase-http-'));
  rows = readWhole(flagged);
  // Titles, addresses and reasons are left out of this record.
  const shipped = readFileSync(join(root, 'grids/boston/replay/map.ini'), 'utf8');
  const sent = '\n[move.send_on]\naction = transfer\nat = opened\nmark = filled\noptional = yes\n' +
    'input.department = department:queue\ninput.opinion = text:the queue of the record\n\n[move.close]';
  const map = shipped.replace('description = title', 'description = type').replace('address = location\n', '')
    .replace('input.opinion = reason', 'input.opinion = text:closed in the record').replace('\n[move.close]', sent);
  assert.equal(map.includes('location') || map.includes('= reason') || map.includes('= title'), false);
  writeFileSync(join(data, 'map.ini'), map);
  await cli('city', 'new', 'boston', join(root, 'grids/boston'), '--data', data);
  await cli('city', 'load', 'boston', join(root, 'grids/boston'), '--data', data, '--quiet');
  await cli('replay', 'boston', flagged, '--map', join(data, 'map.ini'), '--speed', 'max',
    '--refused', join(data, 'refused.csv'), '--data', data);
  server = new Server(data, 'boston');
  server.logins = demoLogins(data, 'boston');
  await server.start();
  manager = await server.signIn('manager');
});
after(async () => {
  if (server?.child?.exitCode === null) await server.stop();
  if (data) rmSync(data, { recursive: true, force: true });
});

test('the requests closed before they were opened are refused by number', { skip }, () => {
  const refused = readCsv(readFileSync(join(data, 'refused.csv'), 'utf8'));
  assert.equal(refused.length, 176);
  assert.deepEqual(refused.map((row) => row.id).sort(), rows.filter((row) => !playable(row)).map((row) => row.id).sort());
  assert.deepEqual([...new Set(refused.map((row) => row.code))], ['replay.before_report']);
});

const period = (month) => `from=2015-${month}-01&to=2016-12-31`;
const listed = async (query) => {
  const found = await manager.get(`/cases.csv?${query}`);
  assert.deepEqual([found.status, found.headers['gridcase-cut'] ?? null], [200, null], found.text.slice(0, 200));
  return readCsv(found.text.replace(/^\ufeff/, '')).map((row) => row["Source's number"]);
};

test("every case's verdict is the city's own flag", { skip }, async () => {
  const aimed = rows.filter((row) => playable(row) && row.target && row.closed);
  const kept = new Set(), all = [];
  for (let month = 1; month <= 12; month++) { // a table has at most 50,000 rows
    for (const year of [2015, 2016]) {
      const days = `from=${year}-${String(month).padStart(2, '0')}-01&to=${new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10)}`;
      all.push(...await listed(`figure=with_target&${days}`));
      for (const id of await listed(`figure=target_met&${days}`)) kept.add(id);
    }
  }
  assert.deepEqual(all.sort(), aimed.map((row) => row.id).sort());
  const judged = aimed.filter((row) => row.on_time);
  const differences = judged.filter((row) => kept.has(row.id) !== (row.on_time === 'ONTIME'))
    .map((row) => `${row.id}: closed ${row.closed}, target ${row.target}, the city says ${row.on_time}`);
  assert.deepEqual(differences, []);
  assert.ok(judged.length > 61000, `${judged.length}`);
});

test('closed, overdue and on time by department and month are those of the record', { skip }, async () => {
  const answer = await manager.want(`/figures?by=department:2,month&measures=opened,closed,with_target,target_met&${period('01')}`);
  const told = new Map(answer.rows.map((row) => [row.keys.map((key) => key.code).join(' '), row.values]));
  const expected = new Map();
  const add = (row, at, column) => {
    const key = `${row.department.replace(' ', '')} ${row[at].slice(0, 7)}`; // codes have no blanks
    if (!expected.has(key)) expected.set(key, [0, 0, 0, 0]);
    expected.get(key)[column]++;
  };
  for (const row of rows.filter(playable)) {
    add(row, 'opened', 0);
    if (!row.closed) continue;
    add(row, 'closed', 1);
    if (row.target) add(row, 'closed', 2);
    if (row.target && row.closed <= row.target) add(row, 'closed', 3);
  }
  const sorted = (map) => [...map].filter(([, values]) => values.some((value) => value)).sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(sorted(told), sorted(expected));
});
