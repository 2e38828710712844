// SPDX-License-Identifier: MPL-2.0
// One working hour of a manager on Boston's real record, on a desk and on a phone, in both
// languages: what is on the screen is what the API says, and every list holds exactly as many
// cases as the figure that opened it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { Api, closeBrowser, done, looksGood, openPage, Server, shot, sizes } from './support.mjs';

const boston = resolve(import.meta.dirname, '../../grids/boston');
const codes = ['opened', 'closed', 'open', 'overdue', 'closing_rate', 'on_time_rate', 'mean_time_to_close'];
let server;
let api;
before(async () => {
  server = await Server.start({ slug: 'boston', model: boston, replay: true });
  server.console = `${server.base}/boston/dashboard/`;
  api = await Api.as(server, server.person('manager'));
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});

const plays = Object.keys(sizes).flatMap((size) => ['en', 'zh-CN'].map((language) => ({ size, language, isPhone: size === 'phone', tag: `${size}-${language}` })));
/** The page has answered what its address asks. */
const settled = (page) => page.waitForFunction(() => document.querySelector('.dash[aria-busy=false]') && document.querySelector('.tile[data-measure], .cases .total, [role=alert]'));
const shownNumber = (text) => Number(text.replace(/[^\d]/g, ''));
const percent = (share, language) => new Intl.NumberFormat(language, { style: 'percent', minimumFractionDigits: 1 }).format(Math.round(share * 1000) / 1000);
const figures = (query) => api.get(`/figures?${query}`);
const valueOf = (answer, values, code) => values[answer.measures.findIndex((one) => one.code === code)];
const rowOf = (page, code) => page.locator(`.split tbody tr[data-key="${code}"]`);

async function choosePeriod(page, isPhone, period) {
  if (isPhone) await page.selectOption('#period', period);
  else await page.click(`[data-period="${period}"]`);
  await settled(page);
}
/** The seven tiles say what the API says of the period that the page shows. */
async function tilesAreTrue(page, language, query) {
  const answer = await figures(query);
  for (const code of codes) {
    const value = valueOf(answer, answer.totals, code);
    const tile = page.locator(`.tile[data-measure=${code}]`);
    if (value === null) {
      assert.equal(await tile.locator('.big a').count(), 0, `${code} is nothing`);
      continue;
    }
    const text = await tile.locator('.big-link').textContent();
    const { unit, numerator, denominator } = answer.measures.find((one) => one.code === code);
    if (unit === 'cases') assert.equal(shownNumber(text), value, code);
    if (unit === 'share') {
      assert.equal(text, percent(value, language), code);
      assert.deepEqual((await tile.locator('.halves a').allTextContents()).map(shownNumber), [valueOf(answer, answer.totals, numerator), valueOf(answer, answer.totals, denominator)], code);
    }
  }
  return answer;
}
/** Follows a number; the list has as many cases as it says. Leaves the list open. */
async function opensItsCases(page, link) {
  const wanted = shownNumber(await link.textContent());
  await link.click();
  await page.waitForFunction(() => document.querySelector('.cases .total'));
  assert.equal(Number(await page.locator('.cases .total').getAttribute('data-total')), wanted, page.url());
  assert.equal(await page.locator('.case-table tbody tr').count(), Math.min(50, wanted));
  return wanted;
}
async function back(page) {
  await page.click('.cases .back');
  await page.waitForSelector('.tiles');
  await settled(page);
}

