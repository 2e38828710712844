// SPDX-License-Identifier: MPL-2.0
// A time order over many open cases, while somebody else goes on reporting: how long it
// takes, and how long anybody waits. 300 cases; with GRIDCASE_LONG 10,000, where the figures
// are asserted: 5 s, and nobody waits 50 ms longer than before.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { cli, sleep, startServer, uuid } from './lib.mjs';

const many = Number(process.env.GRIDCASE_ORDER_CASES ?? (process.env.GRIDCASE_LONG ? 10000 : 300));
const judged = Boolean(process.env.GRIDCASE_LONG);
let server, leader, collector;
before(async () => {
  server = await startServer();
  leader = await server.signIn('leader1');
  collector = await server.signIn('collector1');
});
after(() => server?.remove());

async function timed(work) {
  const begun = performance.now();
  const answer = await work();
  return [performance.now() - begun, answer];
}
const one = () => timed(() => collector.report({}, { Prefer: 'return=minimal' }));
const middle = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

// Seconds of the processor that the server has used: what a busy machine does not change.
function used() {
  const words = readFileSync(`/proc/${server.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(words[11]) + Number(words[12])) / 100;
}

// Reports one after another until stopped; the waits.
function reporting() {
  const waits = [];
  let go = true;
  const run = (async () => {
    while (go) {
      const [ms, answer] = await one();
      assert.equal(answer.status, 201, answer.text);
      waits.push(ms);
      await sleep(5);
    }
  })();
  return async () => {
    go = false;
    await run;
    return waits;
  };
}

test(`an order over ${many} open cases is worked while others report`, async () => {
  let left = many;
  await Promise.all(
    Array.from({ length: 24 }, async () => {
      while (left-- > 0) assert.equal((await one())[1].status, 201);
    }),
  );
  const still = reporting();
  await sleep(1500);
  const quiet = await still();
  const busy = reporting();
  const begun = performance.now();
  const before = used();
  // Acceptance clocks run: the scope is all clocks. Each is paused, then let go.
  const signed = await leader.call('POST', '/orders?open=1', { what: 'pause', scope: 'all', title: 'Typhoon', reason: 'Order 1' }, { 'Idempotency-Key': uuid() });
  assert.equal(signed.status, 201, signed.text);
  const signedMs = performance.now() - begun;
  let order;
  do {
    await sleep(20);
    ({ order } = await leader.want(`/orders/${signed.body.order.id}`));
  } while (order.state === 'working');
  const tookMs = performance.now() - begun;
  const cpu = used() - before;
  const waits = await busy();
  assert.equal(order.state, 'in_force');
  assert.ok(order.listed >= many);
  assert.equal(order.worked + order.skipped, order.listed);
  const most = Math.max(...waits);
  console.log(
    `orders: ${order.listed} cases signed in ${signedMs.toFixed(0)} ms, worked in ${tookMs.toFixed(0)} ms (${cpu.toFixed(2)} s of processor); ` +
      `a report waited ${middle(quiet).toFixed(1)} ms (most ${Math.max(...quiet).toFixed(1)}) before, ` +
      `${middle(waits).toFixed(1)} ms (most ${most.toFixed(1)}) meanwhile, ${waits.length} of them`,
  );
  if (judged) {
    assert.ok(tookMs < 5000, `${tookMs} ms`);
    assert.ok(most - Math.max(...quiet) < 50, `${most} ms`);
  }
  if (!judged) {
    const checked = await cli('check', 'tinytown', '--quiet', '--data', server.data);
    assert.match(checked.stdout, / 0 problems/);
  }
});
