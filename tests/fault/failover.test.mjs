// SPDX-License-Identifier: MPL-2.0
// The primary is lost under load and its replica takes over: a real pair of PostgreSQL.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sleep, startServer, until } from '../http/lib.mjs';
import { Ledger } from './load.mjs';

process.env.GRIDCASE_ENGINE = 'postgres'; // whatever the others run on
const primary = process.env.GRIDCASE_TEST_POSTGRES_FOLDER ?? '';
const ctl = (...args) => execFileSync(process.env.GRIDCASE_TEST_POSTGRES_CTL, args);
const bin = process.env.POSTGRES_BIN ?? '/usr/lib/postgresql/15/bin';

// A program of PostgreSQL as the owner of the cluster, who is never root.
const { uid, gid } = primary ? statSync(join(primary, 'data')) : {};
const asOwner = (program, ...args) => execFileSync(join(bin, program), args, { uid, gid, cwd: replica, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LC_ALL: 'C.UTF-8' } });
const sql = (text) => execFileSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', primary, '-U', 'gridcase', '-d', 'postgres', '-c', text], { encoding: 'utf8' }).trim();
const health = async () => (await fetch(`http://127.0.0.1:${server.healthPort}/health`)).text();

let server, replica, promoted;
before(async () => {
  server = await startServer();
  replica = mkdtempSync(join(tmpdir(), 'gc-rp-'));
  chmodSync(replica, 0o755);
  chownSync(replica, uid, gid);
  const data = join(replica, 'data');
  asOwner('pg_basebackup', '-h', primary, '-U', 'gridcase', '-D', data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync');
  appendFileSync(join(data, 'postgresql.conf'), `unix_socket_directories = '${replica}'\n`);
  asOwner('pg_ctl', '-D', data, '-l', join(replica, 'log'), '-w', '-t', '60', 'start');
  await until(() => sql('SELECT count(*) FROM pg_stat_replication') === '1', 'the replica to follow', 30000);
});
after(async () => {
  await server?.remove();
  if (promoted) ctl('start'); // for the files that come after this one
  if (primary) sql('ALTER SYSTEM RESET synchronous_standby_names');
  if (primary) sql('SELECT pg_reload_conf()');
  if (!replica) return;
  asOwner('pg_ctl', '-D', join(replica, 'data'), '-m', 'immediate', '-w', 'stop');
  rmSync(replica, { recursive: true, force: true });
});

test('a replica that follows asynchronously is told at start and in health', async () => {
  assert.match(await health(), /^store: warning: 1 replica\(s\) follow, none of them synchronously: a failover may lose/m);
  const address = join(server.data, 'store-address');
  writeFileSync(address, `${readFileSync(address, 'utf8').trim().replace(/host=([^&]+)/, `host=$1,${replica}`)}&target_session_attrs=read-write\n`);
  await server.restart();
  assert.match(server.log, /store\.replicas .*may lose acknowledged reports/);
  sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
  sql('SELECT pg_reload_conf()');
  await until(async () => /^store: ok: 1 replica\(s\) follow; what is acknowledged is on a synchronous one/m.test(await health()), 'health to know');
  await server.restart();
  assert.doesNotMatch(server.log, /store\.replicas/);
});

test('the primary is lost under load: the synchronous replica has all that was acknowledged', async (t) => {
  const collector = await server.signIn('collector1');
  const acceptor = await server.signIn('acceptor1');
  const ledger = new Ledger();
  let stopped = false;
  const working = Array.from({ length: 6 }, (_, i) => ledger.work(i % 3 ? collector : acceptor, () => stopped));
  let lost;
  try {
    await until(() => ledger.told.length > 20, 'some reports', 30000);
    ctl('stop', '-m', 'immediate');
    lost = Date.now();
    const refused = await ledger.report(collector);
    assert.equal(refused.status, 503, refused.text);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    asOwner('pg_ctl', '-D', join(replica, 'data'), '-w', 'promote');
    promoted = true;
    await until(async () => (await ledger.report(collector)).status === 201, 'reports to be taken again', 30000);
    t.diagnostic(`reports are taken again ${Date.now() - lost} ms after the loss, by itself`);
    await sleep(300);
  } finally {
    stopped = true;
    await Promise.all(working);
  }
  await ledger.verify(acceptor);
  t.diagnostic(`told: ${JSON.stringify(ledger.count())}, refused: ${JSON.stringify([...ledger.refused])}`);
  assert.ok(ledger.count().reports > 20);
  assert.match(await health(), /^store: ok: the database answers; 0 replicas follow it/m);
});
