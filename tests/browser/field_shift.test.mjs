// SPDX-License-Identifier: MPL-2.0
// A collector's shift on the phone: which duty grids until when, who else is there, with and
// without a signal; and the tasks of the beat, the nearest first.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { rosterModel } from '../http/rosters.mjs';
import { endPhones, Phone } from './field_support.mjs';
import { Api, closeBrowser, done, looksGood, openPage, Server, sizes } from './support.mjs';

let server, model, acceptor;
before(async () => {
  model = rosterModel();
  appendFileSync(join(model.path, 'city.ini'), '\n[tracks]\nkeep_days = 30\n');
  server = await Server.start({ model: model.path });
  acceptor = await Api.as(server, server.person('acceptor1'));
});
after(async () => {
  await endPhones();
  await closeBrowser();
  await server?.stop();
  model?.remove();
});

// collector1 walks P1 (the south) around the clock; collector3 backs them up there.
test('the shift stands on the first view, and in a cellar too', async () => {
  for (const language of ['en', 'zh-CN']) {
    const phone = await Phone.start(server, { language });
    await phone.signIn(server.person('collector1'));
    await phone.settled();
    const { page } = phone;
    await page.waitForSelector('.shift-card.on');
    assert.match(await page.textContent('.shift-card'), language === 'en' ? /On duty: (Day|Night), until/ : /当班：(白|夜)班/);
    await looksGood(page, `field-home-shift-${language}`);
    await phone.line(false);
    await page.reload();
    await page.waitForSelector('.shift-card.on');
    await page.click('.shift-card');
    await page.waitForSelector('.shift.on');
    assert.match(await page.textContent('.shift.on'), /P1/);
    // The position is known when it was asked for: the beat is here.
    await page.waitForFunction(() => document.querySelectorAll('.view .shift').length >= 10);
    assert.match(await page.textContent('.view'), /何三/);
    await looksGood(page, `field-shift-${language}`);
    await phone.end();
  }
});

test('tasks of the beat come nearest first, and say whose they are', async () => {
  const numbers = [];
  for (const at of [[90, 10], [10, 10], [50, 10]]) {
    const { number } = await acceptor.report({ at, source: 'leader' });
    await acceptor.act(number, 'verify_sent', { opinion: 'please look' });
    numbers.push(number);
  }
  const [far, near, between] = numbers;
  const phone = await Phone.start(server, { at: [120.0003, 30.0003] });
  await phone.signIn(server.person('collector3'));
  const { page } = phone;
  await page.click('.tabs a[href="#tasks"]');
  await page.waitForFunction((n) => document.querySelectorAll('.case-row').length === n, numbers.length);
  const shown = () => page.$$eval('.case-row', (rows) => rows.map((row) => row.getAttribute('href').split('/').pop()));
  await page.click('.switch button >> nth=1'); // asks for the position where nobody has yet
  await page.waitForFunction((first) => document.querySelector('.case-row').getAttribute('href').endsWith(first), near);
  assert.deepEqual(await shown(), [near, between, far]);
  assert.match(await page.textContent('.case-row'), /for a colleague/, 'a task of somebody on the same beat');
  await looksGood(page, 'field-tasks-near');
  // Walked on: another one is the nearest.
  await phone.move(120.0028, 30.0003);
  await page.waitForFunction((first) => document.querySelector('.case-row').getAttribute('href').endsWith(first), far);
  await phone.end();
});

test('on shift the way is recorded, said plainly, and reaches those who may see it', async () => {
  const phone = await Phone.start(server, { at: [120.0005, 30.0005], language: 'zh-CN' });
  const { page } = phone;
  await page.clock.install();
  await phone.signIn(server.person('collector1'));
  await page.waitForSelector('.shift-card .recording');
  await page.click('.shift-card');
  await page.waitForSelector('[data-recording=on]');
  await page.waitForSelector('[data-waiting="1"]');
  assert.match(await page.textContent('[data-recording]'), /保存 30 天/);
  await looksGood(page, 'field-shift-recording');
  await phone.line(false);
  await page.clock.fastForward('06:00'); // the batch is full; there is no line
  await page.waitForSelector('[data-waiting]');
  await phone.line(true);
  await page.clock.fastForward('01:00');
  const leader = await Api.as(server, server.person('leader1'));
  let items = [];
  for (let i = 0; i < 200 && items.length === 0; i++, await page.waitForTimeout(50)) ({ items } = await leader.get('/tracks'));
  assert.equal(items.length, 1);
  const { fixes } = await leader.get(`/tracks/${items[0].person.id}`);
  assert.deepEqual(fixes[0].slice(1, 3), [120.0005, 30.0005]);
  await phone.end();
});

test('the leader sees the way of a day on the map, and what it says of visits', async () => {
  const collector = await Api.as(server, server.person('collector1'));
  const now = Date.now();
  const at = (minute, x, y) => ({ at: new Date(now - minute * 60_000).toISOString(), lon: 120 + x / 1000, lat: 30 + y / 1000, accuracy_m: 9 });
  const walk = [];
  for (let minute = 58; minute >= 0; minute--) if (minute < 40 || minute > 50) walk.push(at(minute, 0.3 + Math.abs(30 - minute) / 25, 0.4 + (minute % 7) / 30));
  const sent = await collector.send('POST', '/tracks', { sent_at: new Date(now).toISOString(), fixes: walk }, { 'Idempotency-Key': crypto.randomUUID() });
  assert.equal(sent.status, 200, JSON.stringify(sent.body));
  const leader = await Api.as(server, server.person('leader1'));
  const { items } = await leader.get('/tracks');
  const { person } = items[0];
  const told = await leader.get(`/tracks/${person.id}`);
  const dashboard = { ...server, console: `${server.base}/${server.slug}/dashboard/`, slug: server.slug };
  for (const size of Object.keys(sizes))
    for (const language of ['en', 'zh-CN']) {
      const page = await openPage(dashboard, { size, language, path: '?view=coverage', cookie: leader.cookie });
      await page.waitForSelector('[data-tracks="1"]');
      assert.ok(Number(await page.getAttribute('[data-walked]', 'data-walked')) >= 1);
      await page.selectOption('[data-tracks] select', String(person.id));
      await page.waitForSelector(`[data-fixes="${told.fixes.length}"]`);
      await page.waitForSelector('.way-map[data-idle]');
      // Soon after midnight the gap lies in the day before.
      if (told.gaps.length > 0) assert.equal(await page.getAttribute('[data-gaps]', 'data-gaps'), String(told.gaps.length));
      await page.locator('#tracks-title').scrollIntoViewIfNeeded();
      await looksGood(page, `dashboard-tracks-${size}-${language}`);
      await done(page);
    }
  // Whoever only brings their own is not shown a list.
  const page = await openPage(dashboard, { path: '?view=coverage', cookie: collector.cookie });
  await page.waitForSelector('#missed-title');
  assert.equal(await page.locator('[data-tracks="1"]').count(), 0);
  await done(page);
});
