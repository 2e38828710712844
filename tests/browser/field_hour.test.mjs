// SPDX-License-Identifier: MPL-2.0
// One working hour of a collector, on Boston's map with what people really reported there in
// 2015, under the standard process with its verifying and checking: problems met on the way,
// tasks from the centre, a subway without a signal, and what became of it all. Played in
// English, and in Chinese.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { endPhones, Phone } from './field_support.mjs';
import { Api, closeBrowser, looksGood, Server } from './support.mjs';

const root = resolve(import.meta.dirname, '../..');
let server, model;
const apis = {};
before(async () => {
  model = mkdtempSync(join(tmpdir(), 'gridcase-model-'));
  cpSync(join(root, 'grids/boston'), model, { recursive: true });
  for (const table of ['steps.csv', 'actions.csv']) {
    // Boston's catalogue has no conditions: its cases are filed without one.
    const text = readFileSync(join(root, 'grids/standard/process', table), 'utf8');
    writeFileSync(join(model, 'process', table), text.replace(',shift_leader,has(condition),', ',shift_leader,,'));
  }
  server = await Server.start({ slug: 'boston', model });
  for (const login of ['acceptor', 'leader', 'dispatcher', 'public.works', 'manager']) apis[login] = await Api.as(server, server.person(login));
});
after(async () => {
  await endPhones();
  await closeBrowser();
  await server?.stop();
  if (model) rmSync(model, { recursive: true, force: true });
});

