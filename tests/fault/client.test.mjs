// SPDX-License-Identifier: MPL-2.0
// Clients that are slow, vanish in the middle, or send far too much.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Stream, garbage, sleep, startServer, until, uuid } from '../http/lib.mjs';
import { newPhoto } from '../http/photo.mjs';
import { Ledger, checkStore, long } from './load.mjs';

let server;
let collector;
let acceptor;
before(async () => {
  server = await startServer();
  collector = await server.signIn('collector1');
  acceptor = await server.signIn('acceptor1');
});
after(() => server?.remove());

function head(method, path, type, length, more = '') {
  return (
    `${method} /tinytown/api/v1${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${collector.headers.Cookie}\r\n` +
    `Content-Type: ${type}\r\n${length === null ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`}\r\n${more}\r\n`
  );
}

const connect = () =>
  new Promise((done, fail) => {
    const socket = net.connect(server.port, '127.0.0.1', () => done(socket));
    socket.on('error', fail);
  });

const spooled = () => readdirSync(server.data, { recursive: true }).filter((name) => name.includes('spool-'));
const residentMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) / 1024;

test('connections cut before the answer: the report is there once, whatever the client heard', async () => {
  const ledger = new Ledger();
  for (let i = 0; i < (long ? 400 : 60); i++) {
    const key = uuid();
    const description = `report ${key}`;
    ledger.reports.set(key, { person: collector, description });
    const text = JSON.stringify({ ...garbage, description });
    const bytes = head('POST', '/cases', 'application/json', Buffer.byteLength(text), `Idempotency-Key: ${key}\r\n`) + text;
    const socket = await connect();
    socket.on('error', () => {});
    const cut = i % 3 === 0 ? bytes.length : Math.floor((bytes.length * (i % 20)) / 20);
    socket.write(bytes.slice(0, cut), () => (i % 2 ? socket.destroy() : socket.resetAndDestroy()));
  }
  await sleep(300);
  await ledger.verify(acceptor);
});

test('photos cut in the middle leave no file behind', async () => {
  for (let i = 0; i < (long ? 100 : 20); i++) {
    const photo = newPhoto();
    const socket = await connect();
    socket.on('error', () => {});
    socket.write(head('POST', '/media', 'image/jpeg', photo.length));
    socket.write(photo.subarray(0, (photo.length * (i + 1)) / 25), () => socket.resetAndDestroy());
  }
  await sleep(500);
  await until(() => spooled().length === 0, 'spool files to go', 20000);
  assert.equal((await new Ledger().photo(collector)).status, 201);
});

test('a photo of 200 MB is refused on its head, and while it streams when it has none', async () => {
  const before = residentMb();
  const declared = await connect();
  let answer = '';
  declared.on('data', (part) => (answer += part));
  declared.on('error', () => {});
  declared.write(head('POST', '/media', 'image/jpeg', 200e6));
  await until(() => answer.includes('\r\n\r\n'), 'the refusal');
  assert.match(answer, /^HTTP\/1\.1 413 /);
  declared.destroy();

  const streamed = await connect();
  let sent = 0;
  let closed = false;
  answer = '';
  streamed.on('data', (part) => (answer += part));
  streamed.on('error', () => (closed = true));
  streamed.on('close', () => (closed = true));
  streamed.write(head('POST', '/media', 'image/jpeg', null));
  const piece = Buffer.alloc(1 << 20, 'x');
  piece.set([0xff, 0xd8, 0xff, 0xe0]);
  let most = 0;
  while (sent < 200 && !closed && !answer) {
    const room = streamed.write(Buffer.concat([Buffer.from('100000\r\n'), piece, Buffer.from('\r\n')]));
    sent++;
    if (!room) await Promise.race([new Promise((done) => streamed.once('drain', done)), sleep(2000)]);
    most = Math.max(most, residentMb());
  }
  await until(() => answer || closed, 'the refusal', 10000);
  if (answer) assert.match(answer, /^HTTP\/1\.1 413 /);
  streamed.destroy();
  assert.ok(sent < 150, `cut after ${sent} MB`); // what comes after the refusal is dropped for a while
  assert.ok(most - before < 60, `grew by ${most - before} MB`);
  await until(() => spooled().length === 0, 'the spool file to go', 20000);
  assert.equal((await collector.report()).status, 201);
});

test('a hundred slow senders keep nobody waiting', async () => {
  const sockets = await Promise.all(Array.from({ length: 100 }, connect));
  const text = JSON.stringify(garbage);
  sockets.forEach((socket, i) => {
    socket.on('error', () => {});
    socket.write(i % 2 ? head('POST', '/cases', 'application/json', text.length, `Idempotency-Key: ${uuid()}\r\n`) : head('POST', '/media', 'image/jpeg', 100000));
  });
  let at = 0;
  const dribble = setInterval(() => {
    sockets.forEach((socket) => socket.writable && socket.write(text[at % text.length]));
    at++;
  }, 100);
  let worst = 0;
  for (let i = 0; i < 40; i++) {
    const began = performance.now();
    assert.equal((await collector.report()).status, 201);
    worst = Math.max(worst, performance.now() - began);
  }
  clearInterval(dribble);
  sockets.forEach((socket) => socket.destroy());
  assert.ok(worst < 2000, `${worst} ms`);
});

test('streams whose reader stops reading are let go; others get their changes', async () => {
  const stuck = [];
  for (let i = 0; i < 20; i++) {
    const socket = await connect();
    socket.on('error', () => {});
    socket.write(`GET /tinytown/api/v1/changes HTTP/1.1\r\nHost: x\r\nCookie: ${acceptor.headers.Cookie}\r\n\r\n`);
    socket.pause();
    stuck.push(socket);
  }
  const stream = new Stream(acceptor);
  await stream.ready;
  const numbers = [];
  for (let i = 0; i < (long ? 2000 : 200); i++) numbers.push((await collector.report({}, { Prefer: 'return=minimal' })).body.number);
  await until(() => numbers.every((number) => stream.events.some((event) => event.data.number === number)), 'all changes', 20000);
  stream.close();
  stuck.forEach((socket) => socket.destroy());
});

test('the server ends in order with clients hanging on, and the store is whole', async () => {
  const stream = new Stream(acceptor);
  await stream.ready;
  const sockets = await Promise.all(Array.from({ length: 20 }, connect));
  sockets.forEach((socket) => {
    socket.on('error', () => {});
    socket.write('GET / HT');
  });
  const began = Date.now();
  const { code } = await server.stop();
  assert.equal(code, 0);
  assert.ok(Date.now() - began < 15000);
  await checkStore(server);
});
