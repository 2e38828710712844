// SPDX-License-Identifier: MPL-2.0
// Uploads by parts: what a person has sent is kept, told to nobody else, checked at the end.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { digestOf, film } from './files.mjs';
import { sleep, startServer, until } from './lib.mjs';
import { newPhoto } from './photo.mjs';

let server;
const args = ['--upload-bytes-person', '2000000', '--video-bytes', '1500000'];
const people = {};
before(async () => {
  server = await startServer({ args });
  for (const login of Object.keys(server.logins)) people[login] = await server.signIn(login);
});
after(() => server?.remove());

const head = (person, sha256) => fetch(`${server.api}/media/${sha256}`, { method: 'HEAD', headers: person.headers });
const append = (person, sha256, offset, length, part, headers = {}) =>
  person.call('PATCH', `/media/${sha256}`, part, {
    'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset), 'Upload-Length': String(length), ...headers,
  });
const offsetOf = (answer) => Number(answer.headers.get('upload-offset'));
const sendAll = async (person, bytes, chunk = 1000) => {
  let answer;
  for (let at = 0; at < bytes.length; at += chunk) {
    answer = await append(person, digestOf(bytes), at, bytes.length, bytes.subarray(at, at + chunk));
  }
  return answer;
};
const partsOnDisk = () => {
  const folder = join(server.data, 'cities', 'tinytown', 'media', 'parts');
  return readdirSync(folder, { recursive: true }).filter((name) => name.includes('-'));
};

test('a photo goes up in parts and the receipt names what is on disk', async () => {
  const bytes = newPhoto();
  const sha256 = digestOf(bytes);
  assert.equal((await head(people.collector1, sha256)).status, 404);
  const first = await append(people.collector1, sha256, 0, bytes.length, bytes.subarray(0, 700));
  assert.equal(first.status, 204, first.text);
  assert.equal(offsetOf(first), 700);
  const told = await head(people.collector1, sha256);
  assert.equal(told.status, 200);
  assert.equal(offsetOf(told), 700);
  assert.equal(told.headers.get('upload-length'), String(bytes.length));
  assert.equal(told.headers.get('upload-complete'), '?0');
  assert.equal(told.headers.get('cache-control'), 'no-store');
  const last = await append(people.collector1, sha256, 700, bytes.length, bytes.subarray(700));
  assert.equal(last.status, 201, last.text);
  assert.deepEqual(last.body, { sha256, type: 'image/jpeg', bytes: bytes.length, stored: true, width: 64, height: 96 });
  const done = await head(people.collector1, sha256);
  assert.equal(done.headers.get('upload-complete'), '?1');
  assert.equal(offsetOf(done), bytes.length);
  assert.equal((await people.collector1.get(`/media/${sha256}`)).status, 200);
  assert.deepEqual(partsOnDisk(), []);
  // The answer was lost: asking again at the end gives the receipt again.
  const again = await append(people.collector1, sha256, bytes.length, bytes.length, Buffer.alloc(0));
  assert.equal(again.status, 201, again.text);
  assert.deepEqual(again.body, last.body);
});

test('an offset that is not what there is is told with the real one, and nothing is written', async () => {
  const bytes = newPhoto();
  const sha256 = digestOf(bytes);
  const early = await append(people.collector1, sha256, 500, bytes.length, bytes.subarray(500, 900));
  assert.deepEqual([early.status, early.body.code, offsetOf(early)], [409, 'media.offset', 0]);
  await append(people.collector1, sha256, 0, bytes.length, bytes.subarray(0, 400));
  const twice = await append(people.collector1, sha256, 0, bytes.length, bytes.subarray(0, 400));
  assert.deepEqual([twice.status, twice.body.code, offsetOf(twice)], [409, 'media.offset', 400]);
  const other = await append(people.collector1, sha256, 400, bytes.length + 1, bytes.subarray(400, 500));
  assert.deepEqual([other.status, other.body.code, offsetOf(other)], [409, 'media.length', 400]);
  const over = await append(people.collector1, sha256, 400, bytes.length, Buffer.alloc(bytes.length));
  assert.deepEqual([over.status, over.body.code], [400, 'media.overrun']);
  assert.equal(offsetOf(await head(people.collector1, sha256)), 400);
  const rest = await append(people.collector1, sha256, 400, bytes.length, bytes.subarray(400));
  assert.equal(rest.status, 201, rest.text);
});

