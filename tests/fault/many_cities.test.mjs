// SPDX-License-Identifier: MPL-2.0
// Many cities on few connections to PostgreSQL; GRIDCASE_LONG: 300 of them on 20.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Person, Server, addCity, copyModel, startServer, uuid } from '../http/lib.mjs';
import { long } from './load.mjs';

process.env.GRIDCASE_ENGINE = 'postgres'; // whatever the others run on
const run = promisify(execFile);
const [count, connections, rounds] = long ? [300, 20, 3] : [6, 4, 2];
const slugs = ['tinytown', ...Array.from({ length: count - 1 }, (_, i) => `city${i + 2}`)];

let tiny, address, people;
const sql = (text) => execFileSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', address, '-c', text], { encoding: 'utf8' }).trim();

// The same city once more under another name: its schemas and its folder.
async function clone(dump, slug) {
  cpSync(join(tiny.data, 'cities', 'tinytown'), join(tiny.data, 'cities', slug), { recursive: true });
  const file = join(tiny.data, `${slug}.sql`);
  writeFileSync(file, dump.replaceAll('gridcase_tinytown_', `gridcase_${slug}_`));
  await run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', address, '-f', file]);
}

before(async () => {
  tiny = await startServer();
  address = readFileSync(join(tiny.data, 'store-address'), 'utf8').trim();
  // Sessions are copied with the city: passwords are slow on purpose.
  people = await Promise.all(['collector1', 'acceptor1'].map((login) => tiny.signIn(login)));
  await people[0].report();
  await tiny.stop();
  const { stdout: dump } = await run('pg_dump', ['-n', 'gridcase_tinytown_*', '-d', address], { maxBuffer: 1 << 28 });
  const left = slugs.slice(1);
  const worker = async () => {
    for (let slug; (slug = left.pop()); ) await clone(dump, slug);
  };
  await Promise.all([worker(), worker()]);
  const columns = sql("SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns WHERE table_schema = 'gridcase_system' AND table_name = 'city' AND column_name <> 'slug'");
  sql(`INSERT INTO gridcase_system.city (slug, ${columns}) SELECT other, ${columns} FROM gridcase_system.city, unnest('{${slugs.slice(1)}}'::text[]) AS other WHERE slug = 'tinytown'`);
  await tiny.start(['--cities-open', String(count), '--store-connections', String(connections)]);
});
after(() => tiny?.remove());

// What a process of the server has for itself, and its share of what they have together.
function memory() {
  const pids = sql("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gridcase'").split('\n').filter(Boolean);
  const kilobytes = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
  return { processes: pids.length, megabytes: pids.reduce((sum, pid) => sum + kilobytes(pid), 0) / 1024 };
}

async function work(city, round) {
  const { collector, acceptor } = city;
  const told = await collector.report({ description: `round ${round} of ${city.server.city}` });
  assert.equal(told.status, 201, told.text);
  const number = told.body.number;
  const gets = [`/cases/${number}`, '/cases?limit=20', '/summary', '/areas?level=street', '/departments', '/city', '/catalogue',
    '/figures?measures=reported,closed&by=day', '/locate?lon=120.0005&lat=30.0005', '/geo/cases?bbox=120,30,120.1,30.1', '/orders', '/staff'];
  const answers = await Promise.all(gets.map((path) => acceptor.get(path)));
  answers.forEach((answer, i) => assert.ok(answer.status < 500, `${city.server.city} ${gets[i]}: ${answer.status} ${answer.text}`));
  assert.equal(answers[0].body.description, `round ${round} of ${city.server.city}`);
  assert.equal(answers[1].body.items.length > round, true, 'the city sees its own cases');
  const comment = await acceptor.call('POST', `/cases/${number}/actions`, { action: 'comment', inputs: { opinion: 'seen' } }, { 'Idempotency-Key': uuid() });
  assert.equal(comment.status, 200, comment.text);
}

