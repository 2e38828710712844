// SPDX-License-Identifier: MPL-2.0
// The phone of a collector against the real server: no report is lost, none is stored twice,
// whatever happens to line, page, phone and person.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { endPhones, Phone } from './field_support.mjs';
import { Api, closeBrowser, looksGood, openPage, png, Server } from './support.mjs';

let server, manager;
const apis = new Map();
before(async () => {
  server = await Server.start();
  manager = await Api.as(server, server.person('manager'));
});
after(async () => {
  await endPhones();
  await closeBrowser();
  await server?.stop();
});
const apiOf = async (wanted) => {
  if (!apis.has(wanted)) apis.set(wanted, await Api.as(server, server.person(wanted)));
  return apis.get(wanted);
};
const stored = async (words) => (await manager.get('/cases?sort=newest&limit=200')).items.filter((one) => one.description === words);

test('a report with photos made without a signal survives reload and restart, and is stored once', async () => {
  const phone = await Phone.start(server);
  await phone.signIn(server.person('collector1'));
  await phone.settled();
  await phone.line(false);
  await phone.page.reload();
  await phone.page.waitForSelector('.home');
  await phone.fill({ photos: 2, find: 'garbage', words: 'offline, twice restarted' });
  // Killed in the middle of the form: everything entered is there again.
  await phone.off();
  await phone.on();
  await phone.line(false);
  await phone.open();
  assert.match(await phone.page.textContent('.card.draft'), /2 photos/);
  await phone.page.click('.card.draft');
  await phone.page.waitForSelector('.hint');
  assert.equal(await phone.page.inputValue('.form-view textarea'), 'offline, twice restarted');
  assert.equal(await phone.page.locator('.strip img').count(), 2);
  assert.match(await phone.page.textContent('.chosen'), /garbage/i);
  await phone.send();
  assert.match(await phone.page.textContent('.banner'), /Offline.*1 to send/s);
  const before = await phone.outbox();
  assert.equal(before.items.length, 1);
  assert.equal(before.photos, 2);
  await phone.off();
  await phone.on();
  await phone.open();
  await phone.untilSent();
  const [made, ...more] = await stored('offline, twice restarted');
  assert.ok(made && more.length === 0, 'stored once');
  const whole = await manager.get(`/cases/${made.number}`);
  assert.equal(whole.media.filter((one) => one.received).length, 2);
  assert.equal(whole.grid.code, 'T11');
  assert.equal(whole.source, 'collector');
  assert.ok(Date.parse(whole.opened_at) < Date.now());
  assert.deepEqual(await phone.outbox(), { photos: 0, items: [] });
  await phone.page.waitForFunction(() => /none to send/.test(document.querySelector('.banner').textContent));
  await phone.end();
});

test('an answer that is lost, and two tabs that both want to send, store one report', async () => {
  const phone = await Phone.start(server);
  await phone.signIn(server.person('collector1'));
  await phone.settled();
  const second = await phone.tab();
  let posts = 0;
  await phone.context.route('**/api/v1/cases', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    posts++;
    if (posts > 5) return route.continue();
    await route.fetch(); // the server has it
    return route.abort('connectionreset'); // the page never hears
  });
  await phone.page.bringToFront();
  await phone.fill({ find: 'garbage', words: 'answered into the void' });
  await phone.send();
  await phone.page.waitForFunction(() => /1 to send/.test(document.querySelector('.banner').textContent), null, { timeout: 20_000 });
  for (let i = 0; i < 3; i++) {
    await Promise.all([phone.page, second].map((page) => page.evaluate(() => globalThis.dispatchEvent(new Event('online')))));
    await phone.page.waitForTimeout(400);
  }
  await phone.untilSent();
  assert.ok(posts > 5, `${posts} posts`);
  assert.equal((await stored('answered into the void')).length, 1);
  await second.waitForFunction(() => /none to send/.test(document.querySelector('.banner').textContent));
  await phone.end();
});

