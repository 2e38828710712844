// SPDX-License-Identifier: MPL-2.0
// The side paths by hand, in Chinese: a request with its stamped form, found and decided by
// the one who is asked; a correction that says what it changes; supervision; what a
// collector handled on the spot; a successor.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { endPhones, Phone } from './field_support.mjs';
import { action, Api, closeBrowser, deskOf, done, fillForm, looksGood, row, Server, shot } from './support.mjs';

let server;
const apis = new Map();
const apiOf = async (wanted) => {
  if (!apis.has(wanted)) apis.set(wanted, await Api.as(server, server.person(wanted)));
  return apis.get(wanted);
};
let form;
before(async () => {
  server = await Server.start();
  form = join(server.data, 'form.pdf');
  writeFileSync(form, '%PDF-1.7\n% stamped\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n');
});
after(async () => {
  await endPhones();
  await closeBrowser();
  await server?.stop();
});

const chinese = { language: 'zh-CN' };
/** A case that a department is working on. */
async function handled(part = {}) {
  const api = await apiOf('collector1');
  const catalogue = await api.get('/catalogue');
  const timed = catalogue.classes.find((one) => one.code === 'e0113');
  const { number } = await api.report({ class: timed.id, condition: timed.conditions[0].id, source: 'collector', ...part });
  const roads = (await api.get('/departments')).items.find((one) => one.code === 'roads');
  await (await apiOf('acceptor')).act(number, 'accepted');
  await (await apiOf('shift_leader')).act(number, 'filed');
  await (await apiOf('dispatcher')).act(number, 'sent', { department: roads.id });
  await (await apiOf('roads1')).act(number, 'signed');
  return number;
}
async function send(page, number) {
  await page.click('.action-form button[type=submit]');
  await page.locator('.notice.good', { hasText: number }).last().waitFor();
}
const asked = async (page) => {
  await page.locator('.quick button', { hasText: '待我审批' }).click();
  await page.waitForFunction(() => !document.querySelector('.queue [aria-busy]'));
};

test('a suspension is asked for with its form, found in the list of what one is asked, and granted', async () => {
  const number = await handled();
  const roads = await deskOf(server, 'roads1', chinese);
  await row(roads, number).click();
  await action(roads, 'suspension_asked').click();
  await roads.fill('.action-form input[type=datetime-local]', '2027-03-01T08:00');
  await roads.fill('.action-form textarea', '道路大修，春季完工');
  assert.match(await roads.textContent('.action-form'), /盖章材料/);
  await roads.setInputFiles('.action-form input[type=file]', form);
  await roads.waitForSelector('.action-form .thumb-file');
  await looksGood(roads, 'paths-suspension');
  await send(roads, number);

  const dispatcher = await deskOf(server, 'dispatcher', chinese);
  await asked(dispatcher);
  await row(dispatcher, number).click();
  await action(dispatcher, 'suspended').click();
  await dispatcher.locator('.request', { hasText: '道路大修' }).waitFor();
  await looksGood(dispatcher, 'paths-asked');
  await send(dispatcher, number);
  await dispatcher.waitForFunction(() => document.querySelector('.headline')?.textContent.includes('暂停'));
  const found = await (await apiOf('manager')).get(`/cases/${number}`);
  assert.equal(found.step, 'suspended');
  assert.equal(found.clock.state, 'paused');
  await row(dispatcher, number).waitFor({ state: 'detached' });
  await done(roads, dispatcher);
});

test('a correction says what it would change, and the history keeps both', async () => {
  const number = await handled();
  const page = await deskOf(server, 'dispatcher', { ...chinese, path: `?case=${number}` });
  await action(page, 'corrected').click();
  await page.locator('.action-form [role=combobox]').first().fill('暴露垃圾');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.preview [data-what="class"]');
  const words = await page.textContent('.preview');
  assert.match(words, /小类.*道路破损.*暴露垃圾/s);
  assert.match(words, /处置时限|截止时间/);
  await page.locator('.action-form textarea').last().fill('是垃圾，不是坑');
  await looksGood(page, 'paths-preview');
  await send(page, number);
  await page.waitForFunction(() => document.querySelector('.history')?.textContent.includes('更正前'));
  assert.match(await page.textContent('.history li >> nth=0'), /道路破损/);
  await done(page);
});

test('supervision reaches the department, and its answer ends it', async () => {
  const number = await handled();
  const manager = await deskOf(server, 'manager', { ...chinese, path: `?case=${number}` });
  await action(manager, 'supervised').click();
  await manager.locator('.action-form select').selectOption('leader');
  await manager.fill('.action-form textarea', '请于今日答复');
  await shot(manager, 'paths-supervise');
  await send(manager, number);
  const roads = await deskOf(server, 'roads1', chinese);
  await asked(roads);
  await row(roads, number).click();
  assert.match(await roads.textContent('.headline'), /督办/);
  await action(roads, 'supervision_answered').click();
  await fillForm(roads, '今晚完工');
  await send(roads, number);
  await row(roads, number).waitFor({ state: 'detached' });
  await done(manager, roads);
});

test('on a phone the department asks for an extension', async () => {
  const number = await handled();
  const page = await deskOf(server, 'roads1', { ...chinese, size: 'phone', path: `?case=${number}` });
  await action(page, 'extension_asked').click();
  await page.fill('.action-form textarea', '连日下雨');
  await looksGood(page, 'paths-extension-phone');
  await send(page, number);
  await (await apiOf('dispatcher')).act(number, 'extended');
  await done(page);
});

test('what a collector handled on the spot goes to review with photos of before and after', async () => {
  const phone = await Phone.start(server, chinese);
  await phone.signIn(server.person('collector1'));
  await phone.fill({ photos: 2, find: '垃圾', words: '已当场清除' });
  await phone.page.click('#how [data-how] >> nth=1');
  await phone.page.waitForSelector('#how .plain-list li');
  assert.match(await phone.page.textContent('#how'), /处置前[\s\S]*处置后/);
  await phone.page.locator('#how').scrollIntoViewIfNeeded();
  await phone.page.screenshot({ path: join('build/screenshots', 'paths-field-self.png') });
  await phone.send();
  await phone.untilSent();
  const page = await deskOf(server, 'acceptor', chinese);
  const made = (await (await apiOf('manager')).get('/cases?sort=newest&limit=20')).items.find((one) => one.description === '已当场清除');
  assert.equal(made.step, 'self_review');
  await row(page, made.number).click();
  await action(page, 'self_handled').click();
  await send(page, made.number);
  assert.equal((await (await apiOf('manager')).get(`/cases/${made.number}`)).outcome, 'self_done');
  await phone.end();
  await done(page);
});

test('an ended case is gone on with by a successor', async () => {
  const number = await handled();
  await (await apiOf('manager')).act(number, 'forced_closed', { opinion: '另案处理' });
  const page = await deskOf(server, 'acceptor', { ...chinese, path: `?case=${number}` });
  await page.getByRole('button', { name: '登记后续案件' }).click();
  await page.waitForSelector('.report .located');
  await page.fill('#report-description', '又坏了');
  await looksGood(page, 'paths-successor');
  await page.click('.report button[type=submit]');
  await page.waitForSelector('.case .facts');
  await page.waitForFunction((old) => document.querySelector('.facts')?.textContent.includes(old), number);
  await done(page);
});
