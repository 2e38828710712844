// SPDX-License-Identifier: MPL-2.0
// The desk under way: conflicts, live rows, keys, filters, sessions, a server that restarts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { action, Api, city, closeBrowser, deskOf, done, live, looksGood, openPage, row, Server, shot, signIn } from './support.mjs';

let server;
let collector;
let numbers;
before(async () => {
  server = await Server.start();
  collector = await Api.as(server, server.person('collector1'));
  numbers = [];
  for (let i = 0; i < 6; i++) {
    const made = await collector.report({ at: [20 + i * 10, 30 + i * 8], description: `case ${i}`, source: 'collector' });
    numbers.push(made.number);
  }
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});

test('two people act on one case: one wins, the other sees what changed and keeps the typed text', async () => {
  const number = numbers[0];
  // Without the stream only the answer to the action can tell.
  const page = await deskOf(server, 'acceptor', { path: `?case=${number}`, block: ['**/changes*'] });
  await action(page, 'rejected').click();
  await page.fill('.action-form textarea', 'my long considered words');
  await (await Api.as(server, server.person('acceptor'))).act(number, 'corrected', { opinion: 'somebody was quicker' });
  await page.click('.action-form button[type=submit]');
  const conflict = page.locator('.action-form .alert.warn');
  await conflict.waitFor();
  assert.match(await conflict.textContent(), /somebody was quicker/);
  assert.equal(await page.inputValue('.action-form textarea'), 'my long considered words');
  await shot(page, 'conflict');
  await page.waitForTimeout(900); // a click within the first moment is not taken
  await page.click('.action-form button[type=submit]');
  await page.locator('.notice.good').waitFor();
  await done(page);
});

test('a change by another person is shown in the open form before anything is sent', async () => {
  const number = numbers[1];
  const page = await deskOf(server, 'acceptor', { path: `?case=${number}` });
  await live(page);
  await action(page, 'rejected').click();
  await page.fill('.action-form textarea', 'half a sentence');
  await (await Api.as(server, server.person('acceptor'))).act(number, 'accepted');
  const conflict = page.locator('.action-form .alert.warn');
  await conflict.waitFor();
  // The case has moved on: the action is gone, what was typed can be copied.
  assert.equal(await page.inputValue('.action-form textarea[readonly]'), 'half a sentence');
  await done(page);
});

test('a comment of somebody else does not disturb a form', async () => {
  const number = numbers[2];
  const page = await deskOf(server, 'acceptor', { path: `?case=${number}` });
  await live(page);
  await action(page, 'accepted').click();
  await page.fill('.action-form textarea', 'accepted after a look');
  await collector.act(number, 'commented', { opinion: 'by the way' });
  await page.locator('.history blockquote', { hasText: 'by the way' }).waitFor();
  assert.equal(await page.locator('.action-form .alert.warn').count(), 0);
  await page.click('.action-form button[type=submit]');
  await page.locator('.notice.good').waitFor();
  await done(page);
});

test('new cases wait behind a button while the pointer is on the list', async () => {
  const page = await deskOf(server, 'manager');
  await live(page);
  const first = page.locator('.row').first();
  await first.hover();
  const under = await first.getAttribute('id');
  const { number } = await collector.report({ at: [60, 20], description: 'while pointing' });
  const pill = page.locator('.pill');
  await pill.waitFor();
  assert.equal(await row(page, number).count(), 0);
  assert.equal(await page.locator('.row').first().getAttribute('id'), under);
  await shot(page, 'new-pill');
  await pill.click();
  await row(page, number).waitFor();
  await done(page);
});

test('new cases come by themselves while nobody points at the list', async () => {
  const page = await deskOf(server, 'manager');
  await live(page);
  await page.locator('.map').hover();
  const { number } = await collector.report({ at: [70, 70], description: 'by itself' });
  await row(page, number).waitFor();
  await done(page);
});

test('the keyboard is enough: search, walk, open, close, report, help', async () => {
  const page = await deskOf(server, 'manager');
  await page.keyboard.press('/');
  await page.keyboard.type(numbers[3]);
  await page.waitForFunction(() => document.querySelectorAll('.row').length === 1);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.case .facts');
  assert.equal((await page.textContent('.side-bar .number')).trim(), numbers[3]);
  await page.keyboard.press('Escape');
  await page.locator('.case').waitFor({ state: 'detached' });
  // The focus is back on the list.
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'listbox');
  await page.keyboard.press('/');
  await page.keyboard.press('Escape');
  // The whole list is back before anybody can walk it.
  await page.waitForFunction(() => document.querySelectorAll('.row').length > 3);
  const at = () => page.locator('.row.cursor').getAttribute('id');
  const start = await at();
  await page.keyboard.press('j');
  await page.waitForFunction((id) => document.querySelector('.row.cursor').id !== id, start);
  const next = await at();
  await page.keyboard.press('k');
  await page.waitForFunction((id) => document.querySelector('.row.cursor').id !== id, next);
  assert.equal(await at(), start, 'down and up again ends where it began');
  await page.keyboard.press('?');
  await page.waitForSelector('dialog[open]');
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await done(page);
});