test('a refused report is kept with its reason, changed and sent again', async () => {
  const phone = await Phone.start(server, { camera: false });
  await phone.signIn(server.person('collector1'));
  const broken = join(server.data, 'broken.png');
  writeFileSync(broken, png(200, 150));
  await phone.page.click('.report-button');
  await phone.page.waitForSelector('.camera-none'); // no camera: the phone's own, or its pictures
  await phone.page.setInputFiles('#camera-file', broken);
  await phone.page.waitForSelector('.camera-done img');
  await phone.page.click('.camera-done');
  await phone.choose('garbage');
  await phone.page.fill('.form-view textarea', 'refused first');
  let refuse = true;
  await phone.context.route('**/api/v1/cases', (route) => {
    if (route.request().method() !== 'POST' || !refuse) return route.continue();
    return route.fulfill({ status: 422, contentType: 'application/problem+json', body: JSON.stringify({ status: 422, code: 'case.class_unknown', detail: 'the catalogue has no such class' }) });
  });
  await phone.send();
  await phone.page.waitForSelector('.warning.bad');
  const kept = await phone.outbox();
  assert.equal(kept.items[0].state, 'refused');
  assert.equal(kept.items[0].reason.code, 'case.class_unknown');
  assert.equal(kept.photos, 1, 'the photo, too');
  await phone.page.reload();
  await phone.page.click('.warning.bad button');
  await phone.page.waitForSelector('.item.refused .alert');
  await looksGood(phone.page, 'field-refused');
  await phone.page.click('.item.refused .primary');
  await phone.page.waitForSelector('.strip img');
  assert.equal(await phone.page.inputValue('.form-view textarea'), 'refused first');
  await phone.page.fill('.form-view textarea', 'refused first, then taken');
  refuse = false;
  await phone.send();
  await phone.untilSent();
  assert.equal((await stored('refused first')).length, 0);
  const [made] = await stored('refused first, then taken');
  assert.equal((await manager.get(`/cases/${made.number}`)).media.filter((one) => one.received).length, 1);
  await phone.end();
});

test('another person on the same phone neither sees nor sends what the first one kept', async () => {
  const phone = await Phone.start(server);
  await phone.signIn(server.person('collector1'));
  await phone.settled();
  await phone.line(false);
  await phone.fill({ find: 'garbage', words: 'only mine to send' });
  await phone.send();
  await phone.fill({ photos: 0, find: 'garbage', words: 'a draft of mine' });
  await phone.page.waitForFunction(() => /kept on this phone/.test(document.querySelector('.send-notes').textContent));
  await phone.open('#home');
  await phone.page.waitForSelector('.card.draft');
  await phone.line(true);
  // The other signs in in another tab, as on a shared phone: the open page must not go on.
  const posts = [];
  phone.context.on('request', (request) => {
    if (request.method() === 'POST' && /\/cases$/.test(request.url())) posts.push(request.url());
  });
  await phone.context.route('**/api/v1/cases', (route) => (route.request().method() === 'POST' ? route.abort('connectionreset') : route.continue()));
  await phone.page.evaluate(async ({ login, password }) => {
    await fetch('../api/v1/session', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ login, password }) });
  }, server.person('collector2'));
  await phone.context.unroute('**/api/v1/cases');
  await phone.page.reload();
  await phone.page.waitForFunction((name) => document.querySelector('.where small')?.textContent === name, '林波');
  assert.equal(await phone.page.locator('.card.draft').count(), 0);
  await phone.page.evaluate(() => globalThis.dispatchEvent(new Event('online')));
  await phone.page.waitForTimeout(800);
  assert.equal((await stored('only mine to send')).length, 0);
  await phone.page.click('.tabs a[href="#outbox"]');
  await phone.page.waitForFunction(() => {
    const text = document.querySelector('.view').textContent;
    return /Everything has been sent/.test(text) && /1 thing of somebody else waits/.test(text);
  });
  assert.doesNotMatch(await phone.page.textContent('.view'), /only mine|garbage/i);
  await phone.page.evaluate(async ({ login, password }) => {
    await fetch('../api/v1/session', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ login, password }) });
  }, server.person('collector1'));
  await phone.open('#home');
  await phone.page.reload();
  await phone.page.waitForSelector('.card.draft');
  await phone.untilSent();
  const [made, ...more] = await stored('only mine to send');
  assert.ok(made && more.length === 0);
  const history = (await manager.get(`/cases/${made.number}`)).history;
  assert.equal(history[0].actor.name, '陈晓', 'reported by the one who made it');
  await phone.end();
});

test('a session that ends loses nothing: work goes on, and is sent after signing in', async () => {
  const phone = await Phone.start(server);
  await phone.signIn(server.person('collector1'));
  await phone.settled();
  await phone.context.clearCookies();
  await phone.fill({ find: 'garbage', words: 'after the session ended' });
  await phone.send();
  await phone.page.waitForSelector('dialog .sign-form');
  await phone.page.click('dialog .dialog-head button');
  assert.match(await phone.page.textContent('.warnings'), /Signed out/);
  assert.equal((await phone.outbox()).items.length, 1);
  await phone.page.click('.warnings button');
  await phone.page.fill('dialog input[name=password]', server.person('collector1').password);
  await phone.page.keyboard.press('Enter');
  await phone.page.waitForSelector('dialog', { state: 'detached' });
  await phone.untilSent();
  assert.equal((await stored('after the session ended')).length, 1);
  await phone.end();
});

