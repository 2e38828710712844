// SPDX-License-Identifier: MPL-2.0
// Many cities on few connections to PostgreSQL; GRIDCASE_LONG: 300 of them on 20.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Person, Server, startServer, uuid } from '../http/lib.mjs';
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
