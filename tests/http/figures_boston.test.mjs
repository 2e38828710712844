// SPDX-License-Identifier: MPL-2.0
// Figures of Boston's replayed record of 2015 against an independent count of the record
// itself, and the list behind every cell of several crosses. Here the replay sends each
// request to the queue that the record names, so that departments are the record's.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { flagged, readCsv, readRecord, readWhole, record, seconds } from './boston_record.mjs';
import { Server, cli, demoLogins, root } from './lib.mjs';

let server, manager, data;

before(async () => {
  data = mkdtempSync(join(tmpdir(), 'gridcase-http-'));
  const map = join(data, 'map.ini');
  const sent = ['', '[move.send_on]', 'action = transfer', 'at = opened', 'mark = filled', 'optional = yes',
    'input.department = department:queue', 'input.opinion = text:the queue of the record', '', '[move.close]'];
  const shipped = readFileSync(join(root, 'grids/boston/replay/map.ini'), 'utf8');
  assert.equal(shipped.split('\n[move.close]').length, 2);
  writeFileSync(map, shipped.replace('\n[move.close]', sent.join('\n')));
  await cli('city', 'new', 'boston', join(root, 'grids/boston'), '--data', data);
  await cli('city', 'load', 'boston', join(root, 'grids/boston'), '--data', data, '--quiet');
  await cli('replay', 'boston', record, '--map', map, '--speed', 'max', '--data', data);
  server = new Server(data, 'boston');
  server.logins = demoLogins(data, 'boston');
  await server.start();
  manager = await server.signIn('manager');
});
after(async () => {
  if (server?.child?.exitCode === null) await server.stop();
  rmSync(data, { recursive: true, force: true });
});

const counted = (rows, key) => {
  const counts = new Map();
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  return counts;
};

// { 'PWDx 2015-08': value } of a cross.
const cells = (answer, code) => {
  const at = answer.measures.findIndex((measure) => measure.code === code);
  return new Map(answer.rows.filter((row) => row.values[at])
    .map((row) => [row.keys.map((key) => key.code).join(' '), row.values[at]]));
};

const sorted = (map) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

const period = 'from=2015-08-01&to=2016-03-31';
const everything = 'measures=opened,closed,ended,open,overdue,closing_rate,on_time_rate,target_rate,mean_time_to_close';

test('counts by department and month are those of the record', async () => {
  const rows = readRecord();
  assert.equal(rows.length, 25388);
  const closed = rows.filter((row) => row.closed);
  const answer = await manager.want(`/figures?by=department:2,month&${everything}&${period}`);
  assert.equal(answer.source, 'facts');
  const month = (row, at) => `${row.department} ${row[at].slice(0, 7)}`;
  const compare = (code, list, at) =>
    assert.deepEqual(sorted(cells(answer, code)), sorted(counted(list, (row) => month(row, at))), code);
  compare('opened', rows, 'opened');
  compare('closed', closed, 'closed');
  compare('ended', closed, 'closed');
  compare('closed_of_opened', closed, 'opened');
  compare('to_close', rows, 'opened');
  // The source's own target: kept exactly when it was closed no later.
  const aimed = closed.filter((row) => row.target);
  compare('with_target', aimed, 'closed');
  compare('target_met', aimed.filter((row) => row.closed <= row.target), 'closed');
  // Open at the end of each month.
  const stock = new Map();
  for (const end of ['2015-08', '2015-09', '2015-10', '2015-11', '2015-12', '2016-01', '2016-02', '2016-03']) {
    for (const row of rows) {
      if (row.opened.slice(0, 7) > end || (row.closed && row.closed.slice(0, 7) <= end)) continue;
      stock.set(`${row.department} ${end}`, (stock.get(`${row.department} ${end}`) ?? 0) + 1);
    }
  }
  assert.deepEqual(sorted(cells(answer, 'open')), sorted(stock));
  // The mean, to the second.
  const means = cells(answer, 'mean_time_to_close');
  for (const [key, mean] of means) {
    const list = closed.filter((row) => month(row, 'closed') === key);
    const sum = list.reduce((total, row) => total + seconds(row.closed) - seconds(row.opened), 0);
    const summer = key.endsWith('2015-08') || key.endsWith('2015-09') || key.endsWith('2015-10');
    assert.ok(Math.abs(mean - sum / list.length) < (summer ? 0.1 : 3600.1), `${key}: ${mean}`); // the clocks go back
  }
});