for (const { size, language, isPhone, tag } of plays) {
  test(`an hour of a manager (${tag})`, async () => {
    const page = await openPage(server, { size, language, cookie: api.cookie });
    await page.waitForSelector('.plot canvas');
    await settled(page);
    await looksGood(page, `dashboard-${tag}`);
    await tilesAreTrue(page, language, '');

    // Today, then the whole of last month.
    await choosePeriod(page, isPhone, 'today');
    const { today } = await figures('');
    await tilesAreTrue(page, language, `from=${today}&to=${today}`);
    await choosePeriod(page, isPhone, 'last-month');
    assert.match(page.url(), /period=last-month/);
    const first = new Date(`${today.slice(0, 7)}-01T00:00:00Z`);
    const end = new Date(first.valueOf() - 86_400_000).toISOString().slice(0, 10);
    const month = `from=${end.slice(0, 7)}-01&to=${end}`;
    await tilesAreTrue(page, language, month);

    // What stands behind the closing rate: as the API says, and open to its cases.
    const behind = await figures(`by=none&${month}&measures=forced_share,one_sided_share,unchecked_share,gone_again_share,reopened_share,suspended_share,fed_back_bare_share,checked_bare_share`);
    await page.waitForSelector('.honesty [data-honesty]');
    const listed = await page.locator('.honesty [data-honesty][data-count]').evaluateAll((items) => items.map((item) => [item.dataset.honesty, Number(item.dataset.count)]));
    const wanted = behind.measures.filter((one) => one.unit === 'share').map(({ code, numerator }) => [code, valueOf(behind, behind.totals, numerator)]).filter(([, n]) => n > 0);
    assert.deepEqual(listed, wanted);
    const { repeats } = await api.get(`/repeats?${month}`);
    await page.waitForSelector(`.honesty [data-same-spot="${repeats}"]`);
    await page.waitForSelector('.honesty [data-visits=off]');
    assert.ok(wanted.length > 0, 'some doubt to open');
    await opensItsCases(page, page.locator('.honesty [data-honesty][data-count] a').first());
    await back(page);

    // Which department has most overdue? It stands first; every row is what the API says.
    const split = await figures(`by=department:2&${month}`);
    const overdue = (row) => valueOf(split, row.values, 'overdue');
    const worst = split.rows.reduce((a, b) => (overdue(b) > overdue(a) ? b : a));
    assert.equal(await page.locator('.split tbody tr').first().getAttribute('data-key'), worst.keys[0].code);
    for (const row of split.rows.slice(0, 8)) {
      const cell = rowOf(page, row.keys[0].code).locator('td[data-measure=overdue]');
      if ((await cell.count()) > 0) assert.equal(Number(await cell.getAttribute('data-value')), overdue(row), row.keys[0].code);
    }
    assert.equal(shownNumber(await page.locator('.split tfoot td[data-measure=overdue]').textContent()), valueOf(split, split.totals, 'overdue'));

    // Its overdue cases: as many as the number, each leads to the console; more on demand.
    await rowOf(page, worst.keys[0].code).scrollIntoViewIfNeeded();
    const place = await page.evaluate(() => window.scrollY);
    const many = await opensItsCases(page, rowOf(page, worst.keys[0].code).locator('td[data-measure=overdue] a'));
    assert.equal(many, overdue(worst));
    assert.equal((await api.get(`/cases?figure=overdue&${worst.list}`)).total, many);
    await looksGood(page, `dashboard-list-${tag}`);
    if (many > 50) {
      await page.click('.more');
      await page.waitForFunction((n) => document.querySelectorAll('.case-table tbody tr').length === n, Math.min(100, many));
    }
    const number = await page.locator('.case-table tbody tr').first().getAttribute('data-number');
    assert.equal(await page.locator('.case-table a').first().getAttribute('href'), `/boston/console/?case=${number}`);

    // The address, given to somebody else, shows the same list.
    const second = await page.context().newPage();
    await second.goto(page.url());
    await second.waitForSelector('.cases .total');
    assert.equal(Number(await second.locator('.cases .total').getAttribute('data-total')), many);
    await second.close();
    await page.goBack();
    await page.waitForSelector('.tiles');
    await page.waitForFunction((y) => Math.abs(window.scrollY - y) < 60, place);

    // Narrowed to that department; both halves of its on-time rate are lists of their own.
    await rowOf(page, worst.keys[0].code).locator('.narrows').click();
    await settled(page);
    assert.equal(await page.locator('.chip').count(), 1);
    const own = await tilesAreTrue(page, language, `${month}&department=${worst.keys[0].id}`);
    assert.equal(valueOf(own, own.totals, 'overdue'), many);
    const halves = page.locator('.tile[data-measure=on_time_rate] .halves a');
    await opensItsCases(page, halves.nth(0));
    await back(page);
    await opensItsCases(page, halves.nth(1));
    await shot(page, `dashboard-half-${tag}`);
    await back(page);

    // Trend of rates, split by neighbourhood and class; the address keeps it over a reload.
    await page.locator('.trend .steps').first().locator('button').nth(2).click();
    await page.selectOption('#by', 'area:neighborhood');
    await settled(page);
    await page.reload();
    await page.waitForSelector('.plot canvas');
    await settled(page);
    assert.match(page.url(), /show=rates/);
    assert.equal(await page.inputValue('#by'), 'area:neighborhood');
    const byDay = await figures(`by=day&${month}&department=${worst.keys[0].id}`);
    const last = byDay.rows[byDay.rows.length - 1];
    const shownRate = await page.locator(`.trend tr[data-key="${last.keys[0].code}"] td[data-measure=on_time_rate]`).getAttribute('data-value');
    assert.equal(shownRate, String(valueOf(byDay, last.values, 'on_time_rate') ?? ''));
    await looksGood(page, `dashboard-narrow-${tag}`);
    await page.click('.chip');
    await settled(page);
    assert.equal(await page.locator('.chip').count(), 0);

    // The table as a file, in the language of the page, with the total that is on the screen.
    await page.selectOption('#by', 'department');
    await settled(page);
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('.split .downloads a').nth(1).click()]);
    const csv = readFileSync(await file.path(), 'utf8');
    assert.equal(csv.charCodeAt(0), 0xfeff);
    assert.ok(csv.includes(language === 'en' ? 'Overdue' : '超期未处置数'), csv.slice(0, 300));
    assert.ok(csv.includes(String(many)));
    assert.equal(csv.trim().split('\n').length, split.rows.length + 2);

    // What does it mean?
    await page.locator('.tile[data-measure=overdue] .what').click();
    await page.waitForSelector('dialog[open] [data-definition=overdue]');
    await looksGood(page, `dashboard-help-${tag}`);
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await done(page);
  });
}

