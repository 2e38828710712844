// SPDX-License-Identifier: MPL-2.0
// Photos, sound, a film and a document in a case, as people send and look at them: the film
// is one that this browser has recorded.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, heic, pdf, wav } from '../http/files.mjs';
import { Api, city, closeBrowser, deskOf, done, looksGood, pickPoint, png, row, Server } from './support.mjs';

let server;
const files = {};
before(async () => {
  server = await Server.start();
  const put = (name, bytes) => writeFileSync((files[name] = join(server.data, name)), bytes);
  put('photo.png', png(640, 480));
  put('sound.wav', wav(48_000));
  put('paper.pdf', pdf());
  put('phone.heic', heic());
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});

/** A second of film with a moving square, as the browser records it. */
const record = (page) =>
  page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
    const paper = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.start();
    for (let i = 0; i < 40; i++) {
      paper.fillStyle = `hsl(${i * 9} 80% 50%)`;
      paper.fillRect(0, 0, 320, 240);
      paper.fillStyle = '#fff';
      paper.fillRect(i * 6, 90, 60, 60);
      await new Promise((go) => setTimeout(go, 30));
    }
    await new Promise((go) => {
      recorder.onstop = go;
      recorder.stop();
    });
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return Array.from(bytes);
  });

async function openReport(page, description) {
  await page.keyboard.press('n');
  await page.waitForSelector('.report');
  await page.click('.report .point-field button');
  await pickPoint(page, 50, 50);
  await page.waitForSelector('.located.there');
  await page.fill('#report-class', 'garbage');
  await page.keyboard.press('Enter');
  await page.fill('#report-description', description);
}

let number;
test('photo, sound, film and document go up with a report and are shown as what they are', async () => {
  const page = await deskOf(server, 'collector1');
  writeFileSync((files['film.webm'] = join(server.data, 'film.webm')), Buffer.from(await record(page)));
  await openReport(page, 'With everything that a phone sends');
  await page.setInputFiles('#report-media', ['photo.png', 'film.webm', 'sound.wav', 'paper.pdf'].map((name) => files[name]));
  await page.waitForFunction(() => document.querySelectorAll('.report .thumbs li').length === 4);
  await page.click('.report button[type=submit]');
  await page.waitForSelector('.case .media-list');
  number = (await page.textContent('.side-bar .number')).trim();
  const photo = page.locator('.media-list .media-photo img');
  assert.ok(await photo.evaluate((one) => one.decode().then(() => one.naturalWidth === 320)), 'its thumbnail');
  const film = page.locator('.media-list video');
  const played = await film.evaluate(async (one) => {
    one.muted = true;
    await one.play();
    await new Promise((go) => setTimeout(go, 600));
    return { at: one.currentTime, width: one.videoWidth, error: one.error?.message };
  });
  assert.ok(played.at > 0.1, JSON.stringify(played));
  assert.equal(played.width, 320);
  const sound = await page.locator('.media-list audio').evaluate(async (one) => {
    one.preload = 'metadata';
    one.load();
    await new Promise((go, no) => {
      one.onloadedmetadata = go;
      one.onerror = () => no(new Error(one.error.message));
    });
    one.currentTime = 2; // asks for a part of the file
    await new Promise((go) => (one.onseeked = go));
    return [one.duration, one.currentTime];
  });
  assert.ok(Math.abs(sound[0] - 3) < 0.01, `${sound}`);
  assert.equal(sound[1], 2);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('.media-list .media-document')]);
  assert.match(download.suggestedFilename(), /^[0-9a-f]{12}\.pdf$/);
  await looksGood(page, 'media-desk');
  await done(page);
});

test('photos of a case open large, one after the other, with the keyboard', async () => {
  const collector = await Api.as(server, server.person('collector1'));
  const named = [];
  for (const [width, stage] of [[700, 'after'], [600, 'before'], [500, 'before']]) {
    const bytes = png(width, 400);
    const sent = await fetch(`${server.base}/${city}/api/v1/media`, { method: 'POST', headers: { 'Content-Type': 'image/png', Cookie: collector.cookie }, body: bytes });
    assert.equal(sent.status, 201);
    named.push({ sha256: digestOf(bytes), stage });
  }
  const made = await collector.report({ media: named });
  const page = await deskOf(server, 'acceptor1');
  await row(page, made.number).click();
  await page.locator('.media-photo img').first().click();
  const image = page.locator('.media-viewer img');
  await image.waitFor();
  const seen = [];
  for (let i = 0; i < 3; i++) {
    await page.waitForFunction((n) => document.querySelector('.media-viewer h2')?.textContent.includes(`${n}/3`), i + 1);
    seen.push(await image.evaluate((one) => one.decode().then(() => one.naturalWidth)));
    if (i === 1) await looksGood(page, 'media-viewer');
    await page.keyboard.press('ArrowRight');
  }
  assert.deepEqual(seen.slice().sort(), [500, 600, 700]);
  assert.equal(seen[2], 700, 'what shows the place afterwards comes last');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.media-viewer', { state: 'detached' });
  assert.equal(await page.locator('.case .media-list').count(), 1, 'the case is still open');
  await done(page);
});

test('what is not taken is told in the language of the page', async () => {
  for (const [language, words] of [['en', /Most Compatible/], ['zh-CN', /兼容性最佳/]]) {
    const page = await deskOf(server, 'collector1', { language });
    await openReport(page, 'HEIC');
    await page.setInputFiles('#report-media', files['phone.heic']);
    const told = page.locator('.media-field .field-error');
    await told.filter({ hasText: words }).waitFor();
    await page.close();
  }
});

test('what is still to come is shown as such and appears without a reload', async () => {
  const collector = await Api.as(server, server.person('collector1'));
  const late = png(333, 222);
  const sha256 = digestOf(late);
  const made = await collector.report({ media: [{ sha256, stage: 'before' }] });
  const page = await deskOf(server, 'acceptor1');
  await row(page, made.number).click();
  await page.waitForSelector('.case .media-expected');
  const sent = await fetch(`${server.base}/${city}/api/v1/media`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/png', Cookie: collector.cookie },
    body: late,
  });
  assert.equal(sent.status, 201);
  await page.waitForSelector('.case .media-photo img');
  await done(page);
});

test('the case looks good on a phone, in Chinese', async () => {
  const page = await deskOf(server, 'acceptor1', { size: 'phone', language: 'zh-CN' });
  await row(page, number).click();
  await page.locator('.media-list').scrollIntoViewIfNeeded();
  await looksGood(page, 'media-phone');
  await done(page);
});
