// SPDX-License-Identifier: MPL-2.0
// The change stream over a bad line: cut and resumed a thousand times while cases change, it
// tells each change once and leaves none out; a client that was away for long is told to
// read anew or catches up, never something in between.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { startServer, Stream, until } from './lib.mjs';

let server, leader, collector;
before(async () => {
  server = await startServer();
  leader = await server.signIn('leader1');
  collector = await server.signIn('collector1');
});
after(() => server?.remove());

const position = async () => (await leader.want('/cases?limit=1')).position;
const CUTS = 1000;

/** Reads from an id and cuts the line after so many events or milliseconds; the events. */
function sip(since, most, ms, byHeader) {
  return new Promise((done, fail) => {
    const events = [];
    const address = `${server.api}/changes${byHeader ? '' : `?since=${since}`}`;
    const headers = { ...leader.headers, ...(byHeader ? { 'Last-Event-ID': since } : {}) };
    const request = http.get(address, { headers, agent: false }, (answer) => {
      let rest = '';
      const timer = setTimeout(() => request.destroy(), ms);
      answer.setEncoding('utf8');
      answer.on('data', (part) => {
        rest += part;
        for (let at; events.length < most && (at = rest.indexOf('\n\n')) >= 0; rest = rest.slice(at + 2)) {
          const fields = Object.fromEntries(rest.slice(0, at).split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
          if (fields.data) events.push({ id: fields.id, event: fields.event, ...JSON.parse(fields.data) });
        }
        if (events.length >= most) request.destroy();
      });
      answer.on('error', () => undefined); // cut, as meant
      answer.on('close', () => {
        clearTimeout(timer);
        done(events);
      });
    });
    request.on('error', (error) => (error.code === 'ECONNRESET' ? done(events) : fail(error)));
  });
}

test(`cut and resumed ${CUTS} times, each change is told once, in order`, async () => {
  const start = await position();
  const made = [];
  const heard = [];
  let cuts = 0;
  let writing = true;
  const writer = (async () => {
    for (let i = 0; i < 150; i++) {
      const answer = await collector.report({ description: `report ${i}` });
      assert.equal(answer.status, 201);
      made.push(answer.body.number);
      await until(() => cuts >= ((i + 1) * CUTS) / 150 || cuts >= CUTS, 'the reader', 30_000);
    }
    writing = false;
  })();
  let last = start;
  for (; cuts < CUTS; cuts++) {
    const events = await sip(last, cuts % 4 === 3 ? 3 : 1, cuts % 10 === 0 ? 6 : 2, cuts % 2 === 1);
    for (const event of events) heard.push(event);
    last = events.at(-1)?.id ?? last;
  }
  await writer;
  assert.equal(writing, false);
  for (let events; (events = await sip(last, 100, 300, false)).length > 0; last = events.at(-1).id) heard.push(...events);
  assert.deepEqual(heard.filter((event) => event.event !== 'case').map((event) => event.event), [], 'no reset, none gone');
  const ids = heard.map((event) => Number(event.id.split('-')[1]));
  assert.equal(new Set(ids).size, ids.length, 'an id was told twice');
  assert.deepEqual(ids, [...ids].sort((a, b) => a - b), 'in order');
  assert.deepEqual(heard.map((event) => event.number), made, 'each case, once, none left out');
  // Streams that were cut are let go; one that stays is still served.
  const stream = await new Stream(leader, `/changes?since=${last}`).ready;
  const { body } = await collector.report({ description: 'afterwards' });
  await stream.wait((event) => event.data.number === body.number, 'the case on the stream that stays');
  stream.close();
});

test('an id of another epoch, from the future or of nonsense is answered with reset', async () => {
  const [epoch, seq] = (await position()).split('-');
  for (const since of [`${Number(epoch) + 1}-1`, `${epoch}-${Number(seq) + 1000}`, 'yesterday', '-']) {
    const [first] = await sip(encodeURIComponent(since), 1, 2000, false);
    assert.equal(first?.event, 'reset', since);
    assert.match(first.id, new RegExp(`^${epoch}-`));
  }
});
