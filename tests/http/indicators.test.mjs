// SPDX-License-Identifier: MPL-2.0
// Indicators as data: their definitions over the API, a city's own, dry runs, and every
// count of a played month against a count made here out of the cases' histories.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Server, addCity, binary, cli, copyModel, demoLogins, root } from './lib.mjs';

const run = promisify(execFile);
let server, manager, data, model, cases, seconds;
const today = () => new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10);
const cover = { class: 'c0101', condition: 'c0101-1' }; // nobody plays these
const period = `from=2026-01-01&to=${today()}`;

const own = {
  own_counts: 'code,name_zh,name_en,on,until,when,value,unit\n' +
    'night,夜间上报数,Reported of garbage,opened,,class = e0110 and source = collector,,\n' +
    'slow,慢,Took over a day,ended,,"closed and seconds(opened, ended) > 1 d",,\n',
  own_indicators: 'code,version,name_zh,name_en,formula,if_zero,unit,better\n' +
    'night_share,2,垃圾占比,Share of garbage,night / opened,0,share,less\n' +
    'closing_rate,9,结案率,Closing rate of our own,closed_of_opened / opened,blank,share,more\n',
  given: 'code,from,to,value,note\ncollection_cost,2026-01-01,2026-12-31,365000,contract\n',
  missed: 'class,within,shift\nc0101,24 h,any\n',
  before: 'code,name_zh,name_en,value,period,source\non_time_rate,,,26.7 %,2005,bulletin\n' +
    'patrol,巡查频次,Rounds a day,2,2005,bulletin\n',
};

