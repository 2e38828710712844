// SPDX-License-Identifier: MPL-2.0
// A collector's phone: a browser profile of its own on disk, so that it can be switched off
// and on; with a camera that shows a test picture, a position, and a line that can be cut.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { city, sizes } from './support.mjs';

const require = createRequire(resolve(import.meta.dirname, '../../web/package.json'));
const { chromium } = require('playwright-core');
const expected = /status of (401|403|404|409|412|422|503)|ERR_|Canvas2D|Failed to fetch|Opener-Policy header has been ignored/;

const phones = new Set();
/** Those that a failed test has left on. */
export async function endPhones() {
  for (const phone of phones) {
    await phone.off().catch(() => undefined);
    rmSync(phone.folder, { recursive: true, force: true });
  }
}

export class Phone {
  constructor(server, options) {
    this.server = server;
    this.options = { language: 'en', at: [120.0005, 30.0005], camera: true, size: 'phone', slug: city, ...options };
    phones.add(this);
    this.folder = mkdtempSync(join(tmpdir(), 'gridcase-phone-'));
    this.problems = [];
  }
  static async start(server, options = {}) {
    const phone = new Phone(server, options);
    await phone.on();
    return phone;
  }
  get url() {
    return `${this.server.base}/${this.options.slug}/field/`;
  }
  async on() {
    const { language, at, camera, size } = this.options;
    this.context = await chromium.launchPersistentContext(this.folder, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      viewport: sizes[size],
      isMobile: size === 'phone',
      hasTouch: size === 'phone',
      locale: language,
      timezoneId: 'Asia/Tokyo',
      permissions: ['geolocation', ...(camera ? ['camera'] : [])],
      geolocation: { longitude: at[0], latitude: at[1], accuracy: 8 },
      args: [
        '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
        ...(camera ? ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] : []),
      ],
    });
    this.page = this.watch(this.context.pages()[0] ?? (await this.context.newPage()));
  }
  watch(page) {
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !expected.test(message.text())) this.problems.push(message.text());
    });
    return page;
  }
  async tab() {
    const page = this.watch(await this.context.newPage());
    await page.goto(this.url);
    await page.waitForSelector('.home');
    return page;
  }
  /** Power off, without a word to the page. */
  async off() {
    await this.context.close();
  }
  async end() {
    await this.off();
    phones.delete(this);
    rmSync(this.folder, { recursive: true, force: true });
    assert.deepEqual(this.problems, [], 'errors in the page');
  }
  line(there) {
    return this.context.setOffline(!there);
  }
  move(lon, lat, accuracy = 8) {
    return this.context.setGeolocation({ longitude: lon, latitude: lat, accuracy });
  }
  async open(hash = '') {
    await this.page.goto(this.url + hash);
  }
  async signIn(person, page = this.page) {
    await page.goto(this.url);
    await page.fill('input[name=username]', person.login);
    await page.fill('input[name=password]', person.password);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.home');
    this.person = person;
  }
  /** Until the page opens without a signal. */
  async settled() {
    await this.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      while (registration.active?.state !== 'activated') await new Promise((done) => setTimeout(done, 20));
    });
    await this.page.waitForFunction(() => document.querySelector('.home-pair b')?.textContent !== '–');
  }
  /** Photos, and back to the form. */
  async shoot(count = 1) {
    const { page } = this;
    await page.waitForSelector('.shutter:enabled');
    for (let i = 0; i < count; i++) {
      await page.waitForTimeout(120); // another picture of the test camera
      await page.click('.shutter');
      await page.waitForFunction((n) => document.querySelectorAll('.strip img').length >= n, i + 1);
    }
    await page.click('.camera-done');
  }
  /** A report by the big button, up to where it could be sent. */
  async fill({ photos = 1, find, words } = {}) {
    const { page } = this;
    await page.click('.report-button');
    if (this.options.camera) {
      if (photos > 0) await this.shoot(photos);
      else await page.click('.camera-done');
    }
    await page.waitForSelector('.place-words b');
    if (find) await this.choose(find);
    else await page.click('.tiles button >> nth=0');
    if (words) await page.fill('.form-view textarea', words);
  }
  async choose(find) {
    const { page } = this;
    const all = page.locator('.classes > .wide');
    if ((await all.count()) > 0) await all.click();
    await page.fill('input[type=search]', find);
    await page.click('.rows button >> nth=0');
  }
  async send() {
    await this.page.click('.send-bar .huge');
    await this.page.waitForSelector('.home');
  }
  /** What the phone still keeps, by state. */
  outbox(page = this.page) {
    return page.evaluate(
      (slug) =>
        new Promise((done, fail) => {
          const request = indexedDB.open(`gridcase:${slug}:field:store`);
          request.onerror = () => fail(request.error);
          request.onsuccess = () => {
            const all = request.result.transaction(['items', 'photos']);
            const items = all.objectStore('items').getAll();
            const photos = all.objectStore('photos').count();
            all.oncomplete = () => {
              request.result.close();
              done({ photos: photos.result, items: items.result.map(({ key, state, tries, posted, person, reason }) => ({ key, state, tries, posted, person, reason })) });
            };
          };
        }),
      this.options.slug,
    );
  }
  async untilSent(page = this.page) {
    for (let i = 0; i < 100; i++) {
      if ((await this.outbox(page)).items.length === 0) return;
      await page.waitForTimeout(100);
    }
    assert.fail(`still kept: ${JSON.stringify(await this.outbox(page))}`);
  }
}
