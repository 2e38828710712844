// SPDX-License-Identifier: MPL-2.0
// The closed loop by hand, in browsers: a report on the map arrives live at other desks and
// is worked to its end by the people whose turn it is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { action, Api, closeBrowser, deskOf, done, fillForm, live, pickPoint, png, row, Server, shot } from './support.mjs';

let server;
before(async () => {
  server = await Server.start();
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});

/** Fills in and sends the report form; gives the new case's number. */
async function report(page, words, more = async () => undefined) {
  await page.keyboard.press('n');
  await page.waitForSelector('.report');
  await page.click('.report .point-field button');
  await pickPoint(page, 50, 50);
  await page.waitForSelector('.located.there');
  await page.fill('#report-class', words.class);
  await page.keyboard.press('Enter');
  await page.fill('#report-description', words.description);
  await more();
  await page.click('.report button[type=submit]');
  await page.waitForSelector('.case .facts');
  return (await page.textContent('.side-bar .number')).trim();
}

async function act(page, number, kind, words) {
  await row(page, number).click();
  await action(page, kind).click();
  await fillForm(page, words);
  await page.click('.action-form button[type=submit]');
  await page.locator('.notice.good', { hasText: number }).first().waitFor();
}

test('a point on the map tells grid, area and place before anything is sent', async () => {
  const page = await deskOf(server, 'collector1');
  await page.click('.new-report');
  await page.click('.report .point-field button');
  await pickPoint(page, 50, 50);
  const located = page.locator('.located.there');
  await located.waitFor();
  assert.match(await located.textContent(), /T22/, 'the block in the middle of the town');
  assert.match(await located.textContent(), /Riverwest/, 'its district');
  for (let i = 0; i < 2; i++) await page.click('.map .ol-zoom-out');
  await page.waitForTimeout(600); // the map comes to rest
  await pickPoint(page, 12, 80);
  await page.waitForSelector('.located.outside');
  await done(page);
});

test('a report on the map appears at another desk without reload, and is worked to its end', async () => {
  const collector = await deskOf(server, 'collector1');
  const acceptor = await deskOf(server, 'acceptor', { language: 'zh-CN' });
  await live(acceptor);
  const number = await report(collector, { class: 'Damaged', description: 'A hole in the road' });
  await row(acceptor, number).waitFor();
  assert.match(await row(acceptor, number).textContent(), /道路破损/, 'labels in the language of the desk');
  await shot(acceptor, 'loop-arrived');

  await act(acceptor, number, 'accepted', 'seen');
  const leader = await deskOf(server, 'shift_leader');
  await row(leader, number).click();
  await action(leader, 'filed').click();
  const form = leader.locator('.action-form [role=combobox]').first();
  await form.press('ArrowDown');
  await form.press('Enter');
  await leader.click('.action-form button[type=submit]');
  await leader.locator('.notice.good').first().waitFor();

  const dispatcher = await deskOf(server, 'dispatcher');
  await row(dispatcher, number).click();
  await action(dispatcher, 'sent').click();
  await dispatcher.locator('.action-form [role=combobox]').first().fill('Roads');
  await dispatcher.keyboard.press('Enter');
  await shot(dispatcher, 'loop-dispatch');
  await dispatcher.click('.action-form button[type=submit]');
  await dispatcher.locator('.notice.good').first().waitFor();

  const roads = await deskOf(server, 'roads1');
  await act(roads, number, 'signed');
  await act(roads, number, 'fed_back', 'filled the hole');
  await act(dispatcher, number, 'reviewed');
  await row(collector, number).click();
  await action(collector, 'checked').click();
  await collector.locator('.action-form select').selectOption('pass');
  await collector.click('.action-form button[type=submit]');
  await collector.locator('.notice.good', { hasText: number }).last().waitFor();
  await act(leader, number, 'case_closed');

  const ended = await (await Api.as(server, server.person('manager'))).get(`/cases/${number}`);
  assert.equal(ended.stage, 'ended');
  assert.equal(ended.outcome, 'closed');
  await row(acceptor, number).waitFor({ state: 'detached' });
  await done(collector, acceptor, leader, dispatcher, roads);
});

