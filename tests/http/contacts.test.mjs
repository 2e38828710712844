// SPDX-License-Identifier: MPL-2.0
// Calls, visits, messages: found by number, joined, asked about, answered; duplicates merged
// with everybody still answered; who sees a reporter's data, and who looked.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { addCity, copyModel, demoLogins, nobody, Person, Server, startServer, Stream, uuid } from './lib.mjs';

let server;
const people = {};
before(async () => {
  server = await startServer();
  for (const login of Object.keys(server.logins)) people[login] = await server.signIn(login);
});
after(() => server?.remove());

const wang = { name: '王小明', phone: '+86 138-0013-8000', email: 'wang@example.org', address: 'Lane 4, door 7' };
const secrets = [...Object.values(wang), '13800138000'];
const post = (person, path, body, key = uuid()) => person.call('POST', path, body, { 'Idempotency-Key': key });
const find = async (person, phone) => {
  const answer = await post(person, '/contacts/find', { phone });
  assert.equal(answer.status, 200, answer.text);
  return answer.body.items;
};
const contact = (person, body, key) => post(person, '/contacts', body, key);
async function open(body = {}) {
  const answer = await people.acceptor1.report({ source: 'hotline', ...body });
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}
const waiting = async (person = people.acceptor1) => (await person.want('/contacts/waiting?limit=200')).items;

test('who calls again is found by number, with what became of it', async () => {
  const made = await open({ reporter: wang, contact: { channel: 'call', words: 'It stinks.' } });
  assert.equal(made.contacts.length, 1);
  assert.equal(made.contacts[0].purpose, 'opened');
  assert.equal(made.contacts[0].wants_answer, true);
  for (const typed of ['13800138000', '138 0013 8000', '+8613800138000', '１３８００１３８０００']) {
    const items = await find(people.acceptor1, typed);
    assert.equal(items.length, 1, typed);
    assert.equal(items[0].reporter.name, wang.name);
    assert.equal(items[0].case.number, made.number);
    assert.equal(items[0].case.step, 'accept');
  }
  assert.deepEqual(await find(people.acceptor1, '13800138001'), []);
  const short = await post(people.acceptor1, '/contacts/find', { phone: '138' });
  assert.equal(short.status, 400);
  assert.equal(short.body.code, 'contact.number_short');
  for (const login of ['dispatcher1', 'collector1', 'parks1', 'manager1', 'inspector1', 'admin1']) {
    assert.equal((await post(people[login], '/contacts/find', { phone: '13800138000' })).status, 403, login);
  }
  assert.equal((await post(nobody(server), '/contacts/find', { phone: '13800138000' })).status, 401);
});

test('joining and asking are told to everybody who watches, without saying who', async () => {
  const made = await open();
  const stream = await new Stream(people.dispatcher1).ready;
  const joined = await contact(people.acceptor1, { purpose: 'joined', number: made.number, reporter: { name: 'Li', phone: '555-01429' }, contact: { channel: 'visit', words: 'still there', wants_answer: true } });
  assert.equal(joined.status, 201, joined.text);
  await stream.wait((event) => event.data.number === made.number, 'the change');
  stream.close();
  const seen = await people.dispatcher1.get(`/cases/${made.number}`);
  assert.equal(seen.body.contacts.length, 1);
  assert.equal(seen.body.contacts[0].channel, 'visit');
  assert.equal(seen.body.contacts[0].words, 'still there');
  assert.equal(seen.body.contacts[0].reporter.masked, true);
  assert.equal(seen.body.contacts[0].reporter.name, 'L**');
  assert.ok(!seen.text.includes('555-01429'));
  const row = seen.body.history.at(-1);
  assert.equal(row.kind, 'contacted');
  assert.deepEqual(row.inputs, { channel: 'visit', contact: joined.body.contact.id, purpose: 'joined' });
  // Answered while the caller holds the line: nobody has to call back.
  const asked = await contact(people.acceptor1, { purpose: 'asked', number: made.number, told: 'Tomorrow.', reporter: { phone: '555-0777' } });
  assert.equal(asked.body.contact.answered.reached, true);
  // A question that is about no case.
  const general = await contact(people.acceptor1, { purpose: 'asked', told: 'Ring the water works.' });
  assert.equal(general.body.contact.number, null);
  assert.equal(general.body.contact.reporter.anonymous, true);
  for (const [body, code] of [
    [{ purpose: 'joined' }, 'contact.no_case'],
    [{ purpose: 'joined', number: 'TT209901010001' }, 'case.unknown'],
    [{ purpose: 'gossip', number: made.number }, 'case.input'],
    [{ purpose: 'asked', number: made.number, contact: { channel: 'pigeon' } }, 'case.input'],
    [{ purpose: 'asked', number: made.number, reporter: { anonymous: true, phone: '1' } }, 'contact.anonymous'],
    [{ purpose: 'asked', number: made.number, reporter: { voice: 'ab'.repeat(32) } }, 'contact.voice'],
  ]) {
    const answer = await contact(people.acceptor1, body);
    assert.equal(answer.body.code, code, answer.text);
  }
  assert.equal((await contact(people.dispatcher1, { purpose: 'asked', number: made.number })).status, 403);
});

