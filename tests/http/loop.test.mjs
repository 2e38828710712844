// SPDX-License-Identifier: MPL-2.0
// The main loop over HTTP, each step by the role that may do it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { garbage, startServer, uuid } from './lib.mjs';

let server;
const people = {};
before(async () => {
  server = await startServer();
  for (const login of ['collector1', 'acceptor1', 'leader1', 'dispatcher1', 'parks1']) {
    people[login] = await server.signIn(login);
  }
});
after(() => server?.remove());

async function step(login, number, action, inputs) {
  const answer = await people[login].act(number, action, inputs);
  assert.equal(answer.status, 200, `${action}: ${answer.text}`);
  return answer.body;
}

test('a person finds what they reported themselves, open and ended, newest first', async () => {
  const first = (await people.collector1.report()).body.number;
  const other = (await people.acceptor1.report()).body.number;
  const second = (await people.collector1.report()).body.number;
  await step('acceptor1', first, 'reject', { opinion: 'not ours' });
  const mine = (await people.collector1.want('/cases?reported=me&sort=newest')).items.map((one) => one.number);
  assert.deepEqual(mine.slice(0, 2), [second, first]);
  assert.ok(!mine.includes(other));
  const open = (await people.collector1.want('/cases?reported=me&open=1')).items.map((one) => one.number);
  assert.ok(open.includes(second) && !open.includes(first));
  const page = await people.collector1.want('/cases?reported=me&limit=1');
  const next = await people.collector1.want(`/cases?reported=me&limit=1&cursor=${encodeURIComponent(page.next_cursor)}`);
  assert.deepEqual([page.items[0].number, next.items[0].number], [second, first]);
  const wrong = await people.collector1.get('/cases?reported=7');
  assert.equal(wrong.status, 400, wrong.text);
  assert.equal(wrong.body.code, 'case.filter');
});

test('a report is located, routed, timed, worked and closed', async () => {
  const made = await people.collector1.report();
  assert.equal(made.status, 201, made.text);
  const { number } = made.body;
  assert.match(number, /^TT\d+/);
  assert.equal(made.headers.get('location'), `/tinytown/api/v1/cases/${number}`);
  assert.equal(made.body.grid.code, 'T11');
  assert.equal(made.body.stage, 'accept');
  assert.equal(made.body.class.code, 'e0110');
  assert.ok(made.body.areas.some((area) => area.code === 'D1'));

  assert.equal((await step('acceptor1', number, 'accept')).stage, 'file');
  assert.equal((await step('leader1', number, 'file')).stage, 'dispatch');
  const departments = (await people.dispatcher1.want('/departments')).items;
  const parks = departments.find((one) => one.code === 'parks');
  const sent = await step('dispatcher1', number, 'dispatch', { department: parks.id });
  assert.equal(sent.department.id, parks.id);
  assert.equal(sent.clock.state, 'running');
  assert.ok(sent.clock.due_at > sent.clock.started_at);
  assert.match(sent.clock.limit_text.en, /hour/);

  assert.equal((await step('parks1', number, 'sign')).stage, 'handle');
  assert.equal((await step('parks1', number, 'feed_back', { opinion: 'swept' })).stage, 'check');
  await step('dispatcher1', number, 'accept_feedback');
  assert.equal((await step('collector1', number, 'check', { result: 'pass' })).stage, 'close');
  const closed = await step('leader1', number, 'close');
  assert.equal(closed.stage, 'ended');
  assert.equal(closed.outcome, 'closed');
  assert.equal(closed.history.length, 9);
  assert.deepEqual(
    closed.history.map((row) => row.kind),
    ['reported', 'accepted', 'filed', 'sent', 'signed', 'fed_back', 'reviewed', 'checked', 'case_closed'],
  );
  assert.ok(closed.history.every((row) => row.at && row.received_at && row.label));

  const told = await people.leader1.want(`/cases/${number}/explain`);
  const handling = told.clocks.find((clock) => clock.kind === 'handling');
  assert.ok(handling.intervals.length > 0);
  assert.ok(handling.rule.length > 0);
  assert.ok(handling.calendar_version > 0);
});

test('lists filter and page, figures count', async () => {
  const numbers = [];
  for (let i = 0; i < 5; i++) numbers.push((await people.collector1.report({ description: `n${i}` })).body.number);
  const first = await people.acceptor1.want('/cases?open=1&stage=accept&limit=2');
  assert.equal(first.items.length, 2);
  const seen = new Set(first.items.map((item) => item.number));
  for (let cursor = first.next_cursor; cursor; ) {
    const page = await people.acceptor1.want(`/cases?open=1&stage=accept&limit=2&cursor=${encodeURIComponent(cursor)}`);
    for (const item of page.items) {
      assert.ok(!seen.has(item.number), 'no case twice');
      seen.add(item.number);
    }
    cursor = page.next_cursor;
  }
  for (const number of numbers) assert.ok(seen.has(number));
  const one = await people.acceptor1.want(`/cases?number=${numbers[0]}`);
  assert.deepEqual(one.items.map((item) => item.number), [numbers[0]]);
  const figures = await people.leader1.want('/summary');
  assert.ok(figures.open >= 5 && figures.opened_today >= 6 && figures.closed_today >= 1);
  assert.equal(figures.sees_all, true);
  assert.equal((await (await server.signIn('roads1')).want('/summary')).sees_all, false, 'a department sees its own cases');
  const map = await people.acceptor1.want('/geo/cases?open=1&bbox=119.9,29.9,120.1,30.1');
  assert.equal(map.type, 'FeatureCollection');
  assert.equal(map.truncated, false);
  assert.ok(map.features.length >= 5);
});

