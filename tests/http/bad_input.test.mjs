// SPDX-License-Identifier: MPL-2.0
// Bad input and bad luck: each gets a clear error with a stable code, nothing is lost.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { garbage, nobody, raw, sleep, startServer, until, uuid } from './lib.mjs';

let server, collector, acceptor;
before(async () => {
  server = await startServer({ args: ['--idle-s', '2', '--headers-s', '2'] });
  collector = await server.signIn('collector1');
  acceptor = await server.signIn('acceptor1');
});
after(() => server?.remove());

const problem = (answer, status, code) => {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers.get('content-type'), /application\/problem\+json/);
  assert.equal(answer.body.code, code);
  assert.equal(answer.body.status, status);
  assert.ok(answer.body.title && answer.body.detail && answer.body.instance);
};
const post = (body, headers = {}) =>
  collector.call('POST', '/cases', body, { 'Content-Type': 'application/json', 'Idempotency-Key': uuid(), ...headers });

test('malformed JSON', async () => {
  for (const text of ['', '{', '[]', 'null', '{"class":}', '{"a":1}x', '{"class":"e0110","class":"e0110"}', '\xff\xfe{}']) {
    const answer = await post(text);
    assert.equal(answer.status, 400, text);
    assert.match(answer.body.code, /^json\./, text);
  }
  const deep = await post('['.repeat(100) + ']'.repeat(100));
  assert.equal(deep.status, 400);
});

test('unknown members, wrong types, wrong values', async () => {
  for (const change of [
    { class: 'nonsense' },
    { class: -1 },
    { class: 1.5 },
    { condition: 'e0401-9' },
    { description: 7 },
    { description: 'x'.repeat(4001) },
    { source: 'rumour' },
    { surprise: 1 },
    { point: { lon: 30.0005, lat: 120.0005 } }, // swapped axes: no such latitude
    { point: { lon: 'NaN', lat: 30 } },
    { point: { lon: 1e400, lat: 30 } },
    { point: { lon: 120, lat: 30, datum: 'mars' } },
    { point: { lon: 120 } },
    { done_at: 'yesterday' },
    { media: ['abc'] },
    { media: 'abc' },
  ]) {
    const answer = await collector.report(change);
    assert.equal(answer.status, 400, `${JSON.stringify(change)}: ${answer.text}`);
    assert.ok(answer.body.code.includes('.'));
  }
  const nan = await post('{"class":"e0110","description":"x","point":{"lon":NaN,"lat":30}}');
  assert.equal(nan.status, 400);
  for (const wrong of [-1, 0, 1.5, true]) problem(await collector.report({ class: wrong }), 400, 'case.class_unknown');
});

test('queries are read strictly', async () => {
  for (const path of [
    '/cases?limit=0', '/cases?limit=501', '/cases?limit=1e2', '/cases?stage=nowhere', '/cases?light=blue',
    '/cases?bbox=1,2,3', '/cases?bbox=3,2,1,4', '/cases?bbox=1,2,3,NaN', '/cases?cursor=nonsense', '/cases?surprise=1',
    '/cases?open=1&open=0', '/locate?lon=NaN&lat=1', '/locate?lon=1', '/locate?lon=30&lat=120', '/cases?sort=random',
  ]) {
    const answer = await acceptor.get(path);
    assert.equal(answer.status, 400, `${path}: ${answer.text}`);
  }
  for (const path of ['/locate', '/locate?lon=1', '/locate?lat=1']) {
    assert.match((await acceptor.get(path)).body.detail, /lon and lat are required/);
  }
});

test('a POST without an Idempotency-Key, or with a bad one', async () => {
  problem(await collector.call('POST', '/cases', garbage), 400, 'http.key_required');
  problem(await post(JSON.stringify(garbage), { 'Idempotency-Key': 'seven' }), 400, 'http.key_malformed');
});