before(async () => {
  data = mkdtempSync(join(tmpdir(), 'gridcase-http-'));
  model = copyModel('tinytown', (ini) =>
    ini + Object.keys(own).map((name) => `[table ${name}]\nsource = tables/${name}.csv\n`).join(''));
  for (const [name, text] of Object.entries(own)) writeFileSync(join(model.path, 'tables', `${name}.csv`), text);
  await addCity(data, 'tinytown', model.path);
  const plan = join(data, 'plan.ini');
  const shipped = readFileSync(join(root, 'grids/haidian/play.ini'), 'utf8');
  writeFileSync(plan, shipped.replace(/^cases_per_day = .*/m, 'cases_per_day = 9')
    .replace(/\[classes\][^[]*/, '[classes]\nc* = 0\ne* = 3\n\n'));
  await cli('play', 'tinytown', '--plan', plan, '--days', '20', '--seed', '6', '--data', data);
  server = new Server(data, 'tinytown');
  server.logins = demoLogins(data);
  await server.start();
  manager = await server.signIn('manager1');
  const collector = await server.signIn('collector1');
  for (let i = 0; i < 5; i++) assert.equal((await collector.report(cover)).status, 201);
  cases = await readCases();
});
after(async () => {
  if (server?.child?.exitCode === null) await server.stop();
  model?.remove();
  rmSync(data, { recursive: true, force: true });
});

// ---- the cases, as their histories tell them ----
async function readCases() {
  const found = [];
  for (let cursor = ''; cursor !== null;) {
    const page = await manager.want(`/cases?figure=opened&${period}&limit=500${cursor && `&cursor=${cursor}`}`);
    for (const item of page.items) found.push(await manager.want(`/cases/${item.number}`));
    cursor = page.next_cursor ?? null;
  }
  return found.map((detail) => {
    const rows = detail.history;
    const first = (...kinds) => rows.find((row) => kinds.includes(row.kind))?.at;
    const said = (name) => rows.findLast((row) => row.inputs?.[name] !== undefined)?.inputs[name]; // by the last who was asked
    const last = (...kinds) => rows.findLast((row) => kinds.includes(row.kind))?.at;
    const ended = rows.at(-1).stage === 'ended' || rows.findLast((row) => row.stage !== 'ended') !== rows.at(-1)
      ? rows.find((row, i) => row.stage === 'ended' && rows.slice(i).every((one) => one.stage === 'ended'))?.at : undefined;
    return {
      class: detail.class.code,
      source: detail.source,
      outcome: ended ? detail.outcome : 'none',
      opened: rows[0].at,
      ended,
      accepted: first('accepted'),
      filed: first('filed'),
      sent: first('sent', 'sorted'),
      verified: last('verified'),
      checked: last('checked'),
      reached: said('reached'),
      solved: said('solved'),
      reworked: rows.filter((row) => row.kind === 'reworked' || (row.kind === 'checked' && row.inputs.result === 'fail') ||
        (row.kind === 'called_back' && ['sign', 'desk'].includes(row.to))).length,
      resent: rows.filter((row) => row.kind === 'resent').length,
      returned: rows.filter((row) => row.kind === 'returned' && ['sign', 'handle'].includes(row.from)).length,
    };
  });
}

const local = (at) => new Date(Date.parse(at) + 8 * 3600e3).toISOString();
seconds = (from, to) => (from && to ? Math.floor(Date.parse(to) / 1000) - Math.floor(Date.parse(from) / 1000) : 0);
const outside = ['hotline', 'citizen', 'media'];

// code: [instant, condition, value]
const counts = {
  opened: ['opened', () => true],
  ended: ['ended', () => true],
  closed: ['ended', (one) => one.outcome === 'closed'],
  closed_of_opened: ['opened', (one) => one.outcome === 'closed'],
  to_close: ['opened', (one) => one.outcome === 'closed' || !one.ended],
  closed_seconds: ['ended', (one) => one.outcome === 'closed', (one) => seconds(one.opened, one.ended)],
  by_collectors: ['opened', (one) => one.source === 'collector'],
  by_public: ['opened', (one) => outside.includes(one.source)],
  valid: ['opened', (one) => one.filed],
  valid_by_collectors: ['opened', (one) => one.filed && one.source === 'collector'],
  wrong_by_collectors: ['opened', (one) => one.source === 'collector' && ['declined', 'not_accepted', 'voided'].includes(one.outcome)],
  accepted: ['accepted', () => true],
  accepted_rightly: ['accepted', (one) => !['declined', 'voided'].includes(one.outcome)],
  filed: ['filed', () => true],
  filed_rightly: ['filed', (one) => one.outcome !== 'voided'],
  declined: ['ended', (one) => one.outcome === 'declined'],
  voided: ['ended', (one) => one.outcome === 'voided'],
  sent: ['sent', () => true],
  to_send: ['filed', (one) => one.sent || !one.ended],
  sent_rightly: ['sent', (one) => one.resent === 0],
  verified: ['verified', () => true],
  checked: ['checked', () => true],
  reworks: ['opened', (one) => one.outcome === 'closed' || !one.ended, (one) => one.reworked],
  reworked_cases: ['opened', (one) => one.reworked > 0],
  returns: ['opened', () => true, (one) => one.returned],
  returned_cases: ['opened', (one) => one.returned > 0],
  found_by_collectors: ['filed', (one) => one.source === 'collector'],
  public_filed: ['filed', (one) => outside.includes(one.source)],
  reached: ['ended', (one) => one.reached === 'yes'],
  solved: ['ended', (one) => one.reached === 'yes' && one.solved === 'yes'], // by the last call back
  answer_seconds: ['accepted', () => true, (one) => seconds(one.opened, one.accepted)],
  verify_seconds: ['verified', () => true, (one) => seconds(one.opened, one.verified)],
  dispatch_seconds: ['sent', (one) => one.filed, (one) => seconds(one.filed, one.sent)],
  night: ['opened', (one) => one.class === 'e0110' && one.source === 'collector'],
  slow: ['ended', (one) => one.outcome === 'closed' && seconds(one.opened, one.ended) > 86400],
};
const rates = {
  filing_accuracy: ['filed_rightly', 'filed'],
  valid_rate: ['valid_by_collectors', 'by_collectors'],
  error_rate: ['wrong_by_collectors', 'by_collectors'],
  acceptance_accuracy: ['accepted_rightly', 'accepted'],
  sending_accuracy: ['sent_rightly', 'sent'],
  rework_rate: ['reworks', 'to_close'],
  mean_time_to_close: ['closed_seconds', 'closed'],
  night_share: ['night', 'opened'],
  closing_rate: ['closed_of_opened', 'opened'], // the city's own definition
};

function count(code, fits = () => true) {
  const [on, condition, value = () => 1] = counts[code];
  return cases.filter((one) => one[on] && condition(one) && fits(one, on)).reduce((sum, one) => sum + value(one), 0);
}

const keyed = {
  day: (one, on) => local(one[on]).slice(0, 10),
  month: (one, on) => local(one[on]).slice(0, 7),
  quarter: (one, on) => `${local(one[on]).slice(0, 4)}-Q${Math.floor((Number(local(one[on]).slice(5, 7)) - 1) / 3) + 1}`,
  year: (one, on) => local(one[on]).slice(0, 4),
  hour: (one, on) => local(one[on]).slice(11, 13),
  weekday: (one, on) => String(new Date(local(one[on])).getUTCDay() || 7),
  class: (one) => one.class,
  source: (one) => one.source,
};

test('every count and rate by many crosses is what the histories say', { timeout: 60000 }, async () => {
  assert.ok(cases.length > 120, `${cases.length} cases`);
  assert.ok(count('verified') > 5 && count('checked') > 20 && count('declined') > 0 && count('reworks') > 0);
  const codes = [...Object.keys(counts), ...Object.keys(rates)];
  let compared = 0;
  for (const by of ['none', 'day', 'month,class', 'quarter', 'year,source', 'hour', 'weekday', 'weekday,hour', 'class,hour']) {
    const answer = await manager.want(`/figures?by=${by}&measures=${codes.join(',')}&${period}`);
    const at = Object.fromEntries(answer.measures.map((measure, i) => [measure.code, i]));
    const told = [...answer.rows, { keys: [], values: answer.totals }];
    for (const row of told) {
      const names = by.split(',');
      const fits = (one, on) => row.keys.every((key, i) => keyed[names[i]](one, on) === key.code);
      const mine = Object.fromEntries(Object.keys(counts).map((code) => [code, count(code, fits)]));
      for (const code of Object.keys(counts)) {
        assert.equal(row.values[at[code]], mine[code], `${code} by ${by}: ${row.keys.map((key) => key.code)}`);
        compared++;
      }
      for (const [code, [above, below]] of Object.entries(rates)) {
        const zero = code === 'night_share' ? 0 : null;
        const value = mine[below] ? mine[above] / mine[below] : zero;
        if (value === null) assert.equal(row.values[at[code]], null, code);
        else assert.ok(Math.abs(row.values[at[code]] - value) < 0.06, `${code} by ${by}`);
      }
    }
  }
  assert.ok(compared > 5000);
});

test('behind each count of cases stand exactly its cases, above and below the line of a rate too', async () => {
  const codes = (await manager.want('/indicators')).measures.filter((one) => one.count && one.unit === 'cases').map((one) => one.code);
  assert.ok(codes.length > 60);
  const answer = await manager.want(`/figures?by=hour&measures=${codes.join(',')}&${period}`);
  const busy = answer.rows.reduce((most, row) => (row.values[0] > most.values[0] ? row : most));
  for (const row of [busy, { list: answer.list, values: answer.totals }]) {
    const lists = await Promise.all(codes.map((code) => manager.want(`/cases?figure=${code}&${row.list}&limit=1`)));
    codes.forEach((code, i) => assert.equal(lists[i].total, row.values[i], `${code} ${row.list}`));
  }
  for (const [part, code] of [['numerator', 'filed_rightly'], ['denominator', 'filed']]) {
    const list = await manager.want(`/cases?figure=filing_accuracy&figure_part=${part}&${period}&limit=1`);
    assert.equal(list.total, count(code));
  }
  assert.equal((await manager.get(`/cases?figure=survey_duration&${period}`)).body.code, 'figures.no_list');
});

test('every definition is told in both languages, with what the city has entered', async () => {
  const told = await manager.want('/indicators');
  for (const measure of told.measures) {
    assert.ok(measure.label['zh-CN'] && measure.label.en, measure.code);
    assert.ok(measure.count ? measure.on : measure.formula, measure.code);
  }
  const named = Object.fromEntries(told.measures.map((measure) => [measure.code, measure]));
  assert.equal(named.closing_rate.formula, 'closed_of_opened / opened');
  assert.deepEqual([named.closing_rate.own, named.closing_rate.version, named.filing_rate.own], [true, '9', false]);
  assert.deepEqual(named.detection_rate.below, ['found_by_collectors', 'public_filed']);
  assert.equal(named.detection_rate_walked.lacks_given, true);
  assert.equal(told.before.length, 2);
  const words = Object.fromEntries(told.words.map((one) => [one.word, one]));
  assert.deepEqual([words.filed.type, words.filed.label['zh-CN']], ['instant', '立案']);
  for (const count of told.measures.filter((one) => one.count)) assert.equal(words[count.on].type, 'instant', count.code);
  assert.equal(told.given[0].value, 365000);
  // 1,000 a day: of the whole city alone, for no class by itself.
  const days = 10;
  const cost = await manager.want('/figures?by=none&measures=cost_per_valid,valid_by_collectors&from=2026-03-01&to=2026-03-10');
  assert.deepEqual(cost.totals[1], 0);
  assert.equal(cost.totals[0], null);
  const from = local(cases.at(-1).opened).slice(0, 10);
  const to = new Date(Date.parse(from) + (days - 1) * 86400e3).toISOString().slice(0, 10);
  const priced = await manager.want(`/figures?by=none&measures=cost_per_valid&from=${from}&to=${to}`);
  const valid = count('valid_by_collectors', (one) => local(one.opened) < `${to}U`);
  assert.ok(Math.abs(priced.totals[0] - (1000 * days) / valid) < 0.01, `${priced.totals[0]} ${valid}`);
  const split = await manager.want(`/figures?by=class&measures=cost_per_valid&from=${from}&to=${to}`);
  assert.ok(split.rows.every((row) => row.values[0] === null));
});

test('figures of before are entered once, corrected, and taken back', async () => {
  const enter = (person, body) => person.call('POST', '/indicators/before', { period: '2004', source: 'bulletin', ...body });
  const told = async (code) => (await manager.want('/indicators')).before.filter((one) => one.code === code);
  const leader = await server.signIn('leader1');
  assert.equal((await enter(leader, { code: 'callback_rate', value: '50 %' })).status, 403);
  assert.equal((await enter(manager, { code: 'nothing_such', value: '1' })).body.code, 'indicators.before');
  assert.equal((await enter(manager, { code: 'callback_rate', value: '50 %', period: ' ' })).body.code, 'indicators.before');
  assert.equal((await enter(manager, { code: 'callback_rate', value: '长'.repeat(61) })).body.code, 'indicators.before');
  assert.equal((await enter(manager, { code: 'callback_rate', value: '50 %' })).status, 204);
  assert.equal((await enter(manager, { code: 'callback_rate', value: '51 %' })).status, 204);
  const [entered, ...more] = await told('callback_rate');
  assert.deepEqual([entered.value, entered.period, entered.source, more.length], ['51 %', '2004', 'bulletin', 0]);
  assert.ok(entered.by && entered.at && entered.label['zh-CN']);
  // What somebody entered comes before the city's table; taken back, the table speaks again.
  assert.deepEqual((await told('on_time_rate')).map((one) => [one.value, one.at]), [['26.7 %', null]]);
  assert.equal((await enter(manager, { code: 'on_time_rate', value: '27 %' })).status, 204);
  assert.deepEqual((await told('on_time_rate')).map((one) => one.value), ['27 %']);
  for (const code of ['on_time_rate', 'callback_rate']) assert.equal((await enter(manager, { code, value: '' })).status, 204);
  assert.deepEqual((await told('on_time_rate')).map((one) => one.value), ['26.7 %']);
  assert.equal((await told('callback_rate')).length, 0);
});

test('a dry run shows old months by new definitions, and refuses what cannot be reckoned', async () => {
  const send = (tables, query = 'measures=closing_rate,speed&by=month') =>
    manager.call('POST', `/indicators/try?${query}&${period}`, tables);
  const head = 'code,name_en,formula,if_zero,unit\n';
  const draft = { own_indicators: `${head}closing_rate,Rate,closed_of_opened / to_close,blank,share\nspeed,Speed,closed / days,blank,number\n` };
  const tried = await send(draft);
  assert.equal(tried.status, 200, tried.text);
  assert.notEqual(tried.body.now_digest, tried.body.draft_digest);
  const value = (answer, code) => answer.totals[answer.measures.findIndex((one) => one.code === code)];
  assert.ok(Math.abs(value(tried.body.now, 'closing_rate') - count('closed_of_opened') / count('opened')) < 1e-6);
  assert.ok(Math.abs(value(tried.body.draft, 'closing_rate') - count('closed_of_opened') / count('to_close')) < 1e-6);
  assert.ok(value(tried.body.draft, 'speed') > 0);
  assert.ok(!tried.body.now.measures.some((one) => one.code === 'speed'));
  for (const [row, words] of [
    ['a,A,opened / (3 - 3),blank,share', /always divides by 0/],
    ['a,A,opened / closed,,share', /over nothing/],
    ['a,A,b + 1,0,number\nb,B,a * 2,0,number', /made of itself/],
    ['a,A,opened + nothing,0,number', /no count 'nothing'/],
    ['a,A,opened +,0,number', /missing/],
  ]) {
    const refused = await send({ own_indicators: head + row });
    assert.equal(refused.status, 400, row);
    assert.equal(refused.body.code, 'indicators.invalid', refused.text);
    assert.match(refused.body.detail, words);
  }
  // The same from a shell, over a folder.
  const folder = join(data, 'draft');
  mkdirSync(folder);
  writeFileSync(join(folder, 'own_indicators.csv'), draft.own_indicators);
  const { stdout } = await run(binary, ['indicators', 'try', 'tinytown', folder, '--measures', 'closing_rate,speed',
    '--from', '2026-01-01', '--data', data]);
  const line = stdout.split('\n').find((one) => one.startsWith('total\tclosing_rate')).split('\t');
  assert.ok(Math.abs(Number(line[3]) - count('closed_of_opened') / count('to_close')) < 1e-4);
  writeFileSync(join(folder, 'own_counts.csv'), 'code,name_en,on,when\nx,X,opened,source = sea\n');
  await assert.rejects(run(binary, ['indicators', 'check', folder]), /own_counts\.csv.*2.*when.*not one of the values/s);
});

test('a missed report is judged with the filing, disputed, decided by somebody else, and counted so', async () => {
  const [collector, acceptor, leader] = await Promise.all(['collector1', 'acceptor1', 'leader1'].map((login) => server.signIn(login)));
  const day = today();
  const missed = async () => {
    const answer = await manager.want(`/figures?by=class&measures=missed,missed_rate&from=${day}&to=${day}`);
    return answer.totals[0];
  };
  const before = await missed();
  const file = async (person, source, lat) => {
    const reported = await person.report({ ...cover, source, point: { lon: 120.0005, lat } });
    assert.equal(reported.status, 201, reported.text);
    const { number } = reported.body;
    if (source !== 'collector') {
      assert.equal((await acceptor.act(number, 'send_verify')).status, 200);
      const checked = await collector.act(number, 'verify', { result: 'there' });
      assert.equal(checked.status, 200, checked.text);
    }
    for (const [who, action] of [[acceptor, 'accept'], [leader, 'file']]) {
      const answer = await who.act(number, action);
      assert.equal(answer.status, 200, `${action}: ${answer.text}`);
    }
    return number;
  };
  const [first] = [await file(acceptor, 'hotline', 30.0015)];
  assert.equal(await missed(), before + 1);
  const second = await file(acceptor, 'hotline', 30.0005); // collector1 reported one there
  assert.equal(await missed(), before + 1);
  assert.equal((await manager.want(`/missed/${second}`)).report.why, 'found_before');
  const told = (await manager.want('/missed?state=stands')).items.find((one) => one.number === first);
  assert.deepEqual([told.missed, told.why, told.class, told.within_s], [true, 'missed', 'c0101', 86400]);
  const list = await manager.want(`/cases?figure=missed&from=${day}&to=${day}&limit=500`);
  assert.ok(list.items.some((item) => item.number === first) && !list.items.some((item) => item.number === second));

  const say = (person, number, what, body) => person.call('POST', `/missed/${number}/${what}`, body);
  assert.equal((await say(collector, first, 'dispute', { reason: 'behind a fence' })).body.code, 'missed.not_yours');
  assert.equal((await say(leader, second, 'dispute', { reason: 'no' })).body.code, 'missed.not_open');
  assert.equal((await say(leader, first, 'decision', { reason: 'no', excused: true })).body.code, 'missed.not_disputed');
  assert.equal((await say(leader, first, 'dispute', { reason: ' ' })).body.code, 'missed.reason');
  // Everybody's for who reads the staff, by period; a collector's own for the collector.
  const all = await manager.want(`/missed?from=${day}&to=${day}`);
  assert.ok(all.states.stands >= 1 && all.items.some((one) => one.number === first && one.may_dispute && !one.may_decide));
  assert.equal(Object.values(all.states).reduce((a, b) => a + b, 0), all.items.length);
  const old = await manager.want('/missed?from=2026-01-01&to=2026-01-02');
  assert.deepEqual([old.items.length, old.states.stands], [0, 0]);
  const mine = await collector.want('/missed');
  assert.ok(!mine.items.some((one) => one.number === first), 'it counts against nobody, or somebody else');
  assert.equal((await manager.get('/missed?person=1')).body.code, 'api.unknown_parameter');
  const disputed = await say(leader, first, 'dispute', { reason: 'behind a fence' });
  assert.deepEqual([disputed.body.report.may_dispute, disputed.body.report.may_decide], [false, false]); // one's own
  assert.equal((await manager.want(`/missed/${first}`)).report.may_decide, true);
  assert.equal(disputed.status, 200, disputed.text);
  assert.equal(disputed.body.report.state, 'disputed');
  assert.equal(await missed(), before + 1); // counts until it is decided
  assert.equal((await say(leader, first, 'decision', { reason: 'yes', excused: true })).body.code, 'missed.own_dispute');
  const decided = await say(manager, first, 'decision', { reason: 'seen on the photo', excused: true });
  assert.equal(decided.body.report.state, 'excused', decided.text);
  assert.equal(await missed(), before);
});
