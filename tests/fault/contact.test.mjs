// SPDX-License-Identifier: MPL-2.0
// kill -9 while callers are taken down, duplicates merged and people answered: what was
// acknowledged is there, once, and the store proves itself.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sleep, startServer, until, uuid } from '../http/lib.mjs';
import { checkStore, long, stopIfRunning } from './load.mjs';

const rounds = long ? 15 : 3;
let server;
before(async () => (server = await startServer()));
after(async () => {
  await stopIfRunning(server);
  await server?.remove();
});

const post = (person, path, body, key = uuid()) => person.call('POST', path, body, { 'Idempotency-Key': key });

/** Reports, joins, merges and answers until the line breaks; keeps what was acknowledged. */
async function work(person, told, stopped) {
  for (let i = 0; !stopped(); i++) {
    const phone = `139${String(randomInt(1e8)).padStart(8, '0')}`;
    const pending = { key: uuid(), body: null };
    try {
      const made = await person.report({ source: 'hotline', reporter: { name: 'K', phone } });
      if (made.status !== 201) continue;
      told.cases.push({ number: made.body.number, phone });
      pending.body = { purpose: 'joined', number: made.body.number, reporter: { phone: `${phone}1` } };
      const joined = await post(person, '/contacts', pending.body, pending.key);
      if (joined.status === 201) told.contacts.push({ id: joined.body.contact.id, number: made.body.number });
      pending.body = null;
      const into = told.cases[randomInt(told.cases.length)].number;
      if (into !== made.body.number) {
        const merged = await person.act(made.body.number, 'merge', { case: into });
        if (merged.status === 200) told.merged.push(made.body.number);
      }
    } catch {
      if (pending.body) told.unsure.push(pending); // the answer never came: sent again later
      await sleep(20);
    }
  }
}

test(`after each of ${rounds} kills contacts and merges are there once`, async (t) => {
  const people = [await server.signIn('acceptor1'), await server.signIn('leader1')];
  const told = { cases: [], contacts: [], merged: [], unsure: [] };
  for (let round = 0; round < rounds; round++) {
    let stopped = false;
    const working = Array.from({ length: 6 }, (_, i) => work(people[i % 2], told, () => stopped));
    const before = { contacts: told.contacts.length, merged: told.merged.length };
    await until(() => told.contacts.length > before.contacts + 5 && told.merged.length > before.merged + 1, 'some work', 30000);
    await sleep(randomInt(long ? 2500 : 600));
    server.child.kill('SIGKILL');
    await server.ended;
    stopped = true;
    await Promise.all(working);
    await server.start(); // sessions outlive it
    for (const { key, body } of told.unsure.splice(0)) {
      const first = await post(people[0], '/contacts', body, key);
      const again = await post(people[0], '/contacts', body, key);
      if (first.status === 422) continue; // the other person's key: it was kept
      assert.ok([201, 409].includes(first.status), first.text); // 409: the case was merged away and has ended
      if (first.status === 201) {
        assert.equal(again.body.contact.id, first.body.contact.id);
        told.contacts.push({ id: first.body.contact.id, number: body.number });
      }
    }
    for (const one of told.merged) assert.equal((await people[0].want(`/cases/${one}`)).outcome, 'merged');
    for (const one of told.contacts) {
      const found = await people[0].want(`/cases/${one.number}`);
      const all = found.merged_into ? (await people[0].want(`/cases/${found.merged_into}`)).contacts : found.contacts;
      if (all.length < 200) assert.equal(all.filter((other) => other.id === one.id).length, 1, `contact ${one.id} of ${one.number}`);
    }
    for (const { phone } of told.cases.slice(-20)) {
      const found = await post(people[0], '/contacts/find', { phone });
      assert.equal(found.body.items.length, 1, phone);
    }
  }
  t.diagnostic(`told: ${told.cases.length} cases, ${told.contacts.length} joined, ${told.merged.length} merged`);
  assert.ok(told.contacts.length > 5 * rounds && told.merged.length > rounds);
  await server.stop();
  await checkStore(server);
});
