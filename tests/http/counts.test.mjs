// SPDX-License-Identifier: MPL-2.0
// The count beside "Mine": for everybody as many cases as their own list holds.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from './lib.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server?.remove());

test("the summary counts each person's own open cases as their list shows them", async () => {
  const collector = await server.signIn('collector1');
  const made = [];
  for (let i = 0; i < 6; i++) made.push((await collector.report({ description: `case ${i}` })).body.number);
  const acceptor = await server.signIn('acceptor1');
  assert.equal((await acceptor.want('/summary')).mine, 6);
  for (const number of made.slice(0, 2)) assert.equal((await acceptor.act(number, 'accept')).status, 200);
  let someone = 0;
  for (const login of Object.keys(server.logins)) {
    const person = await server.signIn(login);
    const summary = await person.get('/summary');
    const list = await person.get('/cases?open=1&queue=mine&limit=500');
    if (summary.status !== 200) continue;
    assert.equal(summary.body.mine, list.body.items.length, login);
    assert.equal(summary.body.mine_more, false);
    someone += summary.body.mine;
  }
  assert.ok(someone >= 6, `${someone} cases are somebody's`);
});