test(`${count} cities work on ${connections} connections`, async (t) => {
  const cities = slugs.map((slug) => {
    const server = Object.assign(new Server(tiny.data, slug), { port: tiny.port, api: `${tiny.base}/${slug}/api/v1` });
    const [collector, acceptor] = people.map((one) => new Person(server, one.login, { Cookie: one.headers.Cookie.replace('tinytown', slug) }, one.session));
    return { server, collector, acceptor };
  });
  let most = { processes: 0, megabytes: 0 };
  for (let round = 0; round < rounds; round++) {
    const left = [...cities];
    const worker = async () => {
      for (let city; (city = left.pop()); ) await work(city, round);
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    const now = memory();
    if (now.megabytes > most.megabytes) most = now;
    t.diagnostic(`round ${round + 1}: ${now.processes} server processes, ${Math.round(now.megabytes)} MB`);
  }
  const metrics = await (await fetch(`http://127.0.0.1:${tiny.healthPort}/metrics`)).text();
  const figure = (name) => Number(new RegExp(`^gridcase_store_${name} (\\S+)`, 'm').exec(metrics)[1]);
  t.diagnostic(`opened ${figure('connections_opened_total')}, retired ${figure('connections_retired_total')}, waited ${figure('connection_waits_total')} times, longest ${figure('connection_wait_worst_seconds')} s`);
  assert.ok(figure('connections') <= connections);
  assert.ok(most.processes <= connections + 4, `${most.processes} processes`);
  assert.ok(most.megabytes < (long ? 4096 : 400), `${most.megabytes} MB`);
});

test('every city has its own cases only', async () => {
  const cases = slugs.map((slug) => `SELECT '${slug}' AS city, description FROM gridcase_${slug}_cases.case_file`).join(' UNION ALL ');
  const found = sql(`SELECT count(*), count(*) FILTER (WHERE description LIKE 'round % of ' || city) FROM (${cases}) AS one WHERE description LIKE 'round%'`);
  assert.equal(found, `${count * rounds}|${count * rounds}`);
});

// The model of tinytown a hundred times as wide, in 101,124 grids of 24 corners that share
// their borders.
function bigModel() {
  const model = copyModel('bigtown', (ini) => ini.replace('code_pattern = T[1-3][1-3]\ncode_width = 3', 'code_pattern = G[0-9]{6}\ncode_width = 7'));
  const folder = join(model.path, 'layers');
  const wide = ([lon, lat]) => [+(120 + (lon - 120) * 100).toFixed(7), +(30 + (lat - 30) * 100).toFixed(7)];
  const widen = (value) => (typeof value[0] === 'number' ? wide(value) : value.map(widen));
  for (const layer of ['districts', 'patrols', 'squads', 'streets']) {
    const file = join(folder, `${layer}.geojson`);
    const all = JSON.parse(readFileSync(file, 'utf8'));
    for (const feature of all.features) feature.geometry.coordinates = widen(feature.geometry.coordinates);
    writeFileSync(file, JSON.stringify(all));
  }
  const columns = 318, side = 0.3 / columns;
  const straight = (i) => i % 106 === 0 || i === 159; // where other layers have their borders
  const noise = (i, j, k) => ((Math.imul(i * 7919 + j * 104729 + k * 15485863, 2654435761) >>> 8) / 2 ** 24 - 0.5) * side * 0.1;
  const at = (i, j) => [120 + i * side, 30 + j * side];
  const border = (i, j, up) =>
    Array.from({ length: 6 }, (_, k) => {
      const [x, y] = at(i, j), along = (k * side) / 6, off = k === 0 || straight(up ? i : j) ? 0 : noise(i, j, k + (up ? 6 : 0));
      return up ? [x + off, y + along] : [x + along, y + off];
    });
  const back = (line, end) => [end, ...line.slice(1).reverse()];
  const rows = [];
  for (let i = 0; i < columns; i++)
    for (let j = 0; j < columns; j++) {
      const ring = [...border(i, j, false), ...border(i + 1, j, true), ...back(border(i, j + 1, false), at(i + 1, j + 1)), ...back(border(i, j, true), at(i, j + 1)), at(i, j)];
      const points = ring.map(([x, y]) => `[${x.toFixed(7)},${y.toFixed(7)}]`).join();
      rows.push(`{"type":"Feature","properties":{"code":"G${String(i * columns + j).padStart(6, '0')}","class":""},"geometry":{"type":"Polygon","coordinates":[[${points}]]}}`);
    }
  writeFileSync(join(folder, 'grids.geojson'), `{"type":"FeatureCollection","features":[\n${rows.join(',\n')}\n]}\n`);
  return model;
}

test('a city of 100,000 grids opens within five seconds', { skip: !long && 'long' }, async (t) => {
  const model = bigModel();
  try {
    await tiny.stop();
    let began = Date.now();
    await addCity(tiny.data, 'bigtown', model.path);
    t.diagnostic(`loaded in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    for (const round of ['after the load', 'and once more']) {
      if (round !== 'after the load') await tiny.stop();
      await tiny.start(['--store-connections', String(connections)]);
      began = Date.now();
      const answer = await fetch(`${tiny.base}/bigtown/api/v1/city`);
      const took = Date.now() - began;
      assert.equal(answer.status, 200, await answer.text());
      t.diagnostic(`opened in ${took} ms ${round}`);
      assert.ok(took < 5000, `${took} ms`);
    }
    assert.equal(sql('SELECT count(*) FROM gridcase_bigtown_city.unit_grid'), '101124');
  } finally {
    model.remove();
  }
});