test('a hash that does not match drops the part with a clear code', async () => {
  const bytes = newPhoto();
  const sha256 = digestOf(newPhoto());
  await append(people.collector1, sha256, 0, bytes.length, bytes.subarray(0, 1000));
  const last = await append(people.collector1, sha256, 1000, bytes.length, bytes.subarray(1000));
  assert.deepEqual([last.status, last.body.code, offsetOf(last)], [422, 'media.digest', 0]);
  assert.equal((await head(people.collector1, sha256)).status, 404);
  assert.deepEqual(partsOnDisk(), []);
});

test("nobody learns what another has sent, neither parts nor whole files, nor gets them by naming", async () => {
  const bytes = newPhoto();
  const sha256 = digestOf(bytes);
  await append(people.collector1, sha256, 0, bytes.length, bytes.subarray(0, 1000));
  assert.equal((await head(people.collector2, sha256)).status, 404);
  const theirs = await append(people.collector2, sha256, 0, bytes.length, bytes.subarray(0, 300));
  assert.deepEqual([theirs.status, offsetOf(theirs)], [204, 300]);
  assert.equal(offsetOf(await head(people.collector1, sha256)), 1000);
  assert.equal((await append(people.collector1, sha256, 1000, bytes.length, bytes.subarray(1000))).status, 201);
  // The file is there now; collector2 is told only of their own 300 bytes.
  const told = await head(people.collector2, sha256);
  assert.deepEqual([told.status, offsetOf(told), told.headers.get('upload-complete')], [200, 300, '?0']);
  assert.equal((await people.collector2.get(`/media/${sha256}`)).status, 404);
  const guess = await append(people.collector2, sha256, bytes.length, bytes.length, Buffer.alloc(0));
  assert.deepEqual([guess.status, guess.body.code, offsetOf(guess)], [409, 'media.offset', 300]);
  const named = await people.collector2.report({ media: [sha256] });
  assert.equal(named.body.media[0].received, false, 'a digest alone opens nothing');
  assert.equal((await people.collector2.get(`/media/${sha256}`)).status, 404);
  // With all the bytes it is theirs, too, and their case has it.
  const last = await append(people.collector2, sha256, 300, bytes.length, bytes.subarray(300));
  assert.equal(last.status, 201, last.text);
  assert.equal((await people.collector2.get(`/media/${sha256}`)).status, 200);
  assert.equal((await people.collector2.want(`/cases/${named.body.number}`)).media[0].received, true);
});

test('two people, and one person in two tabs, send the same file at once: stored once', async () => {
  const bytes = newPhoto();
  const sha256 = digestOf(bytes);
  const both = await Promise.all([sendAll(people.collector1, bytes, 400), sendAll(people.collector2, bytes, 300)]);
  assert.deepEqual(both.map((answer) => answer.status), [201, 201]);
  const folder = join(server.data, 'cities', 'tinytown', 'media', sha256.slice(0, 2));
  const names = readdirSync(folder).filter((name) => name.startsWith(sha256.slice(2)));
  assert.deepEqual(names.sort(), ['jpg', 'orig', 'thumb'].map((ending) => `${sha256.slice(2)}.${ending}`));
  const twin = newPhoto();
  const tabs = await Promise.all([1, 2, 3, 4].map(() => append(people.collector1, digestOf(twin), 0, twin.length, twin)));
  assert.ok(tabs.some((answer) => answer.status === 201));
  for (const answer of tabs.filter((one) => one.status !== 201)) {
    assert.deepEqual([answer.status, answer.body.code, offsetOf(answer)], [409, 'media.offset', twin.length]);
  }
  const posts = await Promise.all([1, 2, 3].map(() => people.collector2.call('POST', '/media', twin, { 'Content-Type': 'image/jpeg' })));
  assert.deepEqual(posts.map((answer) => answer.status), [201, 201, 201]);
});

test('what can never be taken is refused with its first bytes', async () => {
  const huge = await append(people.collector1, '1'.repeat(64), 0, 16_000_000, newPhoto().subarray(0, 500));
  assert.deepEqual([huge.status, huge.body.code], [413, 'media.too_large']);
  const long = film({ bytes: 1000 });
  const video = await append(people.collector1, '2'.repeat(64), 0, 1_500_001, long.subarray(0, 500));
  assert.deepEqual([video.status, video.body.code], [413, 'media.too_large']);
  const page = await append(people.collector1, '3'.repeat(64), 0, 100_000, Buffer.from('<!doctype html><script>alert(1)</script>'));
  assert.deepEqual([page.status, page.body.code], [415, 'media.type_unknown']);
  assert.deepEqual(partsOnDisk(), [...partsOnDisk().filter((name) => !/111|222|333/.test(name))]);
});

