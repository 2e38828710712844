// SPDX-License-Identifier: MPL-2.0
// The list as CSV and XLSX: the same cases as the list for the same person, times in the
// city's zone, no formulas. The tables are read by readers of others: GDAL's for the
// workbook, one written here for the CSV.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { nobody, startServer } from './lib.mjs';

let server, leader, folder;
const evil = '=HYPERLINK("http://x","好")';
before(async () => {
  server = await startServer();
  leader = await server.signIn('leader1');
  folder = mkdtempSync(join(tmpdir(), 'gridcase-export-'));
  const collector = await server.signIn('collector1');
  for (let i = 0; i < 7; i++) {
    const made = await collector.report({
      description: [evil, '路面破损，"积水"较深\n第二行', '-1+1', 'plain, with comma'][i % 4],
      point: { lon: 120.0005 + i * 0.0001, lat: 30.0005 },
      address: i === 0 ? '@SUM(1)' : `No. ${i}`,
    });
    assert.equal(made.status, 201, made.text);
  }
});
after(() => {
  server?.remove();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

// RFC 4180: an array of objects by the header's names.
function readCsv(text) {
  const rows = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\r') {
      rows.at(-1).push(cell);
      cell = '';
    } else if (c === '\n') rows.push([]);
    else cell += c;
  }
  assert.equal(quoted, false, 'a quote is open at the end');
  assert.deepEqual(rows.pop(), []);
  const [header, ...body] = rows;
  for (const row of body) assert.equal(row.length, header.length, row.join('|'));
  return body.map((row) => Object.fromEntries(row.map((value, i) => [header[i], value])));
}
async function bytes(person, path) {
  const answer = await fetch(server.api + path, { headers: person.headers });
  return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
}
async function csv(person, query) {
  const answer = await bytes(person, `/cases.csv?${query}`);
  assert.equal(answer.status, 200, String(answer.body));
  assert.equal(answer.body.subarray(0, 3).toString('hex'), 'efbbbf', 'a byte order mark for Excel');
  return { ...answer, rows: readCsv(answer.body.subarray(3).toString('utf8')) };
}
/** One file of a zip, by its central directory. */
function unzipped(zip, name) {
  let at = zip.readUInt32LE(zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1')) + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const [names, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const local = zip.readUInt32LE(at + 42);
    if (zip.toString('utf8', at + 46, at + 46 + names) === name) {
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      return inflateRawSync(zip.subarray(from, from + zip.readUInt32LE(at + 20))).toString('utf8');
    }
    at += 46 + names + extra + comment;
  }
  throw new Error(`${name} is not in the archive`);
}
const ogr = (command, ...args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('the CSV holds what the list holds, in its order', async () => {
  const list = await leader.want('/cases?open=1&sort=newest&limit=500');
  const { rows, headers } = await csv(leader, 'open=1&sort=newest&language=en');
  assert.deepEqual(rows.map((row) => row.Number), list.items.map((item) => item.number));
  assert.equal(rows.length, 7);
  assert.match(headers.get('content-type'), /^text\/csv/);
  assert.match(headers.get('content-disposition'), /^attachment; filename="tinytown-cases-\d{8}-\d{4}\.csv"$/);
  assert.equal(headers.get('gridcase-rows'), '7');
  assert.equal(headers.get('gridcase-cut'), null);
  const item = list.items[0];
  assert.equal(rows[0].Class, item.class.name.en);
  assert.equal(rows[0]['Unit grid'], item.grid.code);
  assert.ok(Math.abs(Number(rows[0].Longitude) - item.point.lon) < 1e-5);
});

test('texts that a spreadsheet would calculate are defused, others are as they were', async () => {
  const { rows } = await csv(leader, 'sort=newest&language=en');
  const texts = rows.map((row) => row.Description);
  assert.ok(texts.includes(`'${evil}`), texts.join('|'));
  assert.ok(texts.includes("'-1+1"));
  assert.ok(texts.includes('路面破损，"积水"较深\n第二行'));
  assert.ok(texts.includes('plain, with comma'));
  assert.ok(rows.some((row) => row.Place === "'@SUM(1)"));
});

test('times stand in the zone of the city', async () => {
  const zone = (await leader.want('/city')).time_zone;
  const item = (await leader.want('/cases?sort=newest&limit=1')).items[0];
  const { rows } = await csv(leader, 'sort=newest&language=en');
  const shown = new Date(item.opened_at).toLocaleString('sv-SE', { timeZone: zone });
  assert.equal(rows[0].Opened, shown);
});

test('Chinese headings and words for whoever reads Chinese', async () => {
  const { rows } = await csv(leader, 'sort=newest&language=zh-CN');
  const item = (await leader.want('/cases?sort=newest&limit=1')).items[0];
  assert.equal(rows[0]['案件编号'], item.number);
  assert.equal(rows[0]['类别'], item.class.name['zh-CN']);
  assert.ok(['正常', '临期', '超期', '未计时'].includes(rows[0]['时限状态']));
});

test('a workbook opens in another reader: typed dates and numbers, no formula', async () => {
  const answer = await bytes(leader, '/cases.xlsx?sort=newest&language=en');
  assert.equal(answer.status, 200);
  const file = join(folder, 'cases.xlsx');
  writeFileSync(file, answer.body);
  const about = ogr('ogrinfo', '-ro', '-so', '-al', file);
  assert.match(about, /Layer name: Cases\b/);
  assert.match(about, /Layer name: About\b/);
  assert.match(about, /Opened: DateTime/);
  assert.match(about, /Longitude: Real/);
  assert.match(about, /Description: String/);
  const rows = readCsv(ogr('ogr2ogr', '-f', 'CSV', '-lco', 'LINEFORMAT=CRLF', '/vsistdout/', file, 'Cases'));
  const list = await leader.want('/cases?sort=newest&limit=500');
  assert.deepEqual(rows.map((row) => row.Number), list.items.map((item) => item.number));
  assert.ok(rows.some((row) => row.Description === evil), 'the text itself, not a result');
  const zone = (await leader.want('/city')).time_zone;
  const shown = new Date(list.items[0].opened_at).toLocaleString('sv-SE', { timeZone: zone });
  assert.equal(rows[0].Opened.replaceAll('/', '-').slice(0, 16), shown.slice(0, 16));
  const sheet = unzipped(answer.body, 'xl/worksheets/sheet1.xml');
  assert.match(sheet, /<autoFilter ref="A1:[A-Z]+8"\/>/);
  assert.match(sheet, /<pane [^>]*state="frozen"/);
  assert.doesNotMatch(sheet, /<f>/);
});

test('a table that was cut says so everywhere', async () => {
  const { rows, headers } = await csv(leader, 'sort=newest&limit=3&language=en');
  assert.equal(headers.get('gridcase-cut'), '3');
  assert.match(headers.get('content-disposition'), /-first-3\.csv"/);
  assert.equal(rows.length, 4);
  assert.match(rows[3].Number, /^Cut: the first 3 cases only/);
  const whole = await csv(leader, 'sort=newest&limit=7&language=en');
  assert.equal(whole.headers.get('gridcase-cut'), null);
  assert.equal(whole.rows.length, 7);
});

test('an empty list is an empty table', async () => {
  const { rows } = await csv(leader, 'source=system&language=en');
  assert.deepEqual(rows, []);
  const answer = await bytes(leader, '/cases.xlsx?source=system');
  assert.equal(answer.status, 200);
  assert.equal(answer.body.subarray(0, 2).toString(), 'PK');
});

test('everybody gets what their list shows, and nobody more', async () => {
  for (const login of Object.keys(server.logins)) {
    const person = await server.signIn(login);
    const list = await person.get('/cases?sort=newest&limit=500');
    const answer = await bytes(person, '/cases.csv?sort=newest&language=en');
    assert.equal(answer.status, list.status, login);
    if (answer.status !== 200) continue;
    const rows = readCsv(answer.body.subarray(3).toString('utf8'));
    assert.deepEqual(rows.map((row) => row.Number), list.body.items.map((item) => item.number), login);
  }
  assert.equal((await nobody(server).get('/cases.csv')).status, 401);
  assert.equal((await nobody(server).get('/cases.xlsx')).status, 401);
});

test('what the list refuses is refused here', async () => {
  for (const query of ['light=purple', 'bbox=1,2', 'nonsense=1', 'limit=0', 'cursor=x']) {
    const list = await leader.get(`/cases?${query}`);
    const table = await leader.get(`/cases.csv?${query}`);
    assert.equal(table.status, list.status, query);
    assert.equal(table.body.code, list.body.code, query);
  }
});
