// SPDX-License-Identifier: MPL-2.0
// The side paths of the standard process over HTTP: requests with their evidence, what one is
// asked, what a correction would change, self-handled cases, successors.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pdf } from './files.mjs';
import { startServer, uuid } from './lib.mjs';
import { newPhoto } from './photo.mjs';

let server;
let departments;
const people = {};
before(async () => {
  server = await startServer();
  for (const login of ['collector1', 'acceptor1', 'leader1', 'dispatcher1', 'parks1', 'roads1', 'manager1', 'inspector1']) {
    people[login] = await server.signIn(login);
  }
  departments = Object.fromEntries((await people.leader1.want('/departments')).items.map((one) => [one.code, one.id]));
});
after(() => server?.remove());

async function step(login, number, action, inputs) {
  const answer = await people[login].act(number, action, inputs);
  assert.equal(answer.status, 200, `${login} ${action}: ${answer.text}`);
  return answer.body;
}
const send = async (login, bytes, type) => {
  const sent = await people[login].call('POST', '/media', bytes, { 'Content-Type': type });
  assert.ok(sent.status < 300, sent.text);
  return sent.body.sha256;
};
const form = (login) => send(login, pdf(), 'application/pdf');
async function handled(department = 'parks') {
  const { number } = (await people.collector1.report()).body;
  await step('acceptor1', number, 'accept');
  await step('leader1', number, 'file');
  await step('dispatcher1', number, 'dispatch', { department: departments[department] });
  await step(`${department}1`, number, 'sign');
  return number;
}
const asked = async (login, number) =>
  (await people[login].want('/cases?queue=asked&sort=due&limit=100')).items.some((one) => one.number === number);
const inDays = (days) => new Date(Date.now() + days * 86400000).toISOString();

test('a suspension needs its stamped form and a date ahead; the dispatcher finds the request', async () => {
  const number = await handled();
  const photo = await send('parks1', newPhoto(), 'image/jpeg');
  const until = inDays(30);
  const bare = await people.parks1.act(number, 'ask_suspension', { until, opinion: 'road works', document: [photo] });
  assert.equal(bare.status, 409, bare.text);
  assert.equal(bare.body.code, 'case.guard');
  const late = await people.parks1.act(number, 'ask_suspension', { until: inDays(-1), opinion: 'x', document: [await form('parks1')] });
  assert.equal(late.body.code, 'case.guard');
  assert.equal(await asked('dispatcher1', number), false);
  await step('parks1', number, 'ask_suspension', { until, opinion: 'road works', document: [await form('parks1')] });
  assert.equal(await asked('dispatcher1', number), true);
  assert.equal(await asked('leader1', number), false);
  assert.ok((await people.dispatcher1.want('/summary')).asked >= 1);
  const stood = await step('dispatcher1', number, 'suspend');
  assert.equal(stood.step, 'suspended');
  assert.equal(stood.clock.state, 'paused');
  const task = stood.tasks.find((one) => one.state === 'open' && one.kind === 'suspended');
  assert.ok(task, 'the step has its task');
  assert.equal(await asked('dispatcher1', number), false);
  assert.equal((await step('dispatcher1', number, 'resume')).clock.state, 'running');
});

test('an assistant sees the case and is asked for its part; the lead waits for it', async () => {
  const { number } = (await people.collector1.report()).body;
  await step('acceptor1', number, 'accept');
  await step('leader1', number, 'file');
  await step('dispatcher1', number, 'dispatch', { department: departments.parks, assistants: [departments.roads] });
  assert.equal(await asked('roads1', number), true);
  assert.equal(await asked('parks1', number), false);
  await step('parks1', number, 'sign');
  assert.equal((await step('parks1', number, 'feed_back', { opinion: 'done' })).step, 'assisting');
  const other = await people.roads1.act(number, 'declare_done', { opinion: 'not mine' });
  assert.equal(other.status, 403, other.text);
  assert.equal((await step('roads1', number, 'assist_done', { opinion: 'fence gone' })).step, 'review');
  assert.equal(await asked('roads1', number), false);
});

test('supervision is answered by the department that has the case then', async () => {
  const number = await handled();
  await step('manager1', number, 'supervise', { level: 'leader', opinion: 'Where is it?' });
  assert.equal(await asked('parks1', number), true);
  await step('dispatcher1', number, 'recall', { department: departments.roads, opinion: 'theirs' });
  assert.equal(await asked('roads1', number), true);
  const told = await step('roads1', number, 'answer_supervision', { opinion: 'tomorrow' });
  assert.equal(told.history.at(-1).kind, 'supervision_answered');
  assert.equal(await asked('roads1', number), false);
});

