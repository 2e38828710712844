// SPDX-License-Identifier: MPL-2.0
// Fair clocks by hand: a shift leader signs a time order over the list and lifts it, in
// Chinese and English, on a desk and on a phone; what a new calendar moved; a phone whose
// clock is two days ahead.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { copyModel, cli } from '../http/lib.mjs';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api, closeBrowser, deskOf, done, looksGood, Server, sizes } from './support.mjs';

let server, leader, number;
before(async () => {
  server = await Server.start();
  const api = async (role) => Api.as(server, server.person(role));
  const [acceptor, dispatcher] = [await api('acceptor1'), await api('dispatcher1')];
  leader = await api('leader1');
  const road = (await leader.get('/catalogue')).classes.find((one) => one.code === 'e0113');
  const roads = (await leader.get('/departments')).items.find((one) => one.code === 'roads');
  for (let i = 0; i < 3; i++) {
    ({ number } = await (await api('collector1')).report({ class: road.id, condition: road.conditions[0].id, source: 'collector' }));
    await acceptor.act(number, 'accepted');
    await leader.act(number, 'filed');
    await dispatcher.act(number, 'sent', { department: roads.id });
  }
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});

async function openOrders(page) {
  await page.locator('.person > button').click();
  await page.locator('.person .menu button', { hasText: /时限令|Time orders/ }).click();
  await page.locator('.orders').waitFor();
}

test('a shift leader signs a pause over the list, sees it in force and lifts it', async () => {
  const page = await deskOf(server, 'leader1', { language: 'zh-CN' });
  await openOrders(page);
  await page.waitForFunction(() => Number(document.querySelector('.order-sign .count')?.textContent) >= 3);
  await page.getByLabel('标题').fill('台风“梅花”');
  await page.getByLabel('事由及依据文件').fill('防汛办〔2026〕12号');
  await page.getByRole('button', { name: '签发…' }).click();
  await looksGood(page, 'orders-sign-zh');
  await page.getByRole('button', { name: '确定签发' }).click();
  await page.locator('.order', { hasText: '台风“梅花”' }).locator('.badge', { hasText: '生效中' }).waitFor();
  await looksGood(page, 'orders-zh');
  const handling = async () => (await leader.get(`/cases/${number}`)).clocks.find((one) => one.kind === 'handling').state;
  assert.equal(await handling(), 'paused');
  await page.getByRole('button', { name: '解除暂停' }).click();
  await page.locator('.order-end .primary', { hasText: '解除暂停' }).click();
  await page.locator('.order .badge', { hasText: '已完成' }).waitFor();
  assert.equal(await handling(), 'running');
  await page.waitForFunction(() => document.querySelector('.tool-page')?.contains(document.activeElement));
  await page.keyboard.press('Escape');
  await page.locator('.orders').waitFor({ state: 'detached' });
  await done(page);
  // The deadline's explanation names the order.
  const shown = await deskOf(server, 'leader1', { language: 'en', path: `?case=${number}` });
  await shown.locator('.case-history, section.block li', { hasText: 'Time order' }).first().waitFor();
  await done(shown);
});

test('an order that makes no sense is refused in words, and a phone shows the page', async () => {
  const page = await deskOf(server, 'leader1', { language: 'en', size: "phone" });
  await openOrders(page);
  await page.waitForFunction(() => Number(document.querySelector('.order-sign .count')?.textContent) >= 3);
  await page.getByLabel('What happens').selectOption('extend');
  await page.getByLabel('By how much').fill('3 days');
  await page.getByLabel('Title').fill('Snow');
  await page.getByLabel('Reason, and the paper it rests on').fill('Order 13');
  await page.getByRole('button', { name: 'Sign …' }).click();
  await page.getByRole('button', { name: 'Yes, sign' }).click();
  await page.locator('.notice.bad').waitFor();
  await page.getByLabel('By how much').fill('2 working days');
  await page.getByRole('button', { name: 'Sign …' }).click();
  await page.getByRole('button', { name: 'Yes, sign' }).click();
  await page.locator('.order', { hasText: 'Snow' }).locator('.badge', { hasText: 'done' }).waitFor();
  await looksGood(page, 'orders-phone');
  page.problems.splice(0, page.problems.length, ...page.problems.filter((one) => !/status of 400/.test(one)));
  await done(page);
});

test('a dispatcher reads orders and cannot sign; a new calendar leaves its report', async () => {
  const model = copyModel('tinytown');
  const date = (days) => new Date(Date.now() + (8 + 24 * days) * 3600e3).toISOString().slice(0, 10);
  appendFileSync(join(model.path, 'tables', 'calendar_days.csv'), `${date(1)},${date(20)},holiday,Flood,Flood\n`);
  await cli('city', 'load', 'tinytown', model.path, '--data', server.data);
  model.remove();
  const until = Date.now() + 15000;
  while ((await leader.get('/calendar-changes')).items.length === 0 && Date.now() < until) await new Promise((go) => setTimeout(go, 200));
  const page = await deskOf(server, 'dispatcher1', { language: 'zh-CN' });
  await openOrders(page);
  await page.locator('.order', { hasText: 'Snow' }).waitFor();
  assert.equal(await page.locator('.order-sign').count(), 0);
  await page.getByRole('tab', { name: '日历变更' }).click();
  await page.locator('.orders-table tbody tr', { hasText: number }).first().waitFor();
  await looksGood(page, 'orders-calendar-zh');
  await page.locator('.orders-table tbody button', { hasText: number }).first().click();
  await page.locator('.orders').waitFor({ state: 'detached' });
  await done(page);
});