const titled = (page) => page.waitForFunction(() => document.querySelector('.dash[aria-busy=false]') && document.querySelector('#page-title'));
const views = ['compare', 'map', 'hours', 'stages', 'open', 'ahead', 'quality', 'spots', 'coverage', 'missed', 'scores', 'programme', 'frozen', 'definitions'];
/** On a telephone no table has to be pushed aside to be read. */
async function nothingAside(page, isPhone, view) {
  if (!isPhone) return;
  const over = await page.locator('.table-box').evaluateAll((boxes) => boxes.map((box) => box.scrollWidth - box.clientWidth));
  assert.ok(Math.max(0, ...over) <= 0, `${view}: a table is ${over} px too wide`);
}
for (const { size, language, isPhone, tag } of plays.filter((play) => play.isPhone === (play.language !== 'en'))) {
  test(`every view can be read, and its numbers open their cases (${tag})`, async () => {
    const page = await openPage(server, { size, language, cookie: api.cookie });
    await settled(page);
    for (const [at, view] of views.entries()) {
      await page.locator('.views a').nth(at + 1).click(); // the first one is the overview
      await titled(page);
      assert.match(page.url(), new RegExp(`view=${view}`));
      assert.equal(await page.locator('.views [aria-current]').count(), 1);
      if (view === 'map') await page.waitForSelector('.shade-map[data-idle]');
      await looksGood(page, `dashboard-${view}-${tag}`);
      await nothingAside(page, isPhone, view);
    }

    // A closing rate compared: what stands behind it, row by row, opens its cases.
    await page.goto(`${server.console}?view=compare&measure=closing_rate&by=department`);
    await titled(page);
    await page.waitForSelector('.honesty [data-honesty]');
    await looksGood(page, `dashboard-honesty-${tag}`);
    await opensItsCases(page, page.locator('main table tbody .doubts a').first());
    await page.click('.cases .back');
    await titled(page);

    // Hours: each cell opens as many cases as it says; back to the same place.
    await page.goto(`${server.console}?view=hours`);
    await titled(page);
    const hour = page.locator('.heat td.shade-5 a').first();
    const n = await opensItsCases(page, hour);
    assert.ok(n > 0);
    await page.click('.cases .back');
    await titled(page);
    const whole = await figures('by=hour,weekday&measures=opened');
    assert.equal(Number(await page.locator('.heat [data-total]').getAttribute('data-total')), whole.totals[0]);

    // Ageing: all ages together are what is open now.
    await page.goto(`${server.console}?view=open`);
    await titled(page);
    const open = await figures('measures=open');
    assert.equal(shownNumber(await page.locator('td[data-total=still_open]').textContent()), open.totals[0]);
    await opensItsCases(page, page.locator('.ages tbody td a').first());

    // Looking ahead: the likeliest case first, with its reason, and it opens in the console.
    await page.goto(`${server.console}?view=ahead`);
    await titled(page);
    const ahead = await api.get('/ahead?limit=1');
    const first = page.locator('.ahead-cases li').first();
    assert.equal(Number(await first.getAttribute('data-probability')), ahead.cases[0].probability);
    assert.ok((await first.textContent()).replaceAll(',', '').includes(String(ahead.cases[0].past)));
    assert.ok(Number(await page.locator('[data-forecasts]').getAttribute('data-forecasts')) > 0);
    const shift = await api.get('/ahead/shift');
    assert.equal(Number(await page.locator('[data-avoided]').getAttribute('data-avoided')), shift.avoided);
    assert.equal(await page.locator('.shift-moves > li').count(), shift.moves.length);
    await first.locator('a').click();
    await page.waitForURL(/console\/\?case=/);

    // A hot spot of the last week opens its cases.
    await page.goto(`${server.console}?view=spots&period=7d`);
    await titled(page);
    const hot = await api.get(`/hot-spots?from=${new URL(page.url()).searchParams.get('from') ?? ''}`).catch(() => null);
    assert.ok(hot === null || hot.windows >= 0);
    const spots = page.locator('.spots li');
    if ((await spots.count()) > 0) {
      const now = Number(await spots.first().getAttribute('data-now'));
      await spots.first().locator('a').click();
      await page.waitForSelector('.cases .total');
      assert.equal(Number(await page.locator('.cases .total').getAttribute('data-total')), now);
    }

    // From a rate in a league table to its cases and back; then on the map, by grade.
    await page.goto(`${server.console}?view=scores`);
    await titled(page);
    const league = await api.get('/scores/department?by=department:2');
    assert.deepEqual(await page.locator('.league tbody tr').evaluateAll((rows) => rows.map((row) => row.dataset.key)), league.rows.map((row) => row.code));
    const caseload = await opensItsCases(page, page.locator('.league tbody td[data-part=volume] a').first());
    assert.equal(caseload, league.rows[0].parts[0].value);
    await page.click('.cases .back');
    await titled(page);
    await page.selectOption('#score', 'area');
    await page.waitForSelector('.league tbody tr');
    await page.locator('.panel-head a.button').click();
    await page.waitForSelector('.shade-map[data-idle]');
    assert.match(page.url(), /view=map/);
    assert.match(page.url(), /score=area/);
    await done(page);
  });
}