test('a report outside every grid or without a point waits in the queue "where"', async () => {
  for (const point of [{ lon: 121, lat: 31 }, undefined]) {
    const made = await people.acceptor1.report({ point, source: 'hotline' });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.grid, null);
    assert.equal(made.body.queue, 'where');
    assert.deepEqual(made.body.warnings, point ? ['point.outside'] : []);
  }
  const list = await people.acceptor1.want('/cases?queue=where');
  assert.ok(list.items.length >= 2);
});

test('the city, its words and its map are told', async () => {
  const who = people.dispatcher1;
  const city = await who.want('/city');
  assert.equal(city.slug, 'tinytown');
  assert.equal(city.name.en, 'Tinytown');
  assert.equal(city.demo, true);
  assert.equal(city.stages.length, 8);
  assert.deepEqual(city.bbox.map((degrees) => Number(degrees.toFixed(6))), [120, 30, 120.003, 30.003], 'outer bounds of the grids');
  const catalogue = await who.want('/catalogue');
  assert.ok(catalogue.classes.some((one) => one.code === 'e0113' && one.conditions.length === 2));
  const process = await who.want('/process');
  assert.ok(process.actions.length > 20);
  const drawing = await who.get('/process.svg');
  assert.match(drawing.text, /<svg/);
  const areas = await who.want('/areas?level=district');
  assert.ok(areas.items.length >= 2);
  const located = await who.want('/locate?lon=120.0005&lat=30.0005');
  assert.equal(located.grid.code, 'T11');
  assert.equal(located.inside, true);
  const nowhere = await who.want('/locate?lon=1&lat=1');
  assert.equal(nowhere.inside, false);
  assert.ok(located.place === null || located.place.en.length > 0);
  assert.ok(located.nearest_components.some((one) => one.distance_m < 60 && one.class.en === 'Water cover'));
  const near = await who.want('/components?near=120.0005,30.0010&radius=200&limit=2');
  assert.equal(near.items.length, 2);
  assert.ok(near.items[0].distance_m <= near.items[1].distance_m);
  assert.equal((await who.get('/components?near=120.0005')).status, 400);
  for (const path of ['/geo/grids?bbox=120,30,120.003,30.003', '/geo/areas/district', '/geo/streets', '/geo/components']) {
    const features = await who.want(path);
    assert.equal(features.type, 'FeatureCollection');
    assert.ok(features.features.length > 0, path);
  }
});

test('what was read once is answered with 304', async () => {
  const { number } = (await people.acceptor1.report({ source: 'leader' })).body;
  const box = 'bbox=120,30,120.003,30.003';
  for (const path of ['/city', '/catalogue', '/process', '/process.svg', '/areas', '/departments', `/components?${box}`, `/grids?${box}`,
    '/locate?lon=120.0015&lat=30.0015', '/geo/areas/district', `/geo/grids?${box}`, `/geo/streets?${box}`, `/geo/components?${box}`,
    `/geo/cases?${box}`, '/cases', `/cases/${number}`, `/cases/${number}/explain`]) {
    const first = await people.acceptor1.get(path);
    assert.equal(first.status, 200, path);
    const tags = first.headers.get('etag') ?? '';
    assert.match(tags, /^"[^",]+"$/, `one entity tag: ${path}`);
    const again = await people.acceptor1.get(path, { 'If-None-Match': tags });
    if (path === '/cases' || path.startsWith('/geo/cases')) continue; // carry the instant or position they are of
    assert.equal(again.status, 304, path);
    assert.equal(again.text, '', path);
  }
  await people.acceptor1.act(number, 'comment', { opinion: 'one more' });
  const before = await people.acceptor1.get(`/cases/${number}`);
  await people.acceptor1.act(number, 'comment', { opinion: 'and another' });
  assert.equal((await people.acceptor1.get(`/cases/${number}`, { 'If-None-Match': before.headers.get('etag') })).status, 200, 'a changed case is sent');
});

test('Prefer: return=minimal leaves the case out of the answer', async () => {
  const made = await people.collector1.report({}, { Prefer: 'return=minimal' });
  assert.equal(made.status, 201);
  assert.deepEqual(Object.keys(made.body).sort(), ['number', 'task', 'task_version', 'version']);
  const number = made.body.number;
  const answer = await people.acceptor1.call('POST', `/cases/${number}/actions`, { action: 'accept', inputs: {} },
    { 'If-Match': `"${made.body.task}.${made.body.task_version}"`, 'Idempotency-Key': uuid(), Prefer: 'return=minimal' });
  assert.equal(answer.status, 200, 'the next action needs no look at the case');
});

test('a repeated report gets the same case, also after it moved on', async () => {
  const key = uuid();
  const first = await people.collector1.report({}, { 'Idempotency-Key': key });
  await step('acceptor1', first.body.number, 'accept');
  const again = await people.collector1.report({}, { 'Idempotency-Key': key });
  assert.equal(again.status, 201);
  assert.equal(again.body.number, first.body.number);
  const other = await people.collector1.report({ description: 'other' }, { 'Idempotency-Key': key });
  assert.equal(other.status, 422);
  assert.equal(other.body.code, 'case.key_reused');
  assert.equal(garbage.description, 'bags beside the bin');
});
