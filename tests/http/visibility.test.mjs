// SPDX-License-Identifier: MPL-2.0
// One viewer sees one set of cases, whichever way they ask: list, search, map, tiles, tables
// and figures agree for each role, also when others have just asked for the very same thing.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person, Server, addCity, cli, copyModel, demoLogins, makeData, root, until } from './lib.mjs';

const require = createRequire(join(root, 'web/package.json'));
const { VectorTile } = await import(require.resolve('@mapbox/vector-tile'));
const { PbfReader } = await import(require.resolve('pbf'));

const secrets = { name: 'Zaphod Quillfeather', phone: '13800138000', email: 'zaphod@example.org' };
const people = {};
const cases = {}; // district and department -> number
let server, other;
before(async () => {
  server = new Server(await makeData(), 'tinytown');
  other = copyModel('othertown');
  await addCity(server.data, 'othertown', other.path);
  server.logins = demoLogins(server.data);
  await server.start();
  for (const login of Object.keys(server.logins)) people[login] = await server.signIn(login);
  const departments = Object.fromEntries((await people.dispatcher1.want('/departments')).items.map((one) => [one.code, one.id]));
  for (const [district, lon] of [['D1', 120.0005], ['D2', 120.0025]]) {
    for (const department of ['parks', 'water', null]) {
      const made = await people.acceptor1.report({
        source: 'leader', description: `mattress ${district} ${department}`, point: { lon, lat: 30.0005 }, reporter: secrets,
      });
      assert.equal(made.status, 201, made.text);
      cases[`${district} ${department}`] = made.body.number;
      if (!department) continue;
      for (const [login, action, inputs] of [['acceptor1', 'accept'], ['leader1', 'file'], ['dispatcher1', 'dispatch', { department: departments[department] }]]) {
        const moved = await people[login].act(made.body.number, action, inputs);
        assert.equal(moved.status, 200, moved.text);
      }
    }
  }
  await until(async () => {
    const answer = await people.leader1.want('/cases?q=mattress');
    return answer.search.complete && answer.search.behind === 0 && answer.items.length === 6;
  }, 'the index');
});
after(async () => {
  await server?.stop();
  other?.remove();
  if (server) rmSync(server.data, { recursive: true, force: true });
});

const share = ({ lon, lat }) => [lon / 360 + 0.5, 0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / 2 / Math.PI];
const far = ['12', ...share({ lon: 120.0015, lat: 30.0015 }).map((one) => Math.floor(one * 2 ** 12))].join('/');
const today = new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10);
const span = `from=${new Date(Date.now() - 86400_000).toISOString().slice(0, 10)}&to=${today}`;

async function tile(person, query = '') {
  const answer = await fetch(`${server.api}/tiles/cases/${far}${query}`, { headers: person.headers });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  assert.ok([200, 204].includes(answer.status), `${person.login}: ${answer.status}`);
  const layer = bytes.length ? new VectorTile(new PbfReader(bytes)).layers.cases : null;
  let count = 0;
  const numbers = [];
  for (let i = 0; i < (layer?.length ?? 0); i++) {
    const { properties } = layer.feature(i);
    count += properties.count ?? 1;
    if (properties.number) numbers.push(properties.number);
  }
  return { count, numbers, etag: answer.headers.get('etag'), control: answer.headers.get('cache-control') };
}
const numbers = (page) => page.items.map((one) => one.number).sort();
async function table(person, query = '') {
  const answer = await person.get(`/cases.csv?language=en${query}`);
  assert.equal(answer.status, 200, answer.text);
  return Object.values(cases).filter((number) => answer.text.includes(number)).sort();
}

const sees = {
  parks1: ['D1 parks', 'D2 parks'],
  water1: ['D1 water', 'D2 water'],
  roads1: [],
  squad1: [],
  collector1: ['D1 parks', 'D1 water', 'D1 null'],
  collector2: ['D2 parks', 'D2 water', 'D2 null'],
  leader1: Object.keys,
  manager1: Object.keys,
};
const expected = (login) => (sees[login] === Object.keys ? Object.values(cases) : sees[login].map((key) => cases[key])).sort();

test('list, search, map, tiles and tables show one viewer the same cases', async () => {
  // Twice and in both orders: what one has asked for is kept when the next one asks.
  const logins = Object.keys(sees);
  for (const login of [...logins, ...logins.reverse()]) {
    const person = people[login];
    const own = expected(login);
    assert.deepEqual(numbers(await person.want('/cases?limit=500')), own, `${login} list`);
    assert.deepEqual(numbers(await person.want('/cases?limit=500&q=mattress')), own, `${login} search`);
    const map = (answer) => answer.features.map((one) => one.properties.number ?? one.id).sort();
    assert.deepEqual(map(await person.want('/geo/cases')), own, `${login} map`);
    assert.deepEqual(map(await person.want('/geo/cases?q=mattress')), own, `${login} map of a search`);
    const drawn = await tile(person);
    assert.equal(drawn.count, own.length, `${login} tile`);
    for (const number of drawn.numbers) assert.ok(own.includes(number), `${login} tile ${number}`);
    if (own.length) assert.match(drawn.control, /^private, no-cache$/);
    assert.deepEqual(await table(person), own, `${login} table`);
    assert.deepEqual(await table(person, '&q=mattress'), own, `${login} table of a search`);
    for (const number of Object.values(cases)) {
      const exact = numbers(await person.want(`/cases?q=${number}`));
      assert.deepEqual(exact, own.includes(number) ? [number] : [], `${login} ${number}`);
      assert.equal((await person.get(`/cases/${number}`)).status, own.includes(number) ? 200 : 404);
    }
  }
});