test('the deadline is explained interval by interval', async () => {
  const api = await Api.as(server, server.person('collector1'));
  const catalogue = await api.get('/catalogue');
  const timed = catalogue.classes.find((one) => one.code === 'e0113');
  const { number } = await api.report({ class: timed.id, condition: timed.conditions[0].id, source: 'collector' });
  await (await Api.as(server, server.person('acceptor'))).act(number, 'accepted');
  await (await Api.as(server, server.person('shift_leader'))).act(number, 'filed');
  const departments = (await api.get('/departments')).items;
  const roads = departments.find((one) => one.code === 'roads');
  await (await Api.as(server, server.person('dispatcher'))).act(number, 'sent', { department: roads.id });

  const page = await deskOf(server, 'dispatcher', { path: `?case=${number}` });
  await page.click('.case details summary');
  const explained = page.locator('.explained').first();
  await explained.waitFor();
  assert.ok((await explained.locator('tbody tr').count()) >= 1, 'at least one interval');
  assert.match(await page.locator('.explained tfoot').first().textContent(), /Due|No deadline/);
  await shot(page, 'loop-explained');
  await done(page);
});

test('a photo goes up with the report and is shown in the case', async () => {
  const path = join(server.data, 'photo.png');
  writeFileSync(path, png(640, 480));
  const page = await deskOf(server, 'collector1');
  await report(page, { class: 'garbage', description: 'With a photo' }, async () => {
    await page.setInputFiles('#report-media', path);
    await page.waitForSelector('.report .thumbs img');
  });
  const image = page.locator('.media-list img');
  await image.waitFor();
  assert.ok(await image.evaluate((element) => element.decode().then(() => element.naturalWidth > 0)));
  await done(page);
});

test('photos chosen while another goes up are all kept, and the report waits for them', async () => {
  const slow = join(server.data, 'slow.png');
  const quick = join(server.data, 'quick.png');
  writeFileSync(slow, png(320, 200));
  writeFileSync(quick, png(200, 320));
  const page = await deskOf(server, 'collector1');
  let release;
  const released = new Promise((go) => (release = go));
  let posts = 0;
  await page.route('**/api/v1/media/*', async (route) => {
    if (posts++ === 0) await released;
    await route.continue();
  });
  await report(page, { class: 'garbage', description: 'With two photos' }, async () => {
    await page.setInputFiles('#report-media', slow);
    await page.setInputFiles('#report-media', quick);
    await page.waitForSelector('.report .thumbs img');
    assert.ok(await page.locator('.report button[type=submit]').isDisabled(), 'the report waits for the first photo');
    release();
    await page.waitForFunction(() => document.querySelectorAll('.report .thumbs img').length === 2);
  });
  await page.waitForFunction(() => document.querySelectorAll('.case .media-list img').length === 2);
  await done(page);
});

test('a report whose answer gets lost is stored once', async () => {
  const page = await deskOf(server, 'collector1');
  let lost = 0;
  await page.route('**/api/v1/cases', async (route) => {
    if (route.request().method() === 'POST' && lost++ === 0) {
      await route.fetch(); // the server has it
      await route.abort('connectionreset'); // the page never hears
    } else await route.continue();
  });
  const number = await report(page, { class: 'Damaged', description: 'only once, please' });
  assert.ok(lost >= 2, 'the page sent it again');
  const api = await Api.as(server, server.person('manager'));
  const { items } = await api.get('/cases?sort=newest&limit=50');
  assert.deepEqual(
    items.filter((one) => one.description === 'only once, please').map((one) => one.number),
    [number],
  );
  await done(page);
});

test('a report without a place is refused by the form, with the focus on what is missing', async () => {
  const page = await deskOf(server, 'collector1');
  await page.click('.new-report');
  await page.click('.report button[type=submit]');
  await page.waitForSelector('.report [aria-invalid=true]');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
  assert.equal(await page.locator('.report .field-error:not(:empty)').count(), 3);
  await done(page);
});

test('a case reported with words only waits in the queue of cases to place', async () => {
  const page = await deskOf(server, 'acceptor');
  await page.click('.new-report');
  await page.fill('#report-address', 'behind the old mill');
  await page.fill('#report-class', 'garbage');
  await page.keyboard.press('Enter');
  await page.fill('#report-description', 'smells');
  await page.click('.report button[type=submit]');
  await page.waitForSelector('.case .facts');
  const number = (await page.textContent('.side-bar .number')).trim();
  await page.locator('.quick button').nth(3).click();
  await row(page, number).waitFor();
  await row(page, number).click();
  await action(page, 'corrected').first().click();
  await page.click('.action-form .point-field button');
  await pickPoint(page, 45, 45);
  await page.click('.action-form button[type=submit]');
  await page.locator('.notice.good').first().waitFor();
  const moved = page.locator('.case .history li').first();
  // Written for people, once the case has been read again.
  await moved.filter({ hasText: /\d+\.\d{5}, \d+\.\d{5}(?!\d)/ }).waitFor();
  assert.doesNotMatch(await moved.textContent(), /wgs84/);
  await done(page);
});
