// SPDX-License-Identifier: MPL-2.0
// Whole shifts, for `make test-long`: everybody of a small town works for minutes on end, each
// taking whatever action the server offers; memory and descriptors must level off, streams
// must not skip, and the recount must agree. Then Boston's whole record at full speed.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cli, root, sleep, startServer, uuid } from '../http/lib.mjs';
import { checkStore, long, whileRunning } from './load.mjs';

const seconds = Number(process.env.GRIDCASE_SHIFT_S ?? (long ? 240 : 0));
const skip = seconds > 0 ? false : 'make test-long';
let server;
after(() => server?.remove());

// A value that fits an input, as a hasty person would give it.
function fill(input, known) {
  const pick = (list) => list[randomInt(list.length)];
  switch (input.type) {
    case 'choice': return pick(input.choices).code ?? pick(input.choices);
    case 'department': return pick(known.departments).id;
    case 'departments': return [pick(known.departments).id];
    case 'class': return pick(known.classes).id;
    case 'point': return { lon: 120 + Math.random() * 0.003, lat: 30 + Math.random() * 0.003 };
    case 'number': return 1;
    case 'instant': return new Date(Date.now() + 86400e3).toISOString();
    case 'text': return `said ${randomInt(1e6)}`;
    default: return undefined; // an action that needs it is left to others
  }
}

async function work(person, known, until, told) {
  while (Date.now() < until) {
    if (person.login.startsWith('collector') || randomInt(12) === 0) {
      const made = await person.report({ description: `shift of ${person.login}`, point: fill({ type: 'point' }) });
      if (![201, 403].includes(made.status)) throw new Error(`report: ${made.status} ${made.text}`);
      told.reports += made.status === 201;
    }
    const { items } = await person.want('/cases?open=1&sort=due&limit=40');
    for (let i = 0; i < 4 && items.length; i++) {
      const { number } = items[randomInt(items.length)];
      const found = await person.get(`/cases/${number}`);
      if (found.status === 404) continue; // out of sight by now
      const allowed = found.body.allowed_actions.filter((one) => one.action !== 'void');
      if (!allowed.length) continue;
      const action = allowed[randomInt(allowed.length)];
      const inputs = {};
      for (const input of action.inputs) {
        const value = fill(input, known);
        if (value !== undefined && (input.required || randomInt(2))) inputs[input.name] = value;
      }
      // With the version just seen: the case may have gone from sight since (404), or moved (412).
      const match = action.task ? { 'If-Match': `"${action.task}.${action.task_version}"` } : {};
      const answer = await person.call('POST', `/cases/${number}/actions`, { action: action.action, inputs },
        { 'Idempotency-Key': uuid(), Prefer: 'return=minimal', ...match });
      if (answer.status >= 500 && answer.status !== 503) throw new Error(`${action.action}: ${answer.status} ${answer.text}`);
      told[answer.status] = (told[answer.status] ?? 0) + 1;
    }
    await sleep(randomInt(30));
  }
}

// Listens to the changes: positions only rise.
async function listen(person, stop, heard) {
  const answer = await fetch(`${person.server.api}/changes`, { headers: { ...person.headers, Accept: 'text/event-stream' }, signal: stop });
  let last = 0;
  try {
    for await (const part of answer.body) {
      for (const [, position] of Buffer.from(part).toString().matchAll(/^id: \d+-(\d+)$/gm)) {
        assert.ok(Number(position) >= last, `position ${position} after ${last}`);
        last = Number(position);
        heard.events++;
      }
    }
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
  }
}

function sizes() {
  const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
  return { mib: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024, files: readdirSync(`/proc/${server.child.pid}/fd`).length };
}

test(`a shift of ${seconds} s levels off, and its store is whole`, { skip, timeout: (seconds + 120) * 1000 }, async (t) => {
  server = await startServer();
  const logins = Object.keys(server.logins).filter((login) => !login.startsWith('admin'));
  const people = [];
  for (const login of logins) people.push(await server.signIn(login));
  const known = { departments: await people[0].want('/departments').then((all) => all.items), classes: (await people[0].want('/catalogue')).classes };
  const told = { reports: 0 }, heard = { events: 0 }, stop = new AbortController(), seen = [];
  const until = Date.now() + seconds * 1000;
  const streams = people.map((person) => listen(person, stop.signal, heard));
  const working = people.map((person) => work(person, known, until, told));
  const watching = (async () => {
    for (let i = 0; i < 20; i++) {
      await sleep(seconds * 50);
      seen.push(sizes());
    }
  })();
  await whileRunning(server, () => Promise.all([...working, watching]));
  stop.abort();
  await Promise.all(streams);
  t.diagnostic(`${people.length} people; ${JSON.stringify(told)}; ${heard.events} events; ${JSON.stringify(seen.filter((_, i) => i % 5 === 4))}`);
  assert.ok(told.reports > seconds && told[200] > seconds, JSON.stringify(told));
  assert.ok(heard.events > told.reports);
  const early = seen[7], late = seen[19];
  assert.ok(late.mib <= early.mib * 1.3 + 24, `memory: ${early.mib} MiB, then ${late.mib}`);
  assert.ok(late.files <= early.files + 16, `descriptors: ${early.files}, then ${late.files}`);
  await server.stop();
  await checkStore(server);
});

test("Boston's whole record passes through the door at full speed", { skip, timeout: 300_000 }, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'gridcase-record-'));
  try {
    const model = join(root, 'grids/boston');
    await cli('city', 'new', 'boston', model, '--data', data);
    await cli('city', 'load', 'boston', model, '--data', data, '--quiet');
    const played = await cli('replay', 'boston', join(model, 'replay/record.csv.gz'), '--map', join(model, 'replay/map.ini'), '--speed', 'max', '--data', data);
    const sum = /(\d+) rows: (\d+) refused; (\d+) reports and (\d+) moves made, 0 were there already, (\d+) moves refused/.exec(played.stdout);
    assert.ok(sum, played.stdout.slice(-500));
    t.diagnostic(sum[0]);
    assert.ok(Number(sum[3]) > 20000 && Number(sum[2]) < 100);
    const { stdout } = await cli('check', 'boston', '--data', data);
    assert.match(stdout, /\b0 problems/);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
