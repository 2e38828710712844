// SPDX-License-Identifier: MPL-2.0
// Reports that are sent: to a mail server of our own, over its absence and a crash.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import tls from 'node:tls';
import { addCity, cli, copyModel, demoLogins, Server, until } from './lib.mjs';

// As much SMTP as a client needs; what came: [{ from, to, data, tls, login }]. refuse: an address
// that is not known here. keys: { key, cert }; spoken at once, or after STARTTLS, without which
// nothing is taken.
function startSink(port = 0, { refuse = '', keys, atOnce = false } = {}) {
  const mails = [];
  const talk = (socket, secure, login) => {
    let mail = { data: '' };
    let inData = false;
    let asked = false; // for name and password
    let rest = '';
    const say = (line) => socket.write(`${line}\r\n`);
    const take = (part) => {
      rest += part.toString('latin1');
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (inData) {
          if (line === '.') {
            inData = false;
            mails.push({ ...mail, tls: secure, login });
            mail = { data: '' };
            say('250 taken');
          } else mail.data += `${line.startsWith('.') ? line.slice(1) : line}\r\n`;
        } else if (/^EHLO/i.test(line)) say(keys && !secure ? '250-sink\r\n250 STARTTLS' : '250-sink\r\n250 AUTH PLAIN');
        else if (/^STARTTLS/i.test(line) && keys && !secure) {
          socket.removeListener('data', take);
          say('220 go on');
          const inner = new tls.TLSSocket(socket, { isServer: true, ...keys });
          inner.on('error', () => {});
          talk(inner, true);
          return;
        } else if (/^AUTH PLAIN$/i.test(line)) (asked = true), say('334 ');
        else if (asked) {
          asked = false;
          login = Buffer.from(line, 'base64').toString().split('\0').slice(1).join(':');
          say('235 welcome');
        } else if (keys && !secure) say('530 not in the clear');
        else if (/^MAIL FROM:/i.test(line)) (mail.from = line.slice(10)), say('250 ok');
        else if (/^RCPT TO:/i.test(line)) {
          if (refuse && line.includes(refuse)) say('550 nobody here');
          else (mail.to = line.slice(8)), say('250 ok');
        } else if (/^DATA/i.test(line)) (inData = true), say('354 go on');
        else if (/^QUIT/i.test(line)) say('221 bye');
        else say('250 ok');
      }
    };
    socket.on('error', () => {});
    socket.on('data', take);
    if (!secure || atOnce) say('220 sink');
  };
  const server = atOnce ? tls.createServer(keys, (socket) => talk(socket, true)) : net.createServer((socket) => talk(socket, false));
  server.on('tlsClientError', () => {});
  return new Promise((done) => server.listen(port, '127.0.0.1', () => done({ mails, port: server.address().port, close: () => server.close() })));
}

const removed = [];
after(() => removed.forEach((remove) => remove()));

