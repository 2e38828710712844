// SPDX-License-Identifier: MPL-2.0
// Photos: what others see is a rendition without metadata; who may see which.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startServer } from './lib.mjs';
import { newPhoto, photo, photoSecret } from './photo.mjs';

let server;
const people = {};
before(async () => {
  server = await startServer();
  for (const login of Object.keys(server.logins)) people[login] = await server.signIn(login);
});
after(() => server?.remove());

const send = (person, bytes, type = 'image/jpeg') =>
  person.call('POST', '/media', bytes, { 'Content-Type': type });

async function bytesOf(person, path) {
  const answer = await fetch(server.api + path, { headers: person.headers });
  return { status: answer.status, type: answer.headers.get('content-type'), bytes: Buffer.from(await answer.arrayBuffer()) };
}

// Width and height of a JPEG, from its frame header.
function sizeOf(jpeg) {
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    if (jpeg[at + 1] >= 0xc0 && jpeg[at + 1] <= 0xc2) return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
  }
  return null;
}

test('a photo is named by its SHA-256 and comes back upright, without metadata', async () => {
  const sent = await send(people.collector1, photo);
  assert.equal(sent.status, 201, sent.text);
  const digest = createHash('sha256').update(photo).digest('hex');
  assert.deepEqual(sent.body, { sha256: digest, type: 'image/jpeg', bytes: photo.length, stored: true, width: 64, height: 96 });
  assert.ok(photo.includes(photoSecret));
  const shown = await bytesOf(people.collector1, `/media/${digest}`);
  assert.equal(shown.status, 200);
  assert.equal(shown.type, 'image/jpeg');
  assert.deepEqual(sizeOf(shown.bytes), [64, 96]);
  for (const secret of [photoSecret, 'Exif']) assert.ok(!shown.bytes.includes(secret), secret);
  const again = await send(people.collector1, photo);
  assert.equal(again.status, 201);
  assert.deepEqual(again.body, sent.body);
  const original = await bytesOf(people.collector1, `/media/${digest}/original`);
  assert.equal(original.status, 200);
  assert.ok(original.bytes.equals(photo));
});

test('an upload is seen by who sent it, and with a case by who may see the case', async () => {
  const { sha256 } = (await send(people.collector1, newPhoto())).body;
  assert.equal((await people.collector2.get(`/media/${sha256}`)).status, 404);
  assert.equal((await people.roads1.get(`/media/${sha256}`)).status, 404);
  const made = await people.collector1.report({ media: [sha256] });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.media.length, 1);
  assert.equal(made.body.media[0].sha256, sha256);
  assert.equal((await people.dispatcher1.get(`/media/${sha256}`)).status, 200);
  assert.equal((await people.collector2.get(`/media/${sha256}`)).status, 404, 'another district');
  assert.equal((await people.acceptor1.get(`/media/${sha256}/original`)).status, 200);
  const original = await people.dispatcher1.get(`/media/${sha256}/original`);
  assert.equal(original.status, 403);
  assert.equal(original.body.code, 'account.denied');
  assert.equal((await people.collector2.get(`/media/${sha256}/original`)).status, 404);
});

test('nobody without a session sees a photo', async () => {
  const { sha256 } = (await send(people.collector1, newPhoto())).body;
  for (const path of [`/media/${sha256}`, `/media/${sha256}/original`]) {
    assert.equal((await fetch(server.api + path)).status, 401);
  }
  assert.equal((await people.collector1.get('/media/xyz')).status, 404);
  assert.equal((await people.collector1.get(`/media/${'0'.repeat(64)}`)).status, 404);
});

test('what is no whole JPEG or PNG is refused with a code, and nothing stays behind', async () => {
  const cut = photo.subarray(0, photo.length - 200);
  const fake = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(3000, 'x')]);
  const bomb = Buffer.from(photo);
  const frame = bomb.indexOf(Buffer.from([0xff, 0xc0]));
  bomb.writeUInt32BE(0xffffffff, frame + 5);
  const rows = [
    [cut, 400, 'media.truncated'],
    [fake, 400, 'media.broken'],
    [bomb, 413, 'media.dimensions'],
    [Buffer.from('<svg onload="alert(1)"/>'), 415, 'media.type_unknown'],
    [Buffer.from('GIF89a' + 'x'.repeat(100)), 415, 'media.type_unknown'],
  ];
  for (const [bytes, status, code] of rows) {
    const answer = await send(people.collector1, bytes);
    assert.equal(answer.body.code, code, answer.text);
    assert.equal(answer.status, status, code);
  }
  const files = readdirSync(join(server.data, 'cities', 'tinytown', 'media'), { recursive: true });
  for (const bytes of rows.map((row) => row[0])) {
    const digest = createHash('sha256').update(bytes).digest('hex');
    assert.ok(!files.some((name) => name.replaceAll('/', '').includes(digest)));
  }
});

test('a report may name a photo that comes later', async () => {
  const late = newPhoto();
  const sha256 = createHash('sha256').update(late).digest('hex');
  const made = await people.collector1.report({ media: [sha256] });
  assert.equal(made.status, 201, made.text);
  const waiting = (await people.acceptor1.want(`/cases/${made.body.number}`)).media[0];
  assert.equal(waiting.sha256, sha256);
  assert.equal(waiting.received, false);
  assert.equal((await send(people.collector1, late)).status, 201);
  const there = (await people.acceptor1.want(`/cases/${made.body.number}`)).media[0];
  assert.equal(there.received, true);
});