test("each case's verdict is the flag that the city gave it", async () => {
  const flags = new Map(readWhole(flagged).map((row) => [row.id, row.on_time]));
  const aimed = readRecord().filter((row) => row.target && row.closed);
  const list = async (figure, part = 'numerator') => {
    const found = await manager.get(`/cases.csv?figure=${figure}&figure_part=${part}&${period}`);
    assert.deepEqual([found.status, found.headers['gridcase-cut'] ?? null], [200, null], found.text.slice(0, 200));
    return new Set(readCsv(found.text.replace(/^\ufeff/, '')).map((row) => row["Source's number"]));
  };
  const [kept, all] = [await list('target_rate'), await list('target_rate', 'denominator')];
  assert.deepEqual([...all].sort(), aimed.map((row) => row.id).sort());
  const differences = aimed.filter((row) => flags.get(row.id) && kept.has(row.id) !== (flags.get(row.id) === 'ONTIME'));
  assert.deepEqual(differences, []);
  const blank = aimed.filter((row) => flags.get(row.id) === '');
  assert.deepEqual([aimed.length - blank.length, kept.size, blank.length], [17370, 13337, 12]); // ours judges the blank ones: late
});

test('rollups and columns say the same, by queue and by day', async () => {
  const rows = readRecord();
  const queues = counted(rows, (row) => row.queue);
  const answer = await manager.want(`/figures?by=department&measures=opened&${period}`);
  assert.deepEqual(sorted(new Map(answer.rows.map((row) => [row.keys[0].label.en, row.values[0]]))), sorted(queues));
  const daily = await manager.want(`/figures?by=day&measures=opened&${period}`);
  assert.deepEqual(sorted(cells(daily, 'opened')), sorted(counted(rows, (row) => row.opened.slice(0, 10))));
});

test('every cell of several crosses opens exactly its cases', { timeout: 60000 }, async () => {
  let compared = 0;
  for (const by of ['department:2,month', 'source,month', 'area:police_district', 'major', 'class,source']) {
    const answer = await manager.want(`/figures?by=${by}&${everything}&from=2015-09-01&to=2015-10-15`);
    const step = by === 'class,source' ? 7 : 1;
    for (let i = 0; i < answer.rows.length; i += step) {
      const row = answer.rows[i];
      const lists = await Promise.all(answer.measures.map((measure) =>
        measure.unit === 'cases' ? manager.want(`/cases?figure=${measure.code}&${row.list}&limit=1`) : null));
      answer.measures.forEach((measure, k) => {
        if (!lists[k]) return;
        assert.equal(lists[k].total, row.values[k], `${measure.code}: ${row.list}`);
        assert.equal(lists[k].items.length, Math.min(1, row.values[k]));
        compared++;
      });
    }
  }
  assert.ok(compared > 1200, `${compared}`);
});

test('a department sees its own part, and its lists', async () => {
  const works = await server.signIn('public.works');
  const all = await manager.want(`/figures?by=department:2&${everything}&${period}`);
  const own = await works.want(`/figures?by=department:2&${everything}&${period}`);
  assert.deepEqual(own.rows, all.rows.filter((row) => row.keys[0].code === 'PWDx'));
  assert.deepEqual(own.totals, own.rows[0].values);
  const opened = own.rows[0].values[0];
  const seen = new Set();
  for (let cursor = ''; cursor !== null && seen.size < 1500; ) {
    const page = await works.want(`/cases?figure=opened&${own.rows[0].list}&limit=500${cursor && `&cursor=${cursor}`}`);
    assert.equal(page.total, opened);
    for (const item of page.items) {
      assert.match(item.department.name.en, /^PWDx/);
      assert.ok(!seen.has(item.number));
      seen.add(item.number);
    }
    cursor = page.next_cursor;
  }
  assert.equal(seen.size, 1500);
});

