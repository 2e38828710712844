// SPDX-License-Identifier: MPL-2.0
// A city without unit grids starts: communities and roads become grids, the model with them
// has no fault, a case lands in one of them.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { cli, root } from './lib.mjs';

const layers = join(root, 'grids/haidian/layers');
const folder = mkdtempSync(join(tmpdir(), 'gridcase-grid-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

async function refused(...args) {
  try {
    await cli('grid', 'make', ...args);
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
}

const communities = ['--areas', join(layers, 'communities.geojson.gz'), '--code', 'code'];

test('communities and roads become a layer that a model loads without a fault', async () => {
  const model = join(folder, 'grids', 'haidian');
  cpSync(join(root, 'grids'), join(folder, 'grids'), { recursive: true });
  const out = join(model, 'layers', 'made.gpkg');
  const { stdout } = await cli('grid', 'make', ...communities, '--roads', join(layers, 'roads.geojson.gz'), '--out', out);
  assert.match(stdout, /cells of 11 areas, surfaces in EPSG:4548/);
  const ini = readFileSync(join(model, 'city.ini'), 'utf8');
  assert.match(ini, /^source = layers\/unit_grids\.geojson\.gz$/m);
  writeFileSync(join(model, 'city.ini'), ini.replace('layers/unit_grids.geojson.gz', 'layers/made.gpkg'));
  const check = await cli('city', 'check', model, '--all');
  assert.match(check.stderr, /^0 errors/m);
  assert.doesNotMatch(check.stderr, /geometry\.repaired.*made\.gpkg|made\.gpkg.*(overlap|gap|straddles)/);
  const data = join(folder, 'data');
  await cli('city', 'new', 'haidian', model, '--data', data);
  await cli('city', 'load', 'haidian', model, '--data', data, '--quiet');
  const show = await cli('city', 'show', 'haidian', '--data', data);
  const made = Number(/^unit grids +(\d+)$/m.exec(show.stdout)[1]);
  assert.ok(made > 150 && made < 190, `${made} grids`);
});

test('the GeoJSON has the code and its parts, is the same each time, and needs no roads', async () => {
  const one = join(folder, 'one.geojson');
  const two = join(folder, 'two.geojson');
  for (const out of [one, two]) await cli('grid', 'make', ...communities, '--out', out);
  assert.deepEqual(readFileSync(one), readFileSync(two));
  const cells = JSON.parse(readFileSync(one, 'utf8')).features;
  const codes = new Set();
  for (const { properties, geometry } of cells) {
    assert.match(properties.code, /^110108\d{9}$/);
    assert.equal(properties.code, properties.region + properties.street + properties.community + properties.serial);
    assert.ok(properties.area_m2 > 5000 && properties.area_m2 < 15000);
    assert.equal(geometry.type, 'MultiPolygon');
    codes.add(properties.code);
  }
  assert.equal(codes.size, cells.length);
  const show = await cli('grid', 'show', one);
  assert.match(show.stdout, new RegExp(`^${cells.length} cells, together 16[67]\\d{4} m2`));
});

test('what cannot be is refused with a reason and leaves no file', async () => {
  const out = join(folder, 'no.gpkg');
  const reasons = [
    [['--areas', join(layers, 'communities.geojson.gz'), '--code', 'nothing'], /no column "nothing"/],
    [['--areas', join(layers, 'communities.geojson.gz'), '--code', 'name_en'], /is not 12 digits/],
    [['--areas', join(layers, 'roads.geojson.gz'), '--code', 'kind'], /no usable polygon/],
    [['--areas', join(folder, 'missing.gpkg'), '--code', 'code'], /no such file/, 3],
    [[...communities, '--size', '50'], /between 100 and/],
    [[...communities, '--size', 'much'], /no number/],
    [[...communities, '--crs', 'EPSG:4490'], /no projected CRS/],
    [[...communities, '--digits', '4'], /--free-codes/],
    [[...communities, '--unknown', 'x'], /unknown option/],
  ];
  for (const [args, reason, status = 2] of reasons) {
    const error = await refused(...args, '--out', out);
    assert.match(error.stderr, reason, args.join(' '));
    assert.equal(error.code, status, args.join(' '));
  }
  const large = await refused('--areas', join(layers, 'district.geojson.gz'), '--code', 'code', '--prefix', '000000',
    '--size', '1000', '--out', out);
  assert.match(large.stderr, /needs 1\d{3} cells, and codes end at 999/);
  assert.match((await refused(...communities, '--out', join(folder, 'no.txt'))).stderr, /\.gpkg or \.geojson/);
  assert.equal(existsSync(out), false);
  assert.deepEqual(readdirSync(folder).filter((name) => name.includes('.new')), []);
});

test('a file that is there is replaced only when asked', async () => {
  const out = join(folder, 'there.geojson');
  writeFileSync(out, 'mine');
  assert.match((await refused(...communities, '--out', out)).stderr, /there already/);
  assert.equal(readFileSync(out, 'utf8'), 'mine');
  await cli('grid', 'make', ...communities, '--out', out, '--force');
  assert.ok(JSON.parse(readFileSync(out, 'utf8')).features.length > 100);
});
