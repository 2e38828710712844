// SPDX-License-Identifier: MPL-2.0
// Levels of command by hand, in Chinese: the centre sends to a desk, the desk passes on
// inside its part and reviews, a company hands on to a crew, the centre speaks for an office
// without login; each sees its own part.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { model } from '../http/level_model.mjs';
import { action, Api, closeBrowser, deskOf, done, looksGood, row, Server } from './support.mjs';

let server, town;
const apis = new Map();
const apiOf = async (login) => {
  if (!apis.has(login)) apis.set(login, await Api.as(server, server.person(login)));
  return apis.get(login);
};
before(async () => {
  town = model('leveltown');
  server = await Server.start({ slug: 'leveltown', model: town.path });
});
after(async () => {
  await closeBrowser();
  await server?.stop();
  town?.remove();
});

const chinese = { language: 'zh-CN' };
async function filed() {
  const api = await apiOf('collector1');
  const one = (await api.get('/catalogue')).classes.find((found) => found.code === 'e0110');
  const { number } = await api.report({ class: one.id, condition: one.conditions[0].id, source: 'collector' });
  await (await apiOf('acceptor1')).act(number, 'accepted');
  await (await apiOf('leader1')).act(number, 'filed');
  return number;
}
const department = async (code) => (await (await apiOf('leader1')).get('/departments')).items.find((one) => one.code === code).id;
async function send(page, number) {
  await page.click('.action-form button[type=submit]');
  await page.locator('.notice.good', { hasText: number }).last().waitFor();
}
async function pick(page, words) {
  const box = page.locator('.action-form [role=combobox]').first();
  await box.fill(words);
  await page.locator('[role=option]', { hasText: words }).first().waitFor();
  await page.keyboard.press('Enter');
}

test('a desk gets a case, passes it on inside its part, reviews and endorses', async () => {
  const number = await filed();
  const centre = await deskOf(server, 'dispatcher1', { ...chinese, path: `?case=${number}` });
  await action(centre, 'sent').click();
  await pick(centre, '北片指挥分中心');
  await send(centre, number);

  const north = await deskOf(server, 'north1', chinese);
  await row(north, number).click();
  await action(north, 'passed_on').click();
  await north.locator('.action-form [role=combobox]').first().click();
  await north.locator('[role=option]', { hasText: '北片保洁队' }).waitFor();
  const offered = await north.locator('[role=option]').allTextContents();
  assert.ok(!offered.some((one) => one.includes('园林处')), `only its part: ${offered}`);
  await looksGood(north, 'levels-pass-on');
  await pick(north, '北片保洁队');
  await send(north, number);

  const sweep = await apiOf('sweep1');
  await sweep.act(number, 'signed');
  await sweep.act(number, 'fed_back', { opinion: '已清扫' });
  await row(north, number).click();
  await action(north, 'endorsed').waitFor();
  await north.locator('.levels tbody tr').first().waitFor();
  const words = await north.textContent('.levels');
  assert.match(words, /各级用时.*北片指挥分中心.*2 级平台.*北片保洁队/s);
  await north.locator('.levels').scrollIntoViewIfNeeded();
  await looksGood(north, 'levels-review');
  const phone = await deskOf(server, 'north1', { ...chinese, size: 'phone', path: `?case=${number}` });
  await phone.locator('.levels tbody tr').first().waitFor();
  await phone.locator('.levels').scrollIntoViewIfNeeded();
  await looksGood(phone, 'levels-review-phone');
  await done(phone);
  await action(north, 'endorsed').click();
  await send(north, number);
  await centre.waitForFunction(() => document.querySelector('.actions [data-kind="reviewed"]'));
  await done(centre, north);
});

test('an office without login is spoken for: who said it stands beside who wrote it', async () => {
  const number = await filed();
  await (await apiOf('dispatcher1')).act(number, 'sent', { department: await department('water') });
  const page = await deskOf(server, 'dispatcher1', { ...chinese, size: 'phone', path: `?case=${number}` });
  await action(page, 'signed').click();
  await page.click('.action-form button[type=submit]');
  await page.waitForSelector('.action-form input[aria-invalid=true]');
  await page.getByLabel('供水公司谁来电').fill('李工，值班电话');
  await looksGood(page, 'levels-behalf-phone');
  await send(page, number);
  await page.locator('.history li', { hasText: '代 供水公司（李工，值班电话）' }).first().waitFor();
  assert.match(await page.locator('.history li').first().textContent(), /赵静/);
  await done(page);
});

test('a company hands on to a crew; the crew finds it in its own list', async () => {
  const number = await filed();
  await (await apiOf('dispatcher1')).act(number, 'sent', { department: await department('clean') });
  const company = await deskOf(server, 'clean1', { ...chinese, path: `?case=${number}` });
  await action(company, 'passed_on').click();
  await pick(company, '一班');
  await send(company, number);
  const crew = await deskOf(server, 'crew1', chinese);
  await row(crew, number).click();
  await action(crew, 'signed').waitFor();
  await done(company, crew);
});