test('a report that is due is mailed once to each, over a crash and an absent mail server', { timeout: 120000 }, async () => {
  const model = copyModel('mailtown', (ini) => `${ini}\n[table report_mails]\nsource = tables/report_mails.csv\n[proof]\nmail = not an address, notary@example.org\n`);
  writeFileSync(join(model.path, 'tables/report_mails.csv'),
    'code,report,every,day,time,language,formats,to\nweekly,bulletin,week,1,00:00,zh-CN,pdf csv,office@example.org mayor@example.org gone@example.org\n');
  const data = mkdtempSync(join(tmpdir(), 'gridcase-mail-'));
  removed.push(model.remove, () => rmSync(data, { recursive: true, force: true }));
  await addCity(data, 'mailtown', model.path);

  // Nobody listens on the port of a mail server that has just ended.
  const absent = await startSink();
  absent.close();
  const args = ['--mail-server', `127.0.0.1:${absent.port}`, '--mail-security', 'none', '--mail-from', 'gridcase@example.org'];
  const server = new Server(data, 'mailtown');
  removed.push(() => server.child?.kill('SIGKILL'));
  await server.start(args);
  const spool = (ending) => {
    try {
      return readdirSync(join(data, 'mail')).filter((name) => name.endsWith(ending));
    } catch {
      return [];
    }
  };
  await until(() => spool('.mail').length === 3 && /report\.made/.test(server.log), 'the spool', 60000);
  await until(() => /mail\.trouble.*mail\.unavailable/.test(server.log), 'a try that fails', 30000);
  await server.stop('SIGKILL');
  assert.equal(spool('.mail').length, 3, 'nothing is lost');
  const letter = spool('.mail').find((name) => readFileSync(join(data, 'mail', name)).includes('mayor@example.org'));
  const kept = readFileSync(join(data, 'mail', letter)); // for what follows

  const sink = await startSink(absent.port, { refuse: 'gone@example.org' });
  removed.push(() => sink.close());
  await server.start(args);
  await until(() => spool('.mail').length === 0, 'all to be sent', 60000);
  await until(() => spool('.failed').length === 1, 'the refused one to be kept', 10000);
  assert.deepEqual(spool('.reason').length, 1);
  assert.deepEqual(sink.mails.map((mail) => mail.to).sort(), ['<mayor@example.org>', '<office@example.org>']);
  const text = sink.mails[0].data;
  assert.match(text, /^From: =\?UTF-8\?B\?/m);
  assert.match(text, /^Message-ID: <mailtown-weekly-\d{4}-W\d\d-\d@example\.org>/m);
  const parts = text.split('--=_gridcase_part').map((part) => part.split('\r\n\r\n'));
  const body = (part) => Buffer.from(part[1].replace(/\s/g, ''), 'base64');
  assert.match(body(parts[1]).toString(), /小镇城市管理评价周报/);
  assert.match(parts[2][0], /filename\*=UTF-8''gridcase-mailtown-bulletin-\d{4}-W\d\d\.pdf/);
  assert.equal(body(parts[2]).subarray(0, 5).toString(), '%PDF-');
  assert.equal(body(parts[3]).subarray(0, 3).toString('hex'), 'efbbbf');

  // Told where the installation's state is told, and not made a second time.
  const health = await fetch(`http://127.0.0.1:${server.healthPort}/health`);
  assert.match(await health.text(), /mail.*1 were given up/);
  await server.stop();
  await server.start([...args, '--log', 'debug']);
  await until(() => /report\.looked/.test(server.log), 'a look at what is due', 30000);
  assert.doesNotMatch(server.log, /report\.made/);
  assert.equal(sink.mails.length, 2);

  // A root goes to whoever keeps it, also when another address is wrong.
  server.logins = demoLogins(data, 'mailtown');
  const collector = await server.signIn('collector1');
  assert.equal((await collector.report()).status, 201);
  const line = (await cli('root', 'mailtown', '--make', '--data', data)).stdout.trim();
  const letterOf = (mail) => body(mail.data.split('--=_gridcase_part')[1].split('\r\n\r\n')).toString();
  const proof = await until(() => sink.mails.find((mail) => mail.to === '<notary@example.org>' && letterOf(mail).includes(line)), 'the root by mail', 30000);
  assert.match(proof.data, /^Message-ID: <mailtown-root-\d+-2@example\.org>/m);
  assert.match(server.log, /root\.mail.*mail\.address/);
  await server.stop();

  // A mail server that speaks TLS, by an authority of the office's own; one that is not trusted
  // is told nothing, and neither the message nor the password.
  const at = (name) => join(data, name);
  const openssl = (...words) => execFileSync('openssl', words, { stdio: 'pipe' });
  const make = (name, ...more) => openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-days', '30', '-subj', `/CN=${name}`, ...more);
  make('authority');
  make('stranger');
  make('mail', '-CA', at('authority.pem'), '-CAkey', at('authority.key'), '-addext', 'basicConstraints=critical,CA:FALSE',
    '-addext', 'subjectAltName=DNS:localhost');
  const keys = { key: readFileSync(at('mail.key')), cert: readFileSync(at('mail.pem')) };
  writeFileSync(at('mail.password'), 'open sesame\n');
  const later = await startSink(0, { keys });
  const atOnce = await startSink(0, { keys, atOnce: true });
  removed.push(() => later.close(), () => atOnce.close());
  const over = (to, security, authority) => ['--mail-server', `localhost:${to.port}`, '--mail-security', security, '--mail-from',
    'gridcase@example.org', '--mail-user', 'office', '--mail-password-file', at('mail.password'), '--mail-authority', at(`${authority}.pem`)];
  const clear = await startSink(); // without STARTTLS it is not spoken to
  removed.push(() => clear.close());
  writeFileSync(join(data, 'mail', letter), kept);
  for (const [to, why, authority] of [[clear, /STARTTLS|TLS/i, 'authority'], [later, /certificate/i, 'stranger']]) {
    await server.start(over(to, 'starttls', authority));
    const said = await until(() => /mail\.trouble.*mail\.unavailable.*/.exec(server.log), 'a server that is not trusted', 30000);
    assert.match(said[0], why);
    assert.equal(to.mails.length, 0, 'nothing is told to a stranger');
    assert.deepEqual(spool('.mail'), [letter], 'it waits');
    await server.stop();
  }
  for (const [to, security] of [[later, 'starttls'], [atOnce, 'tls']]) {
    writeFileSync(join(data, 'mail', letter), kept);
    await server.start(over(to, security, 'authority'));
    const [mail] = await until(() => to.mails.length > 0 && to.mails, `a mail over ${security}`, 30000);
    assert.deepEqual([mail.tls, mail.login, mail.to], [true, 'office:open sesame', '<mayor@example.org>']);
    await until(() => spool('.mail').length === 0, 'it to be gone', 10000);
    await server.stop();
  }
});