test('a contact that is sent again is stored once', async () => {
  const made = await open();
  const body = { purpose: 'joined', number: made.number, reporter: { name: 'Zhao', phone: '010-6666 5555' } };
  const key = uuid();
  const both = await Promise.all([contact(people.acceptor1, body, key), contact(people.acceptor1, body, key)]);
  for (const answer of both) assert.equal(answer.status, 201, answer.text);
  assert.equal(both[0].body.contact.id, both[1].body.contact.id);
  assert.equal((await contact(people.acceptor1, body, key)).body.contact.id, both[0].body.contact.id);
  const other = await contact(people.acceptor1, { ...body, number: undefined, purpose: 'asked' }, key);
  assert.equal(other.status, 422, other.text);
  assert.equal((await find(people.acceptor1, '01066665555')).length, 1);
  assert.equal((await people.acceptor1.want(`/cases/${made.number}`)).history.length, 2);
});

test('duplicates are shown, merged again and again, and every reporter is answered', async () => {
  const at = (lon) => ({ point: { lon, lat: 30.0012 } });
  const first = await open({ ...at(120.0012), reporter: { name: 'A', phone: '5550001' } });
  const second = await open({ ...at(120.00125), reporter: { name: 'B', phone: '5550002' } });
  const third = await open({ ...at(120.0013), reporter: { name: 'C', phone: '5550003' } });
  const near = await people.acceptor1.want(`/duplicates?class=e0110&lon=120.0012&lat=30.0012&except=${first.number}`);
  assert.deepEqual(near.items.slice(0, 2).map((one) => one.case.number), [second.number, third.number]);
  assert.ok(near.items[0].distance_m > 4 && near.items[0].distance_m < 6, String(near.items[0].distance_m));
  assert.equal(near.items[0].contacts, 1);
  assert.equal((await people.acceptor1.want(`/duplicates?class=e0110&lon=120.0112&lat=30.0012`)).items.filter((one) => one.case.number === first.number).length, 0);
  assert.equal((await people.acceptor1.get('/duplicates?class=e0110&lon=120')).status, 400);

  const self = await people.acceptor1.act(first.number, 'merge', { case: first.number });
  assert.equal(self.status, 409);
  assert.equal(self.body.code, 'case.merge_self');
  assert.equal((await people.acceptor1.act(first.number, 'merge', { case: second.number })).status, 200);
  assert.equal((await people.acceptor1.act(second.number, 'merge', { case: third.number })).status, 200);
  const merged = await people.acceptor1.want(`/cases/${first.number}`);
  assert.equal(merged.outcome, 'merged');
  assert.equal(merged.merged_into, third.number);
  // The reporter of the duplicate calls and is led to the case where it lies now.
  const [called] = await find(people.acceptor1, '555 0001');
  assert.equal(called.number, first.number);
  assert.equal(called.case.number, third.number);
  const asked = await contact(people.acceptor1, { purpose: 'asked', number: first.number, reporter: { name: 'A', phone: '5550001' } });
  assert.equal(asked.body.contact.number, third.number);
  assert.equal(asked.body.contact.named, first.number);
  const survivor = await people.acceptor1.want(`/cases/${third.number}`);
  assert.deepEqual(survivor.duplicates, [first.number, second.number]);
  assert.equal(survivor.contacts.length, 4);
  assert.ok(!(await waiting()).some((one) => [first, second, third].some((made) => made.number === one.number)));

  assert.equal((await people.acceptor1.act(third.number, 'reject', { opinion: 'private ground' })).status, 200);
  const due = (await waiting()).filter((one) => one.case?.number === third.number);
  assert.deepEqual(due.map((one) => one.reporter.phone).sort(), ['5550001', '5550001', '5550002', '5550003']);
  const missed = await post(people.acceptor1, `/contacts/${due[0].id}/answer`, { reached: false });
  assert.equal(missed.status, 200, missed.text);
  assert.equal(missed.body.contact.tries, 1);
  for (const one of due) {
    const key = uuid();
    for (let i = 0; i < 2; i++) {
      const answer = await post(people.acceptor1, `/contacts/${one.id}/answer`, { reached: true, told: 'It is private ground.' }, key);
      assert.equal(answer.status, 200, answer.text);
    }
  }
  assert.equal((await waiting()).filter((one) => one.case?.number === third.number).length, 0);
  const twice = await post(people.acceptor1, `/contacts/${due[0].id}/answer`, { reached: true });
  assert.equal(twice.body.code, 'contact.answered');
  const late = await contact(people.acceptor1, { purpose: 'joined', number: first.number });
  assert.equal(late.body.code, 'contact.case_ended');
});