test('hours, weekdays, quarters and rates by definition are those of the record', async () => {
  const rows = readRecord();
  const closed = rows.filter((row) => row.closed);
  const weekday = (text) => String(new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDay() || 7);
  const quarter = (text) => `${text.slice(0, 4)}-Q${Math.ceil(Number(text.slice(5, 7)) / 3)}`;
  const hours = await manager.want(`/figures?by=weekday,hour&measures=opened,closed,closed_of_opened&${period}`);
  const at = (row, on) => `${weekday(row[on])} ${row[on].slice(11, 13)}`;
  assert.deepEqual(sorted(cells(hours, 'opened')), sorted(counted(rows, (row) => at(row, 'opened'))));
  assert.deepEqual(sorted(cells(hours, 'closed')), sorted(counted(closed, (row) => at(row, 'closed'))));
  assert.deepEqual(sorted(cells(hours, 'closed_of_opened')), sorted(counted(closed, (row) => at(row, 'opened'))));
  const quarters = await manager.want(`/figures?by=department:2,quarter&measures=target_rate,ended&${period}`);
  assert.deepEqual(sorted(cells(quarters, 'ended')),
    sorted(counted(closed, (row) => `${row.department} ${quarter(row.closed)}`)));
  const aimed = closed.filter((row) => row.target);
  const kept = counted(aimed.filter((row) => row.closed <= row.target), (row) => `${row.department} ${quarter(row.closed)}`);
  for (const [key, all] of counted(aimed, (row) => `${row.department} ${quarter(row.closed)}`)) {
    const rate = cells(quarters, 'target_rate').get(key) ?? 0;
    assert.ok(Math.abs(rate - (kept.get(key) ?? 0) / all) < 1e-6, `${key}: ${rate}`);
  }
  // Every unit grid's arrivals add up, and its list is its own.
  const grids = await manager.want(`/figures?by=grid&measures=opened&${period}`);
  assert.equal(grids.rows.reduce((sum, row) => sum + row.values[0], 0), rows.length);
  const most = grids.rows.reduce((best, row) => (row.keys[0].code && row.values[0] > best.values[0] ? row : best), { values: [0] });
  const list = await manager.want(`/cases?figure=opened&${most.list}&limit=5`);
  assert.equal(list.total, most.values[0]);
  assert.ok(list.items.every((item) => item.grid.code === most.keys[0].code), JSON.stringify(list.items[0]));
});

test('forecasts of past days are of the cases that were open then, and hold', async () => {
  const rows = readRecord().filter((row) => row.target && row.target > row.opened);
  const told = await manager.want('/ahead/calibration?from=2015-09-01&to=2015-10-20');
  let open = 0, late = 0;
  for (let day = Date.UTC(2015, 8, 1); day <= Date.UTC(2015, 9, 20); day += 86400000) {
    const noon = `${new Date(day).toISOString().slice(0, 10)} 12:00:00`;
    const then = rows.filter((row) => row.opened <= noon && noon < row.target && (!row.closed || row.closed > noon));
    open += then.length;
    late += then.filter((row) => !row.closed || row.closed > row.target).length;
  }
  assert.deepEqual([told.days, told.step_days, told.unknown, told.pending], [50, 1, 0, 0]);
  // Of some 500 cases the handling clock ends at another instant than the record's target.
  const near = (a, b) => assert.ok(Math.abs(a - b) < 0.015 * b, `${a}, not about ${b}`);
  near(told.forecasts, open);
  near(told.late, late);
  const sum = (name) => told.tenths.reduce((total, tenth) => total + tenth[name], 0);
  assert.deepEqual([sum('forecasts'), sum('late')], [told.forecasts, told.late]);
  told.tenths.forEach(({ from, forecasts, expected }) => assert.ok(expected >= from * forecasts - 0.01 && expected <= (from + 0.1) * forecasts + 0.01));
  assert.ok(told.brier < 0.85 * told.brier_base, `${told.brier} ${told.brier_base}`);
  assert.ok(Math.abs(sum('expected') / sum('forecasts') - late / open) < 0.1, `${sum('expected')} of ${sum('forecasts')}, became ${late}`);
  // The command says the same.
  const { stdout } = await cli('ahead', 'boston', '--calibrate', '--from', '2015-09-01', '--to', '2015-10-20', '--data', data);
  assert.match(stdout, new RegExp(`50 days, ${told.forecasts} forecasts, ${told.late} went late; nothing said of 0`));
  assert.ok(stdout.includes(`forecast ${told.brier.toFixed(4)}\twithout load ${told.brier_without_load.toFixed(4)}`), stdout);
  // Today all of it lies in the past: nothing is forecast, what was never closed is late.
  const now = await manager.want('/ahead');
  assert.deepEqual([now.open, now.cases.length], [0, 0]);
  near(now.overdue, rows.filter((row) => !row.closed).length);
});
