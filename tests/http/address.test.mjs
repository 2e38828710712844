// SPDX-License-Identifier: MPL-2.0
// A city is named by the path, or by its own host name; cookies follow.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, addCity, copyModel, demoLogins, makeData, raw, uuid } from './lib.mjs';

let server, model;
before(async () => {
  // Two cities: tinytown, and othertown with a host name of its own.
  model = copyModel('othertown', (ini) =>
    ini.replace(/^slug = .*/m, '$&\nhost = other.test').replace(/^number_prefix = TT/m, 'number_prefix = OT'));
  const data = await makeData();
  await addCity(data, 'othertown', model.path);
  server = new Server(data, 'tinytown');
  server.logins = demoLogins(data);
  mkdirSync(join(data, 'web', 'console'), { recursive: true });
  mkdirSync(join(data, 'web', 'assets'));
  mkdirSync(join(data, 'web', 'field'));
  writeFileSync(join(data, 'web', 'field', 'index.html'), '<!doctype html><title>field</title>');
  writeFileSync(join(data, 'web', 'field', 'sw.js'), '// worker');
  writeFileSync(join(data, 'web', 'field', 'app.webmanifest'), '{}');
  writeFileSync(join(data, 'web', 'console', 'index.html'), '<!doctype html><title>console</title>');
  writeFileSync(join(data, 'web', 'assets', 'a-1.js'), 'whole');
  writeFileSync(join(data, 'web', 'assets', 'a-1.js.gz'), 'zipped');
  await server.start(['--trusted-proxy', '127.0.0.1', '--web', join(data, 'web')]);
});
after(async () => {
  await server?.stop();
  model?.remove();
  if (server) rmSync(server.data, { recursive: true, force: true });
});

// fetch does not let one set Host.
function ask(path, { host = '127.0.0.1', method = 'GET', headers = {}, body } = {}) {
  return new Promise((done, fail) => {
    const request = http.request(
      { host: '127.0.0.1', port: server.port, path, method, headers: { Host: host, ...headers } },
      (answer) => {
        let text = '';
        answer.on('data', (part) => (text += part));
        answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text, json: () => JSON.parse(text) }));
      },
    );
    request.on('error', fail);
    request.end(body);
  });
}
const signIn = (path, host, login, password, headers = {}) =>
  ask(path, { host, method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify({ login, password }) });

test('by path', async () => {
  assert.equal((await ask('/tinytown/api/v1/city')).json().slug, 'tinytown');
  assert.equal((await ask('/othertown/api/v1/city')).json().slug, 'othertown');
  const unknown = await ask('/atlantis/api/v1/city');
  assert.equal(unknown.status, 404);
  assert.equal(unknown.json().code, 'city.unknown');
});

test('by host name, at the root', async () => {
  for (const host of ['other.test', 'OTHER.test:8080', 'other.test.']) {
    assert.equal((await ask('/api/v1/city', { host })).json().slug, 'othertown', host);
  }
  assert.equal((await ask('/tinytown/api/v1/city', { host: 'other.test' })).status, 404);
  assert.equal((await ask('/api/v1/city')).status, 404);
});

test('cookies: of the path, or of the host; __Host- over https', async () => {
  const logins = demoLogins(server.data, 'othertown');
  const byPath = await signIn('/othertown/api/v1/session', '127.0.0.1', 'manager1', logins.manager1);
  assert.match(byPath.headers['set-cookie'][0], /^gridcase_othertown=.*Path=\/othertown;/);
  const byHost = await signIn('/api/v1/session', 'other.test', 'manager1', logins.manager1);
  assert.match(byHost.headers['set-cookie'][0], /^gridcase=.*Path=\/;/);
  const secure = await signIn('/api/v1/session', 'other.test', 'manager1', logins.manager1, { 'X-Forwarded-Proto': 'https' });
  const cookie = secure.headers['set-cookie'][0];
  assert.match(cookie, /^__Host-gridcase=.*Path=\/;.*Secure/);
  assert.match(cookie, /HttpOnly/);
  const again = await ask('/api/v1/session', {
    host: 'other.test', headers: { Cookie: cookie.split(';')[0], 'X-Forwarded-Proto': 'https' },
  });
  assert.equal(again.status, 200);
  const location = await ask('/api/v1/cases', {
    host: 'other.test', method: 'POST',
    headers: { Cookie: cookie.split(';')[0], 'X-Forwarded-Proto': 'https', 'Content-Type': 'application/json', 'Idempotency-Key': uuid() },
    body: JSON.stringify({ class: 'e0110', condition: 'e0110-1', description: 'x', point: { lon: 120.0005, lat: 30.0005 } }),
  });
  assert.equal(location.status, 201, location.text);
  assert.match(location.headers.location, /^\/api\/v1\/cases\/OT/);
});

