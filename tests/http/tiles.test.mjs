// SPDX-License-Identifier: MPL-2.0
// Vector tiles, read with Mapbox's own library: the same things as the GeoJSON routes tell,
// only what this person may see, the same bytes again for nothing, and a clear answer to
// every address that is no tile.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Person, Server, addCity, binary, copyModel, demoLogins, makeData, nobody, root } from './lib.mjs';

const require = createRequire(join(root, 'web/package.json'));
const { VectorTile } = await import(require.resolve('@mapbox/vector-tile'));
const { PbfReader } = await import(require.resolve('pbf'));

let server, other, version;
const people = {};
before(async () => {
  server = new Server(await makeData(), 'tinytown');
  other = copyModel('othertown');
  await addCity(server.data, 'othertown', other.path);
  server.logins = demoLogins(server.data);
  await server.start();
  for (const login of Object.keys(server.logins)) people[login] = await server.signIn(login);
  version = (await people.leader1.want('/city')).tiles_version;
});
after(async () => {
  await server?.stop();
  other?.remove();
  if (server) rmSync(server.data, { recursive: true, force: true });
});

// ---- asking ----
const center = { lon: 120.0015, lat: 30.0015 };
const share = ({ lon, lat }) => [lon / 360 + 0.5, 0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / 2 / Math.PI];
const at = (z, point = center) => [z, ...share(point).map((one) => Math.floor(one * 2 ** z))].join('/');
// Tiles of a zoom that the town (120 to 120.003 E, 30 to 30.003 N) lies in.
function town(z) {
  const [x0, y1] = share({ lon: 119.9995, lat: 29.9995 }).map((one) => Math.floor(one * 2 ** z));
  const [x1, y0] = share({ lon: 120.0035, lat: 30.0035 }).map((one) => Math.floor(one * 2 ** z));
  const out = [];
  for (let x = x0; x <= x1; x++) for (let y = y0; y <= y1; y++) out.push(`${z}/${x}/${y}`);
  return out;
}
// Bytes as they come: fetch would unpack them.
function ask(person, path, headers = {}) {
  return new Promise((done, fail) => {
    http
      .get(person.server.api + path, { headers: { ...person.headers, ...headers } }, (answer) => {
        const parts = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(parts) }));
      })
      .on('error', fail);
  });
}
async function read(person, path) {
  const answer = await ask(person, path, { 'Accept-Encoding': 'gzip' });
  assert.ok(answer.status === 200 || answer.status === 204, `${path}: ${answer.status} ${answer.bytes}`);
  if (answer.status === 204) {
    assert.equal(answer.bytes.length, 0);
    return {};
  }
  assert.equal(answer.headers['content-type'], 'application/vnd.mapbox-vector-tile');
  assert.equal(answer.headers['content-encoding'], 'gzip');
  const plain = gunzipSync(answer.bytes);
  assert.ok(plain.length <= 200_000, `${path}: ${plain.length} bytes`);
  const layers = {};
  for (const [name, layer] of Object.entries(new VectorTile(new PbfReader(plain)).layers)) {
    assert.equal(layer.version, 2);
    assert.equal(layer.extent, 4096);
    layers[name] = Array.from({ length: layer.length }, (_, i) => layer.feature(i));
  }
  return layers;
}
// Every feature of a layer in the tiles of a zoom.
async function all(person, layer, z, name, query = '') {
  const found = [];
  for (const key of town(z)) found.push(...((await read(person, `/tiles/${layer}/${key}${query}`))[name] ?? []));
  return found;
}
const ids = (features) => [...new Set(features.map((one) => one.id))].sort((a, b) => a - b);
const count = (features) => features.reduce((sum, one) => sum + (one.properties.count ?? 1), 0);

