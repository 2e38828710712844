// SPDX-License-Identifier: MPL-2.0
// Tabs that share one line, a tab that slept for a day, a page older than its server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { action, Api, closeBrowser, deskOf, done, live, looksGood, row, Server } from './support.mjs';

let server;
let collector;
before(async () => {
  server = await Server.start();
  collector = await Api.as(server, server.person('collector1'));
  for (let i = 0; i < 4; i++) await collector.report({ at: [20 + i * 12, 30 + i * 8], description: `case ${i}`, source: 'collector' });
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});

test('six tabs are live over one line, and the page still answers', async () => {
  const first = await deskOf(server, 'manager');
  const context = first.context();
  const streams = [];
  context.on('request', (request) => request.url().includes('/changes') && streams.push(request.url()));
  const tabs = [first];
  for (let i = 1; i < 6; i++) {
    const page = await context.newPage();
    await page.goto(server.console);
    tabs.push(page);
  }
  for (const page of tabs) await live(page);
  assert.equal(streams.length, 0, 'only the first tab has a line');
  const { number } = await collector.report({ at: [44, 52], description: 'for six tabs' });
  for (const page of tabs) {
    await page.bringToFront();
    await page.mouse.move(700, 450);
    await row(page, number).or(page.locator('.pill')).first().waitFor();
  }
  await tabs[5].locator('.row').first().click();
  await tabs[5].waitForSelector('.case .facts'); // six open lines would block this read
  await context.close();
});

test('a tab that slept for a day shows nothing old as live and then has everything', async () => {
  const session = await deskOf(server, 'manager');
  const page = await session.context().newPage();
  await page.clock.install({ time: Date.now() });
  await page.goto(server.console);
  await session.close();
  await live(page);
  await page.mouse.move(700, 450);
  const states = await page.evaluateHandle(() => {
    const seen = [];
    const dot = document.querySelector('.foot .live');
    new MutationObserver(() => seen.push(dot.className)).observe(dot, { attributes: true });
    return seen;
  });
  // Asleep: nothing is heard, cases come.
  await page.context().route('**/changes*', (route) => route.abort());
  await server.down();
  await server.up();
  const missed = [];
  for (let i = 0; i < 5; i++) missed.push((await collector.report({ at: [30 + i * 5, 60], description: `missed ${i}` })).number);
  await page.context().unroute('**/changes*');
  await page.clock.fastForward('24:00:00');
  await page.clock.runFor(10_000);
  for (const number of missed) await row(page, number).waitFor({ timeout: 15_000 });
  await page.clock.runFor(10_000);
  await live(page);
  const seen = await states.jsonValue();
  assert.ok(seen.some((one) => /connecting|lost/.test(one)), `it never said that it was behind: ${seen}`);
  await page.context().close();
});

test('a page of an older version says so, and a reload loses no form', async () => {
  const page = await deskOf(server, 'acceptor');
  await live(page);
  const number = (await page.locator('.row').first().getAttribute('id')).replace('row-', '');
  assert.equal(await page.locator('.outdated').count(), 0);
  await page.keyboard.press('n');
  await page.fill('#report-description', 'typed before the update');
  // The server is renewed under the page.
  await page.context().route('**/api/v1/summary*', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), 'gridcase-version': 'another' } });
  });
  await collector.report({ at: [55, 35], description: 'makes the page ask again' });
  await page.locator('.outdated').waitFor();
  await looksGood(page, 'outdated');
  await page.context().unroute('**/api/v1/summary*');
  await page.keyboard.press('Escape');
  await page.locator('.report').waitFor({ state: 'detached' });
  await page.goto(`${server.console}?case=${number}`);
  await action(page, 'commented').click();
  await page.fill('.action-form textarea', 'half a comment');
  await page.reload();
  await page.waitForSelector('.desk');
  assert.equal(await page.locator('.outdated').count(), 0);
  await page.waitForSelector('.action-form textarea');
  assert.equal(await page.inputValue('.action-form textarea'), 'half a comment');
  await page.keyboard.press('Escape');
  await page.locator('.new-report').click();
  assert.equal(await page.inputValue('#report-description'), 'typed before the update');
  await done(page);
});

test('a saved list stays with the person and the city, in this browser', async () => {
  const page = await deskOf(server, 'manager', { path: '?queue=all&sort=newest' });
  await page.locator('.list-menu > button').click();
  await page.locator('.list-menu .menu button', { hasText: /Save this list/ }).click();
  await page.fill('.save-filter input', 'Everything, newest');
  await page.keyboard.press('Enter');
  await page.goto(server.console);
  const saved = page.locator('.chip.saved');
  await saved.click();
  await page.waitForFunction(() => location.search === '?queue=all&sort=newest');
  assert.equal(await saved.getAttribute('aria-pressed'), 'true');
  // Another person at the same browser has lists of their own.
  const keys = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.endsWith(':filters')));
  assert.equal(keys.length, 1);
  assert.match(keys[0], /^gridcase:tinytown:\d+:filters$/);
  await page.locator('.list-menu > button').click();
  await page.locator('.saved-line button').click();
  await page.locator('.chip.saved').waitFor({ state: 'detached' });
  await done(page);
});

test('my position is shown when asked for, also when it lies elsewhere or is refused', async () => {
  const page = await deskOf(server, 'manager');
  const { bbox } = await collector.get('/city');
  const here = { longitude: bbox[0] * 0.3 + bbox[2] * 0.7, latitude: bbox[1] * 0.3 + bbox[3] * 0.7, accuracy: 15 };
  await page.waitForFunction(() => globalThis.gridcaseMap);
  // The browser's own receiver, played: it answers late at times, or not at all, on a busy machine.
  const receiver = (answer) => page.evaluate((answer) => {
    navigator.geolocation.getCurrentPosition = (found, refused) => setTimeout(() =>
      answer ? found({ coords: answer, timestamp: Date.now() }) : refused({ code: 1, PERMISSION_DENIED: 1, message: 'denied' }), 50);
  }, answer);
  const button = page.getByRole('button', { name: 'My position' });
  await receiver(null);
  await button.click();
  await page.locator('.notice.bad', { hasText: /does not allow/ }).waitFor();
  await receiver(here);
  await button.click();
  await page.waitForFunction(({ longitude, latitude }) => {
    const at = globalThis.gridcaseMap.center();
    return Math.abs(at.lon - longitude) < 1e-3 && Math.abs(at.lat - latitude) < 1e-3;
  }, here);
  const pressed = page.locator('button[aria-pressed=true][aria-label="My position"]');
  await pressed.waitFor();
  await button.click();
  await pressed.waitFor({ state: 'detached' });
  await receiver({ longitude: 2.35, latitude: 48.85, accuracy: 30 });
  await button.click();
  await page.locator('.notice.bad', { hasText: /outside the city/ }).waitFor();
  await done(page);
});

test('words that say nothing are answered in words', async () => {
  const page = await deskOf(server, 'manager');
  await page.fill('.search input', '%"');
  await page.locator('.queue [role=alert]', { hasText: /letter, a digit or a character/ }).waitFor();
  await page.fill('.search input', 'nowhere to be found');
  await page.locator('.queue .empty', { hasText: 'nowhere to be found' }).waitFor();
  await page.locator('.queue .empty button').click();
  await page.waitForFunction(() => new URLSearchParams(location.search).get('queue') === 'all');
  await page.fill('.search input', '');
  await page.locator('.row').first().waitFor();
  await done(page);
});
