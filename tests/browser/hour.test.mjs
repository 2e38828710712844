// SPDX-License-Identifier: MPL-2.0
// One working hour of each user of the desk, on Boston's real record: an acceptor with three
// callers, a dispatcher, a department, a shift leader. Each plays on a desk in English and on
// a phone in Chinese; with GRIDCASE_LONG also the other way round. What others do meanwhile
// is done through the API. Nobody is named by a step: actions are found by their fixed kind.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { action, Api, closeBrowser, deskOf, done, fillForm, live, looksGood, png, row, Server, shot } from './support.mjs';

const boston = resolve(import.meta.dirname, '../../grids/boston');
let server;
let department; // a case worker of a department with work
let spot; // two streets that cross, with a class that is often reported
before(async () => {
  server = await Server.start({ slug: 'boston', model: boston, replay: true });
  department = server.people.find((one) => one.login === 'public.works') ?? server.person('department');
  const acceptor = await Api.as(server, server.person('acceptor'));
  const { items } = await acceptor.get('/places?q=beacon%20st%20%26%20charles%20st');
  const crossing = items.find((one) => one.kind === 'crossing');
  assert.ok(crossing, 'Boston has no such crossing any more');
  spot = { words: 'beacon st & charles st', ...crossing };
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});

const plays = [
  { size: 'desk', language: 'en' },
  { size: 'phone', language: 'zh-CN' },
  ...(process.env.GRIDCASE_LONG ? [{ size: 'desk', language: 'zh-CN' }, { size: 'phone', language: 'en' }] : []),
];
const each = (name, play) => {
  for (const { size, language } of plays) test(`${name} (${size}, ${language})`, () => play({ size, language, isPhone: size === 'phone', tag: `${size}-${language}` }));
};
/** On a phone one thing is shown at a time. */
const tab = async (page, isPhone, index) => {
  if (isPhone) await page.locator('.tabs button').nth(index).click();
};
const listReady = (page) => page.waitForFunction(() => !document.querySelector('.queue [aria-busy]') && document.querySelector('.foot'));
const shownNumber = async (page) => (await page.textContent('.side-bar .number')).trim();
async function search(page, isPhone, words) {
  await tab(page, isPhone, 0);
  await page.fill('.search input', words);
  await page.waitForFunction((text) => new URLSearchParams(location.search).get('q') === text, words);
  await listReady(page);
}
async function sendForm(page) {
  const send = page.locator('.action-form button[type=submit]');
  await send.click();
  await page.waitForFunction(() => !document.querySelector('.action-form') || document.querySelector('.action-form .alert'));
  const refused = page.locator('.action-form .alert.bad');
  if ((await refused.count()) > 0) assert.fail(`refused: ${await refused.textContent()}`);
  if ((await page.locator('.action-form .alert.warn').count()) > 0) {
    await page.waitForTimeout(1000); // somebody acted meanwhile: the page takes no click before that can be read
    await send.click();
  }
  await page.locator('.action-form').waitFor({ state: 'detached' }); // an older notice may still stand
  await page.locator('.notice.good').last().waitFor();
}
async function pickDepartment(page, name) {
  await page.locator('.action-form [role=combobox]').first().fill(name);
  await page.locator('.action-form [role=listbox]').getByText(name, { exact: true }).first().click();
}
async function findPlace(page, words) {
  const box = page.locator('.report .place-box input');
  await box.fill(words);
  await page.locator('.report .place-hits [role=option]').first().waitFor();
  await box.press('Enter');
}