// ---- what is in them ----
test('unit grids, areas, streets and components are those of the GeoJSON routes', async () => {
  const whole = 'bbox=119.99,29.99,120.02,30.02&limit=5000';
  for (const z of [15, 16, 17]) {
    const geo = await people.leader1.want(`/geo/grids?${whole}`);
    const grids = await all(people.leader1, 'grids', z, 'grids');
    assert.deepEqual(ids(grids), geo.features.map((one) => one.id).sort((a, b) => a - b), `zoom ${z}`);
    const codes = new Map(geo.features.map((one) => [one.id, one.properties.code]));
    for (const one of grids) {
      assert.equal(one.type, 3);
      assert.equal(one.properties.code, codes.get(one.id));
    }
    const names = await all(people.leader1, 'grids', z, 'grid_names');
    assert.equal(names.length, geo.features.length, 'a name stands in one tile only');

    const areas = await people.leader1.want('/geo/areas/district');
    const drawn = await all(people.leader1, 'areas:district', z, 'areas');
    assert.deepEqual(ids(drawn), areas.features.map((one) => one.id).sort((a, b) => a - b));
    const [first] = drawn;
    const same = areas.features.find((one) => one.id === first.id);
    assert.equal(first.properties.code, same.properties.code);
    assert.ok(first.properties['name:en'] && first.properties['name:zh-CN'] && first.properties.name);
    assert.equal((await all(people.leader1, 'areas:district', z, 'area_names')).length, areas.features.length);

    const streets = await people.leader1.want(`/geo/streets?${whole}`);
    const lines = await all(people.leader1, 'streets', z, 'streets');
    assert.deepEqual(ids(lines), streets.features.map((one) => one.id).sort((a, b) => a - b));
    for (const one of lines) assert.ok(one.type === 2 && one.properties.rank >= 0 && one.properties.rank <= 3);

    const components = await people.leader1.want(`/geo/components?${whole}`);
    const points = await all(people.leader1, 'components', z, z >= 16 ? 'components' : 'component_clusters');
    assert.equal(count(points), components.features.length);
    if (z >= 16) assert.deepEqual(points.map((one) => one.properties.code).sort(), components.features.map((one) => one.properties.code).sort());
  }
});

test('geometry is where the GeoJSON says, to a unit of the tile', async () => {
  const geo = (await people.leader1.want('/geo/grids?bbox=119.99,29.99,120.02,30.02')).features;
  const z = 17;
  for (const key of town(z)) {
    const [, x, y] = key.split('/').map(Number);
    for (const one of (await read(people.leader1, `/tiles/grids/${key}`)).grids ?? []) {
      const ring = geo.find((other) => other.id === one.id).geometry.coordinates[0][0];
      const corners = ring.map(([lon, lat]) => share({ lon, lat }).map((v, i) => (v * 2 ** z - [x, y][i]) * 4096));
      for (const { x: px, y: py } of one.loadGeometry()[0]) {
        if (px <= -64 || py <= -64 || px >= 4160 || py >= 4160) continue; // cut there
        const on = corners.some(([cx, cy], i) => {
          const [dx, dy] = corners[(i + 1) % corners.length];
          const length = Math.hypot(dx - cx, dy - cy) || 1;
          const along = Math.max(0, Math.min(1, ((px - cx) * (dx - cx) + (py - cy) * (dy - cy)) / length ** 2));
          return Math.hypot(px - cx - along * (dx - cx), py - cy - along * (dy - cy)) <= 1.5;
        });
        assert.ok(on, `${one.properties.code}: ${px},${py}`);
      }
    }
  }
});

test('open cases are those of the map, with every filter of tiles', async () => {
  for (let i = 0; i < 6; i++) {
    const made = await people.acceptor1.report({ source: 'leader', point: { lon: 120.0003 + 0.0004 * i, lat: 30.0003 + 0.0004 * i } });
    assert.equal(made.status, 201, made.text);
    if (i % 2) assert.equal((await people.acceptor1.act(made.body.number, 'accept')).status, 200);
  }
  const [some] = (await people.leader1.want('/cases?open=1')).items;
  const { id: department } = (await people.leader1.want('/departments')).items.find((one) => one.code === 'parks');
  for (const query of ['', '&light=green', '&light=red', `&stage=${some.stage}`, `&class=${some.class.id ?? 1}`, `&department=${department}`, '&queue=mine', '&queue=manual', '&source=leader', `&number=${some.number}`, '&reported=me']) {
    for (const [login, person] of Object.entries(people)) {
      const map = await person.get(`/geo/cases?open=1${query}`);
      for (const z of [3, 14, 17, 19]) {
        const answer = await ask(person, `/tiles/cases/${at(z)}?open=1${query}`, { 'Accept-Encoding': 'gzip' });
        if (map.status !== 200) {
          assert.equal(answer.status, map.status, `${login} ${query}`);
          continue;
        }
        const found = await all(person, 'cases', z, 'cases', `?open=1${query}`);
        assert.equal(count(found), map.body.features.length, `${login} ${query} zoom ${z}`);
      }
    }
  }
  const singles = (await all(people.leader1, 'cases', 19, 'cases')).filter((one) => !one.properties.count);
  const map = (await people.leader1.want('/geo/cases?open=1')).features;
  assert.ok(singles.length > 0);
  for (const one of singles) {
    const same = map.find((other) => other.properties.number === one.properties.number).properties;
    for (const name of ['light', 'stage', 'class', 'department']) assert.equal(one.properties[name] ?? null, same[name] ?? null, name);
    const [lon, lat] = one.toGeoJSON(...at(19).split('/').slice(1).map(Number), 19).geometry.coordinates;
    assert.ok(Number.isFinite(lon) && Number.isFinite(lat));
  }
});