test("another city's session is nobody here", async () => {
  const tiny = await signIn('/tinytown/api/v1/session', '127.0.0.1', 'manager1', server.logins.manager1);
  const token = tiny.headers['set-cookie'][0].split(';')[0].split('=')[1];
  for (const cookie of [`gridcase_tinytown=${token}`, `gridcase_othertown=${token}`]) {
    assert.equal((await ask('/othertown/api/v1/cases', { headers: { Cookie: cookie } })).status, 401, cookie);
  }
  const bearer = await ask('/othertown/api/v1/cases', { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(bearer.status, 401);
});

test('a matching Origin is asked for on both kinds of address', async () => {
  const logins = demoLogins(server.data, 'othertown');
  const good = await signIn('/api/v1/session', 'other.test', 'manager1', logins.manager1, { Origin: 'https://other.test' });
  assert.equal(good.status, 200);
  const bad = await signIn('/api/v1/session', 'other.test', 'manager1', logins.manager1, { Origin: 'https://tiny.test' });
  assert.equal(bad.status, 403);
  const site = await signIn('/api/v1/session', 'other.test', 'manager1', logins.manager1, { 'Sec-Fetch-Site': 'same-site' });
  assert.equal(site.status, 403);
});

test('pages: the list of cities, and the way to the console', async () => {
  const list = await ask('/');
  assert.equal(list.status, 200);
  assert.match(list.text, /href="\/tinytown\/console\/"/);
  assert.match(list.headers['content-security-policy'], /default-src 'self'/);
  assert.doesNotMatch(list.headers['content-security-policy'], /unsafe-inline/);
  assert.equal(list.headers['x-content-type-options'], 'nosniff');
  assert.ok(list.headers['referrer-policy']);
  for (const path of ['/tinytown', '/tinytown/', '/tinytown/console']) {
    const answer = await ask(path);
    assert.equal(answer.status, 302, path);
    assert.equal(answer.headers.location, '/tinytown/console/');
  }
  assert.equal((await ask('/', { host: 'other.test' })).headers.location, '/console/');
  assert.equal((await ask('/tinytown/other')).status, 404);
  assert.equal((await ask('/atlantis/')).status, 404);
});

test('the root names the cities and leads to each face of them', async () => {
  let list;
  for (let i = 0; i < 40; i++) {
    list = await ask('/');
    if (/<h2>Tinytown /.test(list.text)) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.match(list.text, /<h2>Tinytown <span lang="zh-CN">[^<]*\p{Script=Han}/u, 'a city that nobody has opened, by name');
  assert.doesNotMatch(list.text, /<script/);
  for (const face of ['console', 'field', 'dashboard']) {
    for (const slug of ['tinytown', 'othertown']) assert.ok(list.text.includes(`href="/${slug}/${face}/"`), `${slug} ${face}`);
  }
});

test('each face is one page; its worker and manifest stand in its own folder', async () => {
  for (const [path, host] of [['/tinytown/field/'], ['/tinytown/field/case/TT1'], ['/field/', 'other.test']]) {
    const page = await ask(path, { host });
    assert.equal(page.status, 200, path);
    assert.match(page.text, /<title>field/);
    assert.match(page.headers['content-security-policy'], /worker-src 'self'.*manifest-src 'self'.*media-src 'self' blob:/);
  }
  assert.equal((await ask('/tinytown/field')).headers.location, '/tinytown/field/');
  assert.equal((await ask('/tinytown/dashboard')).headers.location, '/tinytown/dashboard/');
  const worker = await ask('/tinytown/field/sw.js?x=1');
  assert.equal(worker.status, 200);
  assert.match(worker.headers['content-type'], /^text\/javascript/);
  assert.equal(worker.headers['cache-control'], 'no-cache');
  assert.match(worker.headers['content-security-policy'], /connect-src 'self'/, 'the worker may fetch');
  const again = await ask('/tinytown/field/sw.js', { headers: { 'If-None-Match': worker.headers.etag } });
  assert.equal(again.status, 304);
  const manifest = await ask('/field/app.webmanifest', { host: 'other.test' });
  assert.equal(manifest.headers['content-type'], 'application/manifest+json');
  assert.equal(manifest.headers['cache-control'], 'no-cache');
  for (const path of ['/tinytown/field/none.js', '/tinytown/field/deep/sw.js', '/tinytown/field/index.html.br', '/tinytown/sw.js']) {
    assert.equal((await ask(path)).status, 404, path);
  }
});

test('the console is one page below each city, its assets stand at the root', async () => {
  for (const [path, host] of [['/tinytown/console/'], ['/tinytown/console/case/1'], ['/console/', 'other.test']]) {
    const page = await ask(path, { host });
    assert.equal(page.status, 200, path);
    assert.match(page.text, /<title>console/);
    assert.equal(page.headers['cache-control'], 'no-cache');
    const again = await ask(path, { host, headers: { 'If-None-Match': page.headers.etag } });
    assert.equal(again.status, 304);
  }
  const zipped = await ask('/assets/a-1.js', { headers: { 'Accept-Encoding': 'br, gzip' } });
  assert.equal(zipped.text, 'zipped');
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.equal(zipped.headers.vary, 'Accept-Encoding');
  assert.match(zipped.headers['cache-control'], /immutable/);
  const whole = await ask('/assets/a-1.js', { host: 'other.test' });
  assert.equal(whole.text, 'whole');
  assert.notEqual(whole.headers.etag, zipped.headers.etag);
  assert.equal((await ask('/assets/none.js')).status, 404);
  assert.equal((await ask('/assets/a-1.js.gz')).status, 404, 'a variant is no file of its own');
});

test('absolute-form targets and HTTP/1.0 are understood', async () => {
  const absolute = await raw(server.port, 'GET http://x/tinytown/api/v1/city HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  assert.match(absolute, /^HTTP\/1.1 200 /);
  const old = await raw(server.port, 'GET /tinytown/api/v1/city HTTP/1.0\r\n\r\n');
  assert.match(old, /^HTTP\/1.[01] 200 /);
});
