// SPDX-License-Identifier: MPL-2.0
// A city on a host name of its own, over plain http as on a network inside a house: the page
// finds its API at the root, and does without locks and the other things that browsers give
// to secure origins only.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, deskOf, done, live, pickPoint, row, Server } from './support.mjs';
import { copyModel } from '../http/lib.mjs';

let server;
let model;
before(async () => {
  model = copyModel('othertown', (ini) => ini.replace('[city]', '[city]\nhost = town.test'));
  server = await Server.start({ slug: 'othertown', model: model.path, host: 'town.test' });
});
after(async () => {
  await closeBrowser();
  await server?.stop();
  model?.remove();
});

test('on its own host a report is made and arrives live, without a secure origin', async () => {
  const watcher = await deskOf(server, 'manager', { form: true });
  assert.equal(await watcher.evaluate(() => isSecureContext), false);
  await live(watcher);
  const page = await deskOf(server, 'collector1', { form: true });
  await page.keyboard.press('n');
  await page.click('.report .point-field button');
  await pickPoint(page, 50, 50);
  await page.waitForSelector('.located.there');
  await page.fill('#report-class', 'garbage');
  await page.keyboard.press('Enter');
  await page.fill('#report-description', 'on a host of its own');
  await page.click('.report button[type=submit]');
  await page.waitForSelector('.case .facts');
  assert.match(page.url(), /^http:\/\/town\.test:\d+\/console\/\?case=/);
  const number = (await page.textContent('.side-bar .number')).trim();
  await watcher.locator('.map').hover();
  await row(watcher, number).waitFor();
  await page.reload();
  await page.waitForSelector('.case .facts');
  await done(watcher, page);
});
