// SPDX-License-Identifier: MPL-2.0
// Writes FILE.br and FILE.gz beside every text file of the build that gains at least 5 %.
// Plain-http networks get gzip only (browsers offer br on secure origins), so both are made.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = process.env.GRIDCASE_WEB_OUT ?? new URL('../../build/web', import.meta.url).pathname;
const text = /\.(html|js|css|json|svg|webmanifest)$/;

for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !text.test(entry.name)) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const plain = readFileSync(path);
  if (plain.length < 512) continue;
  const brotli = brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  const gzip = gzipSync(plain, { level: 9 });
  if (brotli.length < plain.length * 0.95) writeFileSync(`${path}.br`, brotli);
  if (gzip.length < plain.length * 0.95) writeFileSync(`${path}.gz`, gzip);
}
