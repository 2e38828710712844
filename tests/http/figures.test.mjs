// SPDX-License-Identifier: MPL-2.0
// Figures: what they count, who sees which, and the list behind each.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { nobody, startServer } from './lib.mjs';

let server;
const people = {};
before(async () => {
  server = await startServer();
  for (const login of ['collector1', 'acceptor1', 'leader1', 'dispatcher1', 'parks1', 'manager1']) {
    people[login] = await server.signIn(login);
  }
});
after(() => server?.remove());

async function step(login, number, action, inputs) {
  const answer = await people[login].act(number, action, inputs);
  assert.equal(answer.status, 200, `${action}: ${answer.text}`);
}

// { measure: value } of a row or of the totals.
const told = (answer, values) =>
  Object.fromEntries(answer.measures.map((measure, i) => [measure.code, values[i]]));

async function figures(query, login = 'manager1') {
  const answer = await people[login].want(`/figures?${query}`);
  answer.total = told(answer, answer.totals);
  return answer;
}

// Every count of an answer against the list behind it.
async function compareLists(answer, login = 'manager1') {
  let compared = 0;
  for (const row of [...answer.rows, { values: answer.totals, list: answer.list }]) {
    const values = told(answer, row.values);
    for (const measure of answer.measures.filter((one) => one.unit === 'cases')) {
      const list = await people[login].want(`/cases?figure=${measure.code}&${row.list}&limit=500`);
      assert.equal(list.total, values[measure.code] ?? 0, `${measure.code} ${row.list}`);
      if (!list.next_cursor) assert.equal(list.items.length, list.total, `${measure.code} ${row.list}`);
      compared++;
    }
  }
  return compared;
}

test('a day of work is counted, and each figure opens its cases', async () => {
  const numbers = [];
  for (let i = 0; i < 4; i++) numbers.push((await people.collector1.report()).body.number);
  for (const number of numbers.slice(0, 3)) {
    await step('acceptor1', number, 'accept');
    await step('leader1', number, 'file');
  }
  const parks = (await people.dispatcher1.want('/departments')).items.find((one) => one.code === 'parks');
  for (const number of numbers.slice(0, 2)) {
    await step('dispatcher1', number, 'dispatch', { department: parks.id });
    await step('parks1', number, 'sign');
  }
  await step('parks1', numbers[0], 'feed_back', { opinion: 'swept' });
  await step('dispatcher1', numbers[0], 'accept_feedback');
  await step('collector1', numbers[0], 'check', { result: 'pass' });
  await step('leader1', numbers[0], 'close');

  const all = await figures('by=department,day');
  assert.equal(all.total.opened, 4);
  assert.equal(all.total.closed, 1);
  assert.equal(all.total.open, 3);
  assert.equal(all.total.overdue, 0);
  assert.equal(all.total.closing_rate, 0.25);
  assert.equal(all.total.on_time_rate, 1);
  assert.equal(all.total.handled_in_time, 1);
  assert.ok(all.total.mean_time_to_close >= 0);
  const own = all.rows.find((row) => row.keys[0].code === 'parks' && told(all, row.values).opened > 0);
  assert.equal(told(all, own.values).opened, 2);
  assert.equal(own.keys[0].label.en, parks.name.en);
  assert.ok((await compareLists(all)) > 20);
  for (const by of ['none', 'week', 'month', 'class', 'major', 'source', 'department:1', 'area:district,class']) {
    const answer = await figures(`by=${by}`);
    assert.equal(answer.total.opened, 4, by);
    await compareLists(answer);
  }

  // The department's user sees its part alone, lists too.
  const part = await figures('by=department', 'parks1');
  assert.equal(part.total.opened, 2);
  assert.deepEqual(part.rows.map((row) => row.keys[0].code), ['parks']);
  await compareLists(part, 'parks1');

  // Numerator and denominator of a rate.
  const list = (of) => people.manager1.want(`/cases?figure=closing_rate&${all.list}${of}`);
  assert.equal((await list('')).total, 1);
  assert.equal((await list('')).items[0].number, numbers[0]);
  assert.equal((await list('&figure_part=denominator')).total, 4);
});