test('filters stand in the address: a link shows the same list', async () => {
  const page = await deskOf(server, 'manager');
  await page.click('.chip.add');
  await page.selectOption('.filter-form select >> nth=0', 'accept');
  await page.fill('#filter-class', (await collector.get('/catalogue')).classes[0].name.en);
  await page.keyboard.press('Enter');
  await page.selectOption('.list-tools select', 'newest');
  await page.waitForFunction(() => new URLSearchParams(location.search).get('sort') === 'newest');
  const address = new URL(page.url()).search;
  const shown = await page.locator('.row').count();
  const again = await deskOf(server, 'manager', { path: address });
  assert.equal(await again.locator('.chips .chip:not(.add)').count(), 2);
  assert.equal(await again.locator('.row').count(), shown);
  await again.locator('.chips .chip').first().click();
  await again.waitForFunction(() => !location.search.includes('stage='));
  await again.goBack();
  await again.waitForFunction(() => location.search.includes('stage='));
  await done(page, again);
});

test('list and map are one: hovering and choosing work both ways', async () => {
  const page = await deskOf(server, 'manager');
  await page.waitForFunction(() => document.querySelector('.map')?.dataset.idle);
  await row(page, numbers[5]).click();
  await page.waitForSelector('.case .facts');
  await page.waitForFunction((number) => {
    const map = globalThis.gridcaseMap;
    return map?.selectedPixel?.() && document.querySelector('.row.selected')?.id === `row-${number}`;
  }, numbers[5]);
  await page.keyboard.press('Escape');
  await page.waitForFunction((number) => globalThis.gridcaseMap.pixelOf(number), numbers[4]);
  await page.waitForTimeout(400); // the map comes to rest
  const spot = await page.evaluate((number) => globalThis.gridcaseMap.pixelOf(number), numbers[4]);
  const box = await page.locator('.map').boundingBox();
  await page.mouse.move(box.x + spot[0], box.y + spot[1]);
  await page.waitForSelector('.row.hovered');
  await page.mouse.click(box.x + spot[0], box.y + spot[1]);
  await page.waitForSelector('.case .facts');
  await done(page);
});

test('the point of a case shows it close by on the map, with its unit grid filled', async () => {
  const page = await deskOf(server, 'manager', { path: `?case=${numbers[3]}` });
  await page.waitForFunction(() => document.querySelector('.map')?.dataset.idle);
  await page.evaluate(() => globalThis.gridcaseMap.map.getView().setZoom(11));
  await page.locator('.facts button').first().click();
  await page.waitForFunction(() => globalThis.gridcaseMap.map.getView().getZoom() >= 16.9);
  const grid = (await (await Api.as(server, server.person('manager'))).get(`/cases/${numbers[3]}`)).grid.code;
  await page.waitForFunction((code) => globalThis.gridcaseMap.filledGrid === code, grid);
  await done(page);
});

test('an ended session asks for the password again and loses nothing', async () => {
  const page = await deskOf(server, 'acceptor', { path: `?case=${numbers[4]}` });
  await action(page, 'rejected').click();
  await page.fill('.action-form textarea', 'not to be lost');
  await page.context().clearCookies();
  await page.click('.action-form button[type=submit]');
  await page.waitForSelector('dialog[open] input[name=password]');
  await shot(page, 'session-ended');
  await page.fill('dialog input[name=password]', server.person('acceptor').password);
  await page.keyboard.press('Enter');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(await page.inputValue('.action-form textarea'), 'not to be lost');
  await page.click('.action-form button[type=submit]');
  await page.locator('.notice.good').waitFor();
  await done(page);
});

test('a wrong password is told', async () => {
  const page = await openPage(server);
  await page.fill('input[name=username]', server.person('dispatcher').login);
  await page.fill('input[name=password]', 'not the password');
  await page.keyboard.press('Enter');
  await page.locator('.sign-form .field-error', { hasText: /wrong/i }).waitFor();
  await done(page);
});