test('a manager gives points with a reason, by keyboard, and takes them back', async () => {
  const page = await openPage(server, { cookie: api.cookie, path: '?view=scores' });
  await titled(page);
  const first = page.locator('.league tbody tr').first();
  const code = await first.getAttribute('data-key');
  const row = page.locator(`.league tr[data-key="${code}"]`);
  const was = Number(await row.getAttribute('data-points'));
  const enter = async (points) => {
    await row.locator('.give-button').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open] input[name=points]');
    await page.fill('input[name=points]', points);
    await page.fill('textarea[name=reason]', 'As agreed in the meeting');
    await looksGood(page, 'dashboard-give');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor({ state: 'detached' });
  };
  await enter('-1.5');
  await page.waitForFunction(([key, n]) => Math.abs(Number(document.querySelector(`.league tr[data-key="${key}"]`).dataset.points) - n) < 0.011, [code, was - 1.5]);
  await enter('');
  await page.waitForFunction(([key, n]) => Number(document.querySelector(`.league tr[data-key="${key}"]`).dataset.points) === n, [code, was]);
  await done(page);
});

test('a grid of the map narrows the dashboard to itself, and the address says so', async () => {
  const page = await openPage(server, { cookie: api.cookie, path: '?view=map' });
  await page.waitForSelector('.shade-map[data-idle]');
  await titled(page);
  const row = page.locator('main table tbody tr').first();
  const value = Number(await row.locator('td').first().getAttribute('data-value'));
  await row.locator('button').click();
  await page.waitForSelector('.told b');
  await page.locator('.told .narrows').click();
  await settled(page);
  assert.match(page.url(), /grid=\d+/);
  assert.equal(await page.locator('.chip').count(), 1);
  assert.equal(shownNumber(await page.textContent('.tile[data-measure=opened] .big-link')), value);
  await done(page);
});