test('a list behind a figure comes by pages, each case once', async () => {
  for (let i = 0; i < 5; i++) await people.collector1.report();
  const seen = [];
  let query = '/cases?figure=opened&limit=2';
  for (let cursor = ''; cursor !== null; ) {
    const page = await people.manager1.want(query + (cursor && `&cursor=${cursor}`));
    assert.ok(page.items.length <= 2 && page.total >= 5);
    seen.push(...page.items.map((item) => item.number));
    cursor = page.next_cursor;
    if (!cursor) assert.equal(seen.length, page.total);
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.deepEqual(seen, [...seen].sort().reverse(), 'newest first');
});

test('a move is in the figures as soon as it is answered', async () => {
  for (let i = 0; i < 5; i++) {
    const before = (await figures('measures=opened')).total.opened;
    await people.collector1.report();
    assert.equal((await figures('measures=opened')).total.opened, before + 1);
  }
});

test('figures come as a table too', async () => {
  const answer = await figures('by=source,day&measures=opened,closing_rate');
  const table = await people.manager1.get('/figures.csv?by=source,day&measures=opened,closing_rate&language=en');
  assert.equal(table.status, 200, table.text);
  assert.match(table.headers.get('content-type'), /^text\/csv/);
  assert.match(table.headers.get('content-disposition'), /tinytown-figures-\d{4}-\d\d-\d\d-.*\.csv/);
  const lines = table.text.replace('\ufeff', '').trim().split('\r\n');
  assert.equal(lines[0], 'Source code,Source,Day,Arrivals,Closing rate,Arrivals closed since,Arrivals to be closed');
  assert.equal(lines.length, answer.rows.length + 2);
  const [row] = answer.rows;
  assert.equal(lines[1], [row.keys[0].code, row.keys[0].label.en, row.keys[1].code, row.values[0],
    row.values[1].toFixed(4), row.values[2], row.values[3]].join(','));
  assert.equal(lines.at(-1), ['Total', '', '', answer.total.opened, answer.total.closing_rate.toFixed(4),
    answer.total.closed_of_opened, answer.total.to_close].join(','));
  const book = await people.manager1.get('/figures.xlsx?by=class');
  assert.equal(book.status, 200);
  assert.match(book.text, /^PK/);
  assert.equal((await people.manager1.get('/figures.csv?by=mood')).body.code, 'figures.by');
});

test('what is asked wrongly is refused by name', async () => {
  const refused = async (query, code, path = '/figures') => {
    const answer = await people.manager1.get(`${path}?${query}`);
    assert.equal(answer.status, 400, `${query}: ${answer.text}`);
    assert.equal(answer.body.code, code, query);
  };
  await refused('measures=beauty', 'figures.measure');
  await refused('by=mood', 'figures.by');
  await refused('by=area:moon', 'figures.by');
  await refused('by=department:0', 'figures.by');
  await refused('by=day,month', 'figures.by');
  await refused('by=class,class', 'figures.by');
  await refused('by=class,day,source', 'figures.by');
  await refused('from=yesterday', 'figures.period');
  await refused('from=2025-02-30', 'figures.period');
  await refused('from=2025-02-02&to=2025-02-01', 'figures.period');
  await refused('from=1980-01-01&to=2025-01-01', 'figures.period');
  await refused('department=-1', 'figures.filter');
  await refused('department=1,2,3,4,5', 'figures.filter');
  await refused('area=999999', 'figures.filter');
  await refused('source=moon', 'figures.filter');
  await refused('figure=beauty', 'figures.measure', '/cases');
  await refused('lead=1', 'figures.measure', '/cases');
  await refused('figure=opened&figure_part=half', 'figures.filter', '/cases');
  await refused('figure=opened&cursor=n1', 'case.cursor', '/cases');
  assert.equal((await people.manager1.get('/figures?colour=red')).body.code, 'api.unknown_parameter');
  assert.equal((await people.manager1.get('/cases?figure=opened&open=1')).body.code, 'api.unknown_parameter');
  assert.equal((await nobody(server).get('/figures')).status, 401);
});

test('days to come have no stock and no rate', async () => {
  const answer = await figures('from=2030-01-01&to=2030-01-02&by=day');
  assert.equal(answer.rows.length, 2);
  for (const row of answer.rows) {
    const values = told(answer, row.values);
    assert.equal(values.opened, 0);
    for (const name of ['open', 'overdue', 'closing_rate', 'on_time_rate', 'mean_time_to_close']) {
      assert.equal(values[name], null, name);
    }
  }
  assert.equal(answer.total.open, null);
});