test('a preview tells grid, route and limit before anything is written', async () => {
  const number = await handled();
  const seen = await people.dispatcher1.want(`/cases/${number}`);
  const body = { action: 'correct', inputs: { point: { lon: 120.0035, lat: 30.0005 }, class: (await people.dispatcher1.want('/catalogue')).classes.find((one) => one.code !== 'e0110').id, opinion: 'not there' } };
  const answer = await people.dispatcher1.call('POST', `/cases/${number}/preview`, body);
  assert.equal(answer.status, 200, answer.text);
  const changes = Object.fromEntries(answer.body.changes.map((one) => [one.what, one]));
  assert.equal(changes.grid.before, 'T11');
  assert.notEqual(changes.grid.after, 'T11');
  assert.ok(changes.class.before.en && changes.class.after.en);
  assert.ok('limit' in changes || 'due' in changes || 'route' in changes, answer.text);
  const still = await people.dispatcher1.want(`/cases/${number}`);
  assert.deepEqual([still.version, still.grid.code, still.class.code], [seen.version, 'T11', 'e0110']);
  const done = await step('dispatcher1', number, 'correct', body.inputs);
  const kept = done.history.at(-1).inputs;
  assert.equal(kept.before.point.lon, 120.0005);
  assert.equal(kept.point.lon ?? Number(String(kept.point).split(',')[0]), 120.0035);
  const refused = await people.collector1.call('POST', `/cases/${number}/preview`, body);
  assert.ok([403, 409].includes(refused.status), refused.text);
});

test('a collector reports what they handled at once; before and after are compulsory', async () => {
  const photos = [await send('collector1', newPhoto(), 'image/jpeg'), await send('collector1', newPhoto(), 'image/jpeg')];
  const media = [{ sha256: photos[0], stage: 'before' }, { sha256: photos[1], stage: 'after' }];
  const bare = await people.collector1.report({ action: 'report_self', media: media.slice(0, 1) });
  assert.equal(bare.status, 409, bare.text);
  const made = await people.collector1.report({ action: 'report_self', media });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.step, 'self_review');
  assert.equal((await step('acceptor1', made.body.number, 'accept_self')).outcome, 'self_done');
  const simple = await people.collector1.report({ action: 'report_simple', media });
  assert.equal(simple.body.outcome, 'simple_done', simple.text);
});

test('a successor goes on with an ended case, never with an open one', async () => {
  const open = (await people.collector1.report()).body.number;
  const early = await people.acceptor1.report({ follows: open });
  assert.equal(early.status, 409, early.text);
  assert.equal(early.body.code, 'case.follows_open');
  await step('acceptor1', open, 'reject', { opinion: 'gone' });
  const later = await people.acceptor1.report({ follows: open });
  assert.equal(later.status, 201, later.text);
  assert.equal(later.body.follows, open);
  assert.deepEqual((await people.acceptor1.want(`/cases/${open}`)).successors, [later.body.number]);
  const none = await people.acceptor1.report({ follows: 'TT209901010001' });
  assert.equal(none.status, 404, none.text);
});

test('the caller is called back, and what was said is counted', async () => {
  const made = await people.acceptor1.report({ source: 'hotline', reporter: { name: '李', phone: '13800000000', agreed: true } });
  const { number } = made.body;
  await step('acceptor1', number, 'send_verify');
  await step('collector1', number, 'verify', { result: 'there' });
  await step('acceptor1', number, 'accept');
  await step('leader1', number, 'file');
  await step('dispatcher1', number, 'dispatch', { department: departments.parks });
  await step('parks1', number, 'sign');
  await step('parks1', number, 'feed_back', { opinion: 'swept' });
  await step('dispatcher1', number, 'accept_feedback');
  assert.equal((await step('collector1', number, 'check', { result: 'pass' })).step, 'callback');
  assert.equal((await step('acceptor1', number, 'call_back', { reached: 'no' })).step, 'callback');
  assert.equal((await step('acceptor1', number, 'call_back', { reached: 'yes', solved: 'no', opinion: 'still there' })).step, 'sign');
});

