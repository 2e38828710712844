// SPDX-License-Identifier: MPL-2.0
// A missed report from its filing to its excuse: the collector whose beat it is disputes it in
// the page, a shift leader decides there, and the manager sees what that did to the figure.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rosterModel } from '../http/rosters.mjs';
import { Api, closeBrowser, done, looksGood, openPage, Server } from './support.mjs';

let server;
let model;
const people = {};
let numbers;
before(async () => {
  model = rosterModel();
  server = await Server.start({ model: model.path });
  server.console = `${server.base}/${server.slug}/dashboard/`;
  for (const login of ['manager1', 'leader1', 'acceptor1', 'collector1', 'collector2', 'collector3', 'cvdesk']) people[login] = await Api.as(server, server.person(login));
  numbers = [await filed(120.0004), await filed(120.0006)];
});
after(async () => {
  await closeBrowser();
  await server?.stop();
  model?.remove();
});

/** A call about something in the south, verified by another and filed: collector1 had been there. */
async function filed(lon) {
  const { acceptor1, collector3, leader1 } = people;
  const { classes } = await acceptor1.get('/catalogue');
  const { number } = await acceptor1.report({ class: classes.find((one) => one.code === 'c0101').id, condition: 'c0101-1', point: { lon, lat: 30.0005 } });
  await acceptor1.act(number, 'verify_sent');
  await collector3.act(number, 'verified', { result: 'there' });
  await acceptor1.act(number, 'accepted');
  await leader1.act(number, 'filed');
  return number;
}
const titled = (page) => page.waitForFunction(() => document.querySelector('.dash[aria-busy=false]') && document.querySelector('#page-title'));
const open = async (login, options = {}) => {
  const page = await openPage(server, { cookie: people[login].cookie, path: '?view=missed', ...options });
  await titled(page);
  return page;
};
const counted = (page) => page.locator('.missed-now [data-measure=missed]').getAttribute('data-value').then(Number);
async function say(page, number, what, reason) {
  await page.locator(`.missed-list [data-number="${number}"] [data-say=${what}]`).focus();
  await page.keyboard.press('Enter');
  await page.fill('dialog [name=reason]', reason);
  await looksGood(page, `missed-${what}`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('dialog').waitFor({ state: 'detached' });
}
const inState = (page, number, state) => page.waitForSelector(`.missed-list [data-number="${number}"][data-state=${state}]`);

test('a missed report is disputed by whose it is, decided by another, and counts no longer', async () => {
  const [first, second] = numbers;
  const collector = await open('collector1', { size: 'phone', language: 'zh-CN' });
  assert.deepEqual((await collector.locator('.missed-list > li').evaluateAll((all) => all.map((one) => one.dataset.number))).sort(), [first, second].sort());
  await looksGood(collector, 'missed-phone');
  await say(collector, first, 'dispute', 'The fence was not there at noon.');
  await inState(collector, first, 'disputed');
  assert.equal(await collector.locator(`[data-number="${first}"] [data-say]`).count(), 0, 'one\u2019s own is for others to decide');
  await done(collector);

  const leader = await open('leader1');
  assert.equal(await counted(leader), 2); // it counts until it is decided
  await leader.locator('.steps a').nth(1).click();
  await leader.waitForFunction(() => document.querySelectorAll('.missed-list > li').length === 1);
  assert.match(leader.url(), /level=disputed/);
  assert.match(await leader.textContent('.missed-list'), /fence was not there at noon/);
  await say(leader, first, 'excuse', 'The photo shows it.');
  await leader.locator('.missed-list > li').waitFor({ state: 'detached' });
  await leader.locator('.steps a').nth(0).click();
  await inState(leader, first, 'excused');
  assert.equal(await counted(leader), 1);
  assert.equal(await leader.locator('[data-excused]').getAttribute('data-excused'), '1');
  await done(leader);

  // The figure opens the case that is left; another view of areas is not asked by a state.
  const manager = await open('manager1');
  await manager.locator('.missed-now [data-measure=missed] a').click();
  await manager.waitForSelector('.cases .total');
  assert.deepEqual(await manager.locator('.case-table tbody tr').evaluateAll((all) => all.map((one) => one.dataset.number)), [second]);
  await manager.click('.cases .back');
  await titled(manager);
  await manager.locator('.steps a').nth(4).click();
  await manager.waitForSelector(`[data-number="${first}"]`);
  await manager.locator('.views a[href*="view=coverage"]').click();
  await titled(manager);
  assert.equal(await manager.locator('[role=alert]').count(), 0);
  await looksGood(manager, 'missed-coverage');
  await done(manager);
});

test('others see nothing of it: another collector, a company whose people it is not', async () => {
  const page = await open('collector2');
  assert.equal(await page.locator('.missed-list').count(), 0);
  assert.ok((await page.textContent('.alert.part')).length > 0);
  await done(page);
  assert.deepEqual((await people.cvdesk.get('/missed')).items, []);
  assert.equal((await people.collector2.send('POST', `/missed/${numbers[1]}/dispute`, { reason: 'not mine' })).status, 403);
});
