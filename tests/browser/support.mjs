// SPDX-License-Identifier: MPL-2.0
// What the browser tests share: the real server on a data folder and port of its own with
// the small test city, a browser, people signed in, axe, and screenshots in
// build/screenshots. Nothing here knows a step, an action or a class of the city: people
// are chosen by role, buttons by the fixed kind of their action.
import { execFileSync, spawn } from 'node:child_process';
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { deflateSync } from 'node:zlib';
import { prepareEngine } from '../http/lib.mjs';

const root = resolve(import.meta.dirname, '../..');
const require = createRequire(join(root, 'web/package.json'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const build = resolve(root, process.env.GRIDCASE_BUILD ?? 'build');
const binary = join(build, 'gridcase');
const shots = join(root, 'build/screenshots');
mkdirSync(shots, { recursive: true });

export const city = 'tinytown';
export const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

// ---- the server ----
function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const run = (...args) => execFileSync(binary, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

export class Server {
  constructor(data, port, slug = city) {
    this.data = data;
    this.port = port;
    this.slug = slug;
    this.base = `http://127.0.0.1:${port}`;
    this.console = `${this.base}/${slug}/console/`;
    this.log = '';
  }
  /** The test city, or another model; with a host name the city stands at its root. */
  static async start({ slug = city, model = join(root, 'fixtures/tinytown'), host = '', replay = false } = {}) {
    const data = mkdtempSync(join(tmpdir(), 'gridcase-browser-'));
    await prepareEngine(data);
    run('city', 'new', slug, model, '--data', data);
    run('city', 'load', slug, model, '--data', data);
    // The city's own record, moved so that it ends now.
    const record = join(model, 'replay');
    if (replay) run('replay', slug, join(record, 'record.csv.gz'), '--map', join(record, 'map.ini'), '--speed', 'max', '--shift-to-now', '--until-now', '--data', data);
    const server = new Server(data, await freePort(), slug);
    if (host) server.console = `http://${host}:${server.port}/console/`;
    server.people = readLogins(join(data, 'cities', slug, 'demo-logins.txt'));
    await server.up();
    return server;
  }
  async up() {
    const options = ['serve', '--data', this.data, '--port', String(this.port), '--web', this.web ?? join(root, 'build/web')];
    this.process = spawn(binary, options, { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk) => {
      this.log = (this.log + chunk).slice(-20_000);
    };
    this.process.stdout.on('data', keep);
    this.process.stderr.on('data', keep);
    this.process.once('exit', (code, signal) => {
      if (!this.stopping) process.stderr.write(`the server ended by itself (${signal ?? code}):\n${this.log}\n`);
    });
    this.stopping = false;
    for (let i = 0; i < 200; i++) {
      if (this.process.exitCode !== null || this.process.signalCode !== null) break;
      const answer = await fetch(this.base).catch(() => null);
      if (answer?.ok) return;
      await wait(50);
    }
    throw new Error(`the server did not come up:\n${this.log}`);
  }
  /** A command on the data folder, carried out by the running server. */
  run(...args) {
    return run(...args, '--data', this.data);
  }
  async down() {
    const ended = new Promise((done) => this.process.once('exit', done));
    this.stopping = true;
    this.process.kill('SIGTERM');
    await ended;
  }
  async stop() {
    await this.down();
    rmSync(this.data, { recursive: true, force: true });
  }
  /** A demo login by role, or by name when several have it. */
  person(wanted) {
    const found = this.people.find((one) => one.login === wanted) ?? this.people.find((one) => one.roles.includes(wanted));
    assert.ok(found, `the test city has no demo login like ${wanted}`);
    return found;
  }
}

/** Lines "login TAB password TAB roles TAB name". */
function readLogins(path) {
  assert.ok(existsSync(path), `${path} was not written by city load`);
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
    .filter((words) => words.length >= 3)
    .map(([login, password, roles]) => ({ login, password, roles: roles.split(' ') }));
}

// ---- a client without a page ----
export class Api {
  constructor(server, cookie) {
    this.server = server;
    this.cookie = cookie;
  }
  static async as(server, person) {
    const api = new Api(server, '');
    const answer = await api.send('POST', '/session', { login: person.login, password: person.password });
    assert.equal(answer.status, 200, `sign-in of ${person.login}: ${JSON.stringify(answer.body)}`);
    api.cookie = answer.cookie;
    return api;
  }
  async send(method, path, body, headers = {}) {
    const response = await fetch(`${this.server.base}/${this.server.slug}/api/v1${path}`, {
      method,
      headers: {
        ...(method === 'GET' ? {} : { 'Content-Type': 'application/json', Origin: this.server.base }),
        ...(this.cookie ? { Cookie: this.cookie } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text ? JSON.parse(text) : null,
      cookie: response.headers.getSetCookie().map((one) => one.split(';')[0]).join('; '),
    };
  }
  async get(path) {
    const answer = await this.send('GET', path);
    assert.equal(answer.status, 200, `GET ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
  /** A case at a point inside the city (by hundredths of its box), of the class asked for. */
  async report(part = {}) {
    this.city ??= await this.get('/city');
    this.catalogue ??= await this.get('/catalogue');
    const [w, s, e, n] = this.city.bbox;
    const [x, y] = part.at ?? [50, 50];
    const { at: _, ...rest } = part;
    const body = {
      class: this.catalogue.classes[0].id,
      point: { lon: w + ((e - w) * x) / 100, lat: s + ((n - s) * y) / 100 },
      description: 'made by a test',
      source: 'hotline',
      ...rest,
    };
    const answer = await this.send('POST', '/cases', body, { 'Idempotency-Key': crypto.randomUUID() });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  }
  /** Takes the first allowed action of a kind. */
  async act(number, kind, inputs = {}) {
    const found = await this.get(`/cases/${number}`);
    const action = found.allowed_actions.find((one) => one.kind === kind);
    assert.ok(action, `${number}: ${kind} is not among ${found.allowed_actions.map((one) => one.kind)}`);
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    if (action.task !== null) headers['If-Match'] = `"${action.task}.${action.task_version}"`;
    const answer = await this.send('POST', `/cases/${number}/actions`, { action: action.action, inputs }, headers);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }
}

// ---- the browser ----
let browser;
export async function openBrowser() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--host-resolver-rules=MAP *.test 127.0.0.1', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  return browser;
}
export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}

/** A page of its own; what goes wrong inside it is kept in page.problems. */
export async function openPage(server, { size = 'desk', language = 'en', path = '', block = [], cookie = '' } = {}) {
  const context = await (await openBrowser()).newContext({
    viewport: sizes[size],
    locale: language,
    isMobile: size === 'phone',
    hasTouch: size === 'phone',
    timezoneId: 'Asia/Tokyo', // never the city's: dates must not follow the browser
  });
  if (cookie) {
    const [name, value] = cookie.split('=');
    await context.addCookies([{ name, value, domain: '127.0.0.1', path: `/${server.slug}`, httpOnly: true, sameSite: 'Strict' }]);
  }
  for (const address of block) await context.route(address, (route) => route.abort());
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const expected = /status of (401|403|404|409|412|422|503)|ERR_CONNECTION|ERR_FAILED|ERR_INCOMPLETE|ERR_EMPTY|Opener-Policy header has been ignored/;
    if (!expected.test(message.text())) page.problems.push(message.text());
  });
  await page.goto(server.console + path);
  return page;
}
export async function signIn(page, person) {
  await page.fill('input[name=username]', person.login);
  await page.fill('input[name=password]', person.password);
  await page.keyboard.press('Enter');
  await deskReady(page);
}
/** A signed-in desk. People sign in once per server, unless the test is about signing in. */
export async function deskOf(server, wanted, options = {}) {
  const person = typeof wanted === 'string' ? server.person(wanted) : wanted;
  if (options.form) {
    const page = await openPage(server, options);
    await signIn(page, person);
    return page;
  }
  server.sessions ??= new Map();
  if (!server.sessions.has(person.login)) server.sessions.set(person.login, (await Api.as(server, person)).cookie);
  const page = await openPage(server, { ...options, cookie: server.sessions.get(person.login) });
  await deskReady(page);
  return page;
}
async function deskReady(page) {
  await page.waitForSelector('.desk');
  await page.waitForFunction(() => !document.querySelector('.queue [aria-busy]'));
}
export const done = async (...pages) => {
  for (const page of pages) {
    assert.deepEqual(page.problems, [], 'errors in the page');
    await page.context().close();
  }
};
export const row = (page, number) => page.locator(`#row-${number}`);
export const action = (page, kind) => page.locator(`.actions .buttons [data-kind="${kind}"]`);
export const live = (page) => page.waitForSelector('.foot .live.live');
export const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });

/** No serious finding of axe, nothing wider than the page. */
export async function looksGood(page, name) {
  await shot(page, name);
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] });
    return result.violations.map((one) => `${one.id} (${one.impact}): ${one.nodes.map((node) => node.target).join(' | ')}`);
  });
  assert.deepEqual(found, [], `axe on ${name}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(over <= 0, `${name} scrolls sideways by ${over} px`);
}
/** Takes a point on the map at hundredths of its width and height. */
export async function pickPoint(page, x = 50, y = 50) {
  const box = await page.locator('.map').boundingBox();
  await page.mouse.click(box.x + (box.width * x) / 100, box.y + (box.height * y) / 100);
}
/** Fills a generated form: the first choice of pickers and selects, words in the rest. */
export async function fillForm(page, words = 'done by a test') {
  const form = page.locator('.action-form');
  await form.waitFor();
  for (const field of await form.locator('.field').all()) {
    if ((await field.locator('.optional').count()) > 0) continue;
    const combobox = field.locator('[role=combobox]');
    const select = field.locator('select');
    const text = field.locator('textarea, input[type=text]:not([role=combobox])');
    if ((await combobox.count()) > 0) {
      await combobox.press('ArrowDown');
      await combobox.press('Enter');
    } else if ((await select.count()) > 0) await select.selectOption({ index: 1 });
    else if ((await text.count()) > 0) await text.fill(words);
  }
}

/** A valid picture of a size, in one colour that fades. */
export function png(width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(checksum(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set([90, Math.round((x / width) * 255), Math.round((y / height) * 255)], y * (width * 3 + 1) + 1 + x * 3);
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}
function checksum(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