// ---- who sees what ----
test("a department's user gets only what that user may see", async () => {
  const point = { lon: 120.0025, lat: 30.0025 };
  const made = await people.acceptor1.report({ source: 'leader', point });
  for (const [login, action] of [['acceptor1', 'accept'], ['leader1', 'file']]) assert.equal((await people[login].act(made.body.number, action)).status, 200);
  const numbers = async (login) => (await all(people[login], 'cases', 19, 'cases')).map((one) => one.properties.number);
  assert.ok(!(await numbers('parks1')).includes(made.body.number));
  const { id } = (await people.leader1.want('/departments')).items.find((one) => one.code === 'parks');
  assert.equal((await people.dispatcher1.act(made.body.number, 'dispatch', { department: id })).status, 200);
  assert.ok((await numbers('parks1')).includes(made.body.number), 'it came into sight');
  assert.ok(!(await numbers('water1')).includes(made.body.number));
  assert.equal((await ask(nobody(server), `/tiles/cases/${at(19)}`)).status, 401);
  assert.equal((await ask(nobody(server), `/tiles/grids/${at(15)}`)).status, 401);
});

test('a case that ends is gone from every tile, one that is new is there at once', async () => {
  const point = { lon: 120.00071, lat: 30.00283 };
  const here = at(18, point), far = at(19, { lon: 120.0029, lat: 30.0001 });
  const before = await ask(people.acceptor1, `/tiles/cases/${far}`);
  const made = await people.acceptor1.report({ source: 'leader', point });
  const there = async () => ((await read(people.acceptor1, `/tiles/cases/${here}`)).cases ?? []).some((one) => one.properties.number === made.body.number);
  assert.ok(await there());
  assert.equal((await people.acceptor1.act(made.body.number, 'reject', { opinion: 'no' })).status, 200);
  assert.ok(!(await there()));
  const after = await ask(people.acceptor1, `/tiles/cases/${far}`);
  assert.equal(after.headers.etag, before.headers.etag, 'elsewhere nothing has changed');
});

// ---- kept and not sent again ----
test('tiles of the model are kept under their version', async () => {
  const path = `/tiles/grids/${at(16)}`;
  const first = await ask(people.leader1, path, { 'Accept-Encoding': 'gzip' });
  assert.equal(first.headers['cache-control'], 'private, no-cache');
  const again = await ask(people.leader1, path, { 'Accept-Encoding': 'gzip', 'If-None-Match': first.headers.etag });
  assert.equal(again.status, 304);
  assert.equal(again.bytes.length, 0);
  const exact = await ask(people.leader1, `${path}?v=${version}`);
  assert.equal(exact.headers['cache-control'], 'private, max-age=31536000, immutable');
  const wrong = await ask(people.leader1, `${path}?v=0.0.0`);
  assert.equal(wrong.headers['cache-control'], 'private, no-cache', 'another version is not kept for good');
  const plain = await ask(people.leader1, path);
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.deepEqual(plain.bytes, gunzipSync(first.bytes));
  assert.notEqual(plain.headers.etag, first.headers.etag, 'a tag for each encoding');
  assert.match(plain.headers.vary, /accept-encoding/i);
  const empty = await ask(people.leader1, `/tiles/grids/16/0/0?v=${version}`);
  assert.equal(empty.status, 204);
  assert.equal(empty.headers['cache-control'], 'private, max-age=31536000, immutable');
});

test('a tile of cases answers 304 until something changes inside it', async () => {
  const point = { lon: 120.0021, lat: 30.0007 };
  const path = `/tiles/cases/${at(17, point)}`;
  await people.acceptor1.report({ source: 'leader', point });
  const first = await ask(people.acceptor1, path, { 'Accept-Encoding': 'gzip' });
  const same = () => ask(people.acceptor1, path, { 'Accept-Encoding': 'gzip', 'If-None-Match': first.headers.etag });
  assert.equal((await same()).status, 304);
  await people.acceptor1.report({ source: 'leader', point: { lon: 120.0002, lat: 30.0029 } });
  assert.equal((await same()).status, 304, 'a case elsewhere');
  await people.acceptor1.report({ source: 'leader', point });
  assert.equal((await same()).status, 200, 'a case here');
});

