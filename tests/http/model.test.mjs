// SPDX-License-Identifier: MPL-2.0
// A changed model is shown before it is loaded: the shell proposes it, an administrator reads
// what would change and says the word; open cases keep their grid and its code.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cli, copyModel, startServer } from './lib.mjs';

const person = {};
let server, model, file, original;
before(async () => {
  server = await startServer();
  model = copyModel('tinytown');
  file = join(model.path, 'layers', 'grids.geojson');
  original = readFileSync(file, 'utf8');
  for (const login of ['collector1', 'acceptor1', 'leader1', 'admin1']) person[login] = await server.signIn(login);
});
after(async () => {
  await server?.remove();
  model?.remove();
});

// The border between T22 and T23 (at 120.002) moves to the west.
function moveBorder(lon) {
  assert.ok(original.includes('[120.002, 30.001], [120.002, 30.002]'));
  const lines = original.split('\n').map((line) =>
    /"T2[23]"/.test(line) ? line.replaceAll('[120.002, 30.00', `[${lon}, 30.00`) : line,
  );
  writeFileSync(file, lines.join('\n'));
}
const diff = (...options) => cli('city', 'diff', 'tinytown', model.path, '--data', server.data, ...options);
const grids = (found) => found.proposal.differences.filter((one) => one.what === 'grids');
const load = (tag) => person.admin1.call('POST', '/model/load', { tag });
const show = (number) => person.leader1.want(`/cases/${number}`);

test('only an administrator sees and loads models', async () => {
  const none = await person.admin1.want('/model');
  assert.equal(none.version, 1);
  assert.equal(none.proposal, null);
  assert.equal(none.versions.length, 1);
  for (const login of ['collector1', 'leader1']) {
    assert.equal((await person[login].get('/model')).status, 403);
    assert.equal((await person[login].call('POST', '/model/load', { tag: 'x' })).status, 403);
  }
  const nothing = await load('x');
  assert.equal(nothing.status, 404);
  assert.equal(nothing.body.code, 'proposal.none');
});

test('the shell tells what would change, and changes nothing', async () => {
  moveBorder('120.0017');
  const { stdout } = await diff();
  assert.match(stdout, /^Against model version 1: \d+ differences$/m);
  assert.match(stdout, /^grids +0 new +\d changed +2 renewed +0 closed$/m);
  assert.match(stdout, /^ {2}renewed T22 -> T34: 1\d{4} -> 7\d{3} m2, 70\.\d % in common$/m);
  assert.equal((await person.admin1.want('/model')).proposal, null);
  assert.equal((await person.admin1.want('/model')).version, 1);
});

let open, tag;
test('a proposal is read by the administrator, with the open cases it touches', async () => {
  const made = await person.collector1.report({ point: { lon: 120.0012, lat: 30.0015 } });
  assert.equal(made.status, 201, made.text);
  open = made.body.number;
  assert.equal((await show(open)).grid.code, 'T22');
  await diff('--propose');
  const found = await person.admin1.want('/model');
  tag = found.proposal.tag;
  assert.equal(found.proposal.version, 1);
  assert.equal(found.proposal.open_cases, 1);
  const renewed = grids(found).filter((one) => one.kind === 'renewed');
  assert.deepEqual(renewed.map((one) => [one.code, one.new_code, one.open_cases]), [['T22', 'T34', 1], ['T23', 'T35', 0]]);
  assert.deepEqual(found.proposal.summary.find((one) => one.what === 'grids').renewed, 2);
  assert.ok(renewed[0].lon > 120 && renewed[0].lat > 30);
});

test('what is not what was shown is not loaded', async () => {
  const wrong = await load('0'.repeat(64));
  assert.equal(wrong.status, 409);
  assert.equal(wrong.body.code, 'proposal.changed');
  moveBorder('120.0015'); // after it was proposed
  const changed = await load(tag);
  assert.equal(changed.status, 409, changed.text);
  assert.equal(changed.body.code, 'proposal.changed');
  assert.equal((await person.admin1.want('/model')).version, 1);
  moveBorder('120.0017');
});

test('loaded, new cases have the new code and open ones keep theirs', async () => {
  const loaded = await load(tag);
  assert.equal(loaded.status, 200, loaded.text);
  assert.equal(loaded.body.version, 2);
  const found = await person.admin1.want('/model');
  assert.equal(found.version, 2);
  assert.equal(found.proposal, null);
  assert.equal(found.versions.length, 2);
  assert.equal((await show(open)).grid.code, 'T22');
  const made = await person.collector1.report({ point: { lon: 120.0012, lat: 30.0015 } });
  assert.equal((await show(made.body.number)).grid.code, 'T34');
  const moved = await person.acceptor1.act(open, 'accept');
  assert.equal(moved.status, 200, moved.text);
  assert.equal((await show(open)).grid.code, 'T22');
  const check = await cli('check', 'tinytown', '--data', server.data);
  assert.match(check.stdout, /2 cases, 0 problems/);
});

test('a proposal can be declined, and a model with errors is not proposed', async () => {
  moveBorder('120.0013');
  await diff('--propose');
  const found = await person.admin1.want('/model');
  const gone = await person.admin1.call('POST', '/model/decline', { tag: found.proposal.tag });
  assert.equal(gone.status, 204, gone.text);
  assert.equal((await person.admin1.want('/model')).proposal, null);
  writeFileSync(file, original.replace('"T12"', '"T11"')); // twice the same code
  await assert.rejects(diff('--propose'), (error) => /code\.duplicate/.test(error.stderr) && error.code === 2);
  assert.equal((await person.admin1.want('/model')).proposal, null);
  writeFileSync(file, original);
});
