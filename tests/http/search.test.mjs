// SPDX-License-Identifier: MPL-2.0
// Search over HTTP: words, Chinese, numbers, names, filters, map extent, bad input, and
// who finds what.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, cli, demoLogins, makeData, until } from './lib.mjs';

let server, collector, acceptor, leader, made;
before(async () => {
  server = new Server(await makeData(), 'tinytown');
  server.logins = demoLogins(server.data);
  await server.start();
  [collector, acceptor, leader] = await Promise.all(['collector1', 'acceptor1', 'leader1'].map((login) => server.signIn(login)));
  made = {};
  const reports = {
    cover: { class: 'c0101', condition: 'c0101-1', description: '井盖丢失，很危险', address: '学府路12号', point: { lon: 120.0005, lat: 30.00098 } },
    garbage: { description: 'A mattress and broken chairs', address: '25 Main St' },
    road: { class: 'e0113', condition: 'e0113-1', description: 'Café car park, asphalt gone 破损', address: 'Elm St' },
  };
  for (const [name, body] of Object.entries(reports)) {
    const answer = await collector.report(body);
    assert.equal(answer.status, 201, answer.text);
    made[name] = answer.body.number;
  }
});
after(async () => {
  await server?.stop();
  if (server) rmSync(server.data, { recursive: true, force: true });
});

const ask = (who, q, more = '') => who.get(`/cases?q=${encodeURIComponent(q)}${more}`);
// Names of the cases found, once the index has what was reported.
async function found(who, q, more = '') {
  const answer = await ask(who, q, more);
  assert.equal(answer.status, 200, answer.text);
  const names = Object.fromEntries(Object.entries(made).map(([name, number]) => [number, name]));
  return answer.body.items.map((one) => names[one.number] ?? one.number).sort();
}
const finds = (q, names, more, who = leader) =>
  until(async () => JSON.stringify(await found(who, q, more)) === JSON.stringify(names), `${q} to find ${names}`);

test('words find what is described, whatever their case, width and accents', async () => {
  await finds('mattress', ['garbage']);
  await finds('MATTRESS chairs', ['garbage']);
  await finds('ｍａｔｔｒｅｓｓ', ['garbage']);
  await finds('cafe', ['road']);
  await finds('main matt', ['garbage']);
  assert.deepEqual(await found(leader, 'matt main'), [], 'only the last word may go on');
  assert.deepEqual(await found(leader, 'mattress elm'), []);
});

test('Chinese is found by one character, by pairs, and mixed', async () => {
  await finds('井', ['cover']);
  await finds('井盖', ['cover']);
  await finds('井盖丢失', ['cover']);
  await finds('丢失 学府路', ['cover']);
  await finds('asphalt 破损', ['road']);
  assert.deepEqual(await found(leader, '盖井'), []);
});

test('a number is found whole and in parts, however it is typed', async () => {
  const number = made.road;
  const serial = number.slice(-4);
  for (const q of [number, number.toLowerCase(), `${number.slice(0, -12)} ${number.slice(-12, -4)}-${serial}`, number.slice(-12)]) {
    await finds(q, ['road']);
  }
  await finds(number.slice(0, -1), ['cover', 'garbage', 'road']);
  await finds(serial, ['road']);
});

test('classes, departments and areas are found by their names in both languages', async () => {
  await finds('暴露垃圾', ['garbage']);
  await finds('exposed garbage', ['garbage']);
  await finds('damaged mattress', []);
  await finds('damaged asphalt', ['road']);
  await finds('e0110', ['garbage']);
});

test('a search combines with filters and the map extent', async () => {
  await finds(made.road.slice(0, -4), ['cover', 'garbage', 'road']);
  const near = '&bbox=119.999,29.999,120.001,30.001';
  const far = '&bbox=119,29,119.5,29.5';
  await finds('井盖', ['cover'], near);
  assert.deepEqual(await found(leader, '井盖', far), []);
  await finds('井盖', ['cover'], '&open=1');
  assert.deepEqual(await found(leader, '井盖', '&open=0'), []);
  const map = await leader.want(`/geo/cases?q=${encodeURIComponent('井盖')}&open=1&bbox=119,29,121,31`);
  assert.deepEqual(map.features.map((one) => one.id), [made.cover]);
  const page = await ask(leader, made.road.slice(0, -4), '&limit=2');
  assert.equal(page.body.items.length, 2);
  const rest = await ask(leader, made.road.slice(0, -4), `&limit=2&cursor=${encodeURIComponent(page.body.next_cursor)}`);
  assert.equal(rest.body.items.length, 1);
});

test('what cannot be searched for is refused clearly', async () => {
  for (const q of ['', '%', '"', "'", '""*', '😀', '((', '\u3000', '_']) {
    const answer = await ask(leader, q);
    assert.equal(answer.status, 422, `${q}: ${answer.text}`);
    assert.equal(answer.body.code, 'search.nothing');
  }
  const long = await ask(leader, 'a'.repeat(10000));
  assert.ok([400, 414, 422, 431].includes(long.status) && long.body.code, `${long.status}`);
  const longer = await ask(leader, 'ab '.repeat(100));
  assert.equal(longer.status, 422);
  assert.equal(longer.body.code, 'search.too_long');
  assert.ok([400, 422].includes((await leader.get('/cases?q=a%00b')).status));
  assert.ok([400, 422].includes((await leader.get('/cases?q=%ff%fe')).status));
});

