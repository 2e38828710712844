// SPDX-License-Identifier: MPL-2.0
// gridcase status, /health and /metrics tell the same.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cli, onPostgres, startServer, until } from './lib.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gridcase-health-'));
const clock = join(folder, 'clock');
let server;
before(async () => {
  writeFileSync(clock, '0');
  server = await startServer({ env: { GRIDCASE_CLOCK_FILE: clock } });
});
after(async () => {
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

// Levels by item; exit status.
async function status(...args) {
  const { stdout, code } = await cli('status', '--data', server.data, ...args).then(
    (out) => ({ ...out, code: 0 }), (error) => error);
  const items = {};
  for (const line of stdout.split('\n')) {
    const [, level, name, text] = /^(ok|warning|critical) {2,}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
    if (name) items[name] = { level, text };
  }
  return { code, stdout, items };
}
const health = async (query = '') => {
  const answer = await fetch(`http://127.0.0.1:${server.healthPort}/health${query}`);
  return { status: answer.status, lines: (await answer.text()).trim().split('\n') };
};

test('a backup is missed, then its age is told', { skip: onPostgres && 'gridcase backup copies files: a PostgreSQL store has none' }, async () => {
  const before = await status();
  assert.equal(before.items.backup.level, 'warning');
  assert.match(before.items.backup.text, /none was made yet/);
  assert.equal(before.code, 20);
  assert.equal((await health()).lines[0], 'warning');
  await cli('backup', join(folder, 'target'), '--data', server.data);
  const after = await status();
  assert.equal(after.items.backup.level, 'ok');
  assert.match(after.items.backup.text, /0\.0 hours old/);
  writeFileSync(clock, String(30 * 3600 * 1000));
  const old = await until(async () => {
    const now = await status();
    return now.items.backup.level === 'warning' && /was set by/.test(now.items.clock.text) && now;
  }, 'a day later');
  assert.match(old.items.backup.text, /30\.0 hours old/);
  assert.match(old.items.clock.text, /it was set by \+10[78]\d\d\d\.\d s/, 'and the clock was set');
  assert.equal(old.items.clock.level, 'warning');
  assert.match(server.log, /event=clock\.set/);
});

test('store stats tells what tables weigh and which statements cost', async () => {
  const { stdout } = await cli('store', 'stats', '--json', '--data', server.data);
  const told = JSON.parse(stdout);
  const [city] = told.cities;
  const file = city.tables.find((table) => table.table === 'case_file');
  assert.equal(file.database, 'cases');
  assert.ok(file.index_bytes > 0);
  assert.equal(city.bytes, city.tables.reduce((sum, table) => sum + table.bytes, 0));
  for (const name of ['history', 'change']) assert.equal(city.tables.filter((t) => t.table === name).length, 1, name);
  const own = told.costs.find((costs) => costs.counted_by === 'the server that runs on this folder');
  assert.ok(own.statements.some((statement) => statement.name === 'system_city_list' && statement.calls > 0
    && statement.total_ms >= 0 && statement.worst_ms >= statement.mean_ms * 0.99));
  const words = await cli('store', 'stats', '--city', city.city, '--data', server.data);
  assert.match(words.stdout, /cases +case_file +\d+ /);
  assert.match(words.stdout, /statements that cost most, counted by /);
});

test('a backup that fails is told with its reason until one succeeds', { skip: onPostgres && 'gridcase backup copies files: a PostgreSQL store has none' }, async () => {
  writeFileSync(join(folder, 'file'), '');
  await assert.rejects(cli('backup', join(folder, 'file', 'below'), '--data', server.data));
  await assert.rejects(cli('backup', join(server.data, 'inside'), '--data', server.data));
  const failed = await status();
  assert.equal(failed.items.backup.level, 'warning');
  assert.match(failed.items.backup.text, /the latest one failed: .*(inside|another disk)/);
  await cli('backup', join(folder, 'target'), '--data', server.data);
  assert.equal((await status()).items.backup.level, 'ok');
});

test('the limits are settings; what is critical has an exit status of its own', async () => {
  await server.restart(['--health-disk-critical-percent', '100']);
  const full = await status();
  assert.equal(full.items.disk.level, 'critical');
  assert.match(full.items.disk.text, /% free/);
  assert.equal(full.code, 21);
  const lines = await health();
  assert.equal(lines.status, 200, 'it serves');
  assert.equal(lines.lines[0], 'critical');
  assert.equal((await health('?strict')).status, 503);
  const metrics = await (await fetch(`http://127.0.0.1:${server.healthPort}/metrics`)).text();
  assert.match(metrics, /gridcase_health\{item="disk"\} 2/);
  assert.match(metrics, /gridcase_disk_free_percent \d/);
  if (!onPostgres) assert.match(metrics, /gridcase_backup_age_seconds \d/);
  const json = JSON.parse((await status('--json')).stdout);
  assert.equal(json.level, 'critical');
  assert.ok(json.items.some((item) => item.name === 'cities'));
});

test('without a server the folder itself is looked at', async () => {
  await server.stop();
  const alone = await status();
  assert.equal(alone.items.server.level, 'critical');
  assert.equal(alone.items.backup.level, onPostgres ? 'warning' : 'ok');
  assert.equal(alone.code, 21);
  const nothing = await cli('status', '--data', join(folder, 'nothing')).catch((error) => error);
  assert.equal(nothing.code, 3);
  await server.start();
});
