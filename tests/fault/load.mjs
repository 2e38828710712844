// SPDX-License-Identifier: MPL-2.0
// Clients that keep writing and remember what they were told.
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { cli, sleep, uuid } from '../http/lib.mjs';
import { newPhoto } from '../http/photo.mjs';

export const long = Boolean(process.env.GRIDCASE_LONG);

// What clients sent and heard. A write without an answer is unknown: it may be there or not,
// and is repeated later under the same key.
export class Ledger {
  reports = new Map(); // key -> {description, number?}
  comments = new Map(); // key -> {number, opinion, told}
  photos = new Map(); // sha256 -> {bytes, told}
  refused = new Map(); // code -> count

  get told() {
    return [...this.reports.values()].filter((one) => one.number);
  }

  count() {
    const comments = [...this.comments.values()].filter((one) => one.told).length;
    const photos = [...this.photos.values()].filter((one) => one.told).length;
    return { reports: this.told.length, comments, photos };
  }

  #refuse(answer) {
    const code = answer.body?.code ?? String(answer.status);
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }

  async report(person, key = uuid()) {
    const entry = this.reports.get(key) ?? { person, description: `report ${key}` };
    this.reports.set(key, entry);
    const answer = await person.report({ description: entry.description }, { 'Idempotency-Key': key, Prefer: 'return=minimal' });
    if (answer.status === 201) {
      if (entry.number) assert.equal(answer.body.number, entry.number, 'a repeat gets the first answer');
      entry.number = answer.body.number;
    } else this.#refuse(answer);
    return answer;
  }

  async comment(person, key = uuid(), number = null) {
    const told = this.told;
    if (!told.length && !number) return null;
    const entry = this.comments.get(key) ?? { person, number: number ?? told[randomInt(told.length)].number, opinion: `comment ${key}` };
    this.comments.set(key, entry);
    const answer = await person.call('POST', `/cases/${entry.number}/actions`, { action: 'comment', inputs: { opinion: entry.opinion } }, {
      'Idempotency-Key': key,
      Prefer: 'return=minimal',
    });
    if (answer.status === 200) entry.told = true;
    else this.#refuse(answer);
    return answer;
  }

  async photo(person, bytes = newPhoto()) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const entry = this.photos.get(sha256) ?? { person, bytes, told: false };
    this.photos.set(sha256, entry);
    const answer = await person.call('POST', '/media', bytes, { 'Content-Type': 'image/jpeg' });
    if (answer.status === 201) entry.told = true;
    else this.#refuse(answer);
    return answer;
  }

  // One client: writes until stop() or until the server does not answer any more.
  async work(person, stop) {
    for (let i = 0; !stop(); i++) {
      try {
        if (i % 8 === 5) await this.photo(person);
        else if (i % 3 === 2) await this.comment(person);
        else await this.report(person);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        await sleep(20); // cut off
        if (stop()) return;
      }
    }
  }

  // Everything that was told is there; then what was not told is sent again, and stands once.
  // Entries that stood the last time are looked at again only now and then, or when all is
  // asked for.
  async verify(person, all = !long) {
    const due = (entry) => all || !entry.stood || randomInt(20) === 0;
    for (const entry of this.told) {
      if (!due(entry)) continue;
      const found = await person.want(`/cases/${entry.number}`);
      assert.equal(found.description, entry.description);
      entry.stood = true;
    }
    for (const [sha256, entry] of this.photos) {
      if (!entry.told || !due(entry)) continue;
      entry.stood = true;
      for (const path of [`/media/${sha256}`, `/media/${sha256}/original`]) {
        assert.equal((await entry.person.get(path)).status, 200, path); // whose it is
      }
    }
    await this.repeat();
    await this.#once(person, due);
  }

  // Sends again what nobody was told, by whoever sent it: keys belong to a person.
  async repeat() {
    for (const [key, entry] of this.reports) {
      if (entry.number) continue;
      const answer = await this.report(entry.person, key);
      assert.equal(answer.status, 201, answer.text);
    }
    for (const [key, entry] of this.comments) {
      if (entry.told) continue;
      const answer = await this.comment(entry.person, key);
      assert.equal(answer.status, 200, answer.text);
    }
    for (const entry of this.photos.values()) {
      if (entry.told) continue;
      const answer = await this.photo(entry.person, entry.bytes);
      assert.equal(answer.status, 201, answer.text);
    }
  }

  async #once(person, due) {
    const numbers = this.told.map((one) => one.number);
    assert.equal(new Set(numbers).size, numbers.length, 'each report has a number of its own');
    const stored = [];
    for (let cursor = ''; ; ) {
      const page = await person.want(`/cases?sort=newest&limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      stored.push(...page.items);
      cursor = page.next_cursor;
      if (!cursor) break;
    }
    assert.equal(stored.length, numbers.length, 'each report is stored once');
    assert.deepEqual(new Set(stored.map((one) => one.number)), new Set(numbers));
    const commented = new Map();
    for (const entry of this.comments.values()) {
      if (!due(entry)) continue;
      entry.stood = true;
      commented.set(entry.number, [...(commented.get(entry.number) ?? []), entry.opinion]);
    }
    for (const [number, opinions] of commented) {
      const { history } = await person.want(`/cases/${number}`);
      for (const opinion of opinions) {
        assert.equal(history.filter((row) => row.opinion === opinion).length, 1, `${number}: ${opinion}`);
      }
    }
  }
}

// Says so when the server has ended although nobody asked it to: other errors follow from it.
export async function whileRunning(server, work) {
  try {
    return await work();
  } catch (error) {
    const { exitCode, signalCode } = server.child;
    if (exitCode === null && signalCode === null) throw error;
    throw new Error(`the server ended by itself (${exitCode ?? signalCode}):\n${server.log.slice(-3000)}`, { cause: error });
  }
}

export async function stopIfRunning(server) {
  if (server?.child && server.child.exitCode === null && server.child.signalCode === null) await server.stop();
}

// gridcase check finds nothing wrong; with the server stopped.
export async function checkStore(server) {
  const { stdout } = await cli('check', server.city, '--photos', '--data', server.data);
  assert.doesNotMatch(stdout, /[1-9]\d* problems?/);
}
