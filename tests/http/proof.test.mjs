// SPDX-License-Identifier: MPL-2.0
// Roots, receipts and their proof: made by the server, kept outside, checked by the command
// and by a reader of our own that knows only the manual pages.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cli, nobody, startServer, uuid } from './lib.mjs';

let server;
let outside; // a folder that nobody of the server writes to
const people = {};
before(async () => {
  server = await startServer();
  outside = mkdtempSync(join(tmpdir(), 'gridcase-outside-'));
  for (const login of ['collector1', 'acceptor1', 'leader1', 'manager1', 'roads1']) people[login] = await server.signIn(login);
});
after(async () => {
  await server?.remove();
  if (outside) rmSync(outside, { recursive: true, force: true });
});

const gridcase = (...args) => cli(...args, '--data', server.data);
const failed = async (...args) => {
  try {
    await gridcase(...args);
  } catch (error) {
    return error.stdout + error.stderr;
  }
  throw new Error(`${args.join(' ')} should have failed`);
};
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
const bytes = (hex) => Buffer.from(hex, 'hex');

// RFC 9162, 2.1.3.2, written from the text.
function rootOf(leaf, index, count, path) {
  let [fn, sn, r] = [index, count - 1, sha256(Buffer.from([0]), leaf)];
  for (const p of path) {
    assert.notEqual(sn, 0);
    if (fn % 2 === 1 || fn === sn) {
      r = sha256(Buffer.from([1]), bytes(p), bytes(r));
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else {
      r = sha256(Buffer.from([1]), bytes(r), bytes(p));
    }
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  assert.equal(sn, 0);
  return r;
}

function checkReceipt(receipt) {
  let before = '0'.repeat(64);
  let sealed = 0;
  for (const [i, row] of receipt.rows.entries()) {
    const lines = row.text.split('\n');
    assert.deepEqual(lines.slice(0, 4), ['gridcase-history 1', `before ${before}`, `case ${receipt.case}`, `seq ${i + 1}`]);
    assert.equal(sha256(row.text), row.digest);
    before = row.digest;
    if (row.root === undefined) continue;
    const root = receipt.roots.find((one) => one.number === row.root);
    assert.equal(rootOf(`row ${receipt.case} ${row.seq} ${row.digest}\n`, row.index, root.rows + root.frozen, row.path), root.tree);
    sealed++;
  }
  for (const root of receipt.roots) {
    const text =
      `gridcase-root 1\nbefore ${root.before}\nnumber ${root.number}\nmade ${root.made}\nlast ${root.last}\n` +
      `rows ${root.rows}\nfrozen ${root.frozen}\ntree ${root.tree}\n`;
    assert.equal(sha256(text), root.root);
  }
  return sealed;
}

// The server may have made a root of its own at its start: numbers are read, not known.
const numberOf = (line) => Number(line.split(' ')[1]);
let number;
let last;
test('a root is made, told to everybody, and chained to the next', async () => {
  const made = await people.collector1.report();
  assert.equal(made.status, 201, made.text);
  number = made.body.number;
  for (let i = 0; i < 4; i++) await people.collector1.report();
  const first = (await gridcase('root', 'tinytown', '--make')).stdout.trim();
  assert.match(first, /^root \d+ 20\S+Z \d+ \d+ [0-9a-f]{64}$/);
  writeFileSync(join(outside, 'first.txt'), `Dear auditor,\n\n${first}\n`);
  assert.equal((await people.acceptor1.act(number, 'accept')).status, 200);
  const second = (await gridcase('root', 'tinytown', '--make')).stdout.trim();
  writeFileSync(join(outside, 'both.txt'), `${first}\n${second}\n`);
  const told = await nobody(server).want('/roots');
  assert.equal(told.items[0].line, second);
  assert.equal(told.items[1].line, first);
  assert.equal(told.items[0].rows, 1);
  assert.equal(told.next_before, null);
  last = numberOf(second);
  assert.equal(numberOf(first), last - 1);
  assert.equal((await nobody(server).want(`/roots?before=${last}`)).items[0].number, last - 1);
  const all = (await gridcase('root', 'tinytown', '--all')).stdout.trim().split('\n');
  assert.deepEqual(all.slice(0, 2), [second, first]);
  // Nothing came: the same one.
  assert.equal((await gridcase('root', 'tinytown', '--make')).stdout.trim(), second);
});

test('the command proves against a root outside, and says when it has none', async () => {
  const alone = (await gridcase('verify', 'tinytown', '--quiet')).stdout;
  assert.match(alone, /proves only that the store agrees with itself/);
  const early = (await gridcase('verify', 'tinytown', '--quiet', '--root', join(outside, 'first.txt'))).stdout;
  assert.match(early, new RegExp(`proved: up to root ${last - 1}, kept outside`));
  assert.match(early, /1 rows came after that root/);
  const both = (await gridcase('verify', 'tinytown', '--quiet', '--root', join(outside, 'both.txt'))).stdout;
  assert.match(both, new RegExp(`proved: up to root ${last}, kept outside, nothing was changed, dropped or added in 6 rows`));
  assert.doesNotMatch(both, /came after/);
});

test('a root that never was is found', async () => {
  writeFileSync(join(outside, 'later.txt'), `root 9 2030-01-01T00:00:00.000Z 99 1 ${'a'.repeat(64)}\n`);
  assert.match(await failed('verify', 'tinytown', '--quiet', '--root', join(outside, 'later.txt')), /root\.missing/);
  writeFileSync(join(outside, 'other.txt'), `root 1 2030-01-01T00:00:00.000Z 99 1 ${'a'.repeat(64)}\n`);
  assert.match(await failed('verify', 'tinytown', '--quiet', '--root', join(outside, 'other.txt')), /root\.outside/);
  writeFileSync(join(outside, 'none.txt'), 'no root here\n');
  assert.match(await failed('verify', 'tinytown', '--quiet', '--root', join(outside, 'none.txt')), /root\.none/);
});

const monthBefore = (now = new Date()) =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 2, 15)).toISOString().slice(0, 7);
const freeze = (person, body) => person.call('POST', '/frozen', body, { 'Idempotency-Key': uuid() });