test('from a figure to how it is counted, to what it is made of, to a dry run of another formula', async () => {
  const page = await openPage(server, { cookie: api.cookie, path: '?view=stages' });
  await titled(page);
  await page.locator('th:has-text("Closed in time, share") .what').click();
  await page.waitForSelector('dialog[open] [data-definition=on_time_closing_rate]');
  await looksGood(page, 'dashboard-how');
  await page.locator('dialog[open] .button').click();
  await page.waitForSelector('.define-one [data-definition=on_time_closing_rate]');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.match(page.url(), /view=definitions&measure=on_time_closing_rate/);
  const told = (await api.get('/indicators')).measures.find((one) => one.code === 'on_time_closing_rate');
  assert.ok((await page.textContent('.define-one .facts')).includes(told.formula));
  // Both halves open their cases here, too, and the way back leads here.
  await titled(page);
  const all = await opensItsCases(page, page.locator('.define-now .halves a').nth(1));
  await page.click('.cases .back');
  await titled(page);
  assert.ok(all > 0);

  // Another formula over the past months: what the server says, month by month.
  await page.locator('.try > summary').click();
  await page.fill('.try [name=formula]', 'closed_in_time / opened');
  await page.click('.try [type=submit]');
  await page.waitForSelector('.try-result tbody tr');
  await looksGood(page, 'dashboard-try');
  const { today } = await figures('');
  const from = await page.locator('.try-result tbody tr').first().getAttribute('data-key');
  const now = await figures(`by=month&measures=closed_in_time,opened,on_time_closing_rate&from=${from}-01&to=${today}`);
  const rows = await page.locator('.try-result tbody tr').evaluateAll((list) => list.map((one) => [one.dataset.key, one.dataset.now, one.dataset.draft]));
  assert.ok(rows.length >= 2);
  for (const [key, was, is] of rows) {
    const row = now.rows.find((one) => one.keys[0].code === key);
    const old = row ? valueOf(now, row.values, 'on_time_closing_rate') : null;
    const opened = row ? valueOf(now, row.values, 'opened') : 0;
    if (old === null) assert.equal(was, '', key);
    else assert.ok(Math.abs(old - Number(was)) < 1e-5, `${key} as it is`);
    if (opened === 0) assert.equal(is, '', key);
    else assert.ok(Math.abs(valueOf(now, row.values, 'closed_in_time') / opened - Number(is)) < 1e-5, `${key} by the draft`);
  }
  await page.fill('.try [name=formula]', 'closed_in_time / nothing_such');
  await page.click('.try [type=submit]');
  assert.match(await page.textContent('.try [role=alert]'), /nothing_such/);
  page.problems = page.problems.filter((one) => !/status of 400/.test(one)); // that refusal, on the browser's console
  await done(page);
});

test('figures of before are entered once beside the programme’s indicators, by keyboard', async () => {
  const page = await openPage(server, { cookie: api.cookie, path: '?view=programme' });
  await titled(page);
  const row = page.locator('.programme tr[data-key=closing_rate]');
  const now = Number(await row.getAttribute('data-value'));
  await row.locator('.give-button').focus();
  await page.keyboard.press('Enter');
  await page.fill('dialog [name=value]', '26.7');
  await page.fill('dialog [name=period]', '2004');
  await page.fill('dialog [name=source]', 'the office’s report');
  await looksGood(page, 'dashboard-before');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.programme tr[data-key=closing_rate] [data-before="26.7 %"]');
  const change = await row.locator('.change').textContent();
  assert.ok(change.includes(String(Math.abs(Math.round((Math.round(now * 1000) / 1000 - 0.267) * 1000) / 10))), `${now}: ${change}`);
  for (const code of ['detection_rate', 'detection_rate_walked', 'callback_rate', 'solved_rate', 'satisfaction_rate']) assert.equal(await page.locator(`.programme tr[data-key=${code}]`).count(), 1, code);
  await opensItsCases(page, row.locator('.halves a').first());
  await page.click('.cases .back');
  await titled(page);
  await done(page);
});

test('a report shows on the overview by itself', async () => {
  const page = await openPage(server, { cookie: api.cookie, path: '?period=today' });
  await settled(page);
  await page.waitForSelector('.as-of.live');
  const shown = async () => shownNumber(await page.textContent('.tile[data-measure=opened] .big-link'));
  const before = await shown();
  await (await Api.as(server, server.person('acceptor'))).report();
  await page.waitForFunction((n) => Number(document.querySelector('.tile[data-measure=opened] .big-link').textContent.replace(/[^\d]/g, '')) > n, before, { timeout: 20_000 });
  const { today } = await figures('');
  const told = await figures(`from=${today}&to=${today}`);
  assert.equal(await shown(), valueOf(told, told.totals, 'opened'));
  await done(page);
});

