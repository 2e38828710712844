// SPDX-License-Identifier: MPL-2.0
// Refuses a build that has grown past its budget (gzip bytes), and prints what it weighs.
// Per application: "first" is what its HTML or its entry imports statically (script and
// style), "script" every script it may ever load but the map, whose chunk counts alone.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const folder = process.env.GRIDCASE_WEB_OUT ?? new URL('../../build/web', import.meta.url).pathname;
const budgets = {
  console: { first: 84_000, script: 150_000 },
  dashboard: { first: 65_000, script: 125_000 },
  field: { first: 75_000, script: 100_000 },
};
const chunkBudgets = { map: 130_000, lazy: 60_000 };
const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8'));
rmSync(join(folder, '.vite'), { recursive: true }); // the server serves what is here
const weight = (file) => gzipSync(readFileSync(join(folder, file)), { level: 9 }).length;
const total = (files) => [...files].reduce((sum, file) => sum + weight(file), 0);
const ofMap = (chunk) => (chunk.src ?? '').startsWith('lib/map/');
const importers = (key) => Object.keys(manifest).filter((other) => (manifest[other].imports ?? []).includes(key));
/** The map's own chunks, and what nobody but they share, through however many chunks. */
const mapKeys = new Set(Object.keys(manifest).filter((key) => ofMap(manifest[key])));
for (let before = 0; before < mapKeys.size; ) {
  before = mapKeys.size;
  for (const key of Object.keys(manifest)) {
    const users = importers(key);
    if (!manifest[key].src && users.length > 0 && users.every((one) => mapKeys.has(one))) mapKeys.add(key);
  }
}
const isMap = (chunk) => [...mapKeys].some((key) => manifest[key] === chunk);

const failures = [];
const check = (name, bytes, limit) => {
  process.stdout.write(`web: ${name} ${(bytes / 1000).toFixed(1)} kB gz of ${limit / 1000}\n`);
  if (bytes > limit) failures.push(`${name} weighs ${bytes} bytes gz, its budget is ${limit}`);
};
/** Files reached from an entry; with lazy ones, but never through the map's door. */
function reach(entry, lazy) {
  const files = new Set();
  const walk = (key) => {
    const chunk = manifest[key];
    if (files.has(chunk.file) || (lazy && isMap(chunk))) return;
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const next of chunk.imports ?? []) walk(next);
    if (lazy) for (const next of chunk.dynamicImports ?? []) walk(next);
  };
  walk(entry);
  return files;
}
const first = new Set();
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isEntry) continue;
  const budget = budgets[chunk.name];
  if (!budget) {
    failures.push(`${chunk.name} has no budget`);
    continue;
  }
  const now = reach(key, false);
  for (const file of now) first.add(file);
  check(`${chunk.name}, first load`, total(now), budget.first);
  check(`${chunk.name}, all script but the map`, total([...reach(key, true)].filter((file) => file.endsWith('.js'))), budget.script);
}
for (const chunk of Object.values(manifest)) {
  if (first.has(chunk.file) || !chunk.file.endsWith('.js')) continue;
  check(chunk.file, weight(chunk.file), isMap(chunk) ? chunkBudgets.map : chunkBudgets.lazy);
}
if (failures.length > 0) {
  process.stderr.write(`${failures.join('\n')}\n`);
  process.exit(1);
}
