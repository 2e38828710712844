// SPDX-License-Identifier: MPL-2.0
// Whose X-Forwarded-* headers count: only those of the proxies that are named.
import { rm } from 'node:fs/promises';
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { startServer, cli } from './lib.mjs';

let server;
before(async () => {
  server = await startServer({ args: ['--trusted-proxy', '127.0.0.1', '--trusted-proxy=10.9.0.0/16,fd00::/8', '--log', 'debug'] });
});
after(() => server?.remove());

// One request from a local address of our choice: 127.0.0.1 is the proxy, 127.0.0.2 is anybody.
function ask(path, { from = '127.0.0.1', method = 'GET', headers = {}, body } = {}) {
  return new Promise((done, fail) => {
    const request = http.request(
      { host: '127.0.0.1', port: server.port, path, method, localAddress: from, headers: { ...headers }, agent: false },
      (answer) => {
        let text = '';
        answer.on('data', (part) => (text += part));
        answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
      },
    );
    request.on('error', fail);
    request.end(body);
  });
}
const signIn = (from, headers, password = server.logins.manager1, login = 'manager1') =>
  ask('/tinytown/api/v1/session', {
    from, method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify({ login, password }),
  });

test('https is believed of the proxy, of nobody else', async () => {
  const told = await signIn('127.0.0.1', { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '192.0.2.7' });
  assert.equal(told.status, 200, told.text);
  assert.match(told.headers['set-cookie'][0], /; Secure$/);
  const lied = await signIn('127.0.0.2', { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '192.0.2.7' });
  assert.equal(lied.status, 200, lied.text);
  assert.doesNotMatch(lied.headers['set-cookie'][0], /Secure/);
  const plain = await signIn('127.0.0.1', {});
  assert.doesNotMatch(plain.headers['set-cookie'][0], /Secure/);
});

test('the last line counts when a client put lines of its own before the proxy\'s', async () => {
  const both = await signIn('127.0.0.1', { 'X-Forwarded-Proto': ['https', 'http'] });
  assert.doesNotMatch(both.headers['set-cookie'][0], /Secure/);
});

test('the origin is compared with the host that the proxy names', async () => {
  const headers = { Origin: 'https://city.example', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'city.example' };
  assert.equal((await signIn('127.0.0.1', headers)).status, 200);
  const spoofed = await signIn('127.0.0.2', headers);
  assert.equal(spoofed.status, 403, spoofed.text);
  assert.equal(JSON.parse(spoofed.text).code, 'http.cross_origin');
  assert.equal((await signIn('127.0.0.1', { ...headers, Origin: 'https://evil.example' })).status, 403);
  assert.equal((await signIn('127.0.0.1', { ...headers, Origin: 'http://city.example' })).status, 403, 'https pages only');
});

test('each client behind the proxy has failures of its own; a made-up address does not help', async () => {
  // Wrong passwords of many people from one client address end in 429 for that address only.
  const wrong = (from, headers, login) => signIn(from, headers, 'wrong wrong wrong', login);
  const until429 = async (from, header) => {
    for (let i = 0; i < 60; i++) {
      const answer = await wrong(from, header(i), `nobody${i}`);
      if (answer.status === 429) return i;
    }
    return -1;
  };
  const behind = await until429('127.0.0.1', () => ({ 'X-Forwarded-For': '203.0.113.5' }));
  assert.ok(behind > 0, 'one address is slowed');
  assert.equal((await signIn('127.0.0.1', { 'X-Forwarded-For': '203.0.113.6' })).status, 200, 'its neighbour is not');
  // The client writes another address each time; the proxy adds the real one behind it.
  const longer = await wrong('127.0.0.1', { 'X-Forwarded-For': '198.51.100.1, 203.0.113.5' }, 'nobody');
  assert.equal(longer.status, 429, 'the last address that is not a proxy counts');
  const chain = await wrong('127.0.0.1', { 'X-Forwarded-For': '203.0.113.5, 10.9.3.4' }, 'nobody');
  assert.equal(chain.status, 429, 'a second proxy of ours is passed over');
  const direct = await until429('127.0.0.3', (i) => ({ 'X-Forwarded-For': `198.51.100.${i}` }));
  assert.ok(direct > 0, 'who is no proxy cannot change its address');
});

test('nonsense in the headers is no address', async () => {
  for (const value of ['unknown', '1.2.3', ', , ,', '[::1', 'a'.repeat(3000), '1.2.3.4.5, _x', '"[2001:db8::1]:80"']) {
    const answer = await ask('/tinytown/api/v1/city', { headers: { 'X-Forwarded-For': value, 'X-Forwarded-Proto': value, 'X-Forwarded-Host': value } });
    assert.equal(answer.status, 200, value);
  }
});

test('a network that is none is refused at the start', async () => {
  for (const value of ['10.0.0.0/33', 'proxy.example', '10.0.0.1/', '::1/129', '1.2.3.4/x']) {
    const refused = await cli('serve', '--data', `${server.data}-none`, '--port', '0', '--trusted-proxy', value).catch((error) => error);
    assert.match(refused.stderr, /http\.bad_network/, value);
  }
  await rm(`${server.data}-none`, { recursive: true, force: true });
});