each('an acceptor answers three callers', async ({ size, language, isPhone, tag }) => {
  const page = await deskOf(server, 'acceptor', { size, language });
  const { classes } = await (await Api.as(server, server.person('acceptor'))).get('/catalogue');
  const lamps = classes.find((one) => /street light/i.test(one.name.en)) ?? classes[0];
  await live(page);

  // First caller: something new. Place by words, class by its beginning, words, a photo.
  const report = async (words) => {
    if (isPhone) await page.click('.new-report');
    else await page.keyboard.press('n');
    await findPlace(page, spot.words);
    await page.locator('.located.there').waitFor();
    await page.fill('#report-class', lamps.name.en.slice(0, 12));
    await page.locator('.picker-list > div').first().waitFor();
    await page.keyboard.press('Enter');
    await page.fill('#report-description', words);
  };
  await report(`Lamp out at the corner, ${tag}`);
  assert.ok((await page.inputValue('#report-address')).includes('Beacon'), 'the place is the address');
  await page.fill('.report input[type=tel]', '617-555-0142');
  await page.setInputFiles('#report-media', { name: 'lamp.png', mimeType: 'image/png', buffer: png(320, 240) });
  await page.waitForFunction(() => !document.querySelector('.report button[type=submit]').disabled);
  await shot(page, `hour-acceptor-report-${tag}`);
  await page.click('.report button[type=submit]');
  await page.locator('.notice.good').first().waitFor();
  const first = await shownNumber(page);
  await page.locator('.case .media-photo').waitFor();
  await looksGood(page, `hour-acceptor-case-${tag}`);

  // A reload in the middle of typing loses nothing.
  if (isPhone) await page.locator('.side-bar .back').click();
  else await page.keyboard.press('Escape');
  await report(`The lamp at Charles Street, ${tag}`);

  // Second caller: the same lamp. It is shown before anything is filed.
  const near = page.locator('.near button', { hasText: first });
  await near.waitFor();
  await looksGood(page, `hour-acceptor-near-${tag}`);
  await page.reload();
  await page.waitForSelector('.desk');
  await listReady(page);
  await page.evaluate(() => {
    globalThis.drawn = new Promise((tell) => {
      new MutationObserver((_, observer) => {
        const box = document.querySelector('#report-description');
        if (!box) return;
        observer.disconnect();
        tell(box.value);
      }).observe(document.body, { childList: true, subtree: true });
    });
  });
  if (isPhone) await page.click('.new-report');
  else await page.keyboard.press('n');
  assert.equal(await page.evaluate(() => globalThis.drawn), `The lamp at Charles Street, ${tag}`, 'the form survived the reload and is drawn with its words');
  await near.click();
  assert.equal(await shownNumber(page), first);
  await action(page, 'commented').click();
  await fillForm(page, 'A second caller reports the same lamp.');
  await sendForm(page);

  // Third caller: what became of my call? By words, then by number.
  await search(page, isPhone, 'charles lamp corner');
  await row(page, first).waitFor(); // the index is less than a second behind
  await search(page, isPhone, first);
  await row(page, first).click();
  const answer = await page.locator('.plain-words p').textContent();
  assert.ok(language === 'en' ? /Reported on .*Now:/s.test(answer) : /收到上报.*目前/s.test(answer), answer);
  assert.ok((await page.locator('.photos, .media-list').count()) > 0);
  await page.locator('.case .media-photo').first().click();
  await page.locator('dialog.media-viewer img').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await done(page);
});