test('what stands behind a closing rate: each figure moves with its cases, and opens them', async () => {
  const day = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10); // the city's day
  const period = `from=${day}&to=${day}`;
  const counts = ['to_close', 'closed_of_opened', 'reopened_to_close', 'closed_unchecked', 'fed_back_here', 'fed_back_bare', 'checked_here', 'checked_bare', 'closed_one_sided', 'forced_of_opened', 'suspended_now', 'gone_public', 'gone_again'];
  const shares = { reopened_share: ['reopened_to_close', 'to_close'], unchecked_share: ['closed_unchecked', 'closed_of_opened'], fed_back_bare_share: ['fed_back_bare', 'fed_back_here'], checked_bare_share: ['checked_bare', 'checked_here'], suspended_share: ['suspended_now', 'to_close'], gone_again_share: ['gone_again', 'gone_public'] };
  const ask = async () => {
    const answer = await people.manager1.want(`/figures?by=none&measures=${[...counts, ...Object.keys(shares), 'forced_share', 'suspended_age'].join()}&${period}`);
    return Object.fromEntries(answer.measures.map((measure, i) => [measure.code, answer.totals[i]]));
  };
  const was = await ask();
  const closed = async (photos) => {
    const number = await handled();
    await step('parks1', number, 'feed_back', { opinion: 'swept', ...(photos ? { photo: [await form('parks1')] } : {}) });
    await step('dispatcher1', number, 'accept_feedback');
    await step('collector1', number, 'check', { result: 'pass', ...(photos ? { photo: [await form('collector1')] } : {}) });
    await step('leader1', number, 'close');
    return number;
  };
  await closed(true);
  const bare = await closed(false);
  const again = await closed(false);
  await step('leader1', again, 'reopen', { opinion: 'it is back' });
  const forced = await handled();
  await step('manager1', forced, 'force', { opinion: 'by order' });
  const suspended = await handled();
  await step('parks1', suspended, 'ask_suspension', { until: inDays(30), opinion: 'road works', document: [await form('parks1')] });
  await step('dispatcher1', suspended, 'suspend');
  const resumed = await handled();
  await step('parks1', resumed, 'ask_suspension', { until: inDays(30), opinion: 'road works', document: [await form('parks1')] });
  await step('dispatcher1', resumed, 'suspend');
  await step('dispatcher1', resumed, 'resume');
  const gone = [];
  for (let i = 0; i < 2; i++) {
    const { number } = (await people.acceptor1.report({ source: 'hotline', reporter: { name: '李', phone: '13800000000', agreed: true } })).body;
    await step('acceptor1', number, 'send_verify');
    await step('collector1', number, 'verify', { result: 'gone' });
    gone.push(number);
  }
  const call = { purpose: 'joined', number: gone[1], reporter: { name: '李', phone: '13800000000' }, contact: { channel: 'call', words: 'it is still there' } };
  const joined = await people.acceptor1.call('POST', '/contacts', call, { 'Idempotency-Key': uuid() });
  assert.equal(joined.status, 201, joined.text);
  const now = await ask();
  // Two closed and counted so, one of them without photos, one opened again, two suspended of which one goes on, two gone.
  const more = { to_close: 7, closed_of_opened: 2, reopened_to_close: 1, closed_unchecked: 0, fed_back_here: 3, fed_back_bare: 2, checked_here: 3, checked_bare: 2, closed_one_sided: 0, forced_of_opened: 1, suspended_now: 1, gone_public: 2, gone_again: 1 };
  for (const code of counts) assert.equal(now[code] - was[code], more[code], code);
  for (const [code, [above, below]] of Object.entries(shares)) assert.ok(Math.abs(now[code] - now[above] / now[below]) < 1e-6, code);
  assert.ok(Math.abs(now.forced_share - now.forced_of_opened / (now.forced_of_opened + now.to_close)) < 1e-6);
  assert.ok(now.suspended_age >= 0 && now.suspended_age < 3600);
  for (const [code, number] of [['reopened_share', again], ['forced_share', forced], ['suspended_share', suspended], ['gone_again_share', gone[1]], ['fed_back_bare_share', bare], ['checked_bare_share', bare]]) {
    const list = await people.manager1.want(`/cases?figure=${code}&${period}&limit=500`);
    assert.ok(list.items.some((one) => one.number === number), code);
    assert.equal(list.total, now[shares[code]?.[0] ?? 'forced_of_opened'], code);
  }
});
