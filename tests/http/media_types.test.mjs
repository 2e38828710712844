// SPDX-License-Identifier: MPL-2.0
// Sound, films and documents beside photos; what is refused; parts of files; what the camera
// wrote.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { aac, digestOf, film, filmSecret, heic, m4a, mp3, ogg, pdf, wav, webm, withExif, zip, box } from './files.mjs';
import { Stream, cli, startServer } from './lib.mjs';
import { newPhoto } from './photo.mjs';

let server;
const people = {};
before(async () => {
  server = await startServer();
  for (const login of Object.keys(server.logins)) people[login] = await server.signIn(login);
});
after(() => server?.remove());

const send = (person, bytes, type = 'application/octet-stream') =>
  person.call('POST', '/media', bytes, { 'Content-Type': type });
const load = async (person, path, headers = {}) => {
  const answer = await fetch(server.api + path, { headers: { ...person.headers, ...headers } });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
};

test('each kind is known by its bytes, whatever the client says, and served as what it is', async () => {
  const rows = [
    [mp3(), 'audio/mpeg'], [mp3({ tag: false }), 'audio/mpeg'], [aac(), 'audio/aac'], [m4a(), 'audio/mp4'],
    [ogg(), 'audio/ogg'], [wav(), 'audio/wav'], [webm({ picture: false }), 'audio/webm'],
    [film(), 'video/mp4'], [film({ brand: 'qt  ' }), 'video/quicktime'], [film({ tracks: ['soun'] }), 'audio/mp4'],
    [webm(), 'video/webm'], [pdf(), 'application/pdf'],
  ];
  for (const [bytes, type] of rows) {
    const sent = await send(people.collector1, bytes, 'image/jpeg');
    assert.equal(sent.status, 201, `${type}: ${sent.text}`);
    assert.deepEqual(sent.body, { sha256: digestOf(bytes), type, bytes: bytes.length, stored: true });
    const shown = await load(people.collector1, `/media/${sent.body.sha256}`);
    assert.equal(shown.status, 200, type);
    assert.equal(shown.headers.get('content-type'), type);
    assert.equal(shown.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(shown.headers.get('cross-origin-resource-policy'), 'same-origin');
    assert.equal(shown.bytes.length, bytes.length);
    const original = await load(people.collector1, `/media/${sent.body.sha256}/original`);
    assert.ok(original.bytes.equals(bytes), type);
    assert.match(original.headers.get('content-disposition'), /^attachment; filename="[0-9a-f]{12}\.[a-z0-9]{3,4}"$/);
    assert.match(original.headers.get('content-security-policy'), /^sandbox; default-src 'none'/);
    assert.equal((await people.collector1.get(`/media/${sent.body.sha256}?size=thumb`)).body.code, 'media.no_thumbnail');
  }
});

test('a PDF is always saved, never opened on this site', async () => {
  const { sha256 } = (await send(people.collector1, pdf())).body;
  const shown = await load(people.collector1, `/media/${sha256}`);
  assert.match(shown.headers.get('content-disposition'), /^attachment; filename="[0-9a-f]{12}\.pdf"$/);
  assert.match(shown.headers.get('content-security-policy'), /^sandbox;/);
});

test('what is not welcome is refused with a clear code, and nothing stays behind', async () => {
  const page = '<!doctype html><script>alert(document.cookie)</script>';
  const cutFilm = film().subarray(0, 3000);
  const cutWav = wav().subarray(0, 900);
  const cutOgg = ogg().subarray(0, 200);
  const rows = [
    ['HEIC', heic(), 415, 'media.heic'],
    ['WebP', Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1'), 415, 'media.webp'],
    ['SVG with script', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), 415, 'media.type_unknown'],
    ['XML', Buffer.from('<?xml version="1.0"?><svg onload="alert(1)"/>'), 415, 'media.type_unknown'],
    ['page', Buffer.from(page), 415, 'media.type_unknown'],
    ['program', Buffer.from('\x7fELF\x02\x01\x01' + '\0'.repeat(100), 'latin1'), 415, 'media.type_unknown'],
    ['archive', zip(), 415, 'media.type_unknown'],
    ['Matroska', webm({ doctype: 'matroska' }), 415, 'media.type_unknown'],
    ['PDF inside a page', Buffer.concat([Buffer.from(page), pdf()]), 415, 'media.type_unknown'],
    ['page behind a PDF', Buffer.concat([pdf(), Buffer.from(page)]), 415, 'media.two_kinds'],
    ['archive behind a PDF', Buffer.concat([pdf(), zip()]), 415, 'media.two_kinds'],
    ['archive behind a photo', Buffer.concat([newPhoto(), zip()]), 415, 'media.two_kinds'],
    ['archive behind a film', Buffer.concat([film(), zip()]), 415, 'media.two_kinds'],
    ['archive in a box of a film', Buffer.concat([film(), box('free', zip())]), 415, 'media.two_kinds'],
    ['page behind a film', Buffer.concat([film(), Buffer.from(page)]), 400, 'media.truncated'],
    ['page behind a sound', Buffer.concat([wav(), Buffer.from(page)]), 415, 'media.two_kinds'],
    ['page behind pages', Buffer.concat([ogg(), Buffer.from(page)]), 415, 'media.two_kinds'],
    ['page behind frames', Buffer.concat([mp3(), Buffer.from(page)]), 415, 'media.two_kinds'],
    ['film without tracks', film({ tracks: [] }), 400, 'media.broken'],
    ['film of text', film({ tracks: ['text'] }), 400, 'media.broken'],
    ['cut film', cutFilm, 400, 'media.truncated'],
    ['cut sound', cutWav, 400, 'media.truncated'],
    ['cut pages', cutOgg, 400, 'media.truncated'],
    ['cut PDF', pdf().subarray(0, 40), 400, 'media.truncated'],
    ['ID3 tag alone', mp3().subarray(0, 100), 400, 'media.truncated'],
  ];
  for (const [name, bytes, status, code] of rows) {
    const answer = await send(people.collector1, bytes);
    assert.equal(answer.body.code, code, `${name}: ${answer.text}`);
    assert.equal(answer.status, status, name);
    assert.equal((await people.collector1.get(`/media/${digestOf(bytes)}`)).status, 404, name);
  }
  const told = (await send(people.collector1, heic())).body.detail;
  assert.match(told, /Most Compatible/, 'says what to do');
});

test('a photo with a script behind it is harmless: others get it encoded anew', async () => {
  const bytes = Buffer.concat([newPhoto(), Buffer.from('<script>alert(1)</script>')]);
  const sent = await send(people.collector1, bytes);
  assert.equal(sent.status, 201, sent.text);
  for (const size of ['', '?size=thumb']) {
    const shown = await load(people.collector1, `/media/${sent.body.sha256}${size}`);
    assert.ok(!shown.bytes.includes('<script'), size);
    assert.equal(shown.headers.get('content-type'), 'image/jpeg');
  }
});

test('a film is shown without the place that the phone wrote into it', async () => {
  const bytes = film({ takenMs: Date.UTC(2026, 10, 22, 3, 0, 0) });
  assert.equal(bytes.toString('latin1').split(filmSecret).length - 1, 2);
  const { sha256 } = (await send(people.collector1, bytes)).body;
  const shown = await load(people.collector1, `/media/${sha256}`);
  assert.equal(shown.bytes.length, bytes.length);
  assert.ok(!shown.bytes.includes(filmSecret));
  assert.ok(shown.bytes.includes('vide'), 'the rest is untouched');
  const original = await load(people.collector1, `/media/${sha256}/original`);
  assert.ok(original.bytes.equals(bytes));
});

test('parts of a file: ranges, If-Range, HEAD', async () => {
  const bytes = film({ bytes: 60_000, place: false });
  const { sha256 } = (await send(people.collector1, bytes)).body;
  const path = `/media/${sha256}`;
  const whole = await load(people.collector1, path);
  const etag = whole.headers.get('etag');
  assert.equal(whole.headers.get('accept-ranges'), 'bytes');
  assert.ok(whole.bytes.equals(bytes));
  const length = bytes.length;
  const rows = [
    ['bytes=0-0', 0, 0], ['bytes=0-', 0, length - 1], ['bytes=100-199', 100, 199], ['bytes=-1', length - 1, length - 1],
    [`bytes=-${length * 2}`, 0, length - 1], [`bytes=${length - 5}-${length + 1000}`, length - 5, length - 1],
  ];
  for (const [range, first, last] of rows) {
    const part = await load(people.collector1, path, { Range: range });
    assert.equal(part.status, 206, range);
    assert.equal(part.headers.get('content-range'), `bytes ${first}-${last}/${length}`);
    assert.equal(part.headers.get('content-length'), String(last - first + 1));
    assert.ok(part.bytes.equals(bytes.subarray(first, last + 1)), range);
  }
  for (const range of [`bytes=${length}-`, 'bytes=-0', `bytes=${length + 5}-${length + 9}`]) {
    const outside = await load(people.collector1, path, { Range: range });
    assert.equal(outside.status, 416, range);
    assert.equal(outside.headers.get('content-range'), `bytes */${length}`);
    assert.equal(JSON.parse(outside.bytes).code, 'http.range');
  }
  for (const range of ['bytes=5-1', 'bytes=a-b', 'lines=1-2', 'bytes=', 'bytes=-', 'bytes=0-1,5-6', 'bytes=99999999999999999999-']) {
    const ignored = await load(people.collector1, path, { Range: range });
    assert.equal(ignored.status, 200, range);
    assert.equal(ignored.bytes.length, length, range);
  }
  assert.equal((await load(people.collector1, path, { Range: 'bytes=0-9', 'If-Range': etag })).status, 206);
  assert.equal((await load(people.collector1, path, { Range: 'bytes=0-9', 'If-Range': '"other"' })).status, 200);
  assert.equal((await load(people.collector1, path, { Range: 'bytes=0-9', 'If-None-Match': etag })).status, 304);
  assert.equal((await load(people.collector1, `${path}/original`, { Range: 'bytes=1-3' })).status, 206);
  const head = await fetch(server.api + path, { method: 'HEAD', headers: { ...people.collector1.headers, Range: 'bytes=0-9' } });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('content-length'), String(length));
  assert.equal(head.headers.get('content-type'), 'video/mp4');
});

