// SPDX-License-Identifier: MPL-2.0
// The standard loop by hand, in Chinese, on two levels of command: each move is made at the
// desk of the person whose turn it is, in the model that `make run` serves.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { join, resolve } from 'node:path';
import { action, Api, closeBrowser, deskOf, done, looksGood, pickPoint, Server } from './support.mjs';

let server;
const desks = new Map();
before(async () => {
  server = await Server.start({ slug: 'haidian', model: join(resolve(import.meta.dirname, '../..'), 'grids/haidian') });
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});
async function deskFor(login) {
  if (!desks.has(login)) desks.set(login, await deskOf(server, login, { language: 'zh-CN' }));
  return desks.get(login);
}
/** Opens the case, takes the action of this kind, fills in what it asks for. */
async function act(number, login, kind, { department, choose } = {}) {
  const page = await deskFor(login);
  await page.goto(`${server.console}?case=${number}`);
  await page.waitForSelector('.case .facts');
  await action(page, kind).first().click();
  const form = page.locator('.action-form');
  await form.waitFor();
  if (department) {
    await form.locator('[role=combobox]').first().fill(department);
    await page.locator('[role=option]').first().waitFor();
    await page.keyboard.press('Enter');
  }
  if (choose) await form.locator('select').first().selectOption(choose);
  const words = form.locator('textarea');
  if ((await words.count()) > 0) await words.last().fill('按要求办理');
  await form.locator('button[type=submit]').click();
  await page.locator('.notice.good', { hasText: number }).first().waitFor();
}

test('a case goes through a street desk and back, all by hand', async () => {
  const collector = await deskFor('cj.zhao');
  await collector.keyboard.press('n');
  await collector.waitForSelector('.report');
  await collector.click('.report .point-field button');
  await pickPoint(collector, 40, 55);
  await collector.waitForSelector('.located.there');
  await collector.fill('#report-class', '店外经营');
  await collector.keyboard.press('Enter');
  await collector.fill('#report-description', '水果店占用便道摆放货箱');
  await collector.click('.report button[type=submit]');
  await collector.waitForSelector('.case .facts');
  const number = (await collector.textContent('.side-bar .number')).trim();

  await act(number, 'sl.zheng', 'accepted');
  await act(number, 'zb.feng', 'filed');
  await act(number, 'pq.chu', 'sent', { department: '学院路街道城管分中心' });
  await act(number, 'xyl.jiang', 'passed_on', { department: '学院路街道综合执法队' });
  await act(number, 'xyl.zf.han', 'signed');
  await act(number, 'xyl.zf.han', 'fed_back');
  await act(number, 'xyl.jiang', 'endorsed');
  await act(number, 'pq.chu', 'reviewed');

  const api = await Api.as(server, server.person('pq.chu'));
  const waiting = await api.get(`/cases/${number}`);
  assert.match(waiting.grid.code, /^110108010\d{6}$/);
  const { holder } = waiting.tasks.find((task) => task.state === 'open' && task.kind === 'check');
  assert.equal(holder.role, 'collector');
  // The roster's person, or any collector at night, but never the one who reported it.
  const checker = server.people.find((one) => one.roles.includes('collector') && one.login !== 'cj.zhao' && (!holder.person || names.get(one.login) === holder.person.name));
  await act(number, checker.login, 'checked', { choose: 'pass' });
  await act(number, 'zb.feng', 'case_closed');
  const ended = await api.get(`/cases/${number}`);
  assert.equal(ended.outcome, 'closed');

  const leader = await deskFor('zb.feng');
  await leader.goto(`${server.console}?case=${number}`);
  await leader.waitForSelector('.case .facts');
  await looksGood(leader, 'haidian-closed');
  await done(...desks.values());
  desks.clear();
});

const long = { skip: process.env.GRIDCASE_LONG ? false : 'only in make test-long' };
test('an emergency by telephone: sent at once, completed afterwards, caller called back, all by hand', long, async () => {
  const phone = await deskFor('sl.wang');
  await phone.keyboard.press('c');
  await phone.waitForFunction(() => document.activeElement?.id === 'call-phone');
  await phone.keyboard.type('13911112222');
  await phone.fill('.report .place-box input', '40.0030, 116.3520');
  await phone.locator('.report .place-hits [role=option]').first().waitFor();
  await phone.locator('.report .place-box input').press('Enter');
  await phone.waitForSelector('.located.there');
  await phone.fill('#report-class', '道路积水');
  await phone.locator('.picker-list > div').first().waitFor();
  await phone.locator('#report-class').press('Enter');
  await phone.fill('#report-description', '路口积水很深，车辆熄火');
  await phone.click('.report button[type=submit]');
  await phone.waitForSelector('.case .facts');
  const number = (await phone.textContent('.side-bar .number')).trim();

  await act(number, 'sl.wang', 'sent', { department: '道路养护中心' });
  const api = await Api.as(server, server.person('pq.chu'));
  const open = async () => (await api.get(`/cases/${number}`)).tasks.filter((task) => task.state === 'open').map((task) => task.kind);
  assert.ok((await open()).includes('complete'), 'it is completed afterwards');
  await act(number, 'sl.wang', 'completed');
  assert.ok(!(await open()).includes('complete'));
  await act(number, 'dl.wei', 'fed_back');
  await act(number, 'pq.chu', 'reviewed');
  const { holder } = (await api.get(`/cases/${number}`)).tasks.find((task) => task.state === 'open' && task.kind === 'check');
  const checker = server.people.find((one) => one.roles.includes('collector') && (!holder.person || names.get(one.login) === holder.person.name));
  await act(number, checker.login, 'checked', { choose: 'pass' });
  assert.ok((await open()).includes('callback'));

  const caller = await deskFor('sl.wang');
  await caller.goto(`${server.console}?case=${number}`);
  await caller.waitForSelector('.case .facts');
  await action(caller, 'called_back').first().click();
  const form = caller.locator('.action-form');
  await form.waitFor();
  for (let i = 0; i < 3; i++) await form.locator('select').nth(i).selectOption('yes');
  await looksGood(caller, 'haidian-callback');
  await form.locator('button[type=submit]').click();
  await caller.locator('.notice.good', { hasText: number }).first().waitFor();
  await act(number, 'zb.feng', 'case_closed');
  const ended = await api.get(`/cases/${number}`);
  assert.equal(ended.outcome, 'closed');
  await done(...desks.values());
  desks.clear();
});

test('a phone shows the city under its long name without scrolling sideways', async () => {
  const page = await deskOf(server, 'sl.wang', { size: 'phone', language: 'zh-CN' });
  await looksGood(page, 'haidian-phone');
  await done(page);
});

const names = new Map([['cj.zhao', '赵晓梅'], ['cj.qian', '钱立军'], ['cj.sun', '孙凤英'], ['cj.li', '李志强'], ['cj.zhou', '周婷婷'], ['cj.wu', '吴建国']]);