test('a task is done with photo and words, also offline; one that has moved on explains itself', async () => {
  const hotline = await apiOf('acceptor');
  const [x, y] = [10, 10];
  const first = (await hotline.report({ at: [x, y], description: 'is it there?' })).number;
  const other = (await hotline.report({ at: [x, y], description: 'and this one?' })).number;
  for (const number of [first, other]) await hotline.act(number, 'verify_sent');
  const phone = await Phone.start(server);
  await phone.signIn(server.person('collector1'));
  await phone.settled();
  const { page } = phone;
  await page.click('.tabs a[href="#tasks"]');
  await page.waitForSelector(`a[href="#case/${other}"]`);
  await looksGood(page, 'field-tasks');
  await page.waitForTimeout(800); // both are read ahead
  await phone.line(false);
  await page.click(`a[href="#case/${first}"]`);
  await page.click('.acts [data-kind=verified]');
  await page.click('.send-bar .huge');
  await page.waitForSelector('.notice.bad'); // says what is missing, sends nothing
  await page.click('[data-choice=there]');
  await page.click('.add-photo');
  await phone.shoot(1);
  await page.click('.phrases button >> nth=1');
  await looksGood(page, 'field-act');
  await page.click('.send-bar .huge');
  await page.waitForSelector('.badge.yellow');
  await page.click(`a[href="#case/${other}"]`);
  await page.click('.acts [data-kind=verified]');
  await page.click('[data-choice=gone]');
  await page.click('.send-bar .huge');
  await page.waitForSelector('.cases');
  assert.equal((await phone.outbox()).items.length, 2);
  // Meanwhile somebody at the desk was told by telephone, and corrected the case.
  const second = await apiOf('collector1');
  await second.act(other, 'verified', { result: 'there', opinion: 'seen from the car' });
  await phone.line(true);
  await page.evaluate(() => globalThis.dispatchEvent(new Event('online')));
  await page.waitForSelector('.warning.bad');
  const done = await manager.get(`/cases/${first}`);
  const row = done.history.find((one) => one.kind === 'verified');
  assert.equal(row.inputs.result, 'there');
  assert.equal(row.opinion, 'On the road');
  assert.equal(done.media.filter((one) => one.received).length, 1);
  assert.equal(done.history.filter((one) => one.kind === 'verified').length, 1);
  await page.click('.warning.bad button');
  await page.waitForSelector('.item.refused');
  assert.match(await page.textContent('.item.refused'), /seen from the car|moved on|changed|no longer/i);
  await page.click('.item.refused > .plain');
  await page.click('.item.refused > .plain');
  await page.waitForSelector('.item.refused', { state: 'detached' });
  assert.equal((await manager.get(`/cases/${other}`)).history.filter((one) => one.kind === 'verified').length, 1);
  await phone.end();
});

test('the point is corrected by moving the map under the cross', async () => {
  const phone = await Phone.start(server);
  await phone.signIn(server.person('collector1'));
  const { page } = phone;
  await phone.fill({ photos: 0, find: 'garbage', words: 'moved on the map' });
  await page.waitForFunction(() => document.querySelector('.place-words .grid')?.textContent === 'T11');
  await page.click('#place .pair button >> nth=0');
  await page.waitForSelector('.map-chooser canvas');
  await page.waitForTimeout(700); // the map comes to rest
  await looksGood(page, 'field-map');
  await page.mouse.move(195, 300);
  await page.mouse.down();
  await page.mouse.move(150, 300, { steps: 6 });
  await page.mouse.up();
  await page.waitForTimeout(800);
  await page.click('.map-buttons .primary');
  await page.waitForSelector('.map-chooser', { state: 'detached' });
  assert.match(await page.textContent('.place-words'), /chosen on the map/);
  await phone.send();
  await phone.untilSent();
  const [made] = await stored('moved on the map');
  assert.ok(made.point.lon > 120.0005 + 1e-5, `moved east: ${made.point.lon}`);
  assert.ok(Math.abs(made.point.lat - 30.0005) < 2e-4);
  await phone.end();
});

test('without GPS and camera a report is made of words alone', async () => {
  const page = await openPage(server, { size: 'phone' });
  await page.goto(`${server.base}/tinytown/field/`);
  await looksGood(page, 'field-signin');
  await page.fill('input[name=username]', server.person('collector1').login);
  await page.fill('input[name=password]', server.person('collector1').password);
  await page.keyboard.press('Enter');
  await page.click('.report-button');
  await page.waitForSelector('.camera-none');
  await looksGood(page, 'field-no-camera');
  await page.click('.camera-done');
  const all = page.locator('.classes > .wide');
  if ((await all.count()) > 0) await all.click();
  await page.fill('input[type=search]', '垃圾'); // by any language
  await page.click('.rows button >> nth=0');
  await page.click('.send-bar .huge');
  await page.waitForSelector('#place.missing');
  await page.fill('#place input', 'behind the old mill');
  await page.fill('.form-view textarea', 'a place in words');
  await page.click('.send-bar .huge');
  await page.waitForSelector('.home');
  for (let i = 0; i < 50 && (await stored('a place in words')).length === 0; i++) await page.waitForTimeout(100);
  const [made] = await stored('a place in words');
  assert.equal(made.point, null);
  assert.equal(made.place, 'behind the old mill');
  await page.context().close();
});