test('a photo that is cut at every hundred bytes is refused, or not sent whole', async () => {
  const bytes = newPhoto();
  for (let cut = 1; cut < bytes.length - 2; cut += 100) {
    const answer = await send(people.collector1, bytes.subarray(0, cut));
    assert.ok(answer.status >= 400 && answer.status < 500, `${cut}: ${answer.status} ${answer.text}`);
    assert.match(answer.body.code, /^media\.(truncated|broken|type_unknown)$/, `${cut}`);
  }
});

test('what the camera wrote is compared for those who may see the original', async () => {
  const now = Date.now();
  const stamp = new Date(now - 20 * 60_000 + 8 * 3600_000).toISOString().slice(0, 19).replace(/-/g, ':').replace('T', ' ');
  const bytes = withExif(newPhoto(), { lon: 120.0105, lat: 30.0005, accuracy: 4.7, at: stamp, offset: '+08:00' });
  const { sha256 } = (await send(people.collector1, bytes)).body;
  const shown = await load(people.collector1, `/media/${sha256}`);
  assert.ok(!shown.bytes.includes('Exif'));
  const made = await people.collector1.report({ media: [sha256], point: { lon: 120.0005, lat: 30.0005 } });
  assert.equal(made.status, 201, made.text);
  const seen = (await people.acceptor1.want(`/cases/${made.body.number}`)).media[0];
  assert.equal(seen.taken.minutes_before, 20);
  assert.ok(Math.abs(seen.taken.lon - 120.0105) < 1e-6 && Math.abs(seen.taken.lat - 30.0005) < 1e-6);
  assert.equal(seen.taken.accuracy_m, 4.7);
  assert.ok(Math.abs(seen.taken.distance_m - 963) < 3, `${seen.taken.distance_m}`);
  const others = (await people.dispatcher1.want(`/cases/${made.body.number}`)).media[0];
  assert.equal(others.received, true);
  assert.equal(others.taken, undefined, 'who may not see the original is not told its place');
});

