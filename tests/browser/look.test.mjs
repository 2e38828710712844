// SPDX-License-Identifier: MPL-2.0
// Every view in both languages on a desk and on a phone: axe finds nothing, nothing scrolls
// sideways, fingers find their targets. The screenshots are for people to look at.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { action, Api, closeBrowser, deskOf, done, looksGood, openPage, pickPoint, Server } from './support.mjs';

let server;
let number;
before(async () => {
  server = await Server.start();
  const collector = await Api.as(server, server.person('collector1'));
  const { classes } = await collector.get('/catalogue');
  for (let i = 0; i < 18; i++) {
    const kind = classes[i % classes.length];
    const made = await collector.report({
      class: kind.id,
      condition: kind.conditions[0]?.id,
      at: [8 + ((i * 29) % 84), 8 + ((i * 17) % 84)],
      source: 'collector',
      description: i % 2 ? 'Large hole in the right lane, cars swerve around it.' : '路面破损，积水较深，过往车辆绕行。',
      reporter: { name: 'Ann Example', phone: '555-0142' },
    });
    number = made.number;
  }
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});

for (const size of ['desk', 'phone']) {
  for (const language of ['en', 'zh-CN']) {
    const phone = size === 'phone';
    const name = (view) => `${size}-${language}-${view}`;
    const tab = (page, n) => (phone ? page.locator('.tabs button').nth(n).click() : undefined);

    test(`${size}, ${language}: sign-in and queue`, async () => {
      const page = await openPage(server, { size, language });
      await page.waitForSelector('.sign-form');
      await looksGood(page, name('sign-in'));
      await done(page);
      const desk = await deskOf(server, 'acceptor', { size, language });
      await desk.waitForSelector('.row');
      if (!phone) await desk.waitForFunction(() => document.querySelector('.map')?.dataset.idle);
      await looksGood(desk, name('queue'));
      await desk.click('.chip.add');
      await looksGood(desk, name('filters'));
      await desk.keyboard.press('Escape');
      if (phone) {
        await tab(desk, 1);
        await desk.waitForFunction(() => document.querySelector('.map')?.dataset.idle);
        await looksGood(desk, name('map'));
      }
      await done(desk);
    });

    test(`${size}, ${language}: case, action and menu`, async () => {
      const page = await deskOf(server, 'acceptor', { size, language, path: `?case=${number}` });
      await page.waitForSelector('.case .facts');
      await page.click('.case details summary');
      await page.waitForSelector('.explained, .case [role=alert]');
      await looksGood(page, name('case'));
      await action(page, 'accepted').click();
      await page.waitForSelector('.action-form');
      await looksGood(page, name('action'));
      await page.click('.person > button');
      await page.waitForSelector('.menu');
      await looksGood(page, name('menu'));
      await done(page);
    });

    test(`${size}, ${language}: report and help`, async () => {
      const page = await deskOf(server, 'acceptor', { size, language });
      await page.click('.new-report');
      await page.click('.report .point-field button');
      await page.waitForFunction(() => document.querySelector('.map')?.dataset.idle);
      await pickPoint(page, 48, 52);
      if (phone) {
        await page.waitForSelector('.map-hint button');
        await looksGood(page, name('pick'));
        await page.click('.map-hint button');
      }
      await page.waitForSelector('.located.there');
      await page.click('#report-class');
      await page.waitForSelector('.picker-list');
      await looksGood(page, name('report'));
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press('?');
      await page.waitForSelector('dialog[open]');
      await looksGood(page, name('help'));
      await done(page);
    });
  }
}

test('on a phone every control is large enough for a finger', async () => {
  const page = await deskOf(server, 'acceptor', { size: 'phone' });
  const small = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('button, select, input:not([type=checkbox]):not([type=radio]):not([type=file]), [role=option]')]
        .filter((element) => element.checkVisibility() && !element.closest('.ol-attribution'))
        .map((element) => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && box.height < 43.5)
        .map(({ element, box }) => `${element.className || element.tagName} ${Math.round(box.width)}x${Math.round(box.height)}`),
    );
  assert.deepEqual(await small(), [], 'queue');
  await page.locator('.row').first().click();
  await page.waitForSelector('.case .facts');
  assert.deepEqual(await small(), [], 'case');
  await page.locator('.tabs button').nth(1).click();
  assert.deepEqual(await small(), [], 'map');
  await page.click('.new-report');
  assert.deepEqual(await small(), [], 'report');
  await done(page);
});

test('dates are those of the city, whatever the zone of the browser', async () => {
  const page = await deskOf(server, 'acceptor', { path: `?case=${number}` });
  await page.waitForSelector('.case .facts');
  const opened = (await (await Api.as(server, server.person('manager'))).get(`/cases/${number}`)).opened_at;
  const local = new Intl.DateTimeFormat('en', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(opened));
  assert.match(await page.textContent('.case .facts'), new RegExp(local));
  await done(page);
});

test('the list of cities leads to the console', async () => {
  const page = await openPage(server);
  await page.goto(server.base);
  await looksGood(page, 'cities');
  await page.click('main a');
  await page.waitForSelector('.sign-form');
  await done(page);
});
