// SPDX-License-Identifier: MPL-2.0
// The administrator's page: somebody new with a code to print who signs in with it, a staff
// table with wrong cells, the roster of a day, a leaver whose work goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rosterModel } from '../http/rosters.mjs';
import { workbook } from '../http/xlsx.mjs';
import { Api, closeBrowser, deskOf, done, looksGood, openPage, Server } from './support.mjs';

let server, model, acceptor;
before(async () => {
  model = rosterModel();
  server = await Server.start({ model: model.path });
  acceptor = await Api.as(server, server.person('acceptor1'));
});
after(async () => {
  await closeBrowser();
  await server?.stop();
  model?.remove();
});

async function people(wanted, options = {}) {
  const page = await deskOf(server, wanted, options);
  await page.click('.person > button');
  await page.locator('.person .menu button', { hasText: options.language === 'zh-CN' ? '人员与值班' : 'People and rosters' }).click();
  await page.waitForSelector('.people-table tbody tr');
  return page;
}
const line = (page, login) => page.locator('.people-list tbody tr', { hasText: login });
const tab = (page, n) => page.locator('.people-tabs [role=tab]').nth(n).click();

async function sentOut() {
  const made = await acceptor.report({ at: [20, 20], source: 'leader' });
  await acceptor.act(made.number, 'verify_sent', { opinion: 'please look' });
  return made.number;
}

test('somebody new gets a slip, and signs in with what stands on it', async () => {
  const page = await people('admin1');
  await page.locator('.people-bar .primary').click();
  const form = page.locator('.people-form');
  await form.locator('input[type=text]').nth(0).fill('new.hand');
  await form.locator('input[type=text]').nth(1).fill('New Hand');
  await looksGood(page, 'people-add');
  await form.locator('button[type=submit]').click();
  await page.waitForSelector('.code-slip');
  await looksGood(page, 'people-codes');
  const code = await page.locator('.code-letters').innerText();
  assert.match(await page.locator('.code-slip').innerText(), /new\.hand/);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('.codes'));
  assert.match(await line(page, 'new.hand').innerText(), /has not signed in/);
  await done(page);

  const desk = await openPage(server, { size: 'phone' });
  await desk.fill('input[name=username]', 'New.Hand');
  await desk.fill('input[name=password]', code.toLowerCase().replaceAll('-', ' '));
  await desk.keyboard.press('Enter');
  await desk.waitForSelector('input[autocomplete=new-password]');
  for (const field of await desk.locator('input[autocomplete=new-password]').all()) await field.fill('a long enough one');
  await desk.keyboard.press('Enter');
  await desk.waitForSelector('input[name=username]');
  await desk.fill('input[name=password]', 'a long enough one');
  await desk.keyboard.press('Enter');
  await desk.waitForSelector('.desk');
  await done(desk);
});

test('a staff table with wrong cells names them; a right one is loaded on a word', async () => {
  const page = await people('admin1');
  await tab(page, 2);
  const choose = (name, rows) => page.locator('.people-load input[type=file]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: workbook(rows) });
  await choose('bad.xlsx', [['login', 'name', 'role', 'area'], ['a b', 'X', 'acceptor'], ['cem', 'C', 'mayor'], ['fay', 'F', 'collector', 'ward:99']]);
  await page.waitForSelector('.people-load tbody tr');
  assert.deepEqual(await page.locator('.people-load tbody td:first-child').allInnerTexts(), ['A2', 'C3', 'D4']);
  await looksGood(page, 'people-table-wrong');
  await choose('good.xlsx', [['登录名', '姓名', '角色'], ['wang01', '王一', '监督员'], ['wang02', '王二', '监督员']]);
  await page.waitForSelector('.people-good');
  await page.locator('.people-load .form-end .primary').click();
  await page.waitForFunction(() => document.querySelector('.people-good')?.textContent.includes('2 added'));
  await page.locator('.people-load .form-end .primary').click();
  await page.waitForSelector('.code-slip');
  assert.ok((await page.locator('.code-slip').count()) >= 2);
  await page.keyboard.press('Escape');
  await tab(page, 0);
  await line(page, 'wang01').waitFor();
  await done(page);
});

test('the roster of a day shows who walks where, and what nobody has', async () => {
  for (const [size, language] of [['desk', 'zh-CN'], ['phone', 'en']]) {
    const page = await people('leader1', { size, language });
    await looksGood(page, `people-${size}-${language}`);
    await tab(page, 1);
    await page.waitForSelector('.roster-table tbody tr');
    assert.equal(await page.locator('.roster-empty').count(), 1);
    assert.match(await page.locator('.roster-table').innerText(), /何三/);
    await looksGood(page, `roster-${size}-${language}`);
    await done(page);
  }
});

test('who leaves hands the work on and is closed; the case says to whom', async () => {
  const number = await sentOut();
  const page = await people('admin1', { language: 'zh-CN' });
  await line(page, 'collector1').click();
  await page.waitForSelector('.people-work li');
  await looksGood(page, 'people-leaver-zh');
  await page.locator('.people-hand select').selectOption('collector3');
  await page.locator('.people-hand input').fill('离职');
  await page.locator('.people-hand .primary').click();
  await page.waitForFunction(() => document.querySelector('.people-person .muted')?.textContent.includes('没有未办工作'));
  await page.locator('.people-end button', { hasText: '停用账号' }).click();
  await page.locator('.people-sure .danger').click();
  await page.waitForFunction(() => document.querySelector('.people-person .alert.warn'));
  const found = await acceptor.get(`/cases/${number}`);
  assert.equal(found.tasks.at(-1).holder.person.name, '何三');
  assert.equal(found.history.at(-1).opinion, '离职');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('.people'));
  await done(page);
});

test("a company's desk sees its own people and their cases only", async () => {
  const page = await people('cvdesk', { size: 'phone', language: 'zh-CN' });
  const text = await page.locator('.people-list').innerText();
  assert.match(text, /何三/);
  assert.doesNotMatch(text, /collector2/);
  assert.equal(await page.locator('.people-bar .primary').count(), 0);
  await looksGood(page, 'people-company-phone-zh');
  await done(page);
});

test('a dispatcher sees whom to telephone, and what can drive, where a department is chosen', async () => {
  const [kind] = (await acceptor.get('/catalogue')).classes;
  const made = await acceptor.report({ at: [30, 30], source: 'leader', class: kind.id, condition: kind.conditions[0].id });
  await acceptor.act(made.number, 'accepted', {});
  const leader = await Api.as(server, server.person('leader1'));
  await leader.act(made.number, 'filed', {});
  const page = await deskOf(server, 'dispatcher1', { path: `?case=${made.number}` });
  await page.click('.actions .buttons [data-kind="sent"]');
  const field = page.locator('.action-form .field', { has: page.locator('[role=combobox]') }).first();
  await field.locator('[role=combobox]').fill('Roads');
  await field.locator('[role=combobox]').press('Enter');
  await page.waitForSelector('.action-form .office');
  assert.match(await page.locator('.action-form .office').innerText(), /何工/);
  assert.match(await page.locator('.action-form .office').innerText(), /1 of 2 vehicles ready/);
  await looksGood(page, 'office-in-form');
  await done(page);
});