each('a dispatcher works through the queue', async ({ size, language, isPhone, tag }) => {
  const started = Date.now();
  const page = await deskOf(server, 'dispatcher', { size, language, form: true });
  await live(page);
  process.stdout.write(`# desk live ${Date.now() - started} ms after the address was opened, signing in included (${tag})\n`);
  await looksGood(page, `hour-dispatcher-${tag}`);

  // Overdue first; then a filter, words, and a name for the list.
  await page.locator('.quick button').nth(5).click();
  await page.waitForFunction(() => location.search.includes('queue=overdue'));
  await listReady(page);
  assert.ok(await page.locator('.row').count() > 3);
  assert.equal(await page.locator('.row:not(.red)').count(), 0, 'overdue cases only');
  await search(page, isPhone, 'street');
  await page.locator('.list-menu > button').click();
  await page.locator('.list-menu .menu button', { has: page.locator('.icon') }).last().click();
  await page.fill('.save-filter input', '街灯 lamps');
  await page.keyboard.press('Enter');
  await page.locator('.chip.saved', { hasText: '街灯 lamps' }).waitFor();

  // The table of just this list.
  await page.locator('.list-menu > button').click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.list-menu .menu button').nth(1).click()]);
  assert.match(download.suggestedFilename(), /^boston-cases-\d{8}-\d{4}\.csv$/);
  const table = readFileSync(await download.path(), 'utf8');
  const lines = table.trimEnd().split('\r\n').length - 1;
  const api = await Api.as(server, server.person('dispatcher'));
  const same = await api.get('/cases?open=1&light=red&q=street&sort=due&limit=500');
  assert.ok(same.next_cursor ? lines >= 500 : lines >= same.items.length, `${lines} lines`);
  assert.ok(table.startsWith(language === 'en' ? '\ufeffNumber,Light' : '\ufeff案件编号,时限状态'));
  await page.locator('.notice.good').last().waitFor();

  // A case: its deadline in plain words, then to another department.
  await page.locator('.row').first().click();
  await page.waitForSelector('.case .facts');
  const number = await shownNumber(page);
  await page.locator('.case details summary').click();
  await page.locator('.explained').first().waitFor();
  assert.ok((await page.locator('.explained .steps li, .explained table tr, .explained p').count()) > 0);
  await shot(page, `hour-dispatcher-deadline-${tag}`);
  if (!isPhone) {
    await page.keyboard.press('a');
    await page.locator('.action-form').waitFor();
  } else await action(page, 'resent').click();
  await fillForm(page, `Belongs to a neighbour department. (${tag})`);
  // To the department that has it already: refused, and the form says why. Then to another.
  const { department: lead } = await api.get(`/cases/${number}`);
  const departments = await api.get('/departments');
  const other = (departments.items ?? departments).find((one) => one.id !== lead.id);
  const named = ({ name }) => name[language] ?? name[language.slice(0, 2)] ?? Object.values(name)[0];
  await pickDepartment(page, named(lead));
  await page.click('.action-form button[type=submit]');
  const refusal = await page.locator('.action-form .alert.bad').textContent();
  assert.match(refusal, language === 'en' ? /has this case already/ : /当前主办部门/);
  await pickDepartment(page, named(other));
  await page.click('.action-form button[type=submit]');
  await page.locator('.action-form').waitFor({ state: 'detached' });
  await page.locator('.history blockquote', { hasText: `Belongs to a neighbour department. (${tag})` }).waitFor();

  // On to the next; slips of three cases, one page each.
  await page.locator('.side-bar button').nth(3).click();
  await page.waitForFunction((before) => document.querySelector('.side-bar .number')?.textContent.trim() !== before, number);
  await tab(page, isPhone, 0);
  await page.locator('.list-menu > button').click();
  await page.locator('.list-menu .menu button').nth(2).click();
  const ids = await page.locator('.row').evaluateAll((rows) => rows.slice(0, 3).map((one) => one.id));
  for (const id of ids) await page.locator(`#${id}`).click(); // rows may move meanwhile
  assert.match(await page.locator('.chosen b').textContent(), /3/);
  await looksGood(page, `hour-dispatcher-choose-${tag}`);
  await page.locator('.chosen button.primary').click();
  await page.locator('.slips-bar [data-ready]').waitFor();
  assert.equal(await page.locator('.slip').count(), 3);
  await looksGood(page, `hour-dispatcher-slips-${tag}`);
  if (!isPhone) {
    const pdf = await page.pdf({ preferCSSPageSize: true });
    assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length, 3, 'one A4 page a case');
  }
  await page.keyboard.press('Escape');
  await page.locator('.slips').waitFor({ state: 'detached' });
  await page.locator('.chosen button').last().click();

  // A new case comes in far down the list: it is told, and one click shows it.
  await page.goto(server.console);
  await live(page);
  const collector = await Api.as(server, server.people.find((one) => one.roles.includes('collector')));
  const fresh = await collector.report({ point: spot.point, description: `fresh for the dispatcher ${tag}`, source: 'collector' });
  const pill = page.locator('.pill');
  await pill.or(row(page, fresh.number)).first().waitFor();
  if ((await pill.count()) > 0) await pill.first().click();
  await page.selectOption('.list-tools select', 'newest');
  await row(page, fresh.number).waitFor();

  // The map jumps to a crossing and the list follows it.
  await tab(page, isPhone, 1);
  const jump = page.locator('.map-find input');
  await jump.fill(spot.words);
  await page.locator('.map-find [role=option]').first().waitFor();
  await jump.press('Enter');
  await page.waitForFunction(() => globalThis.gridcaseMap?.map.getView().getZoom() >= 16.5);
  await page.locator('.map-tools input[type=checkbox]').last().check();
  await page.waitForFunction(() => location.search.includes('inmap=1'));
  await shot(page, `hour-dispatcher-map-${tag}`);
  await tab(page, isPhone, 0);
  await listReady(page);
  await row(page, fresh.number).waitFor();
  assert.ok((await page.locator('.row').count()) < 60, 'only what the map shows');
  await done(page);
});

