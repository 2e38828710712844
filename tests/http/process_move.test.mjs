// SPDX-License-Identifier: MPL-2.0
// A process is replaced while cases sit in a step it no longer has: they keep theirs; moving
// them is refused with the list, or goes by a table of the office, while people work.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cli, copyModel, startServer } from './lib.mjs';

let server;
let model;
before(async () => {
  server = await startServer();
  model = copyModel('tinytown');
});
after(async () => {
  model?.remove();
  await server?.remove();
});

const failed = async (...args) => cli(...args).then(() => assert.fail('it was not refused'), (error) => String(error.stderr ?? error.message ?? error));

test('cases stay in their process until the office moves them', async () => {
  const collector = await server.signIn('collector1');
  const acceptor = await server.signIn('acceptor1');
  const { number } = (await collector.report()).body;
  const other = (await collector.report()).body.number;
  assert.equal((await acceptor.act(number, 'accept')).body.step, 'file');

  const folder = join(model.path, '../../grids/standard/process');
  for (const name of ['steps.csv', 'actions.csv']) {
    const text = readFileSync(join(folder, name), 'utf8');
    // The step gets another code; kinds and clocks of that name stay.
    writeFileSync(
      join(folder, name),
      name === 'steps.csv'
        ? text.replace(/^file,/m, 'filing,')
        : text.split('\n').map((line) => line.split(',').map((cell, at) => (at === 2 || at === 3 ? cell.split(' ').map((word) => (word === 'file' ? 'filing' : word)).join(' ') : cell)).join(',')).join('\n'),
    );
  }
  await cli('city', 'load', 'tinytown', model.path, '--data', server.data);
  assert.equal((await acceptor.want(`/cases/${number}`)).step, 'file', 'a case keeps its process');
  const plan = await cli('process', 'move', 'tinytown', '--dry-run', '--data', server.data);
  assert.match(plan.stdout ?? plan, /file\s+1 case\s+-> \?/);
  const refusal = await failed('process', 'move', 'tinytown', '--data', server.data);
  assert.match(refusal, /process\.steps_left/);
  assert.match(refusal, new RegExp(number));
  const map = join(server.data, 'map.csv');
  writeFileSync(map, 'from,to\nfile,filing\n');
  const told = await cli('process', 'move', 'tinytown', '--map', map, '--data', server.data);
  assert.match(told.stdout ?? told, /2 cases moved/);
  const moved = await acceptor.want(`/cases/${number}`);
  assert.equal(moved.step, 'filing');
  assert.equal(moved.history.at(-1).kind, 'process_changed');
  assert.equal(moved.history.length, 3);
  assert.equal((await acceptor.want(`/cases/${other}`)).step, 'accept');
  const leader = await server.signIn('leader1');
  assert.equal((await leader.act(number, 'file')).body.stage, 'dispatch');
  const check = await cli('check', 'tinytown', '--data', server.data);
  assert.doesNotMatch(check.stdout ?? check, /differs|unknown/);
});
