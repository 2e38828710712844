// SPDX-License-Identifier: MPL-2.0
// The server speaks HTTPS itself and takes up renewed files without a restart.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { Server, cli, demoLogins, garbage, makeData, sleep, until, uuid } from './lib.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gridcase-tls-'));
const at = (name) => join(folder, name);
let server, data, cookie;

// A certificate of its own for localhost: NAME.pem and NAME.key.
function make(name, { days = 90, kind = 'ec' } = {}) {
  const key = kind === 'ec' ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['-newkey', 'rsa:2048'];
  execFileSync('openssl', ['req', '-x509', ...key, '-nodes', '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`),
    '-days', String(days), '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'pipe' });
}
let seconds = 0;
function install(name) {
  for (const end of ['pem', 'key']) {
    copyFileSync(at(`${name}.${end}`), at(`live.${end}`));
    utimesSync(at(`live.${end}`), 1e9 + ++seconds, 1e9 + seconds); // never the same time twice
  }
}
// The subject that a new connection is shown.
function shown(options = {}) {
  return new Promise((done, fail) => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ...options }, () => {
      done({ name: socket.getPeerCertificate().subject.CN, protocol: socket.getProtocol() });
      socket.destroy();
    });
    socket.on('error', fail);
  });
}
function ask(path, { method = 'GET', headers = {}, body, agent = false } = {}) {
  return new Promise((done, fail) => {
    const request = https.request(
      { host: '127.0.0.1', port: server.port, path: `/tinytown/api/v1${path}`, method, agent, rejectUnauthorized: false,
        headers: { ...(cookie ? { Cookie: cookie } : {}), ...headers } },
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
const report = (agent = false) =>
  ask('/cases', { method: 'POST', agent, headers: { 'Content-Type': 'application/json', 'Idempotency-Key': uuid() }, body: JSON.stringify(garbage) });

function freePort() {
  return new Promise((done) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

let redirectPort;
before(async () => {
  make('first');
  make('second', { kind: 'rsa' });
  make('third');
  install('first');
  data = await makeData();
  redirectPort = await freePort();
  server = new Server(data, 'tinytown');
  server.logins = demoLogins(data);
  await server.start(['--tls-certificate', at('live.pem'), '--tls-key', at('live.key'), '--tls-hsts-s', '3600',
    '--tls-redirect-port', String(redirectPort)]);
});
after(async () => {
  if (server && server.child.exitCode === null) await server.stop();
  rmSync(folder, { recursive: true, force: true });
  if (data) rmSync(data, { recursive: true, force: true });
});

test('people sign in and report over https, with a Secure cookie and HSTS', async () => {
  const answer = await ask('/session', {
    method: 'POST', headers: { 'Content-Type': 'application/json', Origin: `https://127.0.0.1:${server.port}` },
    body: JSON.stringify({ login: 'collector1', password: server.logins.collector1 }),
  });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers['set-cookie'][0], /; Secure$/);
  assert.equal(answer.headers['strict-transport-security'], 'max-age=3600');
  cookie = answer.headers['set-cookie'][0].split(';')[0];
  assert.equal((await report()).status, 201);
  const plain = await ask('/session', {
    method: 'POST', headers: { 'Content-Type': 'application/json', Origin: `http://127.0.0.1:${server.port}` }, body: '{}',
  });
  assert.equal(plain.status, 403, 'a page that came over http is another origin');
});

test('TLS 1.2 and 1.3 only', async () => {
  assert.equal((await shown({ maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2');
  assert.equal((await shown()).protocol, 'TLSv1.3');
  await assert.rejects(shown({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }));
});

test('who speaks plain HTTP there gets no answer, and nobody else notices', async () => {
  const heard = await new Promise((done) => {
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    let text = '';
    socket.on('data', (part) => (text += part.toString('latin1')));
    socket.on('close', () => done(text));
    socket.on('error', () => done(text));
    socket.setTimeout(5000, () => socket.destroy());
  });
  assert.ok(!heard.startsWith('HTTP/1.1 200'));
  assert.equal((await ask('/city')).status, 200);
});

test('event streams run over TLS, many at once, while reports come in', async () => {
  const streams = [];
  const agent = new https.Agent({ keepAlive: true, maxSockets: 8 });
  for (let i = 0; i < 25; i++) {
    const stream = { numbers: new Set() };
    stream.request = https.get(
      { host: '127.0.0.1', port: server.port, path: '/tinytown/api/v1/changes', rejectUnauthorized: false, headers: { Cookie: cookie }, agent: false },
      (answer) => {
        stream.status = answer.statusCode;
        answer.setEncoding('utf8');
        answer.on('data', (part) => {
          for (const [, number] of part.matchAll(/"number":\s*"([^"]+)"/g)) stream.numbers.add(number);
        });
        answer.on('error', () => {});
      },
    );
    stream.request.on('error', () => {});
    streams.push(stream);
  }
  await until(() => streams.every((stream) => stream.status === 200), 'the streams');
  const made = [];
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(Array.from({ length: 8 }, () => report(agent)));
    for (const answer of answers) {
      assert.equal(answer.status, 201, answer.text);
      made.push(JSON.parse(answer.text).number);
    }
    await sleep(50);
  }
  await until(() => streams.every((stream) => made.every((number) => stream.numbers.has(number))), 'every change on every stream');
  for (const stream of streams) stream.request.destroy();
  agent.destroy();
});

test('renewed files are taken up; open connections and streams stay', async () => {
  assert.equal((await shown()).name, 'first');
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  assert.equal((await ask('/city', { agent })).status, 200);
  install('second');
  await until(async () => (await shown()).name === 'second', 'the second certificate');
  assert.equal((await ask('/city', { agent })).status, 200, 'the old connection goes on');
  agent.destroy();
  install('third');
  server.child.kill('SIGHUP');
  await until(async () => (await shown()).name === 'third', 'the third certificate, at once', 2500);
  assert.equal(server.child.exitCode, null);
});

test('broken, mismatched or missing files change nothing, and a good pair ends that', async () => {
  const hup = async () => {
    server.child.kill('SIGHUP');
    await sleep(150);
  };
  writeFileSync(at('live.pem'), readFileSync(at('first.pem')).subarray(0, 300)); // cut off while copying
  await hup();
  assert.equal((await shown()).name, 'third');
  copyFileSync(at('second.pem'), at('live.pem')); // the key is still the third's
  await hup();
  assert.equal((await shown()).name, 'third');
  rmSync(at('live.key'));
  await hup();
  assert.equal((await shown()).name, 'third');
  const told = await cli('status', '--data', data).catch((error) => error);
  assert.match(told.stdout, /warning +tls +the certificate for localhost ends .*not taken: .*live\.key/);
  await until(() => /event=tls\.failed/.test(server.log), 'a line in the log');
  install('first');
  await until(async () => (await shown()).name === 'first', 'the good pair');
  const again = await cli('status', '--data', data).catch((error) => error);
  assert.match(again.stdout, /ok +tls +the certificate for localhost ends/);
});

test('the other port sends to https', async () => {
  const get = (path, options = {}) =>
    new Promise((done, fail) => {
      const request = http.request({ host: '127.0.0.1', port: redirectPort, path, ...options }, (answer) => {
        answer.resume();
        done({ status: answer.statusCode, to: answer.headers.location });
      });
      request.on('error', fail);
      request.end();
    });
  const sent = await get('/tinytown/console/?case=1%2F2', { headers: { Host: 'localhost:80' } });
  assert.deepEqual(sent, { status: 308, to: `https://localhost:${server.port}/tinytown/console/?case=1%2F2` });
  assert.equal((await get('/x', { method: 'POST' })).status, 400);
  assert.equal((await get('/', { headers: { Host: 'evil.example/path' } })).status, 400);
});

test('a start with files that do not fit is refused', async () => {
  const start = (...args) => cli('serve', '--data', join(folder, 'none'), '--port', '0', ...args).catch((error) => error.stderr);
  assert.match(await start('--tls-certificate', at('first.pem'), '--tls-key', at('second.key')), /tls\.mismatch/);
  assert.match(await start('--tls-certificate', at('first.pem')), /tls\.files/);
  assert.match(await start('--tls-certificate', at('first.key'), '--tls-key', at('first.key')), /tls\.broken/);
});

test('a private authority: devices that trust it trust the server, and renewal is taken up', async () => {
  const own = join(folder, 'own');
  await server.stop();
  const out = await cli('certificate', own, '--host', 'localhost', '--host', '127.0.0.1', '--days', '30');
  assert.match(out.stdout, /new authority/);
  assert.equal(statSync(join(own, 'ca.key')).mode & 0o077, 0, 'the key is nobody else\'s');
  assert.equal(statSync(join(own, 'server.key')).mode & 0o077, 0);
  await server.start(['--tls-certificate', join(own, 'server.pem'), '--tls-key', join(own, 'server.key')]);
  const ca = readFileSync(join(own, 'ca.pem'));
  const trusted = (servername, options = {}) => new Promise((done, fail) => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca, servername, ...options }, () => {
      done(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', fail);
  });
  const first = await trusted('localhost');
  await assert.rejects(trusted('other.example'), /altnames|ERR_TLS_CERT_ALTNAME_INVALID/);
  await assert.rejects(trusted('localhost', { ca: readFileSync(at('first.pem')) }), /certificate/);
  const again = await cli('certificate', own, '--host', 'localhost', '--host', '127.0.0.1');
  assert.doesNotMatch(again.stdout, /new authority/);
  await until(async () => (await trusted('localhost')) !== first, 'the renewed certificate');
  assert.deepEqual(readFileSync(join(own, 'ca.pem')), ca, 'the authority stays');
  const wrong = await cli('certificate', own, '--host', 'Not A Host').catch((error) => error);
  assert.match(wrong.stderr, /certificate\.host/);
});
