// SPDX-License-Identifier: MPL-2.0
// The program around the server: settings, health, metrics, the local socket, stopping.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, binary, cli, control as ask, copyModel, makeData, demoLogins, nobody, onPostgres, root, startServer, until } from './lib.mjs';
import { newPhoto } from './photo.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server?.remove());

const control = (path, options) => ask(server, path, options);

test('health and metrics stand on an address of their own', async () => {
  assert.ok(server.healthPort > 0 && server.healthPort !== server.port);
  const health = await fetch(`http://127.0.0.1:${server.healthPort}/health`);
  assert.equal(health.status, 200);
  const collector = await server.signIn('collector1');
  for (let i = 0; i < 5; i++) assert.equal((await collector.report()).status, 201);
  const five = /gridcase_requests_total\{operation="report_case",status="2xx"\} 5/;
  let text = '';
  // A request is counted when it is over, just after its answer has left.
  for (let i = 0; i < 50 && !five.test(text); i++) {
    text = await (await fetch(`http://127.0.0.1:${server.healthPort}/metrics`)).text();
    if (!five.test(text)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const figure = (name) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
  assert.ok(figure('gridcase_commits_total') >= 5);
  assert.ok(figure('gridcase_syncs_total') >= figure('gridcase_commits_total'), 'every commit waited for the disk');
  assert.match(text, five);
  for (const line of text.trim().split('\n')) assert.match(line, /^(#.*|[a-z_]+(\{[^}]*\})? [0-9.e+-]+)$/);
  assert.equal((await fetch(`${server.base}/metrics`)).status, 404, 'not on the public address');
  assert.equal((await fetch(`${server.base}/health`)).status, 404);
});

test('the local socket is the owner\'s alone and answers commands', async () => {
  assert.equal(statSync(join(server.data, 'control.sock')).mode & 0o777, 0o600);
  const status = JSON.parse((await control('/control/status')).text);
  assert.equal(status.port, server.port);
  assert.ok(status.cities.some((city) => city.slug === 'tinytown' && city.open));
  assert.equal((await control('/control/cities/tinytown/reload', { method: 'POST', body: '{}' })).status, 204);
  assert.equal((await control('/control/cities/atlantis/reload', { method: 'POST', body: '{}' })).status, 404);
  const check = await control('/control/cities/tinytown/check', { method: 'POST', body: '{}' });
  assert.equal(check.status, 200, check.text);
  assert.equal(JSON.parse(check.text).problems, 0, check.text);
  assert.equal((await control('/tinytown/api/v1/cases')).status, 404, 'no public routes here');
  assert.equal((await fetch(`${server.base}/control/status`)).status, 404, 'no control routes there');
});

test('whatever is written is its owner\'s alone, under the usual umask too', async () => {
  const umask = process.umask(0o022);
  const folder = mkdtempSync(join(tmpdir(), 'gridcase-modes-'));
  const own = new Server(await makeData(), 'tinytown');
  try {
    own.logins = demoLogins(own.data);
    await own.start();
    const leader = await own.signIn('leader1');
    assert.equal((await leader.report()).status, 201);
    assert.equal((await leader.call('POST', '/media', newPhoto(), { 'Content-Type': 'image/jpeg' })).status, 201);
    assert.equal((await leader.get('/figures?measures=opened')).status, 200);
    await until(async () => (await leader.want('/cases?q=bags')).search.complete, 'the index');
    if (!onPostgres) {
      await cli('backup', join(folder, 'backups'), '--data', own.data);
      await cli('restore', join(folder, 'backups'), join(folder, 'restored'));
    }
    let seen = 0;
    for (const top of onPostgres ? [own.data] : [own.data, join(folder, 'backups'), join(folder, 'restored')]) {
      for (const name of readdirSync(top, { recursive: true })) {
        assert.equal(statSync(join(top, name)).mode & 0o077, 0, `${join(top, name)} is not only its owner's`);
        seen++;
      }
    }
    assert.ok(seen > (onPostgres ? 8 : 40), `${seen} files and folders`);
  } finally {
    process.umask(umask);
    if (own.child) await own.stop();
    rmSync(own.data, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a model can be loaded while the server runs', async () => {
  const out = await cli('city', 'load', 'tinytown', join(root, 'fixtures', 'tinytown'), '--data', server.data);
  assert.match(out.stdout, /version/);
  assert.equal((await nobody(server).get('/city')).status, 200);
});

test('an edited model takes effect while people work: grids, locator and city are swapped in one piece', async () => {
  const person = await server.signIn('acceptor1');
  const { number } = (await person.report({ point: { lon: 120.0025, lat: 30.0025 } })).body; // block T33
  const before = await person.want('/city');
  const model = copyModel('tinytown', (ini) => ini.replace('T[1-3][1-3]', 'T[1-3][1-9]'));
  const file = join(model.path, 'layers/grids.geojson');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"T33"', '"T39"'));
  let over = false;
  const codes = new Set();
  const asking = Array.from({ length: 4 }, async () => {
    while (!over) codes.add((await person.want('/locate?lon=120.0025&lat=30.0025')).grid.code);
  });
  try {
    const out = await cli('city', 'load', 'tinytown', model.path, '--data', server.data);
    assert.match(out.stdout, /version/);
    await until(async () => (await person.want('/city')).model_version > before.model_version, 'the new model');
    await until(() => codes.has('T39'), 'the new locator');
  } finally {
    over = true;
    await Promise.all(asking);
    model.remove();
  }
  assert.deepEqual([...codes].sort(), ['T33', 'T39'], 'the old grid, then the new one, nothing between');
  assert.equal((await person.want(`/cases/${number}`)).grid.code, 'T33', 'an old case keeps its code');
  const { number: later } = (await person.report({ point: { lon: 120.0025, lat: 30.0025 } })).body;
  assert.equal((await person.want(`/cases/${later}`)).grid.code, 'T39');
  await cli('city', 'load', 'tinytown', join(root, 'fixtures', 'tinytown'), '--data', server.data);
});

test('the data folder belongs to one process', async () => {
  const second = await cli('serve', '--data', server.data, '--port', '0').catch((error) => error);
  assert.notEqual(second.code, 0);
  assert.match(second.stderr, /store\.locked/);
});

test('it does not listen beyond loopback while demo logins exist, unless told', async () => {
  await server.stop();
  const refused = await cli('serve', '--data', server.data, '--port', '0', '--lan').catch((error) => error);
  assert.match(refused.stderr, /serve\.demo_logins/);
  const told = new Server(server.data, 'tinytown');
  await told.start(['--lan', '--demo-logins']);
  assert.equal((await nobody(told).get('/city')).status, 200);
  assert.equal((await told.stop()).code, 0);
  await server.start();
});

test('settings: default, file, environment, flag; all printed by gridcase config', async () => {
  const file = join(server.data, 'gridcase.ini');
  const before = await cli('config', '--data', server.data);
  assert.match(before.stdout, /from default\nport = 8080/);
  writeFileSync(file, '[server]\nport = 9001\nthreads = 3\n');
  const config = (env, ...args) =>
    new Promise((done) => {
      const child = spawn(binary, ['config', '--data', server.data, ...args], { env: { ...process.env, ...env } });
      let text = '';
      child.stdout.on('data', (part) => (text += part));
      child.stderr.on('data', (part) => (text += part));
      child.on('close', (code) => done({ code, text }));
    });
  assert.match((await config({})).text, /\nport = 9001/);
  assert.match((await config({ GRIDCASE_PORT: '9002' })).text, /from GRIDCASE_PORT\nport = 9002/);
  assert.match((await config({ GRIDCASE_PORT: '9002' }, '--port', '9003')).text, /from --port\nport = 9003/);
  assert.match((await config({}, '--port=70000')).text, /option\.invalid/);
  assert.match((await config({}, '--colour', 'red')).text, /cli\.usage/);
  writeFileSync(file, '[server]\ncolour = red\n');
  assert.match((await config({})).text, /gridcase\.ini:2.*colour/s);
  writeFileSync(file, '');
});

test('too much slow work at once is answered 503 with Retry-After', async () => {
  await server.restart(['--workers', '1', '--worker-queue', '2']);
  const body = JSON.stringify({ login: 'manager1', password: server.logins.manager1 });
  const answers = await Promise.all(Array.from({ length: 40 }, () =>
    nobody(server).call('POST', '/session', body, { 'Content-Type': 'application/json' })));
  const busy = answers.filter((answer) => answer.status === 503);
  assert.ok(answers.some((answer) => answer.status === 200));
  assert.ok(busy.length > 0);
  assert.ok(busy.every((answer) => answer.body.code === 'server.busy' && Number(answer.headers.get('retry-after')) > 0));
  await server.restart();
});

test('a request in work is answered before the server ends', async () => {
  const collector = await server.signIn('collector1');
  const answers = Array.from({ length: 30 }, () => collector.report({}, { Prefer: 'return=minimal' }).catch((error) => error));
  const first = await Promise.race(answers);
  assert.equal(first.status, 201);
  const { code } = await server.stop();
  assert.equal(code, 0);
  assert.ok(!existsSync(join(server.data, 'control.sock')));
  const told = (await Promise.all(answers)).filter((answer) => answer.status === 201);
  await server.start();
  const acceptor = await server.signIn('acceptor1');
  const list = await acceptor.want('/cases?limit=500');
  const numbers = new Set(list.items.map((item) => item.number));
  for (const answer of told) assert.ok(numbers.has(answer.body.number), 'what was acknowledged is there');
});

test('kill -9: what was acknowledged is there after a restart', async () => {
  const collector = await server.signIn('collector1');
  const told = [];
  let going = true;
  const load = Array.from({ length: 8 }, async () => {
    while (going) {
      const answer = await collector.report({}, { Prefer: 'return=minimal' }).catch(() => null);
      if (!answer) return;
      if (answer.status === 201) told.push(answer.body.number);
    }
  });
  await until(() => told.length > 40);
  await server.stop('SIGKILL');
  going = false;
  await Promise.all(load);
  await server.start();
  const acceptor = await server.signIn('acceptor1');
  for (const number of told.slice(-50)) assert.equal((await acceptor.get(`/cases/${number}`)).status, 200, number);
  const check = await control('/control/cities/tinytown/check', { method: 'POST', body: '{}' });
  assert.equal(JSON.parse(check.text).problems, 0, check.text);
});