test('another model means other tiles', async () => {
  const admin = demoLogins(server.data, 'othertown');
  const there = Object.create(server, { city: { value: 'othertown' }, api: { value: `${server.base}/othertown/api/v1` }, logins: { value: admin } });
  const leader = await there.signIn('leader1');
  const { tiles_version: old } = await leader.want('/city');
  const path = `/tiles/grids/${at(16)}`;
  const first = await ask(leader, path);
  assert.equal(first.status, 200);
  const grids = join(other.path, 'layers', 'grids.geojson');
  const model = JSON.parse(readFileSync(grids, 'utf8'));
  model.features[0].properties.class = 'another';
  writeFileSync(grids, JSON.stringify(model));
  execFileSync(binary, ['city', 'load', 'othertown', other.path, '--data', server.data]);
  const now = (await leader.want('/city')).tiles_version;
  assert.notEqual(now, old);
  const next = await ask(leader, path, { 'If-None-Match': first.headers.etag });
  assert.equal(next.status, 200);
  assert.notEqual(next.headers.etag, first.headers.etag);
});

// ---- bad addresses ----
test('what is no tile gets a clear answer', async () => {
  for (const layer of ['grids', 'cases', 'areas:district', 'streets', 'components']) {
    for (const [address, status, code] of [
      ['30/1/1', 404, 'tile.unknown'], ['23/0/0', 404, 'tile.unknown'], ['3/8/1', 404, 'tile.unknown'],
      ['3/1/8', 404, 'tile.unknown'], ['0/0/1', 404, 'tile.unknown'], ['9999999999/0/0', 404, 'tile.unknown'],
      ['x/1/1', 400, 'tile.bad_address'], ['3/-1/1', 400, 'tile.bad_address'], ['3/1.5/1', 400, 'tile.bad_address'],
      ['3/1/1.mvt', 400, 'tile.bad_address'], ['3/1/99999999999', 400, 'tile.bad_address'], ['%20/1/1', 400, 'tile.bad_address'],
      ['3/1e1/1', 400, 'tile.bad_address'], ['3/1/%F0%9F%97%BA', 400, 'tile.bad_address'],
    ]) {
      const answer = await people.leader1.get(`/tiles/${layer}/${address}`);
      assert.equal(answer.status, status, `${layer} ${address}: ${answer.text}`);
      assert.equal(answer.body.code, code, `${layer} ${address}`);
    }
    for (const outside of ['22/0/0', '10/1/1', at(14, { lon: -71, lat: 42 })]) {
      assert.equal((await people.leader1.get(`/tiles/${layer}/${outside}`)).status, 204, `${layer} ${outside}`);
    }
    assert.equal((await people.leader1.get(`/tiles/${layer}/22/${at(22).split('/').slice(1).join('/')}`)).status < 300, true);
  }
  assert.equal((await people.leader1.get('/tiles/rivers/3/1/1')).body.code, 'tile.layer_unknown');
  assert.equal((await people.leader1.get('/tiles/areas:county/3/1/1')).body.code, 'area.level_unknown');
  assert.equal((await people.leader1.get('/tiles/grids/3/1/1?colour=red')).body.code, 'api.unknown_parameter');
  assert.equal((await people.leader1.get('/tiles/cases/3/1/1?q=x')).body.code, 'api.unknown_parameter');
  assert.equal((await people.leader1.get('/tiles/cases/3/1/1?open=0')).body.code, 'tile.open_only');
  assert.equal((await people.leader1.get('/tiles/cases/3/1/1?light=purple')).body.code, 'case.filter');
});

test("another city's tiles are not for a session of this one", async () => {
  const stranger = new Person({ api: `${server.base}/othertown/api/v1` }, 'stranger', people.leader1.headers, null);
  for (const path of [`/tiles/grids/${at(15)}`, `/tiles/cases/${at(15)}`]) {
    const answer = await stranger.get(path);
    assert.equal(answer.status, 401, path);
  }
  assert.equal((await new Person({ api: `${server.base}/nowhere/api/v1` }, 'stranger', people.leader1.headers, null).get(`/tiles/grids/${at(15)}`)).status, 404);
});