test('a month is frozen once, and again only for a reason that is one', async () => {
  const period = monthBefore();
  const first = await freeze(people.manager1, { period });
  assert.equal(first.status, 201, first.text);
  assert.deepEqual([first.body.period, first.body.version, first.body.root], [period, 1, null]);
  for (const [body, status, code] of [
    [{ period }, 400, 'freeze.reason'],
    [{ period, reason: 'Why not.' }, 409, 'freeze.same'],
    [{ period: new Date().toISOString().slice(0, 4) }, 409, 'freeze.not_over'],
    [{ period: '2020-13' }, 400, 'freeze.period'],
  ]) {
    const answer = await freeze(people.manager1, body);
    assert.deepEqual([answer.status, answer.body.code], [status, code]);
  }
  assert.equal((await freeze(people.leader1, { period })).status, 403);
  // The same request again is told what it made; its key is for nothing else.
  const other = new Date(Date.UTC(+period.slice(0, 4), +period.slice(5) - 2, 15)).toISOString().slice(0, 7);
  const key = { 'Idempotency-Key': uuid() };
  const [one, two] = await Promise.all([0, 1].map(() => people.manager1.call('POST', '/frozen', { period: other }, key)));
  const again = await people.manager1.call('POST', '/frozen', { period: other }, key);
  assert.deepEqual([one.status, two.status, again.status], [201, 201, 201], one.text + two.text);
  assert.deepEqual([two.body, again.body], [one.body, one.body]);
  const misused = await people.manager1.call('POST', '/frozen', { period: other, reason: 'Other.' }, key);
  assert.deepEqual([misused.status, misused.body.code], [409, 'freeze.key_reused']);
  // Byte for byte what the digest says.
  const read = await people.manager1.get(`/frozen/${period}`);
  assert.equal(sha256(read.text), first.body.digest);
  assert.equal(read.body.form, 'gridcase-frozen 1');
  assert.deepEqual(read.body.tables[0].by, '');
  assert.equal((await people.manager1.get(`/frozen/${period}?version=2`)).status, 404);
  assert.equal((await people.roads1.get(`/frozen/${period}`)).body.code, 'freeze.whole_city');
  // The next root covers it.
  await gridcase('root', 'tinytown', '--make');
  const [listed] = (await people.manager1.want('/frozen')).items;
  assert.equal(listed.root, last + 1);
  assert.equal(listed.digest, first.body.digest);
  const verified = (await gridcase('verify', 'tinytown', '--quiet')).stdout;
  assert.match(verified, /2 frozen documents, 0 problems/);
});

test('the command freezes through the server and prints what was frozen', async () => {
  const year = String(new Date().getUTCFullYear() - 2);
  const said = (await gridcase('freeze', 'tinytown', year)).stdout.trim();
  const [, , , digest] = said.split(' ');
  assert.match(said, new RegExp(`^${year} version 1 [0-9a-f]{64}$`));
  assert.equal(sha256((await gridcase('freeze', 'tinytown', year, '--show')).stdout), digest);
  assert.match((await gridcase('freeze', 'tinytown', '--list')).stdout, new RegExp(`^${year}\\s+1 .*${digest.slice(0, 16)}`, 'm'));
  assert.match(await failed('freeze', 'tinytown', year), /freeze\.reason/);
});

test('a receipt is checked by whoever reads the manual', async () => {
  const answer = await people.leader1.get(`/cases/${number}/receipt`);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.rows.length, 2);
  assert.equal(checkReceipt(answer.body), 2);
  assert.doesNotMatch(answer.text, /bags beside the bin/); // no words
  writeFileSync(join(outside, 'case.json'), answer.text);
  const proof = (await cli('verify', '--receipt', join(outside, 'case.json'), '--root', join(outside, 'both.txt'))).stdout;
  assert.match(proof, /2 rows of history follow from each other, 2 lie under a root/);
  assert.match(proof, new RegExp(`proved: 2 rows were so when root ${last} `));
  const printed = (await gridcase('receipt', 'tinytown', number)).stdout;
  assert.deepEqual(JSON.parse(printed), answer.body);
  // Not for everybody; not changed by anybody.
  assert.equal((await nobody(server).get(`/cases/${number}/receipt`)).status, 401);
  assert.equal((await people.leader1.get('/cases/T000/receipt')).status, 404);
  writeFileSync(join(outside, 'case.json'), answer.text.replace('seq 2', 'seq 3'));
  assert.match(await failed('verify', '--receipt', join(outside, 'case.json')), /receipt\.chain/);
});