test('a department sees its own part, and is told so', async () => {
  const login = server.people.find((one) => one.login === 'public.works') ?? server.person('department');
  const department = await Api.as(server, login);
  const page = await openPage(server, { cookie: department.cookie });
  await settled(page);
  assert.match(await page.textContent('.alert.part'), /not the whole city/);
  const own = await department.get('/figures');
  const all = await figures('');
  assert.equal(shownNumber(await page.textContent('.tile[data-measure=opened] .big-link')), valueOf(own, own.totals, 'opened'));
  assert.ok(valueOf(own, own.totals, 'opened') < valueOf(all, all.totals, 'opened'));
  await looksGood(page, 'dashboard-department');
  const overdue = valueOf(own, own.totals, 'overdue');
  assert.equal(await opensItsCases(page, page.locator('.tile[data-measure=overdue] .big-link')), overdue);
  await done(page);
});

test('a page of an older version says so', async () => {
  const page = await openPage(server, { cookie: api.cookie });
  await settled(page);
  await page.route('**/api/v1/figures*', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), 'gridcase-version': '99.0.0' } });
  });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.waitForSelector('main > .alert.warn button');
  await done(page);
});

test('a tab that slept for a day asks anew before it calls anything today', async () => {
  const page = await openPage(server, { cookie: api.cookie, path: '?period=today' });
  await page.waitForSelector('.plot canvas');
  await settled(page);
  const day = () => page.textContent('.overview-head .now b');
  const before = await day();
  // A server that woke a day later, too: what it is asked for tells which day the page means.
  const asked = page.waitForRequest((request) => /figures\?/.test(request.url()) && new URL(request.url()).searchParams.get('by') === null);
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 86_400_000;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const from = new URL((await asked).url()).searchParams.get('from');
  const { today } = await figures('');
  assert.ok(from > today, `${from} after ${today}`);
  // The answer says what time it is; the page believes it, not its own clock.
  await settled(page);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.waitForFunction((text) => document.querySelector('.overview-head .now b').textContent === text, before);
  await done(page);
});

test('a case reported meanwhile is counted when the page looks again, in its place', async () => {
  const page = await openPage(server, { size: 'phone', cookie: api.cookie });
  await page.waitForSelector('.plot canvas');
  await settled(page);
  const opened = () => page.textContent('.tile[data-measure=opened] .big-link').then(shownNumber);
  const before = await opened();
  await page.locator('.split').scrollIntoViewIfNeeded();
  const place = await page.evaluate(() => window.scrollY);
  await api.report();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.waitForFunction((n) => Number(document.querySelector('.tile[data-measure=opened] .big-link').textContent.replace(/\D/g, '')) === n, before + 1);
  assert.equal(await page.evaluate(() => window.scrollY), place);
  await done(page);
});

test('addresses that make no sense say so and lead back; every finger finds its target', async () => {
  const page = await openPage(server, { size: 'phone', cookie: api.cookie, path: '?class=999999&by=area:nowhere' });
  page.problems = { push: () => undefined, length: 0 }; // the server's 400 stands in the console of the browser
  await page.waitForSelector('[role=alert]');
  await page.locator('[role=alert] button').nth(1).click();
  await page.waitForSelector('.tile[data-measure=opened] .big-link');
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, select, .button')].filter((one) => one.checkVisibility() && !one.closest('thead')).map((one) => [one.className, one.getBoundingClientRect().height]).filter(([, height]) => height < 43.5));
  assert.deepEqual(small, []);
  await page.emulateMedia({ media: 'print' });
  await shot(page, 'dashboard-print');
  assert.equal(await page.locator('.bar-end').isVisible(), false);
  await page.context().close();
});

