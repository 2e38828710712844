// SPDX-License-Identifier: MPL-2.0
// Synthetic cases through a running server: they come, move on, are marked, and leave alone
// what somebody has touched.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cli, startServer, until } from './lib.mjs';

let server, leader, plan;
before(async () => {
  server = await startServer();
  plan = join(server.data, 'plan.ini');
  writeFileSync(
    plan,
    `[play]\ncases_per_day = 400\nhours = ${'1 '.repeat(24).trim()}\nawake = 00:00-23:59\n[sources]\ncollector = 1\n` +
      '[kinds]\naccepted = 100\nfiled = 100\n[words]\naccepted = seen by a machine\n',
  );
  leader = await server.signIn('leader1');
});
after(() => server?.remove());

test('a server plays in real time what the plan says, marked', async () => {
  await assert.rejects(cli('play', 'tinytown', '--plan', plan, '--data', server.data), /play\.server_runs/);
  await cli('play', 'tinytown', '--plan', plan, '--live', '--speed', '1000', '--data', server.data);
  const filed = async () => (await leader.want('/cases?open=1&limit=200')).items.filter((one) => one.stage === 'dispatch');
  await until(async () => (await filed()).length >= 3, 'cases that were filed', 20000);
  const [one] = await filed();
  const detail = await leader.want(`/cases/${one.number}`);
  assert.ok(detail.history.length >= 3);
  for (const row of detail.history) assert.equal(row.mark, 'synthetic');
  assert.equal(detail.history[1].opinion, 'seen by a machine');
  await assert.rejects(cli('play', 'tinytown', '--plan', plan, '--live', '--data', server.data), /replay\.running/);
});

test('a plan that cannot be used is told in the log, not guessed', async () => {
  await assert.rejects(cli('play', 'tinytown', '--live', '--data', server.data), /--plan FILE\.ini is missing/);
  await assert.rejects(cli('play', 'tinytown', '--plan', join(server.data, 'none.ini'), '--live', '--data', server.data), /none\.ini/);
  await assert.rejects(cli('play', 'tinytown', '--plan', plan, '--live', '--speed', '0', '--data', server.data), /0\.1 to 1000/);
});