test('wrong content type, wrong origin, wrong method, no such address', async () => {
  problem(await post(JSON.stringify(garbage), { 'Content-Type': 'text/plain' }), 415, 'http.content_type');
  problem(await post(JSON.stringify(garbage), { Origin: 'http://evil.example' }), 403, 'http.cross_origin');
  problem(await post(JSON.stringify(garbage), { Origin: 'null' }), 403, 'http.cross_origin');
  const same = await post(JSON.stringify(garbage), { Origin: server.base });
  assert.equal(same.status, 201, same.text);
  const method = await collector.call('DELETE', '/cases');
  problem(method, 405, 'http.method');
  assert.equal(method.headers.get('allow'), 'GET, HEAD, POST');
  problem(await collector.get('/nothing'), 404, 'http.no_such_address');
  const trace = await raw(server.port, `TRACE /tinytown/api/v1/city HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  assert.match(trace, /^HTTP\/1.1 405 /);
});

test('percent tricks do not reach past their segment', async () => {
  const ask = (target) => raw(server.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  for (const target of [
    '/tinytown/api/v1/%00', '/tinytown/api/v1/cases/%2e%2e/city', '/tinytown/../tinytown/api/v1/city',
    '/tinytown//api/v1/city', '/tinytown/./api/v1/city', '/tinytown/api/v1/cases/%ff', '/%zz',
    '/tinytown/api/v1/city?x=%00', '/assets/../../../etc/passwd', '/assets/%2e%2e/%2e%2e/etc/passwd',
  ]) {
    assert.match(await ask(target), /^HTTP\/1.1 400 /, target);
  }
  assert.match(await ask('/tinytown%2Fapi/v1/city'), /^HTTP\/1.1 404 /);
  assert.match(await ask('/tinytown/api%2Fv1/city'), /^HTTP\/1.1 404 /);
  assert.match(await ask('/assets/..%2f..%2fetc/passwd'), /^HTTP\/1.1 40[04] /);
  const slash = await acceptor.get('/cases/TT%2F1');
  assert.equal(slash.status, 404);
  assert.equal(slash.body.code, 'case.unknown');
});

test('bodies are bounded, on the headers where they tell', async () => {
  problem(await post(JSON.stringify({ ...garbage, address: 'x'.repeat(100000) })), 413, 'http.body_too_large');
  const cookie = `Cookie: ${collector.headers.Cookie}\r\n`;
  const head =
    'POST /tinytown/api/v1/cases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
    `Idempotency-Key: ${uuid()}\r\n${cookie}`;
  const early = await raw(server.port, `${head}Content-Length: 99999999999\r\n\r\n`);
  assert.match(early, /^HTTP\/1.1 413 /);
  const bad = await raw(server.port, `${head}Content-Length: -5\r\n\r\n`);
  assert.match(bad, /^HTTP\/1.1 400 /);
  const many = Array.from({ length: 20 }, () => `10000\r\n${'x'.repeat(65536)}\r\n`).join('');
  const chunked = await raw(server.port, `${head}Transfer-Encoding: chunked\r\n\r\n${many}0\r\n\r\n`);
  assert.match(chunked, /^HTTP\/1.1 413 /);
  const nosession = await raw(
    server.port,
    `POST /tinytown/api/v1/media HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 5000000\r\n\r\n`,
  );
  assert.match(nosession, /^HTTP\/1.1 401 /, 'the right is checked before the body');
  const headers = await raw(server.port, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(70000)}\r\n\r\n`);
  assert.match(headers, /^HTTP\/1.1 4(13|31|14|00) /);
});

test('a truncated request leaves nothing behind', async () => {
  const before = (await acceptor.want('/cases?limit=500')).items.length;
  const text = JSON.stringify(garbage);
  const heard = await raw(
    server.port,
    'POST /tinytown/api/v1/cases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
      `Cookie: ${collector.headers.Cookie}\r\nIdempotency-Key: ${uuid()}\r\nContent-Length: ${text.length + 10}\r\n\r\n${text}`,
    { end: true },
  );
  assert.doesNotMatch(heard, / 201 /);
  assert.equal((await acceptor.want('/cases?limit=500')).items.length, before);
});

test('slow clients are cut and disturb nobody', async () => {
  const sockets = [];
  for (let i = 0; i < 100; i++) {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(i % 2 ? 'GET / HT' : 'GET / HTTP/1.1\r\nHost: x\r\nA: ');
    sockets.push(socket);
  }
  const dribble = setInterval(() => sockets.forEach((socket) => socket.writable && socket.write('x')), 500);
  const began = Date.now();
  assert.equal((await nobody(server).get('/city')).status, 200);
  assert.ok(Date.now() - began < 1000, 'others are served at once');
  await until(() => sockets.every((socket) => socket.destroyed || socket.readyState === 'closed'), 'slow ones to be cut', 15000);
  clearInterval(dribble);
});

test('the same Idempotency-Key a thousand times makes one case', async () => {
  const key = uuid();
  const answers = [];
  for (let round = 0; round < 20; round++) {
    answers.push(...(await Promise.all(Array.from({ length: 50 }, () =>
      collector.report({ description: 'once only' }, { 'Idempotency-Key': key, Prefer: 'return=minimal' })))));
  }
  assert.equal(answers.length, 1000);
  assert.ok(answers.every((answer) => answer.status === 201), answers.find((answer) => answer.status !== 201)?.text);
  assert.equal(new Set(answers.map((answer) => answer.body.number)).size, 1);
  const list = await acceptor.want('/cases?limit=500');
  assert.equal(list.items.filter((item) => item.description === 'once only').length, 1);
});

test('a hundred reports at once all get numbers of their own', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => collector.report({}, { Prefer: 'return=minimal' })));
  assert.ok(answers.every((answer) => answer.status === 201));
  assert.equal(new Set(answers.map((answer) => answer.body.number)).size, 100);
});

test('a done time in the future is refused', async () => {
  const answer = await collector.report({ done_at: new Date(Date.now() + 3600e3).toISOString() });
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.body.code, 'case.time');
});

test('a fake photo, an empty one, one that is too large', async () => {
  const send = (bytes, type = 'image/jpeg') => collector.call('POST', '/media', bytes, { 'Content-Type': type });
  assert.equal((await send(Buffer.from('not a picture at all'))).status, 415);
  assert.equal((await send(new Uint8Array(0))).status, 400);
  const cut = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46]);
  const broken = await send(cut);
  assert.equal(broken.status, 400, broken.text);
  const head = `POST /tinytown/api/v1/media HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nCookie: ${collector.headers.Cookie}\r\n`;
  assert.match(await raw(server.port, `${head}Content-Length: 200000000\r\n\r\n`), /^HTTP\/1.1 413 /);
  problem(await send(Buffer.from('{}'), 'application/json'), 415, 'http.content_type');
});

test('idle connections are closed, the server lives on', async () => {
  const heard = await raw(server.port, '', { ms: 9000 });
  assert.equal(heard, '');
  await sleep(10);
  assert.equal((await nobody(server).get('/city')).status, 200);
});
