// SPDX-License-Identifier: MPL-2.0
// Change streams: after the commit, filtered by what one may see now, resumed, ended.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stream, nobody, sleep, startServer, until } from './lib.mjs';

let server;
const people = {};
const open = [];
before(async () => {
  server = await startServer();
  for (const login of ['collector1', 'collector2', 'acceptor1', 'leader1', 'dispatcher1', 'parks1', 'water1']) {
    people[login] = await server.signIn(login);
  }
});
after(async () => {
  open.forEach((stream) => stream.close());
  await server?.remove();
});

async function listen(person, path, headers) {
  const stream = await new Stream(person, path, headers).ready;
  assert.equal(stream.status, 200);
  open.push(stream);
  await sleep(100); // until the subscriber stands in the list
  return stream;
}
const ids = async () => Object.fromEntries((await people.dispatcher1.want('/departments')).items.map((one) => [one.code, one.id]));

test('a change arrives after its commit, with an id that resumes', async () => {
  const stream = await listen(people.acceptor1);
  const { number } = (await people.collector1.report()).body;
  const event = await stream.wait((one) => one.data.number === number);
  assert.equal(event.event, 'case');
  assert.equal(event.data.kind, 'reported');
  assert.match(event.id, /^-?\d+-\d+$/);
  stream.close();

  await people.acceptor1.act(number, 'accept');
  const { number: second } = (await people.collector1.report()).body;
  const again = await listen(people.acceptor1, '/changes', { 'Last-Event-ID': event.id });
  await again.wait((one) => one.data.number === second);
  assert.deepEqual(again.events.map((one) => one.data.kind), ['accepted', 'reported']);
  const since = await listen(people.acceptor1, `/changes?since=${event.id}`);
  await since.wait((one) => one.data.number === second);
  assert.deepEqual(since.events.map((one) => one.id), again.events.map((one) => one.id));
});

test('the position of a list is where its stream begins', async () => {
  const list = await people.acceptor1.want('/cases');
  const { number } = (await people.collector1.report()).body;
  const stream = await listen(people.acceptor1, `/changes?since=${list.position}`);
  await stream.wait((one) => one.data.number === number);
  assert.equal(stream.events.length, 1);
});

test('what leaves the sight of a person arrives as gone', async () => {
  const { number } = (await people.acceptor1.report({ source: 'leader' })).body; // district D1
  const west = await listen(people.collector1);
  const east = await listen(people.collector2);
  const moved = await people.acceptor1.act(number, 'correct', { point: '120.0025,30.0005', opinion: 'on the other side' });
  assert.equal(moved.status, 200, moved.text);
  assert.ok(moved.body.areas.some((area) => area.code === 'D2'), 'now in district D2');
  const gone = await west.wait((one) => one.event === 'gone');
  assert.deepEqual(gone.data, { number });
  await east.wait((one) => one.event === 'case' && one.data.number === number);
  assert.equal((await people.collector1.get(`/cases/${number}`)).status, 404);
});

test('only what the person may see', async () => {
  const all = await listen(people.leader1);
  const parks = await listen(people.parks1);
  const water = await listen(people.water1);
  const { number } = (await people.acceptor1.report({ source: 'leader' })).body;
  await people.acceptor1.act(number, 'accept');
  await people.leader1.act(number, 'file');
  const departments = await ids();
  await people.dispatcher1.act(number, 'dispatch', { department: departments.parks });
  await parks.wait((one) => one.data.number === number && one.data.kind === 'sent');
  await all.wait((one) => one.data.number === number && one.data.kind === 'sent');
  assert.ok(!water.events.some((one) => one.data.number === number));
  assert.equal(all.events.filter((one) => one.data.number === number).length, 4);
});

test('an unknown, too old or foreign id is answered with reset', async () => {
  const good = (await people.acceptor1.want('/cases')).position;
  const [epoch, position] = [good.slice(0, good.lastIndexOf('-')), Number(good.slice(good.lastIndexOf('-') + 1))];
  for (const id of ['nonsense', '190', `${Number(epoch) === 5 ? 6 : 5}-${position}`, `${epoch}-${position + 1000}`]) {
    const stream = await listen(people.acceptor1, '/changes', { 'Last-Event-ID': id });
    const event = await stream.wait((one) => one.event === 'reset', `reset for ${id}`);
    assert.ok(event.id);
    stream.close();
  }
});

test('ids outlive a restart', async () => {
  const { number } = (await people.collector1.report()).body;
  const { position } = await people.acceptor1.want('/cases');
  await server.restart();
  const acceptor = people.acceptor1;
  await acceptor.act(number, 'accept');
  const stream = await listen(acceptor, '/changes', { 'Last-Event-ID': position });
  await stream.wait((one) => one.data.number === number && one.data.kind === 'accepted');
  assert.ok(!stream.events.some((one) => one.event === 'reset'));
});

test('a revoked session ends its stream', async () => {
  const person = await server.signIn('manager1');
  const stream = await listen(person);
  await person.call('DELETE', '/session');
  await until(() => stream.closed, 'the stream to end');
  const refused = await new Stream(person).ready;
  assert.equal(refused.status, 401);
  assert.equal((await new Stream(nobody(server)).ready).status, 401);
});

test('a client that vanished is forgotten', async () => {
  const figure = async () => {
    const text = await (await fetch(`http://127.0.0.1:${server.healthPort}/metrics`)).text();
    return Number(/^gridcase_http_streams (\d+)/m.exec(text)[1]);
  };
  const before = await figure();
  const stream = await listen(people.leader1);
  await until(async () => (await figure()) > before);
  stream.close();
  await sleep(50);
  for (let i = 0; i < 3; i++) await people.collector1.report(); // two writes tell that nobody reads
  await until(async () => (await figure()) <= before, 'the stream to be forgotten', 5000);
});

test('stopping the server ends streams at once', async () => {
  const stream = await listen(people.leader1);
  const began = Date.now();
  const { code } = await server.stop();
  assert.equal(code, 0);
  assert.ok(Date.now() - began < 5000);
  await until(() => stream.closed);
  await server.start();
});

test('two hundred streams all hear a change', async () => {
  const streams = await Promise.all(Array.from({ length: 200 }, () => listen(people.leader1)));
  const { number } = (await people.collector1.report()).body;
  await Promise.all(streams.map((stream) => stream.wait((one) => one.data.number === number)));
  const began = Date.now();
  assert.equal((await nobody(server).get('/city')).status, 200);
  assert.ok(Date.now() - began < 500);
  streams.forEach((stream) => stream.close());
});
