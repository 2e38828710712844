// SPDX-License-Identifier: MPL-2.0
// Where people were while on shift: batches taken once, kept on shift only, read by those who
// may, erased; what they say of visits, and of unit grids walked; backed up and brought back.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cli, demoLogins, Server, startServer, uuid } from './lib.mjs';
import { rosterModel } from './rosters.mjs';

const people = {};
const folder = mkdtempSync(join(tmpdir(), 'gridcase-track-'));
let server, model;

before(async () => {
  model = rosterModel();
  server = await startServer();
  await cli('city', 'load', 'tinytown', model.path, '--data', server.data);
  server.logins = demoLogins(server.data);
  for (const one of ['collector1', 'collector2', 'collector3', 'leader1', 'manager1', 'acceptor1', 'admin1', 'dispatcher1', 'parks1']) people[one] = await server.signIn(one);
});
after(async () => {
  await server?.remove();
  model?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const HERE = { lon: 120.0005, lat: 30.0005 };
const today = () => new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10); // the city's day
const iso = (ms) => new Date(ms).toISOString();
/** A fix a minute up to an instant. */
const minutes = (count, until, at = HERE) => Array.from({ length: count }, (_, i) => ({ at: iso(until - (count - 1 - i) * 60_000), ...at, accuracy_m: 8 }));
const bring = (who, fixes, key = uuid(), more = {}) => who.call('POST', '/tracks', { sent_at: iso(Date.now()), fixes, ...more }, { 'Idempotency-Key': key });

test('a city that does not say for how long records nothing', async () => {
  const refused = await bring(people.collector1, minutes(3, Date.now()));
  assert.deepEqual([refused.status, refused.body.code], [409, 'track.off']);
  assert.equal((await people.collector1.want('/duty')).tracks, null);
  assert.equal((await people.manager1.want('/tracks')).keep_days, null);
  assert.equal((await people.manager1.want('/visits')).keep_days, null);
  assert.equal((await people.manager1.want('/coverage')).keep_days, null);
  assert.ok(!existsSync(join(server.data, 'cities/tinytown/tracks.db')), 'nothing is made for it');
  appendFileSync(join(model.path, 'city.ini'), '\n[tracks]\nkeep_days = 400\n');
  await assert.rejects(cli('city', 'load', 'tinytown', model.path, '--data', server.data), /keep_days = 400 is no number of days/);
  writeFileSync(join(model.path, 'city.ini'), readFileSync(join(model.path, 'city.ini'), 'utf8').replace('400', '30'));
  await cli('city', 'load', 'tinytown', model.path, '--data', server.data);
  assert.equal((await people.collector1.want('/duty')).tracks.keep_days, 30);
  assert.equal((await people.leader1.want('/duty')).tracks, null, 'who has no shifts to walk is not recorded');
});

test('a batch is taken once, on shift only, by the phone\'s clock set right', async () => {
  const now = Date.now();
  const key = uuid();
  const fixes = minutes(20, now - 60_000);
  const first = await bring(people.collector1, fixes, key);
  assert.deepEqual([first.status, first.body], [200, { kept: 20, off_shift: 0, old: 0, keep_days: 30 }], first.text);
  const again = await bring(people.collector1, fixes, key);
  assert.equal(again.status, 200, again.text);
  const changed = await bring(people.collector1, fixes.slice(1), key);
  assert.deepEqual([changed.status, changed.body.code], [422, 'case.key_reused']);
  const mine = await people.collector1.want(`/tracks/${people.collector1.session.person.id}`);
  const yesterday = await people.collector1.want(`/tracks/${people.collector1.session.person.id}?day=${new Date(now + 8 * 3600e3 - 86400e3).toISOString().slice(0, 10)}`);
  assert.equal(mine.fixes.length + yesterday.fixes.length, 20, 'once, in one day or across midnight');

  // Nobody has collector2's beat at night: what their phone says of it is dropped.
  const day = Math.floor((now + 8 * 3600e3) / 86400e3) * 86400e3 - 8 * 3600e3; // midnight there
  const night = await bring(people.collector2, minutes(5, day - 3600e3));
  assert.deepEqual([night.body.kept, night.body.off_shift], [0, 5]);
  const old = await bring(people.collector1, minutes(5, now - 4 * 86400e3));
  assert.deepEqual([old.body.kept, old.body.old], [0, 5], 'what a phone kept for too long');

  // A phone that is two hours ahead, and says so by when it sends.
  const ahead = 2 * 3600e3;
  const set = await bring(people.collector3, minutes(5, now + ahead), uuid(), { sent_at: iso(now + ahead) });
  assert.equal(set.body.kept, 5, set.text);
  const { from, to } = (await people.leader1.want('/tracks')).items.find((one) => one.person.id === people.collector3.session.person.id) ?? {};
  assert.ok(!to || Math.abs(Date.parse(to) - now) < 60_000, `${from} ${to}`);
});

test('what is no batch is refused', async () => {
  const now = Date.now();
  for (const [fixes, code, status] of [
    [[], 'track.too_many', 400],
    [minutes(501, now), 'track.too_many', 400],
    [minutes(3, now).reverse(), 'track.order', 400],
    [[{ at: iso(now), lon: 30.0005, lat: 120.0005 }], 'point.swapped', 400],
    [[{ at: 'soon', ...HERE }], undefined, 400],
    [[{ ...HERE }], undefined, 400],
  ]) {
    const answer = await bring(people.collector1, fixes);
    assert.equal(answer.status, status, answer.text);
    if (code) assert.equal(answer.body.code, code, answer.text);
  }
  assert.equal((await people.collector1.call('POST', '/tracks', { fixes: minutes(1, now) })).body.code, 'http.key_required');
});

test('those who may read where others were; everybody reads their own', async () => {
  const one = people.collector1.session.person.id;
  const status = async (who, path) => (await who.call('GET', path)).status;
  for (const [who, list, theirs] of [['leader1', 200, 200], ['manager1', 200, 200], ['collector1', 403, 200], ['collector2', 403, 403], ['acceptor1', 403, 403], ['admin1', 403, 403], ['dispatcher1', 403, 403]]) {
    assert.equal(await status(people[who], '/tracks'), list, `${who} lists`);
    assert.equal(await status(people[who], `/tracks/${one}`), theirs, `${who} reads`);
  }
  for (const who of ['leader1', 'manager1', 'acceptor1']) assert.equal((await bring(people[who], minutes(1, Date.now()))).status, 403, who);
});

test('a visit: a full track within reach before the answer', async () => {
  const now = Date.now();
  const report = async (lon) => {
    const made = await people.acceptor1.report({ source: 'leader', point: { lon, lat: HERE.lat } });
    assert.equal(made.status, 201, made.text);
    assert.equal((await people.acceptor1.act(made.body.number, 'send_verify', { opinion: 'look' })).status, 200);
    const done = await people.collector1.act(made.body.number, 'verify', { result: 'there' });
    assert.equal(done.status, 200, done.text);
    return made.body.number;
  };
  const visits = (query = '') => people.manager1.want(`/visits?from=${today()}&to=${today()}&of=verified${query}`);
  assert.equal((await visits()).verified.cases, 0);
  assert.equal((await bring(people.collector1, minutes(40, now))).status, 200);
  const at = await report(HERE.lon);
  const away = await report(HERE.lon + 0.002); // 193 m
  const told = await visits();
  assert.deepEqual(told.verified, { cases: 2, visited: 1, unvisited: 1, untracked: 0, seen: 0, nobody: 0 });
  assert.deepEqual(told.closed, { cases: 0, visited: 0, unvisited: 0, untracked: 0, seen: 0, nobody: 0 });
  assert.deepEqual([told.list, told.total, told.cases.map((one) => one.number)], ['unvisited', 1, [away]]);
  assert.deepEqual((await visits('&list=visited')).cases.map((one) => one.number), [at]);
  assert.equal((await visits('&list=untracked')).total, 0);
  assert.equal((await visits('&class=999999')).verified.cases, 0, 'filters are those of the figures');
  assert.equal((await people.manager1.call('GET', '/visits?list=some')).body.code, 'visits.list');
  assert.equal((await people.manager1.call('GET', '/visits?of=some')).body.code, 'visits.of');

  const track = await people.leader1.want(`/tracks/${people.collector1.session.person.id}?day=${today()}`);
  assert.equal(track.person.id, people.collector1.session.person.id);
  assert.ok(track.fixes.length > 0 && track.recorded_s > 0);
  const [seconds, lon, lat, accuracy] = track.fixes.at(-1);
  assert.ok(Math.abs(Date.parse(track.day_starts_at) + seconds * 1000 - now) < 2000);
  assert.deepEqual([lon, lat, accuracy], [HERE.lon, HERE.lat, 8]);

  // Unit grids walked, beside those reported from.
  const coverage = await people.manager1.want(`/coverage?from=${new Date(now - 3 * 86400e3).toISOString().slice(0, 10)}&to=${today()}`);
  assert.equal(coverage.walked, 1);
  assert.deepEqual(coverage.areas.map((one) => one.walked).sort(), [0, 1].slice(2 - coverage.areas.length));
});

test('closed cases by their last check, in the bulletin too', async () => {
  const { number } = (await people.collector1.report({ point: HERE })).body;
  const department = (await people.manager1.want('/departments')).items.find((one) => one.code === 'parks').id;
  for (const [who, action, inputs] of [['acceptor1', 'accept'], ['leader1', 'file'], ['dispatcher1', 'dispatch', { department }], ['parks1', 'sign'], ['parks1', 'feed_back', { opinion: 'swept' }], ['dispatcher1', 'accept_feedback'], ['collector1', 'check', { result: 'pass' }], ['leader1', 'close']]) {
    const done = await people[who].act(number, action, inputs);
    assert.equal(done.status, 200, `${action}: ${done.text}`);
  }
  const told = await people.manager1.want(`/visits?from=${today()}&to=${today()}&list=visited`);
  assert.deepEqual(told.closed, { cases: 1, visited: 1, unvisited: 0, untracked: 0, seen: 0, nobody: 0 });
  assert.deepEqual(told.cases.map((one) => [one.number, one.person.id]), [[number, people.collector1.session.person.id]]);
  const bulletin = await people.manager1.want(`/report.json?period=${today().slice(0, 7)}`);
  assert.deepEqual(bulletin.visits, { known: true, cases: 1, visited: 1, unvisited: 0, untracked: 0 });
  assert.ok(bulletin.honesty.some((one) => one.measure.code === 'checked_bare_share' && one.now === 1), 'checked without a photo');
});

test('tracks are in a backup, and come back', async () => {
  const one = people.collector1.session.person.id;
  const before = await people.leader1.want(`/tracks/${one}?day=${today()}`);
  const made = await cli('backup', join(folder, 'target'), '--data', server.data);
  assert.match(made.stdout + made.stderr, /./);
  await cli('restore', join(folder, 'target'), '--data', join(folder, 'back'));
  assert.ok(existsSync(join(folder, 'back/cities/tinytown/tracks.db')));
  const back = new Server(join(folder, 'back'), 'tinytown');
  back.logins = server.logins;
  const engine = process.env.GRIDCASE_ENGINE;
  delete process.env.GRIDCASE_ENGINE; // a restored folder is one of files
  try {
    await back.start();
    const leader = await back.signIn('leader1');
    assert.deepEqual((await leader.want(`/tracks/${one}?day=${today()}`)).fixes, before.fixes);
  } finally {
    if (engine) process.env.GRIDCASE_ENGINE = engine;
    await back.stop();
  }
});

test('what a person walked is forgotten, what was walked is not', async () => {
  const one = people.collector1.session.person.id;
  assert.equal((await people.leader1.call('DELETE', `/tracks/${one}`)).status, 403);
  const erased = await people.admin1.call('DELETE', `/tracks/${one}`);
  assert.equal(erased.status, 200, erased.text);
  assert.ok(erased.body.fixes >= 40);
  assert.equal((await people.leader1.want(`/tracks/${one}?day=${today()}`)).fixes.length, 0);
  const told = await people.manager1.want(`/visits?from=${today()}&to=${today()}&of=verified&list=untracked`);
  assert.deepEqual(told.verified, { cases: 2, visited: 0, unvisited: 0, untracked: 2, seen: 0, nobody: 0 });
  assert.equal(told.total, 2);
  assert.equal((await people.manager1.want(`/coverage?from=${today()}&to=${today()}`)).walked, 1);
  // Ten minutes of it: nobody can say, though somebody was seen there.
  assert.equal((await bring(people.collector1, minutes(10, Date.now()))).status, 200);
  const some = (await people.manager1.want(`/visits?from=${today()}&to=${today()}`)).verified;
  assert.deepEqual([some.untracked, some.seen], [2, 1]);
});
