// SPDX-License-Identifier: MPL-2.0
// `make install`: what lies where, the program starts from there, the unit is sandboxed.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root, Server, makeData } from './lib.mjs';

const dest = mkdtempSync(join(tmpdir(), 'gridcase-install-'));
const build = process.env.GRIDCASE_BUILD ?? 'build';
const unit = join(dest, 'lib/systemd/system/gridcase.service');
const install = () => execFileSync('make', ['--no-print-directory', 'install', `B=${build}`, `DESTDIR=${dest}`, 'PREFIX=/usr'],
  { cwd: root, encoding: 'utf8', env: { ...process.env, MAKEFLAGS: '', MAKELEVEL: '' } });
before(() => { install(); install(); }); // a second time over the first
after(() => rmSync(dest, { recursive: true, force: true }));

test('program, pages, city models, manual and unit lie under DESTDIR and PREFIX', () => {
  for (const file of ['usr/share/gridcase/web/console/index.html', 'usr/share/gridcase/grids/boston/city.ini',
    'usr/share/man/man1/gridcase-serve.1', 'usr/share/man/man5/gridcase-city.ini.5', 'usr/share/man/man7/gridcase-codes.7']) {
    assert.ok(existsSync(join(dest, file)), file);
  }
  assert.equal(statSync(join(dest, 'usr/bin/gridcase')).mode & 0o777, 0o755);
  assert.ok(!existsSync(join(dest, 'usr/share/gridcase/web/web')), 'nothing is nested by a second run');
  const text = readFileSync(unit, 'utf8');
  assert.match(text, /^ExecStart=\/usr\/bin\/gridcase serve .*--web \/usr\/share\/gridcase\/web$/m);
});

test('the installed program finds its pages and serves', async () => {
  const data = await makeData();
  const server = new Server(data, 'tinytown');
  try {
    server.program = join(dest, 'usr/bin/gridcase');
    await server.start();
    const page = await fetch(`http://127.0.0.1:${server.port}/tinytown/console/`);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<script type="module"/);
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
});

test('the unit may write its data folder and little else', (t) => {
  const text = readFileSync(unit, 'utf8');
  for (const line of ['DynamicUser=yes', 'ProtectSystem=strict', 'NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'MemoryDenyWriteExecute=yes',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX', 'SystemCallFilter=@system-service']) {
    assert.ok(text.split('\n').includes(line), line);
  }
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return t.skip('no systemd-analyze here');
  const bare = join(dest, 'gridcase.service');
  writeFileSync(bare, text.replace(/\/usr\/bin\/gridcase/g, '/bin/true').replace(/^Documentation=.*$/m, ''));
  const verified = spawnSync('systemd-analyze', ['verify', bare], { encoding: 'utf8' });
  assert.equal(`${verified.stdout}${verified.stderr}`.trim(), '');
  const judged = spawnSync('systemd-analyze', ['security', '--offline=true', bare], { encoding: 'utf8' });
  const exposure = Number(/Overall exposure level .*: ([\d.]+)/.exec(judged.stdout)?.[1]);
  assert.ok(exposure <= 1.3, `exposure ${exposure}`);
});