test("a camera's clock without a zone is read in the city's", async () => {
  const local = new Date(Date.now() - 5 * 60_000 + 8 * 3600_000).toISOString().slice(0, 19).replace(/-/g, ':').replace('T', ' ');
  const bytes = withExif(newPhoto(), { lon: 0, lat: 0, at: local });
  const { sha256 } = (await send(people.collector1, bytes)).body;
  const made = await people.collector1.report({ media: [sha256] });
  const seen = (await people.acceptor1.want(`/cases/${made.body.number}`)).media[0];
  assert.equal(seen.taken.minutes_before, 5);
  assert.equal(seen.taken.lon, null, 'no fix yet is no place');
  assert.equal(seen.taken.distance_m, null);
});

test('files show before, after or check, by their stage or as said; the same one at several', async () => {
  const before = (await send(people.collector1, newPhoto())).body.sha256;
  const bad = await people.collector1.report({ media: [{ sha256: before, stage: 'sideways' }] });
  assert.deepEqual([bad.status, bad.body.code], [400, 'case.input']);
  const odd = await people.collector1.report({ media: [{ sha256: before, size: 3 }] });
  assert.equal(odd.status, 400);
  const made = await people.collector1.report({ media: [before, { sha256: before, stage: 'check' }] });
  assert.deepEqual(made.body.media.map((one) => [one.sha256, one.stage, one.mine]), [[before, 'before', true], [before, 'check', true]]);
  const seen = await people.acceptor1.want(`/cases/${made.body.number}`);
  assert.deepEqual(seen.media.map((one) => [one.stage, one.received, one.mine]), [['before', true, false], ['check', true, false]]);
});