test('a look behind the mask needs a reason and is kept', async () => {
  const made = await open({ reporter: wang });
  for (const login of ['dispatcher1', 'inspector1', 'manager1', 'collector1', 'admin1']) {
    const answer = await people[login].get(`/cases/${made.number}`);
    for (const secret of secrets) assert.ok(!answer.text.includes(secret), `${login}: ${secret}`);
  }
  const path = `/cases/${made.number}/unmask`;
  assert.equal((await post(people.inspector1, path, {})).status, 400);
  assert.equal((await post(people.inspector1, path, { reason: '' })).body.code, 'contact.reason');
  assert.equal((await post(people.collector1, path, { reason: 'curious' })).status, 403);
  const key = uuid();
  for (let i = 0; i < 2; i++) {
    const answer = await post(people.inspector1, path, { reason: 'A complaint about the call' }, key);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.contacts[0].reporter.phone, wang.phone);
    assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
  }
  // Only this once: the case is masked again, and the look stands in the list.
  assert.equal((await people.inspector1.want(`/cases/${made.number}`)).contacts[0].reporter.masked, true);
  const looks = (await people.leader1.want(`/unmaskings?number=${made.number}`)).items;
  assert.equal(looks.length, 1);
  assert.equal(looks[0].reason, 'A complaint about the call');
  assert.equal((await people.dispatcher1.get('/unmaskings')).status, 403);
});

test('the handling department sees a reporter who agreed, and no other', async () => {
  const dispatch = async (reporter) => {
    const { number } = await open({ source: 'leader', reporter });
    assert.equal((await people.acceptor1.act(number, 'accept')).status, 200);
    assert.equal((await people.leader1.act(number, 'file')).status, 200);
    const found = (await people.dispatcher1.want('/departments')).items.find((one) => one.code === 'parks');
    assert.equal((await people.dispatcher1.act(number, 'dispatch', { department: found.id })).status, 200);
    return people.parks1.want(`/cases/${number}`);
  };
  assert.equal((await dispatch({ ...wang, agreed: true })).reporter.phone, wang.phone);
  const masked = await dispatch(wang);
  assert.equal(masked.reporter.masked, true);
  assert.equal(masked.reporter.address, '**');
});

test('an anonymous caller is nobody, and is not called back', async () => {
  const made = await open({ source: 'leader', reporter: { anonymous: true }, contact: { channel: 'call' } });
  assert.equal(made.reporter.anonymous, true);
  assert.equal(made.contacts[0].wants_answer, false);
  const refused = await people.acceptor1.report({ source: 'hotline', reporter: { ...wang, anonymous: true } });
  assert.equal(refused.body.code, 'contact.anonymous');
});

// 0.1 s of a tone, 8 kHz, 8 bits.
function wav() {
  const data = Buffer.from(Array.from({ length: 800 }, (_, i) => 128 + Math.round(60 * Math.sin(i / 3))));
  const head = Buffer.alloc(44);
  head.write('RIFF', 0); head.writeUInt32LE(36 + data.length, 4); head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16); head.writeUInt16LE(1, 20); head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24); head.writeUInt32LE(8000, 28); head.writeUInt16LE(1, 32); head.writeUInt16LE(8, 34);
  head.write('data', 36); head.writeUInt32LE(data.length, 40);
  return new Uint8Array(Buffer.concat([head, data]));
}

test("a caller's voice is heard by whoever may know the caller", async () => {
  const bytes = wav();
  const voice = createHash('sha256').update(bytes).digest('hex');
  const sent = await people.acceptor1.call('POST', '/media', bytes, { 'Content-Type': 'audio/wav' });
  assert.equal(sent.status, 201, sent.text);
  const made = await open({ reporter: { ...wang, voice } });
  assert.equal(made.contacts[0].reporter.voice, voice);
  assert.equal((await people.leader1.get(`/media/${voice}`)).status, 200);
  for (const login of ['dispatcher1', 'inspector1', 'parks1', 'collector1', 'manager1']) {
    assert.equal((await people[login].get(`/media/${voice}`)).status, 404, login);
    const seen = await people[login].get(`/cases/${made.number}`);
    assert.ok(!seen.text.includes(voice), login);
  }
  assert.equal((await people.dispatcher1.want(`/cases/${made.number}`)).contacts[0].reporter.has_voice, true);
});