test('a new version is offered, never in a form, and taken when the person says so', async () => {
  const own = await Server.start();
  const web = join(own.data, 'web');
  cpSync(new URL('../../build/web', import.meta.url).pathname, web, { recursive: true });
  const phone = await Phone.start(own);
  await phone.signIn(own.person('collector1'));
  await phone.settled();
  await phone.fill({ photos: 0, find: 'garbage', words: 'typed before the update' });
  await own.down();
  const worker = join(web, 'field/sw.js');
  writeFileSync(worker, readFileSync(worker, 'utf8').replace(/const VERSION = "\w+"/, 'const VERSION = "next"'));
  for (const end of ['.br', '.gz']) rmSync(`${worker}${end}`, { force: true });
  own.web = web;
  await own.up();
  await phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await phone.page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration()).waiting !== null);
  assert.equal(await phone.page.locator('.warning.calm').count(), 0, 'not while a form is open');
  await phone.open('#home');
  await phone.page.click('.warning.calm button');
  await phone.page.waitForFunction(async () => (await caches.keys()).every((name) => name.endsWith(':next')));
  await phone.page.waitForSelector('.card.draft');
  assert.equal(await phone.page.locator('.warning.calm').count(), 0);
  await phone.line(false);
  await phone.page.reload();
  await phone.page.waitForSelector('.card.draft'); // the new one opens without a signal, too
  await phone.end();
  await own.stop();
});

test('on plain http the page says what is missing, and reports with a photo all the same', async () => {
  const page = await openPage(server, { size: 'phone' });
  await page.goto(`http://phone.test:${server.port}/tinytown/field/`);
  assert.match(await page.textContent('.warning'), /Not a secure connection/);
  await page.fill('input[name=username]', server.person('collector1').login);
  await page.fill('input[name=password]', server.person('collector1').password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.home');
  assert.match(await page.textContent('.banner'), /no position/);
  await looksGood(page, 'field-insecure');
  await page.click('.report-button');
  await page.waitForSelector('.camera-none');
  await page.setInputFiles('#camera-file', { name: 'a.png', mimeType: 'image/png', buffer: png(300, 200) });
  await page.waitForSelector('.camera-done img');
  await page.click('.camera-done');
  const all = page.locator('.classes > .wide');
  if ((await all.count()) > 0) await all.click();
  await page.fill('input[type=search]', 'garbage');
  await page.click('.rows button >> nth=0');
  await page.fill('#place input', 'at the town hall');
  await page.fill('.form-view textarea', 'over plain http');
  await page.reload();
  await page.waitForSelector('.hint');
  assert.equal(await page.inputValue('.form-view textarea'), 'over plain http');
  await page.click('.send-bar .huge');
  await page.waitForSelector('.home');
  for (let i = 0; i < 80 && (await stored('over plain http')).length === 0; i++) await page.waitForTimeout(100);
  const [made, ...more] = await stored('over plain http');
  assert.ok(made && more.length === 0);
  assert.equal((await manager.get(`/cases/${made.number}`)).media.filter((one) => one.received).length, 1);
  await page.context().close();
});

test('a phone that speaks a shifted datum shows and sends the place where it is', async () => {
  // What a map service's positions say of 120.0005 E, 30.0005 N: block T11 (tests/tables/datum.txt).
  const phone = await Phone.start(server, { at: [120.0051618, 29.9980359], camera: false });
  await phone.signIn(server.person('collector1'));
  await phone.open('#me');
  await phone.page.locator('.settings select').last().selectOption('gcj02');
  await phone.open('#home');
  await phone.page.waitForSelector('.home');
  await phone.page.click('.report-button');
  await phone.page.click('.camera-done');
  await phone.page.waitForFunction(() => document.querySelector('.place-words')?.textContent.includes('T11'));
  await phone.choose('garbage');
  await phone.page.fill('.form-view textarea', 'seen by a shifted phone');
  await phone.send();
  await phone.untilSent();
  const [made] = await stored('seen by a shifted phone');
  const whole = await manager.get(`/cases/${made.number}`);
  assert.equal(whole.grid.code, 'T11');
  assert.equal(whole.point.datum, 'gcj02');
  assert.ok(Math.abs(whole.point.lon - 120.0005) < 2e-7 && Math.abs(whole.point.lat - 30.0005) < 2e-7, JSON.stringify(whole.point));
  await phone.end();
});
