// SPDX-License-Identifier: MPL-2.0
// Many cities in one process: opened on first use, closed when idle, out of service alone;
// timers fire in cities that nobody looks at.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, Stream, addCity, control, copyModel, demoLogins, makeData, nobody, onPostgres, until } from './lib.mjs';

let data, model, tiny, clock;
before(async () => {
  data = await makeData();
  clock = join(data, 'clock');
  writeFileSync(clock, '0');
  // A city with the process of Boston: after 30 days without an answer a case closes itself.
  model = copyModel('timertown', (ini) => ini.replaceAll('grids/standard/process', 'grids/boston/process'));
  await addCity(data, 'timertown', model.path);
  tiny = new Server(data, 'tinytown');
  tiny.logins = demoLogins(data);
  await tiny.start(['--city-idle-s', '1'], { GRIDCASE_CLOCK_FILE: clock });
});
after(async () => {
  await tiny?.stop();
  model?.remove();
  if (data) rmSync(data, { recursive: true, force: true });
});

const other = (slug) => {
  const server = Object.assign(new Server(data, slug), { port: tiny.port, api: `${tiny.base}/${slug}/api/v1` });
  server.logins = demoLogins(data, slug);
  return server;
};
const isOpen = async (slug) => {
  const { text } = await control(tiny, '/control/status');
  return JSON.parse(text).cities.find((city) => city.slug === slug).open;
};

test('a city opens on first use and closes when nobody asks for it', async () => {
  assert.equal((await nobody(tiny).get('/city')).status, 200);
  assert.equal(await isOpen('tinytown'), true);
  await until(async () => !(await isOpen('tinytown')), 'the city to be closed', 30000);
  const manager = await tiny.signIn('manager1');
  assert.equal((await manager.get('/summary')).status, 200);
  const stream = await new Stream(manager).ready;
  await new Promise((done) => setTimeout(done, 5000));
  assert.equal(await isOpen('tinytown'), true, 'a stream keeps it open');
  stream.close();
});

test('a timer fires in a city that is closed, at its due time', async () => {
  const town = other('timertown');
  const acceptor = await town.signIn('acceptor1');
  const made = await acceptor.report({ source: 'hotline', reporter: { name: 'A', phone: '1' } });
  assert.equal(made.status, 201, made.text);
  const { number } = made.body;
  assert.equal(made.body.stage, 'handle', 'routed at once');
  const parks = await town.signIn('parks1');
  const asked = await parks.act(number, 'ask', { opinion: 'which bags?' });
  assert.equal(asked.status, 200, asked.text);
  await until(async () => !(await isOpen('timertown')), 'the city to be closed', 30000);
  const day = 24 * 3600 * 1000;
  const began = Date.now();
  writeFileSync(clock, String(31 * day));
  await until(() => isOpen('timertown'), 'the timer to open the city', 20000);
  const later = await town.signIn('acceptor1'); // the session of a month ago has expired
  const ended = await until(async () => {
    const found = await later.want(`/cases/${number}`);
    return found.stage === 'ended' && found;
  }, 'the timer', 20000);
  assert.equal(ended.outcome, 'no_answer');
  const last = ended.history.at(-1);
  assert.equal(last.actor.system, true);
  const due = Date.parse(last.at) - began;
  assert.ok(Math.abs(due - 30 * day) < 60000, `done at its due time, not when it ran: ${due / day}`);
});

test('a city that cannot be opened is out of service with its reason, the others run', { skip: onPostgres && 'it damages the file of a database' }, async () => {
  const town = other('timertown');
  await until(async () => !(await isOpen('timertown')), 'the city to be closed', 30000);
  const file = join(data, 'cities', 'timertown', 'city.db');
  const whole = readFileSync(file);
  for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
  writeFileSync(file, 'this is not a database at all '.repeat(1000));
  const refused = await nobody(town).get('/city');
  assert.equal(refused.status, 503, refused.text);
  assert.equal(refused.body.code, 'city.out_of_service');
  assert.equal((await nobody(tiny).get('/city')).status, 200);
  writeFileSync(file, whole);
  const reload = await control(tiny, '/control/cities/timertown/reload', { method: 'POST', body: '{}' });
  assert.equal(reload.status, 204, reload.text);
  assert.equal((await nobody(town).get('/city')).status, 200);
});