test('operators of an engine are only words', async () => {
  for (const q of ['mattress OR asphalt', 'NOT mattress', 'NEAR(mattress asphalt)', 'tokens:asphalt', 'mattress" OR "a', '-mattress elm', 'a* b*']) {
    const answer = await ask(leader, q);
    assert.equal(answer.status, 200, `${q}: ${answer.text}`);
    assert.deepEqual(answer.body.items, [], q);
  }
});

test('one letter, and a letter with a sign, are whole words', async () => {
  assert.deepEqual(await found(leader, 'm'), []);
  await finds('a', ['garbage']);
  await finds('mattress%', ['garbage']);
});

const indexed = (who = leader) =>
  until(async () => {
    const { search } = (await ask(who, 'anything')).body;
    return search.complete && search.behind === 0;
  }, 'the index to be complete');

test('the index follows within a moment, and says so', async () => {
  await indexed();
  const answer = await collector.report({ description: 'zeppelin over the market' });
  const began = Date.now();
  await until(async () => (await ask(leader, 'zeppelin')).body.items.length === 1, 'the new case');
  assert.ok(Date.now() - began < 5000, 'generously; one second is the aim');
  const found = await ask(leader, 'zeppelin');
  assert.equal(found.body.items[0].number, answer.body.number);
  assert.equal(found.body.search.complete, true);
  const plain = await leader.want('/cases');
  assert.equal(plain.search, undefined, 'only a search speaks of the index');
});

test("a department's user finds only what is theirs", async () => {
  await indexed();
  const logins = Object.keys(server.logins);
  const login = logins.find((one) => /^(water|roads|parks)/.test(one)) ?? logins.find((one) => one.includes('department'));
  const user = await server.signIn(login);
  const all = (await ask(leader, 'a')).body.items.length + (await ask(leader, '井盖')).body.items.length;
  assert.ok(all > 0);
  // Nothing has been sent to a department yet: nothing is theirs.
  for (const q of ['a', '井盖', 'zeppelin', made.cover]) {
    const own = new Set((await user.want('/cases?limit=500')).items.map((one) => one.number));
    const answer = await ask(user, q);
    assert.equal(answer.status, 200, answer.text);
    for (const one of answer.body.items) assert.ok(own.has(one.number), `${q} shows ${one.number}`);
    assert.deepEqual(answer.body.items, []);
  }
});

test("the reporter's own data are never found", async () => {
  const reporter = { name: 'Zaphod Quillfeather', phone: '13800138000', email: 'zaphod@example.org' };
  const answer = await acceptor.report({ description: 'noise', reporter });
  if (answer.status !== 201) assert.equal(answer.status, 201, answer.text);
  await until(async () => (await ask(leader, 'noise')).body.items.length === 1, 'the case');
  for (const q of ['zaphod', 'quillfeather', '13800138000', 'example.org']) {
    assert.deepEqual((await ask(leader, q)).body.items, [], q);
  }
});

test('killed in the middle, it catches up; thrown away or broken, it is made anew', async () => {
  const word = async (text) => (await ask(leader, text)).body.items.length;
  const again = async () => {
    await server.start();
    leader = await server.signIn('leader1');
    collector = await server.signIn('collector1');
    acceptor = await server.signIn('acceptor1');
  };
  const reports = await Promise.all([1, 2, 3, 4, 5].map(() => collector.report({ description: 'krakatoa' })));
  for (const one of reports) assert.equal(one.status, 201, one.text);
  await server.stop('SIGKILL');
  await again();
  await until(async () => (await word('krakatoa')) === 5, 'what was reported just before the kill');
  await indexed();

  const file = join(server.data, 'cities', 'tinytown', 'search.db');
  await server.stop();
  for (const tail of ['', '-wal', '-shm']) rmSync(file + tail, { force: true });
  await again();
  await until(async () => (await word('krakatoa')) === 5, 'an index made anew');
  await indexed();

  await server.stop();
  writeFileSync(file, 'this is no database'.repeat(1000));
  await again();
  await until(async () => (await word('krakatoa')) === 5, 'an index in place of a broken one');
  await indexed();

  await cli('search', 'rebuild', 'tinytown', '--data', server.data);
  await until(async () => (await word('krakatoa')) === 5, 'an index made anew on command');
  await indexed();
  const status = await cli('search', 'status', 'tinytown', '--data', server.data);
  assert.match(status.stdout, /^complete, 0 changes/);
  await server.stop();
  const rebuilt = await cli('search', 'rebuild', 'tinytown', '--quiet', '--data', server.data);
  assert.match(rebuilt.stdout, /^\d+ cases in/);
  const after = await cli('search', 'status', 'tinytown', '--data', server.data);
  assert.match(after.stdout, /^complete, 0 changes/);
  await again();
  assert.equal(await word('krakatoa'), 5);
});

test('the metrics tell how far behind the index is', async () => {
  await indexed();
  const text = await (await fetch(`http://127.0.0.1:${server.healthPort}/metrics`)).text();
  assert.match(text, /gridcase_search_complete\{city="tinytown"\} 1\n/);
  assert.match(text, /gridcase_search_behind_changes\{city="tinytown"\} 0\n/);
  assert.match(text, /gridcase_search_behind_seconds\{city="tinytown"\} 0\.000\n/);
});