test('headers that make no sense are refused', async () => {
  const bytes = newPhoto();
  const sha256 = digestOf(bytes);
  for (const [offset, length] of [['-1', '10'], ['x', '10'], ['0', '0'], ['0', ''], ['11', '10'], ['0', '99999999999999999999'], ['0x10', '20'], ['1e3', '2000']]) {
    const answer = await append(people.collector1, sha256, offset, length, bytes.subarray(0, 10));
    assert.deepEqual([answer.status, answer.body.code], [400, 'media.upload_headers'], `${offset} ${length}`);
  }
  const plain = await append(people.collector1, sha256, 0, bytes.length, bytes, { 'Content-Type': 'image/jpeg' });
  assert.deepEqual([plain.status, plain.body.code], [415, 'http.content_type']);
  for (const name of ['xyz', 'A'.repeat(63), `${sha256}0`]) {
    assert.equal((await append(people.collector1, name, 0, 10, bytes.subarray(0, 10))).body.code, 'media.unknown');
  }
  const none = await append(people.collector1, sha256, 0, bytes.length, Buffer.alloc(0));
  assert.deepEqual([none.status, none.body.code], [400, 'media.empty']);
  const stranger = await fetch(`${server.api}/media/${sha256}`, { method: 'PATCH', headers: { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0', 'Upload-Length': '10' }, body: 'x' });
  assert.equal(stranger.status, 401);
});

test('what is not whole is bounded for each person, others go on', async () => {
  const start = (person, length) => append(person, randomBytes(32).toString('hex'), 0, length, film({ bytes: 50 }).subarray(0, 60));
  const first = await start(people.roads1, 1_200_000);
  assert.equal(first.status, 204, first.text);
  const second = await start(people.roads1, 1_200_000);
  assert.deepEqual([second.status, second.body.code], [429, 'media.uploads_person']);
  assert.equal((await start(people.dispatcher1, 1_200_000)).status, 204);
  let answer;
  for (let i = 0; i < 40 && answer?.status !== 429; i++) answer = await start(people.acceptor1, 1000);
  assert.equal(answer.body.code, 'media.uploads_person', 'and in number');
});

test('what had come when the line broke is kept', async () => {
  const bytes = film({ bytes: 300_000, place: false });
  const sha256 = digestOf(bytes);
  const socket = net.connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`PATCH /tinytown/api/v1/media/${sha256} HTTP/1.1\r\nHost: x\r\nCookie: ${people.collector2.headers.Cookie}\r\n` +
    `Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nUpload-Length: ${bytes.length}\r\nContent-Length: ${bytes.length}\r\n\r\n`);
  await new Promise((done) => socket.write(bytes.subarray(0, 123_456), done));
  await sleep(200);
  socket.resetAndDestroy();
  await until(async () => (await head(people.collector2, sha256)).status === 200, 'the part');
  const offset = offsetOf(await head(people.collector2, sha256));
  assert.ok(offset > 0 && offset <= 123_456, `${offset}`);
  const early = await append(people.collector2, sha256, 0, bytes.length, bytes.subarray(0, 1000));
  assert.deepEqual([early.status, offsetOf(early)], [409, offset]);
  const rest = await append(people.collector2, sha256, offset, bytes.length, bytes.subarray(offset));
  assert.equal(rest.status, 201, rest.text);
  await until(() => readdirSync(join(server.data, 'spool')).length === 0, 'spool files to go');
});

test('kill -9 in the middle keeps what was acknowledged', async () => {
  const bytes = film({ bytes: 300_000, place: false });
  const sha256 = digestOf(bytes);
  for (let at = 0; at < 200_000; at += 50_000) {
    assert.equal((await append(people.leader1, sha256, at, bytes.length, bytes.subarray(at, at + 50_000))).status, 204);
  }
  const cut = append(people.leader1, sha256, 200_000, bytes.length, bytes.subarray(200_000, 280_000)).catch(() => null);
  await server.stop('SIGKILL');
  await cut;
  await server.start(args);
  people.leader1 = await server.signIn('leader1');
  const told = await head(people.leader1, sha256);
  assert.equal(told.status, 200);
  assert.ok([200_000, 280_000].includes(offsetOf(told)), `${offsetOf(told)}`);
  let last;
  for (let at = offsetOf(told); at < bytes.length; at += 60_000) last = await append(people.leader1, sha256, at, bytes.length, bytes.subarray(at, at + 60_000));
  assert.equal(last.status, 201, last.text);
  const folder = join(server.data, 'cities', 'tinytown', 'media', sha256.slice(0, 2));
  assert.equal(statSync(join(folder, `${sha256.slice(2)}.orig`)).size, bytes.length);
});