for (const role of ['collector', 'acceptor', 'shift_leader', 'dispatcher', 'department', 'inspector', 'manager', 'administrator']) {
  test(`a person with the role ${role} signs in to a desk without an error`, async () => {
    const desk = await deskOf(server, role, { form: true });
    await desk.waitForSelector('.queue .foot');
    assert.equal(await desk.locator('.queue [role=alert]').count(), 0);
    await done(desk);
  });
}

test('signing out leaves nothing behind', async () => {
  const page = await deskOf(server, 'manager', { form: true });
  await page.click('.person > button');
  await page.locator('.menu button').last().click();
  await page.waitForSelector('input[name=username]');
  await page.goto(server.console);
  await page.waitForSelector('input[name=username]');
  await done(page);
});

test('the language is switched in place and remembered', async () => {
  const page = await deskOf(server, 'manager', { path: `?case=${numbers[5]}` });
  await page.selectOption('.language', 'zh-CN');
  await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
  assert.match(await page.textContent('.case'), /基本情况/);
  await page.reload();
  await page.waitForSelector('.desk');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  await done(page);
});

test('a password is changed, and the new one counts', async () => {
  const person = { ...server.person('inspector') };
  const page = await deskOf(server, person);
  await page.click('.person > button');
  await page.locator('.menu button').first().click();
  const fields = page.locator('.sign-form input[type=password]');
  await fields.nth(0).fill(person.password);
  await fields.nth(1).fill('short');
  await fields.nth(2).fill('short');
  const fresh = 'a rather new passphrase 7';
  await fields.nth(1).fill(fresh);
  await fields.nth(2).fill(fresh);
  await page.click('.sign-form button[type=submit]');
  await page.waitForSelector('.desk');
  const again = await openPage(server);
  await signIn(again, { ...person, password: fresh });
  await done(page, again);
});

test('tabs share one stream, and it goes on when the tab that read it is closed', async () => {
  const first = await deskOf(server, 'manager');
  await live(first);
  const second = await first.context().newPage();
  await second.goto(server.console);
  await live(second);
  const streams = [];
  second.on('request', (request) => request.url().includes('/changes') && streams.push(request.url()));
  await second.locator('.map').hover();
  const one = await collector.report({ at: [30, 75], description: 'heard through the other tab' });
  await row(second, one.number).waitFor();
  assert.equal(streams.length, 0, 'the second tab opened a stream of its own');
  await first.close();
  await second.waitForRequest((request) => request.url().includes('/changes')).catch(() => undefined);
  const two = await collector.report({ at: [35, 75], description: 'heard as the new reader' });
  await row(second, two.number).waitFor();
  await second.context().close();
});

test('an invited person chooses a password through the link and signs in', async () => {
  const said = server.run('person', 'add', city, 'newcomer', 'New Comer', '--role', 'dispatcher');
  const link = /#link=\S+/.exec(said)?.[0];
  assert.ok(link, said);
  const page = await openPage(server, { path: link });
  const fields = page.locator('.sign-form input[type=password]');
  await fields.first().waitFor();
  assert.match(await page.textContent('.sign-box'), /newcomer/);
  await looksGood(page, 'link');
  await fields.nth(0).fill('a passphrase of my own 9');
  await fields.nth(1).fill('a passphrase of my own 9');
  await page.click('.sign-form button[type=submit]');
  await page.waitForSelector('input[name=username]');
  await signIn(page, { login: 'newcomer', password: 'a passphrase of my own 9' });
  await done(page);
  const again = await openPage(server, { path: link });
  await again.locator('.field-error', { hasText: /used or is too old|link/i }).waitFor();
  await done(again);
});

test('a password that somebody else made has to be changed first', async () => {
  const said = server.run('person', 'password', city, 'newcomer');
  const password = said.trim().split(/\s+/).at(-1);
  const page = await openPage(server);
  await page.fill('input[name=username]', 'newcomer');
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
  const fields = page.locator('.sign-form input[type=password]');
  await fields.nth(2).waitFor();
  await looksGood(page, 'must-change-password');
  await fields.nth(0).fill(password);
  await fields.nth(1).fill('my very own words 42');
  await fields.nth(2).fill('my very own words 42');
  await page.click('.sign-form button[type=submit]');
  await page.waitForSelector('.desk');
  await done(page);
});

test('after a restart of the server the page is live again and has missed nothing', async () => {
  const page = await deskOf(server, 'manager');
  await live(page);
  await page.locator('.map').hover();
  await server.down();
  await page.waitForSelector('.foot .live.lost');
  await shot(page, 'server-away');
  await server.up();
  const { number } = await collector.report({ at: [40, 60], description: 'after the restart' });
  await row(page, number).waitFor({ timeout: 15_000 });
  await live(page);
  await done(page);
});
