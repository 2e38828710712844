// SPDX-License-Identifier: MPL-2.0
// Places by words, as an acceptor types them while somebody is on the phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { nobody, startServer } from './lib.mjs';

let server, acceptor;
before(async () => {
  server = await startServer();
  acceptor = await server.signIn('acceptor1');
});
after(() => server?.remove());
const find = async (q, limit = '') => (await acceptor.want(`/places?q=${encodeURIComponent(q)}${limit}`)).items;

test('a unit grid is found by its code, an area by its name or code', async () => {
  const grid = (await acceptor.want('/grids?limit=1')).items[0];
  const [hit] = await find(grid.code);
  assert.equal(hit.kind, 'grid');
  assert.equal(hit.code, grid.code);
  assert.ok(Math.abs(hit.point.lon - grid.lon) < 1e-6);
  const area = (await acceptor.want('/areas')).items.find((one) => Object.keys(one.name).length > 0);
  for (const name of Object.values(area.name)) {
    const hits = await find(name);
    assert.ok(hits.some((one) => one.kind === 'area' && one.code === area.code), name);
  }
});

test('streets and their crossings are found by beginnings of words', async () => {
  const city = await acceptor.want('/city');
  const streets = await acceptor.want(`/geo/streets?bbox=${city.bbox.join(',')}`);
  const names = [...new Set(streets.features.map((one) => one.properties.name).filter(Boolean))];
  assert.ok(names.length > 1);
  for (const name of names) {
    const hits = await find(name);
    assert.equal(hits.find((one) => one.kind === 'street')?.name.und, name);
  }
});

test('a short list is as long as asked, what is no question is refused', async () => {
  assert.ok((await find('T', '&limit=1')).length <= 1);
  assert.deepEqual(await find('nothing in the world is called so'), []);
  assert.deepEqual(await find('%'), []);
  for (const q of ['', '%20', 'x'.repeat(401)]) {
    const answer = await acceptor.get(`/places?q=${q}`);
    assert.equal(answer.status, 400, q);
    assert.equal(answer.body.code, 'place.query');
  }
  assert.equal((await acceptor.get('/places?q=a&limit=99')).status, 400);
  assert.equal((await nobody(server).get('/places?q=a')).status, 401);
});
