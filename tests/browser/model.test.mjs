// SPDX-License-Identifier: MPL-2.0
// An administrator reads what a proposed model would change, sees a grid on the map, loads it
// or declines; nobody else finds the page.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { copyModel } from '../http/lib.mjs';
import { Api, closeBrowser, deskOf, done, looksGood, Server } from './support.mjs';

let server, model, file, original;
before(async () => {
  server = await Server.start();
  model = copyModel('tinytown');
  file = join(model.path, 'layers', 'grids.geojson');
  original = readFileSync(file, 'utf8');
  const collector = await Api.as(server, server.person('collector1'));
  const { classes } = await collector.get('/catalogue');
  const { number } = await collector.report({ class: classes[0].id, condition: classes[0].conditions[0]?.id, at: [50, 50], source: 'collector' });
  const as = async (role) => Api.as(server, server.person(role));
  await (await as('acceptor')).act(number, 'accepted');
  await (await as('shift_leader')).act(number, 'filed');
  const dispatcher = await as('dispatcher');
  const water = (await dispatcher.get('/departments')).items.find((one) => one.code === 'water');
  await dispatcher.act(number, 'sent', { department: water.id });
});
after(async () => {
  await closeBrowser();
  await server?.stop();
  model?.remove();
});

function propose(lon) {
  const lines = original.split('\n').map((line) => (/"T2[23]"/.test(line) ? line.replaceAll('[120.002, 30.00', `[${lon}, 30.00`) : line));
  writeFileSync(file, lines.join('\n'));
  server.run('city', 'diff', 'tinytown', model.path, '--propose');
}
async function openModel(page) {
  await page.click('.person > button');
  await page.locator('.menu button', { hasText: /City model|城市模型/ }).click();
  await page.waitForSelector('.tool-page .model');
}

test('without a proposal the page tells how one is made', async () => {
  const page = await deskOf(server, 'administrator');
  await openModel(page);
  await page.locator('.model pre', { hasText: 'gridcase city diff tinytown' }).waitFor();
  assert.equal(await page.locator('.model-versions li').count(), 1);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('.tool-page'));
  await done(page);
});

test('nobody else finds it', async () => {
  const page = await deskOf(server, 'dispatcher');
  await page.click('.person > button');
  await page.waitForSelector('.menu');
  assert.equal(await page.locator('.menu button', { hasText: 'City model' }).count(), 0);
  await done(page);
});

for (const [size, language] of [['desk', 'en'], ['desk', 'zh-CN'], ['phone', 'en'], ['phone', 'zh-CN']]) {
  test(`${size}, ${language}: what a proposed model would change`, async () => {
    propose('120.0017');
    const page = await deskOf(server, 'administrator', { size, language });
    await openModel(page);
    await page.locator('.model-table td.code', { hasText: 'T22 → T34' }).waitFor();
    await looksGood(page, `${size}-${language}-model`);
    await done(page);
  });
}

for (const [size, language] of [['desk', 'en'], ['phone', 'zh-CN']]) {
  test(`${size}, ${language}: a proposed rule is tried on past cases before it is loaded`, async () => {
    const rules = join(model.path, 'tables', 'routing.csv');
    const before = readFileSync(rules, 'utf8');
    writeFileSync(rules, before.replace('c0101,,,,,water,,', 'c0101,,,,,parks,,'));
    propose('120.0017');
    const page = await deskOf(server, 'administrator', { size, language });
    await openModel(page);
    await page.locator('.what-if button[type=submit]').click();
    await page.locator('.what-if [data-flips="1"]').waitFor({ timeout: 60_000 });
    const row = page.locator('.what-if-cases li');
    assert.equal(await row.count(), 1);
    assert.match(await row.textContent(), language === 'en' ? /Water Company.*→.*Parks Department/ : /供排水公司.*→.*园林处/);
    await looksGood(page, `${size}-${language}-what-if`);
    await done(page);
    writeFileSync(rules, before);
  });
}

test('a grid is shown on the map, the list is narrowed, the model is declined', async () => {
  propose('120.0017');
  const page = await deskOf(server, 'administrator');
  await openModel(page);
  const all = await page.locator('.model-proposal tbody tr').count();
  await page.locator('.model-table th[scope=row] button', { hasText: 'Unit grids' }).click();
  await page.waitForFunction((before) => document.querySelectorAll('.model-proposal tbody tr').length < before, all);
  await page.locator('.model-proposal tr', { hasText: 'T22 → T34' }).locator('button').click();
  await page.waitForFunction(() => !document.querySelector('.tool-page'));
  await openModel(page);
  await page.locator('.model-word button', { hasText: 'Decline' }).click();
  await page.locator('.model pre').waitFor();
  await done(page);
});

test('what was shown is loaded, and the next version stands in the list', async () => {
  propose('120.0017');
  const page = await deskOf(server, 'administrator');
  await openModel(page);
  await page.locator('.model-cases', { hasText: '1 open case' }).waitFor();
  await page.locator('.model-word button.primary').click();
  await page.locator('dialog button.primary').click();
  await page.waitForFunction(() => document.querySelectorAll('.model-versions li').length === 2);
  await page.locator('.notice.good', { hasText: 'Version 2 is loaded' }).waitFor();
  await done(page);
});

test('a folder that changed after it was proposed is refused with words', async () => {
  propose('120.0015');
  const page = await deskOf(server, 'administrator');
  await openModel(page);
  await page.locator('.model-proposal').waitFor();
  writeFileSync(file, original);
  await page.locator('.model-word button.primary').click();
  await page.locator('dialog button.primary').click();
  await page.locator('.notice.bad').waitFor();
  page.problems = []; // the 409 stands in the console of the browser
  await done(page);
});