/** Real requests of the record with a point in the collector's neighbourhood. */
function realRequests(classes, box) {
  const known = new Map(classes.map((one) => [one.name.en, one]));
  const lines = gunzipSync(readFileSync(join(root, 'grids/boston/replay/record.csv.gz'))).toString('utf8').split('\n');
  const out = [];
  for (const line of lines.slice(1)) {
    const cells = [...line.matchAll(/("([^"]*)"|[^,]*)(,|$)/g)].map((match) => match[2] ?? match[1]);
    const [lon, lat] = [Number(cells[11]), Number(cells[12])];
    const found = known.get(cells[4]);
    if (!found || !cells[10] || !(lon > box[0] && lon < box[2] && lat > box[1] && lat < box[3])) continue;
    out.push({ class: found, title: cells[8] || cells[4], place: cells[10], lon, lat });
  }
  return out;
}

async function hour(language) {
  const zh = language === 'zh-CN';
  const { acceptor, leader, dispatcher, manager } = apis;
  const works = apis['public.works'];
  const { classes } = await acceptor.get('/catalogue');
  const street = realRequests(classes, [-71.0625, 42.3535, -71.0555, 42.3585]);
  assert.ok(street.length > 40, `only ${street.length} requests there in the record`);
  // Three kinds of problem, each at a place of its own.
  const seen = [];
  for (const one of street) {
    if (seen.length < 3 && seen.every((other) => other.class !== one.class && other.lon !== one.lon)) seen.push(one);
  }
  const rest = street.filter((one) => !seen.includes(one));
  const tell = (one, words) => acceptor.report({ class: one.class.id, point: { lon: one.lon, lat: one.lat }, address: one.place, description: words, source: 'hotline' });

  // The centre: three calls to be looked at, real words of real people.
  const calls = [];
  for (const one of rest.slice(5, 8)) {
    const { number } = await tell(one, `${one.title} (${language})`);
    await acceptor.act(number, 'verify_sent', { opinion: 'Is it there?' });
    calls.push(number);
  }
  // And one handled since yesterday, to be checked.
  const toCheck = (await tell(rest[9], `${rest[9].title}, to check (${language})`)).number;
  await acceptor.act(toCheck, 'verify_sent');

  const phone = await Phone.start(server, { slug: 'boston', language, at: [-71.0602, 42.3557] });
  const { page } = phone;
  const person = server.person('collector.downtown');
  await phone.signIn(person);
  await phone.settled();
  await looksGood(page, `field-hour-home-${language}`);
  const mine = async () => (await Api.as(server, person)).get('/cases?reported=me&sort=newest&limit=100');
  const before = (await mine()).items.length;

  // 08:00 Three problems on the way; the second one in a subway station without a signal.
  const reported = [];
  for (const [i, one] of seen.entries()) {
    await phone.move(one.lon, one.lat, 6 + i);
    await page.waitForTimeout(300); // walks there
    if (i === 1) {
      await phone.untilSent();
      await phone.line(false);
    }
    await page.click('.report-button');
    await phone.shoot(i === 0 ? 2 : 1);
    await page.waitForSelector('.place-words b');
    if (i === 0) await looksGood(page, `field-hour-form-${language}`);
    await phone.choose(one.class.name.en.toLowerCase());
    const phrase = page.locator('.phrases button').nth(i);
    const words = `${await phrase.textContent()}`;
    await phrase.click();
    await page.fill('.form-view textarea', `${words} ${language} ${i}`);
    reported.push(`${words} ${language} ${i}`);
    await phone.send();
    if (i === 1) {
      assert.match(await page.textContent('.banner'), zh ? /离线/ : /Offline/);
      assert.equal((await phone.outbox()).items.length, 1);
    }
  }
  // 08:20 Still below ground: the first task, from what the phone has read ahead.
  await page.click('.tabs a[href="#tasks"]');
  await page.waitForSelector('.case-row');
  await page.click('.switch button >> nth=1'); // nearest first
  await looksGood(page, `field-hour-tasks-${language}`);
  const verify = async (number, choice, photo) => {
    await page.click('.tabs a[href="#tasks"]');
    await page.click(`a[href="#case/${number}"]`);
    await page.click('.acts [data-kind=verified]');
    await page.click(`[data-choice=${choice}]`);
    if (photo) {
      await page.click('.add-photo');
      await phone.shoot(1);
    }
    await page.click('.send-bar .huge');
    await page.waitForSelector('.cases, .empty');
  };
  await verify(calls[0], 'there', true);
  assert.equal((await phone.outbox()).items.length, 3, 'two reports and a task wait for the signal');
  await looksGood(page, `field-hour-offline-${language}`);
  // 08:30 Daylight.
  await phone.line(true);
  await page.evaluate(() => globalThis.dispatchEvent(new Event('online')));
  await phone.untilSent();
  await verify(calls[1], 'gone', true);
  await verify(calls[2], 'different', true);
  await verify(toCheck, 'there', false);
  await phone.untilSent();

  // 08:40 The centre goes on; the department did its work; back to the collector.
  await acceptor.act(toCheck, 'accepted');
  await leader.act(toCheck, 'filed');
  const department = (await dispatcher.get('/departments')).items.find((one) => one.code === 'PWDx');
  await dispatcher.act(toCheck, 'sent', { department: department.id });
  await works.act(toCheck, 'signed');
  await works.act(toCheck, 'fed_back', { opinion: 'swept' });
  await dispatcher.act(toCheck, 'reviewed');
  // It arrives by itself.
  await page.click('.tabs a[href="#tasks"]');
  await page.waitForSelector(`a[href="#case/${toCheck}"]`, { timeout: 15_000 });
  await page.click(`a[href="#case/${toCheck}"]`);
  await page.waitForSelector('.acts [data-kind=checked]');
  assert.match(await page.textContent('.story'), /swept/);
  await looksGood(page, `field-hour-case-${language}`);
  await page.click('.acts [data-kind=checked]');
  await page.click('[data-choice=pass]');
  await page.click('.add-photo');
  await phone.shoot(1);
  await looksGood(page, `field-hour-check-${language}`);
  await page.click('.send-bar .huge');
  await phone.untilSent();

  // 08:55 What became of it: one report was taken in meanwhile.
  const list = (await mine()).items;
  assert.equal(list.length, before + 3, 'three reports, each once');
  for (const [i, words] of reported.entries()) {
    const found = list.filter((one) => one.description === words);
    assert.equal(found.length, 1, words);
    assert.equal(found[0].class.id, seen[i].class.id);
    assert.ok(Math.abs(found[0].point.lon - seen[i].lon) < 1e-5, 'where it was seen');
    const whole = await manager.get(`/cases/${found[0].number}`);
    assert.equal(whole.media.filter((one) => one.received).length, i === 0 ? 2 : 1);
    assert.ok(whole.grid, 'in its unit grid');
  }
  await acceptor.act(list.find((one) => one.description === reported[0]).number, 'accepted');
  await page.click('.tabs a[href="#reports"]');
  await page.waitForFunction((text) => document.querySelector('.cases')?.textContent.includes(text), zh ? '等待立案' : 'waiting to be filed', { timeout: 15_000 });
  await looksGood(page, `field-hour-reports-${language}`);
  for (const [number, result] of [[calls[0], 'there'], [calls[1], 'gone'], [calls[2], 'different']]) {
    const rows = (await manager.get(`/cases/${number}`)).history.filter((one) => one.kind === 'verified');
    assert.deepEqual(rows.map((row) => row.inputs.result), [result], number);
  }
  assert.deepEqual((await manager.get(`/cases/${toCheck}`)).history.filter((one) => one.kind === 'checked').map((row) => row.inputs.result), ['pass']);
  await page.click('.tabs a[href="#outbox"]');
  await looksGood(page, `field-hour-outbox-${language}`);
  await page.click('.tabs a[href="#me"]');
  await looksGood(page, `field-hour-me-${language}`);
  await page.click('.settings input[type=checkbox]');
  await page.click('.tabs a >> nth=0');
  await looksGood(page, `field-hour-dark-${language}`);
  assert.deepEqual(await phone.outbox(), { photos: 0, items: [] });
  // 09:00 On a desk it is the same page, only wider.
  await page.setViewportSize({ width: 1440, height: 900 });
  await looksGood(page, `field-hour-desk-${language}`);
  await phone.end();
}

test('an hour of a collector in English', () => hour('en'));
test('an hour of a collector in Chinese', () => hour('zh-CN'));
