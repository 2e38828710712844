// SPDX-License-Identifier: MPL-2.0
// A citizen is on the line: one screen, the keyboard first, nothing typed twice. Who called
// before is found by number; a caller joins, asks or opens; duplicates are merged; everybody
// is answered; an inspector looks behind the mask with a reason.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { action, Api, closeBrowser, deskOf, done, live, looksGood, Server } from './support.mjs';

let server;
let acceptor;
before(async () => {
  server = await Server.start();
  acceptor = await Api.as(server, server.person('acceptor'));
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});
const plays = [
  { size: 'desk', language: 'zh-CN' },
  { size: 'phone', language: 'en' },
];
const shown = async (page) => (await page.textContent('.side-bar .number')).trim();
const key = () => ({ 'Idempotency-Key': crypto.randomUUID() });
const join = async (number, phone) => {
  const answer = await acceptor.send('POST', '/contacts', { purpose: 'joined', number, reporter: { phone } }, key());
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
};

for (const [turn, { size, language }] of plays.entries()) {
  const isPhone = size === 'phone';
  const tag = `${size}-${language}`;
  const phone = `13800138${100 + turn}`;
  const at = [20 + turn * 30, 40];
  const take = async (page) => {
    if (isPhone) await page.click('.take-call');
    else await page.keyboard.press('c');
    await page.waitForFunction(() => document.activeElement?.id === 'call-phone');
  };

  test(`a caller is known by the number, asks, and is told (${tag})`, async () => {
    const made = await acceptor.report({ at, reporter: { name: '王小明', phone: `+86 ${phone}`, address: '4 Lane' }, contact: { channel: 'call' }, description: `bags ${tag}` });
    const page = await deskOf(server, 'acceptor', { size, language });
    await live(page);
    await take(page);
    await page.keyboard.type(phone); // the focus is there already
    await page.locator('.known button', { hasText: made.number }).waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll('.caller input')].some((one) => one.value === '王小明'));
    // Another number: what was filled in for the first goes, what is typed stays.
    await page.fill('#call-phone', `${phone.slice(0, -1)}9`);
    await page.waitForFunction(() => [...document.querySelectorAll('.caller input')].every((one) => one.value !== '王小明'));
    await page.locator('.caller input').nth(5).fill('Li Lei');
    await page.fill('#call-phone', phone);
    await page.locator('.known button', { hasText: made.number }).waitFor();
    assert.equal(await page.locator('.caller input').nth(5).inputValue(), 'Li Lei');
    await page.locator('.caller input').nth(5).fill('');
    await page.fill('#call-phone', '');
    await page.fill('#call-phone', phone);
    await page.waitForFunction(() => [...document.querySelectorAll('.caller input')].some((one) => one.value === '王小明'));
    await page.locator('#call-phone').focus();
    await looksGood(page, `call-known-${tag}`);
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.closest('.known'));
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('#call-told')?.value.length > 10);
    await looksGood(page, `call-about-${tag}`);
    await page.locator('.about .primary').click();
    await page.locator('.contacts').waitFor();
    assert.equal(await shown(page), made.number);
    const found = await acceptor.get(`/cases/${made.number}`);
    assert.equal(found.contacts.length, 2);
    assert.equal(found.contacts[1].purpose, 'asked');
    assert.equal(found.contacts[1].reporter.name, '王小明', 'typed once, long ago');
    assert.ok(found.contacts[1].answered.told.length > 10);
    await looksGood(page, `call-case-${tag}`);
    await done(page);
  });

  test(`a new caller joins what is near instead of a second case (${tag})`, async () => {
    const made = await acceptor.report({ at: [at[0], 70], description: `lamp ${tag}` });
    const { point, class: type } = await acceptor.get(`/cases/${made.number}`);
    const page = await deskOf(server, 'acceptor', { size, language });
    await take(page);
    await page.keyboard.type(`5550${turn}142`);
    await page.waitForFunction(() => document.querySelector('.known p'));
    await page.fill('.report .place-box input', `${point.lat}, ${point.lon}`);
    await page.locator('.report .place-hits [role=option]').first().waitFor();
    await page.locator('.report .place-box input').press('Enter');
    await page.fill('#report-class', Object.values(type.name)[0].slice(0, 4));
    await page.locator('.picker-list > div').first().waitFor();
    await page.locator('#report-class').press('Enter');
    await page.fill('#report-description', 'It is dark here.');
    await page.locator('.near .join').first().waitFor();
    await looksGood(page, `call-near-${tag}`);
    await page.locator('.near li', { hasText: made.number }).locator('.join').click();
    await page.locator('.contacts').waitFor();
    assert.equal(await shown(page), made.number);
    const found = await acceptor.get(`/cases/${made.number}`);
    assert.equal(found.contacts.at(-1).words, 'It is dark here.');
    assert.equal(found.contacts.at(-1).reporter.phone, `5550${turn}142`);
    await done(page);
  });

  test(`what nobody knows yet is opened, with who told of it (${tag})`, async () => {
    const page = await deskOf(server, 'acceptor', { size, language });
    await take(page);
    await page.keyboard.type(`13900009${100 + turn}`);
    await page.waitForFunction(() => document.querySelector('.known p'));
    await page.fill('#report-address', 'Somewhere by the old bridge');
    const { classes } = await acceptor.get('/catalogue');
    await page.fill('#report-class', Object.values(classes[0].name)[0].slice(0, 4));
    await page.locator('.picker-list > div').first().waitFor();
    await page.locator('#report-class').press('Enter');
    await page.fill('#report-description', 'A new thing.');
    await page.click('.report button[type=submit]');
    await page.locator('.contacts').waitFor();
    const found = await acceptor.get(`/cases/${await shown(page)}`);
    assert.equal(found.contacts.length, 1);
    assert.equal(found.contacts[0].channel, 'call');
    assert.equal(found.contacts[0].wants_answer, true);
    await done(page);
  });

  test(`a duplicate is merged, its caller led to what is left, and everybody answered (${tag})`, async () => {
    const first = await acceptor.report({ at: [at[0], 20], reporter: { name: 'A', phone: `4440${turn}001` }, description: `first ${tag}` });
    const second = await acceptor.report({ at: [at[0], 20], reporter: { name: 'B', phone: `4440${turn}002` }, description: `second ${tag}` });
    await join(second.number, `4440${turn}003`);
    const page = await deskOf(server, 'acceptor', { size, language, path: `?case=${first.number}` });
    await action(page, 'case_merged').click();
    await page.locator('.case-choices button', { hasText: second.number }).click();
    await looksGood(page, `call-merge-${tag}`);
    await page.locator('.action-form button[type=submit]').click();
    await page.locator('.merged', { hasText: second.number }).waitFor();
    await looksGood(page, `call-merged-${tag}`);
    // The caller gives the number of the duplicate.
    await page.locator('.action-form').waitFor({ state: 'detached' });
    await page.locator('.side-bar button.back, .side-bar button.close').locator('visible=true').first().click();
    await take(page);
    await page.fill('#call-number', first.number);
    await page.locator('.about', { hasText: second.number }).waitFor();
    await page.locator('.side-bar button.square').first().click();
    await acceptor.act(second.number, 'rejected', { opinion: 'It is private ground.' });
    // Three people wait now.
    await page.locator('.answers-button').click();
    const waiting = page.locator('.awaits', { hasText: second.number });
    await page.waitForFunction((number) => [...document.querySelectorAll('.awaits')].filter((one) => one.textContent.includes(number)).length === 3, second.number);
    await page.waitForFunction(() => [...document.querySelectorAll('.awaits textarea')].every((one) => one.value.length > 10));
    await looksGood(page, `call-answers-${tag}`);
    await waiting.first().locator('button', { hasText: language === 'en' ? 'Not reached' : '未接通' }).click();
    await waiting.first().locator('button', { hasText: language === 'en' ? 'Give up' : '放弃联系' }).waitFor();
    for (let left = 3; left > 0; left--) {
      await waiting.first().locator('button.primary').click();
      await page.waitForFunction(([number, n]) => [...document.querySelectorAll('.awaits')].filter((one) => one.textContent.includes(number)).length === n, [second.number, left - 1]);
    }
    const found = await acceptor.get(`/cases/${second.number}`);
    assert.ok(found.contacts.every((one) => one.answered?.reached), JSON.stringify(found.contacts.map((one) => one.answered)));
    await done(page);
  });

  test(`an inspector sees who it was only with a reason, which a leader reads (${tag})`, async () => {
    const made = await acceptor.report({ at, reporter: { name: 'Quillfeather', phone: '13911112222' } });
    const page = await deskOf(server, 'inspector', { size, language, path: `?case=${made.number}` });
    await page.locator('.contacts').waitFor();
    assert.ok(!(await page.content()).includes('13911112222'));
    assert.equal(await page.locator('.take-call').count(), 0, 'inspectors take no calls');
    await page.locator('.contacts button', { hasText: language === 'en' ? 'Show who it is' : '查看个人信息' }).click();
    await page.fill('#unmask-reason', 'A complaint about the call');
    await looksGood(page, `call-unmask-${tag}`);
    await page.locator('.unmask button[type=submit]').click();
    await page.locator('.contacts', { hasText: '13911112222' }).waitFor();
    await page.locator('.contacts summary').click();
    await page.locator('.contacts li', { hasText: 'A complaint about the call' }).first().waitFor();
    await done(page);
    const leader = await deskOf(server, 'shift_leader', { size, language, path: `?case=${made.number}` });
    await leader.locator('.contacts summary').click();
    await leader.locator('.contacts li', { hasText: 'A complaint about the call' }).first().waitFor();
    await done(leader);
  });
}
