// SPDX-License-Identifier: MPL-2.0
// Compressed answers, and the version that each answer carries.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Stream, cli, startServer } from './lib.mjs';

let server, person;
before(async () => {
  server = await startServer();
  person = await server.signIn('manager1');
});
after(() => server?.remove());

// The bytes as they came: fetch would decode them.
function ask(path, headers = {}, method = 'GET', body) {
  return new Promise((done, fail) => {
    const request = http.request(
      server.api + path,
      { method, headers: { ...person.headers, ...headers }, agent: false },
      (answer) => {
        const parts = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(parts) }));
      },
    );
    request.on('error', fail);
    request.end(body);
  });
}
const gzip = { 'Accept-Encoding': 'gzip, br' };

test('JSON and GeoJSON are compressed for who takes it, with a tag of their own', async () => {
  for (const path of ['/city', '/catalogue', '/process', '/geo/grids', '/openapi.json']) {
    const plain = await ask(path);
    const zipped = await ask(path, gzip);
    assert.equal(plain.headers['content-encoding'], undefined, path);
    assert.equal(zipped.headers['content-encoding'], 'gzip', path);
    assert.equal(plain.headers.vary, 'Accept-Encoding', path);
    assert.equal(zipped.headers.vary, 'Accept-Encoding', path);
    assert.equal(Number(zipped.headers['content-length']), zipped.bytes.length);
    assert.deepEqual(JSON.parse(gunzipSync(zipped.bytes)), JSON.parse(plain.bytes), path);
    assert.ok(zipped.bytes.length < plain.bytes.length / 2, `${path}: ${zipped.bytes.length} of ${plain.bytes.length}`);
    if (!plain.headers.etag) continue;
    assert.equal(zipped.headers.etag, plain.headers.etag.replace(/"$/, '-gzip"'));
    for (const tag of [plain.headers.etag, zipped.headers.etag, `W/${zipped.headers.etag}, "x"`]) {
      const again = await ask(path, { ...gzip, 'If-None-Match': tag });
      assert.equal(again.status, 304, `${path} ${tag}`);
      assert.equal(again.bytes.length, 0);
      assert.ok(tag.includes(again.headers.etag), `the tag of what the client has: ${again.headers.etag}`);
    }
  }
});

test('a head tells what the answer would be', async () => {
  const get = await ask('/catalogue', gzip);
  const head = await ask('/catalogue', gzip, 'HEAD');
  assert.equal(head.headers['content-length'], get.headers['content-length']);
  assert.equal(head.headers['content-encoding'], 'gzip');
  assert.equal(head.bytes.length, 0);
});

test('not compressed: small answers, who refuses, answers to POST, streams', async () => {
  const small = await ask('/tokens', gzip);
  assert.ok(small.bytes.length < 1024 && !small.headers['content-encoding']);
  for (const no of ['gzip;q=0', 'identity', 'br', 'gzip;q=0.000', 'xgzip']) {
    assert.equal((await ask('/city', { 'Accept-Encoding': no })).headers['content-encoding'], undefined, no);
  }
  assert.equal((await ask('/city', { 'Accept-Encoding': 'br, GZIP;q=0.5' })).headers['content-encoding'], 'gzip');
  const collector = await server.signIn('collector1');
  const made = await collector.report({ description: 'x'.repeat(1500) }, { 'Accept-Encoding': 'gzip' });
  assert.equal(made.status, 201);
  assert.equal(made.headers.get('content-encoding'), null);
  const stream = await new Stream(person, '/changes', gzip).ready;
  assert.equal(stream.status, 200);
  assert.equal(stream.request.res.headers['content-encoding'], undefined);
  stream.close();
});

test('many at once, large ones in the worker pool, all whole', async () => {
  const collector = await server.signIn('collector1');
  const words = (i) => Array.from({ length: 150 }, (_, k) => (i * 7919 + k * 104729).toString(36)).join(' ');
  for (let i = 0; i < 120; i++) assert.equal((await collector.report({ description: words(i) }, { Prefer: 'return=minimal' })).status, 201);
  const large = await ask('/cases?limit=100', gzip);
  const plain = await ask('/cases?limit=100');
  assert.ok(plain.bytes.length > 65536, `${plain.bytes.length} bytes`);
  assert.equal(large.headers['content-encoding'], 'gzip');
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => ask('/cases?limit=100', i % 3 ? gzip : {})));
  for (const answer of answers) {
    assert.equal(answer.status, 200);
    const text = answer.headers['content-encoding'] ? gunzipSync(answer.bytes) : answer.bytes;
    assert.equal(JSON.parse(text).items.length, 100);
  }
});

test('every answer names the server\'s version', async () => {
  const { stdout } = await cli('--version');
  const version = stdout.trim().split(' ')[1];
  for (const path of ['/city', '/nothing', '/session']) {
    const answer = await ask(path);
    assert.ok(answer.headers['gridcase-version'].startsWith(version), path);
  }
  const page = await fetch(`${server.base}/`);
  const named = (await ask('/city')).headers['gridcase-version'];
  assert.equal(page.headers.get('gridcase-version'), named, 'pages and answers agree');
  const stream = await new Stream(person).ready;
  assert.equal(stream.request.res.headers['gridcase-version'], named);
  stream.close();
});
