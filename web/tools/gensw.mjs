// SPDX-License-Identifier: MPL-2.0
// Writes the service worker of an application into its folder of the build: the template
// field/sw.js with the list of files that make up its shell, and a version that changes
// exactly when one of them does.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const web = new URL('..', import.meta.url).pathname;
const folder = process.env.GRIDCASE_WEB_OUT ?? join(web, '../build/web');
const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8'));

/** Everything the page may ever load, lazy parts and both languages too: no signal later. */
const files = new Set();
const walk = (key) => {
  const chunk = manifest[key];
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const file of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file);
  for (const next of [...(chunk.imports ?? []), ...(chunk.dynamicImports ?? [])]) walk(next);
};
walk('field/index.html');
const shell = [...files].sort().map((file) => `/${file}`);
const template = readFileSync(join(web, 'field/sw.js'), 'utf8');
const hash = createHash('sha256').update(template).update(shell.join('\n'));
for (const name of ['field/index.html']) hash.update(readFileSync(join(folder, name)));
for (const name of ['app.webmanifest', 'icon-192.png', 'icon-512.png']) hash.update(readFileSync(join(folder, 'field', name)));
const text = template
  .replace("'__VERSION__'", () => JSON.stringify(hash.digest('hex').slice(0, 16)))
  .replace('[/* __SHELL__ */]', () => JSON.stringify(shell));
if (/__(VERSION|SHELL)__/.test(text)) throw new Error('sw.js: a mark of the template was not replaced');
writeFileSync(join(folder, 'field/sw.js'), text);
process.stdout.write(`web: field/sw.js keeps ${shell.length} files\n`);
