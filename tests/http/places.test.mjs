// SPDX-License-Identifier: MPL-2.0
// What a report says about where and what: a component, an urgency, a point outside, axes
// the wrong way round. The town works by the short process, which routes by itself.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, addCity, copyModel, demoLogins, nobody } from './lib.mjs';

let server, model, collector, leader;
before(async () => {
  const data = mkdtempSync(join(tmpdir(), 'gridcase-places-'));
  model = copyModel('placetown', (ini) => ini.replaceAll('grids/standard/process', 'grids/boston/process'));
  appendFileSync(join(model.path, 'tables', 'limits.csv'), 'e0113-1,,urgent,1工作日\n');
  await addCity(data, 'placetown', model.path);
  server = new Server(data, 'placetown');
  server.logins = demoLogins(data, 'placetown');
  await server.start();
  collector = await server.signIn('collector1');
  leader = await server.signIn('leader1');
});
after(async () => {
  await server?.stop();
  model?.remove();
  if (server) rmSync(server.data, { recursive: true, force: true });
});

const cover = { class: 'c0101', condition: 'c0101-2', point: { lon: 120.0005, lat: 30.00098 } };

test('a component is named by what stands near, and its departments get the case', async () => {
  const located = await collector.want('/locate?lon=120.00052&lat=30.00097');
  const [near] = located.nearest_components;
  assert.equal(near.class_code, 'c0101');
  assert.ok(near.id > 0 && near.class_id > 0 && near.distance_m < 30);
  for (const component of [near.id, near.code]) {
    const made = await collector.report({ ...cover, component });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.component.code, near.code);
    assert.equal(made.body.component.owner.code, 'water');
    assert.equal(made.body.component.maintainer.code, 'roads');
    assert.equal(made.body.department.code, 'roads', 'the maintainer');
    assert.match(made.body.history[0].inputs.rule, /^\d+ cover with a maintainer/, 'the rule that matched');
    const found = await leader.want(`/cases/${made.body.number}`);
    assert.deepEqual(found.component, made.body.component);
    assert.equal(found.history[0].inputs.component, near.code);
  }
});

test('a component without maintainer goes to the competent department, none to the class', async () => {
  const made = await collector.report({ ...cover, component: '9999010101000004' });
  assert.equal(made.body.department.code, 'water', made.text);
  assert.equal(made.body.component.maintainer, null);
  const none = await collector.report(cover);
  assert.equal(none.body.component, null);
  assert.equal(none.body.department.code, 'water');
});

test('a component that is not there, or of another class, is refused', async () => {
  for (const component of ['9999010101000099', 4711]) {
    const made = await collector.report({ ...cover, component });
    assert.equal(made.status, 400, made.text);
    assert.equal(made.body.code, 'case.component_unknown');
  }
  const other = await collector.report({ component: '9999010101000001' });
  assert.equal(other.status, 400);
  assert.equal(other.body.code, 'case.component_class');
  assert.equal((await collector.report({ ...cover, component: [1] })).status, 400);
});

test('an urgency chooses among the limits of a condition', async () => {
  const { urgencies } = await collector.want('/catalogue');
  assert.deepEqual(urgencies, ['urgent']);
  const road = { class: 'e0113', condition: 'e0113-1' };
  const plain = await collector.report(road);
  const urgent = await collector.report({ ...road, urgency: 'urgent' });
  assert.equal(urgent.status, 201, urgent.text);
  assert.equal(plain.body.urgency, null);
  assert.equal(urgent.body.urgency, 'urgent');
  assert.ok(urgent.body.clock.due_at < plain.body.clock.due_at);
  assert.match(urgent.body.clock.limit_text.en, /1 working day/);
  const told = await leader.want(`/cases/${urgent.body.number}/explain`);
  assert.match(told.clocks[0].rule, /^1工作日/);
  const unknown = await collector.report({ ...road, urgency: 'very' });
  assert.equal(unknown.status, 400);
  assert.equal(unknown.body.code, 'case.urgency_unknown');
});

test('a collector outside every grid is told how far the nearest one is, the case is kept', async () => {
  const near = { lon: 120.0005, lat: 29.9998 }; // 22 m south of T11
  const located = await collector.want(`/locate?lon=${near.lon}&lat=${near.lat}`);
  assert.equal(located.inside, false);
  assert.equal(located.outside.nearest_grid.code, 'T11');
  assert.ok(Math.abs(located.outside.distance_m - 22.2) < 0.5, located.outside.distance_m);
  const made = await collector.report({ point: near });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.body.warnings, ['point.outside']);
  assert.deepEqual(made.body.outside, located.outside);
  assert.equal(made.body.queue, 'where');
  const minimal = await collector.report({ point: near }, { Prefer: 'return=minimal' });
  assert.deepEqual(minimal.body.outside, located.outside);
  const far = await collector.report({ point: { lon: 121, lat: 31 } });
  assert.deepEqual(far.body.outside, { nearest_grid: null, distance_m: null });
  const inside = await collector.report();
  assert.equal(inside.body.outside, null);
  assert.equal((await collector.want('/locate?lon=120.0005&lat=30.0005')).outside, null);
});

test('axes the wrong way round are said to be', async () => {
  const made = await collector.report({ point: { lon: 30.0005, lat: 120.0005 } });
  assert.equal(made.status, 400, made.text);
  assert.equal(made.body.code, 'point.swapped');
  const located = await collector.get('/locate?lon=30.0005&lat=120.0005');
  assert.equal(located.status, 400);
  assert.equal(located.body.code, 'point.swapped');
  const nonsense = await collector.report({ point: { lon: 30, lat: 121 } });
  assert.equal(nonsense.body.code, 'point.invalid');
});

test('answers with all of this fit their schemas', async () => {
  const { components } = (await nobody(server).get('/openapi.json')).body;
  const made = await collector.report({ ...cover, component: '9999010101000001' });
  const known = new Set(Object.keys(components.schemas.case_component.properties));
  assert.deepEqual(new Set(Object.keys(made.body.component)), known);
  for (const name of ['component', 'urgency']) assert.ok(name in components.schemas.case_report.properties);
});

// Points as map services give them: 500 m off, five blocks of this town. Checked against
// tests/tables/datum.txt by tests/unit/test_datum.c; here it is enough that they come back.
const shifted = { gcj02: { lon: 120.0051618, lat: 29.9980359 }, bd09: { lon: 120.0115731, lat: 30.0043823 } };

test('a point that declares a shifted datum lies where it was seen, and keeps its datum', async () => {
  for (const [datum, at] of Object.entries(shifted)) {
    const located = await collector.want(`/locate?lon=${at.lon}&lat=${at.lat}&datum=${datum}`);
    assert.equal(located.grid?.code, 'T11', datum);
    const made = await collector.report({ ...cover, point: { ...at, datum } });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.grid.code, 'T11');
    assert.equal(made.body.point.datum, datum);
    assert.ok(Math.abs(made.body.point.lon - 120.0005) < 2e-7 && Math.abs(made.body.point.lat - 30.0005) < 2e-7, JSON.stringify(made.body.point));
    const found = await leader.want(`/cases/${made.body.number}`);
    assert.deepEqual(found.point, made.body.point);
  }
  const plain = await collector.report(cover);
  assert.equal(plain.body.point.datum, undefined);
  const wrong = await collector.get('/locate?lon=120&lat=30&datum=mars');
  assert.equal(wrong.status, 400);
  assert.equal(wrong.body.code, 'point.datum');
});