test('who wants to be forgotten is, everywhere', async () => {
  const gone = { name: 'Quillfeather', phone: '13911112222' };
  const made = await open({ reporter: gone });
  const [found] = await find(people.acceptor1, gone.phone);
  await contact(people.acceptor1, { purpose: 'asked', number: made.number, reporter: gone });
  const path = `/contacts/${found.id}/erase`;
  assert.equal((await post(people.acceptor1, path, {})).status, 403);
  const answer = await post(people.leader1, path, { everywhere: true });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.erased, 2);
  assert.deepEqual(await find(people.acceptor1, gone.phone), []);
  const seen = await people.acceptor1.get(`/cases/${made.number}`);
  assert.ok(!seen.text.includes('Quillfeather') && !seen.text.includes(gone.phone));
  assert.ok(seen.body.contacts.every((one) => one.reporter.erased));
  const list = (await people.acceptor1.want('/cases?q=Quillfeather')).items;
  assert.equal(list.length, 0);
});

function assertLog() {
  for (const secret of [...secrets, '5550001', 'Quillfeather', '13700001111']) assert.ok(!server.log.includes(secret), secret);
}

/** A city like this one, in which inspectors call back instead of acceptors. */
function modelOfInspectors() {
  const model = copyModel('othertown');
  const table = (name) => join(model.path, '../../grids/standard/process', name);
  const edit = (name, change) => writeFileSync(table(name), readFileSync(table(name), 'utf8').replace(...change));
  edit('actions.csv', [/^(call_back,called_back,callback,\w+|call_back,called_back,callback,=),,acceptor/gm, '$1,,inspector']);
  edit('steps.csv', [/^callback,(\w+),callback,role:acceptor/m, 'callback,$1,callback,role:inspector']);
  return model;
}

test("another city's user finds and takes nothing; whoever has to call back there sees whom", async () => {
  const made = await open({ reporter: { name: 'Far', phone: '13700001111' } });
  const model = modelOfInspectors();
  try {
    await server.stop();
    assertLog(); // of the server that ends here
    await addCity(server.data, 'othertown', model.path);
    await server.start();
    const other = new Server(server.data, 'othertown');
    Object.assign(other, { base: server.base, api: `${server.base}/othertown/api/v1`, logins: demoLogins(server.data, 'othertown') });
    const there = {};
    for (const login of ['acceptor1', 'leader1', 'dispatcher1', 'parks1', 'collector1', 'inspector1']) there[login] = await other.signIn(login);
    assert.deepEqual((await post(there.acceptor1, '/contacts/find', { phone: '13700001111' })).body.items, []);
    assert.equal((await contact(there.acceptor1, { purpose: 'joined', number: made.number })).status, 404);
    // Their session is nobody's here.
    const here = new Person(server, 'acceptor1', there.acceptor1.headers, null);
    assert.equal((await post(here, '/contacts/find', { phone: '13700001111' })).status, 401);
    assert.equal((await post(here, `/cases/${made.number}/unmask`, { reason: 'x' })).status, 401);

    const { number } = (await there.acceptor1.report({ source: 'leader', reporter: wang })).body;
    const parks = (await there.dispatcher1.want('/departments')).items.find((one) => one.code === 'parks');
    for (const [login, action, inputs] of [
      ['acceptor1', 'accept'], ['leader1', 'file'], ['dispatcher1', 'dispatch', { department: parks.id }], ['parks1', 'sign'],
      ['parks1', 'feed_back', { opinion: 'done' }], ['dispatcher1', 'accept_feedback'], ['collector1', 'check', { result: 'pass' }],
    ]) {
      assert.equal((await there.inspector1.want(`/cases/${number}`)).reporter.masked, true, action);
      const answer = await there[login].act(number, action, inputs);
      assert.equal(answer.status, 200, `${action}: ${answer.text}`);
    }
    const seen = await there.inspector1.want(`/cases/${number}`);
    assert.equal(seen.reporter.phone, wang.phone);
    const called = await there.inspector1.act(number, 'call_back', { reached: 'yes', solved: 'yes', satisfied: 'yes' });
    assert.equal(called.status, 200, called.text);
    assert.equal(called.body.contacts[0].answered.reached, true); // the call back was the answer
    assert.equal((await there.inspector1.want(`/cases/${number}`)).reporter.masked, true);
  } finally {
    model.remove();
  }
});

test('nothing of a person stands in the log', assertLog);