test('a file that comes later is told to those who watch, and only its people can bring it', async () => {
  const late = newPhoto();
  const sha256 = digestOf(late);
  const made = await people.collector1.report({ media: [{ sha256, stage: 'before' }] });
  assert.equal(made.body.media[0].received, false);
  const number = made.body.number;
  const last = made.body.history.length;
  const stream = await new Stream(people.acceptor1).ready;
  assert.equal((await send(people.collector2, late)).status, 201, 'another district, not their case');
  assert.equal((await people.acceptor1.want(`/cases/${number}`)).media[0].received, false);
  assert.equal((await people.acceptor1.get(`/media/${sha256}`)).status, 404, 'nor is it seen through the case');
  assert.equal((await send(people.collector1, late)).status, 201);
  const event = await stream.wait((one) => one.data.number === number && one.data.kind === 'media_added');
  assert.equal(event.event, 'case');
  stream.close();
  const there = await people.acceptor1.want(`/cases/${number}`);
  assert.equal(there.media[0].received, true);
  assert.equal(there.history.length, last + 1, 'it is a move of its own');
  assert.equal(there.history.at(-1).kind, 'media_added');
  assert.deepEqual(there.history.at(-1).inputs, { media: sha256 });
  assert.equal((await people.acceptor1.get(`/media/${sha256}`)).status, 200);
  // Somebody who may act on the case can bring it, too.
  const other = newPhoto();
  const second = await people.collector1.report({ media: [digestOf(other)] });
  assert.equal((await send(people.acceptor1, other)).status, 201);
  assert.equal((await people.collector1.want(`/cases/${second.body.number}`)).media[0].received, true);
});

test('the recount finds all of it in order', async () => {
  const { stdout } = await cli('check', 'tinytown', '--quiet', '--photos', '--data', server.data);
  assert.match(stdout, /\d+ cases, 0 problems/);
  assert.match(stdout, /\d\d photos, 0 problems/);
});