test("a viewer's tag of a tile is no key to another one's tile", async () => {
  const all = await tile(people.leader1);
  const mine = await tile(people.parks1);
  assert.notEqual(all.etag, mine.etag);
  const headers = { ...people.parks1.headers, 'If-None-Match': all.etag };
  const answer = await fetch(`${server.api}/tiles/cases/${far}`, { headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('etag'), mine.etag);
});

test('a right that is taken away is gone from the next tile, list and search', async () => {
  const before = await tile(people.squad1);
  assert.equal(before.count, 0);
  const old = await tile(people.inspector1);
  assert.equal(old.count, 6);
  await cli('person', 'close', 'tinytown', 'inspector1', '--data', server.data);
  for (const path of [`/tiles/cases/${far}`, '/cases', '/cases?q=mattress', '/cases.csv', '/figures']) {
    assert.equal((await people.inspector1.get(path)).status, 401, path);
  }
});

test('figures count what their lists show, for each viewer', async () => {
  for (const login of Object.keys(sees)) {
    const person = people[login];
    const answer = await person.want(`/figures?measures=opened,open&by=department&${span}`);
    const own = expected(login);
    for (const [i, measure] of answer.measures.entries()) {
      const list = await person.want(`/cases?figure=${measure.code}&${answer.list}&limit=500`);
      assert.equal(list.total, answer.totals[i] ?? 0, `${login} ${measure.code}`);
      for (const number of numbers(list)) assert.ok(own.includes(number), `${login} ${number}`);
    }
    assert.equal(answer.totals[0] ?? 0, own.length, login);
    const csv = await person.get(`/figures.csv?measures=opened&by=department&language=en&${span}`);
    assert.equal(csv.status, 200, csv.text);
  }
  // A department's figures are its own, also when it asks for another's by name.
  const departments = Object.fromEntries((await people.parks1.want('/departments')).items.map((one) => [one.code, one.id]));
  const theirs = await people.parks1.want(`/figures?measures=opened&department=${departments.water}&${span}`);
  assert.equal(theirs.totals[0] ?? 0, 0);
  const list = await people.parks1.want(`/cases?figure=opened&department=${departments.water}&${span}`);
  assert.deepEqual([list.total, list.items.length], [0, 0]);
});

test('no list, search, map, tile or table tells who reported', async () => {
  for (const login of ['acceptor1', 'parks1', 'manager1']) {
    const person = people[login];
    for (const path of ['/cases', '/cases?q=mattress', '/geo/cases', '/cases.csv', '/cases.csv?q=mattress', `/figures?measures=opened&by=source&${span}`,
      `/figures.csv?measures=opened&by=source&${span}`, `/tiles/cases/${far}`]) {
      const answer = await person.get(path);
      assert.ok(answer.status < 300, `${path}: ${answer.text}`);
      for (const secret of Object.values(secrets)) assert.ok(!answer.text.includes(secret), `${login} ${path} tells ${secret}`);
    }
    for (const secret of ['Zaphod', '13800138000', 'zaphod@example.org']) {
      assert.deepEqual(numbers(await person.want(`/cases?q=${encodeURIComponent(secret)}`)), [], `${login} finds ${secret}`);
    }
  }
  for (const hidden of Object.values(secrets)) assert.ok(!server.log.includes(hidden), 'the log tells nobody');
});

test("a session of this city opens nothing of another one's", async () => {
  const stranger = (login) => new Person({ api: `${server.base}/othertown/api/v1` }, 'stranger', {
    Cookie: people[login].headers.Cookie.replace('gridcase_tinytown', 'gridcase_othertown'),
  }, null);
  for (const login of ['leader1', 'admin1']) {
    for (const path of ['/cases', '/cases?q=mattress', '/cases?figure=opened', '/cases.csv', '/cases.xlsx', '/geo/cases', `/tiles/cases/${far}`,
      `/tiles/grids/${far}`, '/figures', '/figures.csv', '/figures.xlsx', '/summary', '/changes', `/media/${'a'.repeat(64)}`]) {
      assert.equal((await stranger(login).get(path)).status, 401, path);
    }
  }
});

test('what is too long for a tile is refused, not broken', async () => {
  for (const query of [`number=${'9'.repeat(1500)}`, `step=${'s'.repeat(1500)}`, `queue=${'q'.repeat(1500)}`]) {
    const answer = await people.leader1.get(`/tiles/cases/${far}?${query}`);
    assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
  }
});