each('a department does its work', async ({ size, language, isPhone, tag }) => {
  const page = await deskOf(server, department, { size, language });
  await live(page);
  const api = await Api.as(server, department);
  const { mine } = await api.get('/summary');
  assert.ok(mine > 0, 'the record leaves this department without work');
  assert.match(await page.locator('.quick button').nth(1).textContent(), /\d/, 'the count of its own cases');
  await page.locator('.quick button').nth(1).click();
  await page.waitForFunction(() => location.search.includes('queue=mine'));
  await listReady(page);
  await page.locator('.row').first().click();
  await page.waitForSelector('.case .facts');
  const number = await shownNumber(page);
  const found = await api.get(`/cases/${number}`);
  const shown = await page.locator('.actions .buttons [data-kind]').evaluateAll((buttons) => buttons.map((one) => one.dataset.kind));
  assert.deepEqual(shown, found.allowed_actions.map((one) => one.kind), 'exactly the allowed actions');
  await page.locator('.side-bar button[title]').click();
  await page.locator('.slips-bar [data-ready]').waitFor();
  await shot(page, `hour-department-slip-${tag}`);
  await page.keyboard.press('Escape');

  // Done, with a photo of it; the case leaves the list, the history tells.
  await action(page, 'case_closed').click();
  await page.fill('.action-form textarea', 'Mended and swept.');
  const upload = page.locator('.action-form input[type=file]');
  await upload.first().setInputFiles({ name: 'done.png', mimeType: 'image/png', buffer: png(300, 200) });
  await page.waitForFunction(() => !document.querySelector('.action-form button[type=submit]').disabled);
  await sendForm(page);
  await page.locator('.history blockquote', { hasText: 'Mended and swept.' }).waitFor();
  assert.equal((await api.get(`/cases/${number}`)).closed_at !== null, true);
  await looksGood(page, `hour-department-done-${tag}`);
  await tab(page, isPhone, 0);
  await row(page, number).waitFor({ state: 'detached' }).catch(async () => {
    assert.match(await row(page, number).getAttribute('class'), /left-list|ended/, 'what is done is at most dimmed');
  });

  // The next ones by area; only its own department is ever shown.
  await page.click('.chip.add');
  await page.fill('#filter-area', 'Dorchester');
  await page.locator('.picker-list > div').first().waitFor();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.search.includes('area='));
  await listReady(page);
  await looksGood(page, `hour-department-area-${tag}`);
  const numbers = await page.locator('.row .number').allTextContents();
  for (const one of numbers.slice(0, 5)) assert.equal((await api.send('GET', `/cases/${one}`)).status, 200);
  await done(page);
});

each('a shift leader keeps an eye on everything', async ({ size, language, isPhone, tag }) => {
  const page = await deskOf(server, 'shift_leader', { size, language });
  await live(page);
  const api = await Api.as(server, server.person('shift_leader'));
  const { open, overdue } = await api.get('/summary');
  if (!isPhone) {
    const words = await page.locator('.figures').textContent();
    for (const figure of [open, overdue]) assert.ok(words.includes(figure.toLocaleString('en')), `${figure} in ${words}`);
  }
  // The oldest overdue case is urged; the department reads it in the history.
  await page.locator('.quick button').nth(5).click();
  await page.waitForFunction(() => location.search.includes('queue=overdue'));
  await listReady(page);
  await page.locator('.row').nth(isPhone ? 3 : 2).click();
  await page.waitForSelector('.case .facts');
  const number = await shownNumber(page);
  await action(page, 'urged').click();
  await fillForm(page, `Please today. (${tag})`);
  await sendForm(page);
  await looksGood(page, `hour-leader-urged-${tag}`);

  // A second tab of the same person hears what happens through the first one's line.
  const second = await page.context().newPage();
  const streams = [];
  second.on('request', (request) => request.url().includes('/changes') && streams.push(request.url()));
  await second.goto(server.console);
  await live(second);
  assert.equal(streams.length, 0, 'the second tab opened a line of its own');
  await second.close();

  // The whole list of overdue cases for the morning's meeting, as a workbook.
  await tab(page, isPhone, 0);
  await page.locator('.list-menu > button').click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.list-menu .menu button').first().click()]);
  assert.match(download.suggestedFilename(), /\.xlsx$/);
  assert.equal(readFileSync(await download.path()).subarray(0, 2).toString(), 'PK');

  // The other language in place, keys told, nothing lost on the way.
  await page.selectOption('.language', language === 'en' ? 'zh-CN' : 'en');
  await page.waitForFunction((old) => document.documentElement.lang !== old, language);
  assert.ok(page.url().includes('queue=overdue'));
  if (!isPhone) {
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    await looksGood(page, `hour-leader-keys-${tag}`);
    await page.keyboard.press('Escape');
  }
  assert.equal((await api.get(`/cases/${number}`)).history.at(-1).opinion, `Please today. (${tag})`);
  await done(page);
});

test('the desk is useful soon: list drawn after opening the page (printed, not judged)', async () => {
  const page = await deskOf(server, 'dispatcher');
  const cookies = await page.context().cookies();
  const times = [];
  for (let i = 0; i < 3; i++) {
    const context = await page.context().browser().newContext({ viewport: { width: 1440, height: 900 } });
    await context.addCookies(cookies);
    const fresh = await context.newPage();
    const from = Date.now();
    await fresh.goto(server.console, { waitUntil: 'commit' });
    await fresh.locator('.row').first().waitFor();
    times.push(Date.now() - from);
    await context.close();
  }
  process.stdout.write(`# useful desk with an empty cache: ${times.join(', ')} ms\n`);
  assert.ok(Math.min(...times) < 10_000, `${times}`);
  await done(page);
});