test('the bulletin of a period is a file in four forms, also for a phone', async () => {
  const page = await openPage(server, { cookie: api.cookie, path: '?view=frozen' });
  const links = page.locator('#files-report a');
  await links.first().waitFor();
  const offered = await links.evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  assert.deepEqual(offered.map((href) => /report\.(\w+)\?/.exec(href)[1]), ['pdf', 'docx', 'xlsx', 'csv', 'pdf']);
  const current = await page.inputValue('#report-period');
  const [download] = await Promise.all([page.waitForEvent('download'), links.first().click()]);
  assert.match(download.suggestedFilename(), new RegExp(`-bulletin-${current}\\.pdf$`));
  assert.equal(readFileSync(await download.path()).subarray(0, 5).toString(), '%PDF-');
  // The payment sheet, for whoever may close a period.
  const sheet = page.locator('#files-payment a');
  await sheet.first().waitFor();
  const sheets = await sheet.evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  assert.deepEqual(sheets.map((href) => /payment\.(\w+)\?/.exec(href)[1]), ['pdf', 'xlsx', 'csv']);
  const [paid] = await Promise.all([page.waitForEvent('download'), sheet.nth(2).click()]);
  const rules = await api.get(`/payment.json?period=${current}`);
  const text = readFileSync(await paid.path(), 'utf8');
  assert.ok(rules.companies.length > 0 && rules.companies.every((one) => text.includes(one.name)), text.slice(0, 300));
  await done(page);
});

test('a month is frozen, again only with a reason, and read as it was frozen', async () => {
  const page = await openPage(server, { cookie: api.cookie, path: '?view=frozen' });
  await page.waitForSelector('.freeze');
  assert.match(await page.textContent('main'), /No period has been frozen yet/);
  const period = await page.inputValue('#freeze-period');
  await page.click('.freeze button[type=submit]');
  const row = page.locator(`[data-frozen="${period}:1"]`);
  await row.waitFor();
  assert.match(await row.textContent(), /tonight/); // no root covers it yet
  // Nothing differs: the server says so, in words.
  await page.fill('#freeze-reason', 'An appeal was granted.');
  await page.click('.freeze button[type=submit]');
  await page.waitForSelector('.freeze [role=alert]');
  assert.match(await page.textContent('.freeze [role=alert]'), /No figure differs/);
  await row.locator('a').click();
  const open = page.locator('tr[data-measure=open] td');
  await open.waitFor();
  const frozen = await api.get(`/frozen/${period}?version=1`);
  const told = frozen.tables[0].rows[0].values[frozen.measures.findIndex((one) => one.code === 'open')];
  assert.equal(Number(await open.getAttribute('data-value')), told);
  assert.ok(page.url().includes(`level=p${period}:1`), page.url());
  await looksGood(page, 'dashboard-frozen');
  const address = page.url().slice(page.url().indexOf('?'));
  await done(page);
  const phone = await openPage(server, { cookie: api.cookie, size: 'phone', language: 'zh-CN', path: address });
  await phone.waitForSelector('tr[data-measure=open]');
  assert.match(await phone.textContent('#frozen-shown'), /第 1 版/);
  await looksGood(phone, 'dashboard-frozen-phone');
  await done(phone);
});

test('last month is told as counted now, or as it was frozen', async () => {
  const { today } = await figures('');
  const end = new Date(Date.parse(`${today.slice(0, 7)}-01T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
  await api.send('POST', '/frozen', { period: end.slice(0, 7) }, { 'Idempotency-Key': crypto.randomUUID() }); // unless the test above did
  const document = await api.get(`/frozen/${end.slice(0, 7)}?version=1`);
  const page = await openPage(server, { cookie: api.cookie, path: '?period=last-month' });
  await settled(page);
  await page.waitForSelector('.frozen-switch');
  await page.locator('.frozen-switch a').nth(1).click();
  await page.waitForSelector('[data-frozen="1"]');
  assert.match(page.url(), /frozen=1/);
  const whole = document.tables.find((one) => one.by === '').rows[0].values;
  const at = (code) => document.measures.findIndex((one) => one.code === code);
  for (const code of ['opened', 'closed', 'open', 'overdue']) assert.equal(shownNumber(await page.textContent(`.tile[data-measure=${code}] .big-link`)), whole[at(code)], code);
  assert.equal(await page.locator('.tile a').count(), 0); // no list of what was told
  const rows = document.tables.find((one) => one.by === 'department:2').rows;
  for (const row of rows.slice(0, 5)) {
    const cell = rowOf(page, row.code).locator('td[data-measure=opened]');
    assert.equal(Number(await cell.getAttribute('data-value')), row.values[at('opened')], row.code);
  }
  await looksGood(page, 'dashboard-as-frozen');
  await page.locator('.frozen-switch a').nth(0).click();
  await page.waitForSelector('.tile[data-measure=opened] a');
  await done(page);
});
