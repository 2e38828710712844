// SPDX-License-Identifier: MPL-2.0
// Refuses a build that has grown past its budget (gzip bytes), and prints what it weighs.
// A chunk is first-load when the page's HTML or its entry imports it statically.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const folder = process.env.GRIDCASE_WEB_OUT ?? new URL('../../build/web', import.meta.url).pathname;
const budgets = { first: 60_000, map: 130_000, lazy: 15_000 };
const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8'));
rmSync(join(folder, '.vite'), { recursive: true }); // the server serves what is here
const weight = (file) => gzipSync(readFileSync(join(folder, file)), { level: 9 }).length;

const first = new Set();
const walk = (key) => {
  const chunk = manifest[key];
  if (first.has(chunk.file)) return;
  first.add(chunk.file);
  for (const css of chunk.css ?? []) first.add(css);
  for (const next of chunk.imports ?? []) walk(next);
};
for (const [key, chunk] of Object.entries(manifest)) if (chunk.isEntry) walk(key);

const failures = [];
const check = (name, bytes, limit) => {
  process.stdout.write(`web: ${name} ${(bytes / 1000).toFixed(1)} kB gz of ${limit / 1000}\n`);
  if (bytes > limit) failures.push(`${name} weighs ${bytes} bytes gz, its budget is ${limit}`);
};
check('first load', [...first].reduce((sum, file) => sum + weight(file), 0), budgets.first);
for (const chunk of Object.values(manifest)) {
  if (first.has(chunk.file) || !chunk.file.endsWith('.js')) continue;
  const isMap = /lib\/map\//.test(chunk.src ?? '');
  check(chunk.file, weight(chunk.file), isMap ? budgets.map : budgets.lazy);
}
if (failures.length > 0) {
  process.stderr.write(`${failures.join('\n')}\n`);
  process.exit(1);
}
