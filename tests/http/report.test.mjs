// SPDX-License-Identifier: MPL-2.0
// The bulletin: what it says against the figures, and its forms opened by other programs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addCity, cli, copyModel, demoLogins, Server, startServer } from './lib.mjs';
import { photo } from './photo.mjs';

let server;
let folder;
const people = {};
const today = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10); // the city's day
const period = today.slice(0, 7);
before(async () => {
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), 'gridcase-report-'));
  for (const login of ['collector1', 'acceptor1', 'leader1', 'dispatcher1', 'parks1', 'manager1']) {
    people[login] = await server.signIn(login);
  }
  const sent = await people.collector1.call('POST', '/media', photo, { 'Content-Type': 'image/jpeg' });
  const media = [sent.body.sha256];
  const numbers = [];
  for (let i = 0; i < 4; i++) numbers.push((await people.collector1.report({ address: 'Lotus <Lane> & 3', media })).body.number);
  for (const number of numbers.slice(0, 2)) await step('acceptor1', number, 'accept');
  for (const number of numbers.slice(0, 2)) await step('leader1', number, 'file');
  const parks = (await people.dispatcher1.want('/departments')).items.find((one) => one.code === 'parks');
  for (const number of numbers.slice(0, 2)) await step('dispatcher1', number, 'dispatch', { department: parks.id });
  await step('parks1', numbers[0], 'sign');
  await step('parks1', numbers[0], 'feed_back', { opinion: 'swept' });
  await step('manager1', numbers[3], 'force', { opinion: 'by order' });
});
after(() => {
  server?.remove();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function step(login, number, action, inputs) {
  const answer = await people[login].act(number, action, inputs);
  assert.equal(answer.status, 200, `${action}: ${answer.text}`);
}
async function file(ending, query = '') {
  const answer = await fetch(`${server.api}/report.${ending}?period=${period}${query}`, { headers: people.manager1.headers });
  const body = Buffer.from(await answer.arrayBuffer());
  assert.equal(answer.status, 200, String(body));
  const path = join(folder, `report.${ending}`);
  writeFileSync(path, body);
  return { path, body, headers: answer.headers };
}
const run = (command, ...args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('it says what the figures say', async () => {
  const report = JSON.parse((await file('json', '&language=en')).body);
  const last = new Date(Date.UTC(+period.slice(0, 4), +period.slice(5), 0)).toISOString().slice(0, 10);
  const figures = await people.manager1.want(`/figures?by=none&from=${period}-01&to=${last}&measures=opened,to_handle,handled_in_time,overdue`);
  const told = Object.fromEntries(figures.measures.map((measure, i) => [measure.code, figures.totals[i]]));
  assert.equal(report.now.opened, 4);
  for (const code of Object.keys(told)) assert.equal(report.now[code], told[code], code);
  assert.equal(report.before.opened, null, 'a period before the store is not told as none');
  assert.equal(report.trend.length, 13);
  assert.equal(report.trend.at(-1).values.opened, 4);
  assert.equal(report.classes.rows[0].now.opened, 4);
  const bodies = report.groups.find((group) => group.code === 'bodies');
  const parks = bodies.rows.find((row) => row.code === 'parks');
  assert.equal(parks.now.opened, 2);
  assert.deepEqual([parks.rank, parks.value], [1, 1]);
  assert.equal(bodies.rows.find((row) => row.code === 'water').rank, 0, 'nothing to do: no rank');
  const behind = Object.fromEntries(report.honesty.map((one) => [one.measure.code, one]));
  assert.deepEqual([behind.forced_share.cases, behind.forced_share.now], [1, 0.25], 'one of four was closed by order');
  assert.deepEqual([behind.checked_bare_share.cases, behind.checked_bare_share.now], [0, null], 'a share of nothing checked is none');
  // A department's own shares, out of the same counts.
  const own = await people.manager1.want(`/figures?by=department&from=${period}-01&to=${last}&measures=reopened_share,reopened_to_close,forced_share`);
  const told1 = own.rows.find((row) => row.keys[0].code === 'parks').values.slice(0, 3);
  const share = Object.fromEntries(parks.honesty.map((one) => [one.code, one]));
  assert.deepEqual([share.reopened_share.now, share.reopened_share.cases, share.forced_share.now], told1);
  assert.equal(share.reopened_share.now, 0, 'of two, none');
  assert.equal(report.spots[0].cases, 4);
  assert.equal(report.spots[0].place, 'Lotus <Lane> & 3');
  assert.equal(report.spots[0].photo, true);
});

test('the PDF is read by poppler, in both languages and on a phone', async () => {
  for (const [query, words] of [
    ['&language=zh-CN', ['小镇城市管理评价月报', '上报数', '园林处', '按期处置率', '结案率的背后', '强制结案占比', '不记录监督员轨迹', 'Lotus <Lane> & 3', '单元网格案件分布']],
    ['&language=en', ['Tinytown: Monthly bulletin', 'Arrivals', 'Parks Department', 'What stands behind the closing rate', 'Closed by order, share', 'No tracks of collectors', 'The five worst spots']],
    ['&language=en&paper=phone', ['Tinytown: Monthly bulletin', 'Parks']],
  ]) {
    const { path, headers } = await file('pdf', query);
    assert.equal(headers.get('content-type'), 'application/pdf');
    const text = run('pdftotext', '-layout', path, '-').replace(/\s+/g, ' ');
    for (const word of words) assert.ok(text.includes(word), `${query} ${word}: ${text.slice(0, 600)}`);
    const about = run('pdfinfo', path);
    assert.match(run('pdfimages', '-list', path), /jpeg/, 'the photo stands there as it is');
    assert.match(about, /Creator: +gridcase/);
    assert.match(about, query.includes('phone') ? /Page size: +283/ : /A4/);
    assert.doesNotMatch(run('pdffonts', path), / no +(yes|no) +(yes|no) +\d+ +\d+$/m, 'every font is embedded');
  }
});

test('the workbook reckons: rates, sums and ranks are formulas', async () => {
  const { path } = await file('xlsx', '&language=en');
  const sheets = JSON.parse(run('/usr/bin/python3', '-c', `
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1]); now = openpyxl.load_workbook(sys.argv[1], data_only=True)
print(json.dumps({s.title: [[[c.value, now[s.title][c.coordinate].value] for c in row] for row in s.iter_rows()] for s in book}))`, path));
  assert.deepEqual(Object.keys(sheets).slice(0, 2), ['Summary', 'City bodies']);
  const row = sheets['City bodies'].find((one) => one[0][0] === 'parks');
  const [formula, value] = row[9];
  assert.match(formula, /^=IF\(I\d+=0,"",H\d+\/I\d+\)$/);
  assert.deepEqual([value, row[7][0], row[8][0]], [1, 1, 1]);
  assert.match(row[14][0], /RANK\(N\d+,/);
  assert.equal(row[14][1], 1);
  assert.ok(sheets['Closing rate'].some((one) => one[0][0] === 'Closed by order, share' && one[1][0] === 1 && one[2][0] === 0.25));
  const total = sheets['City bodies'].find((one) => one[1][0] === 'Total');
  assert.match(total[2][0], /^=SUM\(C4:C\d+\)$/);
});

// Every formula of a workbook, reckoned by another spreadsheet from a copy that holds no results:
// [sheet, cell, formula, ours, theirs]. edit: a statement over book that changes the copy.
function reckoned(path, edit = 'pass') {
  const bare = join(folder, 'bare.xlsx');
  const full = join(folder, 'full.xlsx');
  run('/usr/bin/python3', '-c', `
import sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
${edit}
book.save(sys.argv[2])`, path, bare);
  run('ssconvert', '--recalc', bare, full);
  return JSON.parse(run('/usr/bin/python3', '-c', `
import json, sys, openpyxl
formulas, ours, theirs = (openpyxl.load_workbook(a, data_only=d) for a, d in ((sys.argv[1], False), (sys.argv[1], True), (sys.argv[2], True)))
print(json.dumps([[s.title, c.coordinate, c.value, ours[s.title][c.coordinate].value, theirs[s.title][c.coordinate].value]
  for s in formulas for row in s.iter_rows() for c in row if isinstance(c.value, str) and c.value.startswith("=")]))`, path, full));
}
const alike = (a, b) => (a || 0) === (b || 0) || Math.abs(a - b) < 1e-9;

test('another spreadsheet reckons the same, and follows a corrected count', async () => {
  const { path } = await file('xlsx', '&language=en');
  const cells = reckoned(path);
  assert.ok(cells.length > 50, String(cells.length));
  const sums = cells.filter((cell) => cell[2].startsWith('=SUM') || cell[3] === null);
  const told = cells.filter((cell) => !sums.includes(cell));
  assert.deepEqual(told.filter((cell) => !alike(cell[3], cell[4])), []);
  assert.ok(told.filter((cell) => cell[4] !== null && cell[4] !== '').length > 5);
  // What has no result of ours is reckoned when it is opened: nothing there is an error.
  assert.deepEqual(sums.filter((cell) => String(cell[4]).startsWith('#')), []);
  // One of two handled in time: half, and the rank's value follows.
  const sheet = 'City bodies';
  const row = cells.find((cell) => cell[0] === sheet && cell[2].includes('RANK(') && cell[3] === 1)[1].slice(1);
  const changed = reckoned(path, `book[${JSON.stringify(sheet)}]["I${row}"] = 2`);
  const at = (column) => changed.find((cell) => cell[0] === sheet && cell[1] === column + row)[4];
  assert.deepEqual([at('J'), at('N'), at('O')], [0.5, 0.5, 1]);
});

test('the CSV opens as one table', async () => {
  const { body } = await file('csv', '&language=en');
  assert.equal(body.subarray(0, 3).toString('hex'), 'efbbbf');
  const lines = body.subarray(3).toString().trimEnd().split('\r\n');
  assert.equal(lines[0].split(',').length, 9);
  assert.ok(lines.includes('"city","tinytown","Tinytown",,"opened","Arrivals",4,,'), lines[1]);
  assert.ok(lines.includes('"honesty","tinytown","Tinytown",,"forced_share","Closed by order, share",0.2500,,'), lines.find((one) => one.startsWith('"honesty"')));
});

test('the template is filled and read by another program', async () => {
  const { path } = await file('docx', '&language=zh-CN');
  const text = run('/usr/bin/python3', '-c', `
import sys, docx
d = docx.Document(sys.argv[1])
print("\\n".join(p.text for p in d.paragraphs))
for t in d.tables:
    for r in t.rows: print(" | ".join(c.text for c in r.cells))
for s in d.inline_shapes: print("picture", s.width.mm, s.height.mm, len(d.part.related_parts[s._inline.graphic.graphicData.pic.blipFill.blip.embed].blob))`, path);
  assert.match(text, /小镇城市管理评价月报/);
  assert.match(text, /^picture 40\.0 60\.0 [1-9]\d{2,}$/m, 'the photo of the worst spot, at most 60 mm high');
  assert.match(text, /本期共上报案件 4 件/);
  assert.match(text, /委办局 \| 1 \| – \| 园林处 \| 100\.0 %/);
  assert.match(text, /1 \| Lotus <Lane> & 3 \|/);
  assert.match(text, /强制结案占比 \| 1 \| 25\.0 %/);
  assert.match(text, /不记录监督员轨迹/);
  assert.doesNotMatch(text, /\{\{/);
});

test('the command makes the same beside the server', async () => {
  const out = join(folder, 'cli.json');
  await cli('report', 'tinytown', '--period', period, '--format', 'json', '--language', 'en', '--out', out, '--data', server.data);
  const own = JSON.parse(readFileSync(out));
  const theirs = JSON.parse((await file('json', '&language=en')).body);
  for (const key of ['now', 'before', 'year_before', 'groups', 'classes', 'overdue', 'trend', 'spots']) {
    assert.deepEqual(own[key], theirs[key], key);
  }
  await assert.rejects(cli('report', 'tinytown', '--period', '2026-13', '--data', server.data), /report\.period/);
  await cli('report', 'tinytown', '--template', '--out', join(folder, 't.docx'), '--data', server.data);
  assert.match(run('/usr/bin/python3', '-c', 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read("word/document.xml").decode())', join(folder, 't.docx')), /\{\{groups\.rank\}\}/);
});

test('what cannot be is refused, and not everybody may', async () => {
  const bad = await people.manager1.get('/report.json?period=2026-W54');
  assert.deepEqual([bad.status, bad.body.code], [400, 'report.period']);
  const future = await people.manager1.get('/report.json?period=2140-01');
  assert.deepEqual([future.status, future.body.code], [400, 'report.future']);
  const part = await people.parks1.want(`/report.json?period=${period}`);
  assert.equal(part.now.opened, 2, 'a department is told of its own');
  assert.equal((await fetch(`${server.api}/report.json?period=${period}`)).status, 401);
});

test('collection companies are paid by the rules of their contracts', async () => {
  const model = copyModel('paytown', (ini) => `${ini}\n[table payment]\nsource = tables/payment.csv\n`);
  const table = (name, edit) => writeFileSync(join(model.path, 'tables', name), edit(readFileSync(join(model.path, 'tables', name), 'utf8')));
  table('departments.csv', (text) => `${text.trimEnd()}\ncleanco,centre,company,洁城采集公司,CleanCo\n`);
  table('staff.csv', (text) => text.replace(/^(collector1,.*),$/m, '$1,cleanco'));
  writeFileSync(join(model.path, 'tables/payment.csv'), `company,item,name_zh,name_en,kind,measure,by,amount,at_least,below,currency,from,to
*,base,基本服务费,Base fee,fixed,,,1000,,,CNY,,
*,reports,有效上报,Reports,each,by_collectors,reporter,2.5,,,,,
*,bonus,质量奖励,Quality,once,by_collectors,,200,3,,,,
*,few,上报不足,Few reports,percent,by_collectors,,-10%,,100,,,
*,ended,已到期合同,An old contract,fixed,,,5000,,,,2020-01-01,2020-12-31
`);
  const data = mkdtempSync(join(tmpdir(), 'gridcase-pay-'));
  const paid = new Server(data, 'paytown');
  try {
    await addCity(data, 'paytown', model.path);
    paid.logins = demoLogins(data, 'paytown');
    await paid.start();
    const [collector, manager] = [await paid.signIn('collector1'), await paid.signIn('manager1')];
    for (let i = 0; i < 3; i++) assert.equal((await collector.report()).status, 201);
    const sheet = await manager.want(`/payment.json?period=${period}`);
    const [company] = sheet.companies;
    assert.equal(company.code, 'cleanco');
    assert.deepEqual(company.items.map((item) => [item.code, item.value, item.sum]),
      [['base', 1, 1000], ['reports', 3, 7.5], ['bonus', 3, 200], ['few', 3, -120.75]]);
    assert.equal(company.total, 1086.75);
    assert.equal(company.currency, 'CNY');
    assert.equal((await collector.get(`/payment.json?period=${period}`)).status, 403);

    const book = join(folder, 'pay.xlsx');
    await cli('report', 'paytown', '--payment', '--period', period, '--format', 'xlsx', '--language', 'en', '--out', book, '--data', data);
    const cells = JSON.parse(run('/usr/bin/python3', '-c', `
import json, sys, openpyxl
a = openpyxl.load_workbook(sys.argv[1])["CleanCo"]; b = openpyxl.load_workbook(sys.argv[1], data_only=True)["CleanCo"]
print(json.dumps([[a.cell(r, 7).value, b.cell(r, 7).value] for r in range(4, 9)]))`, book));
    assert.equal(cells[1][0], '=ROUND(N(C5)*F5,2)');
    assert.match(cells[3][0], /ROUND\(F7\*SUM\(G\$4:G6\),2\)/);
    assert.deepEqual(cells.map((cell) => cell[1]), [1000, 7.5, 200, -120.75, 1086.75]);
    const again = reckoned(book);
    assert.deepEqual(again.filter((cell) => !alike(cell[3], cell[4])), [], 'another spreadsheet pays the same');
    const pdf = join(folder, 'pay.pdf');
    await cli('report', 'paytown', '--payment', '--period', period, '--language', 'zh-CN', '--out', pdf, '--data', data);
    const text = run('pdftotext', '-layout', pdf, '-');
    for (const word of ['信息采集服务费结算单', '洁城采集公司', '1086.75 CNY', '-120.75']) assert.ok(text.includes(word), `${word}: ${text}`);
  } finally {
    await paid.stop();
    model.remove();
    rmSync(data, { recursive: true, force: true });
  }
});

test('a template with a field that there is not is told before it is loaded', async () => {
  const model = copyModel('tinytown', (ini) => `${ini}\n[report]\ntemplate.zh-CN = own.docx\ntemplate.en = plain.docx\n`);
  try {
    await cli('report', 'tinytown', '--template', '--language', 'en', '--out', join(model.path, 'plain.docx'), '--data', server.data);
    run('python3', '-c', `
import sys, zipfile
source, target = zipfile.ZipFile(sys.argv[1]), zipfile.ZipFile(sys.argv[2], 'w')
for name in source.namelist():
    target.writestr(name, source.read(name).replace(b'{{spots.place}}', b'{{spots.plaice}}'))
target.close()`, join(model.path, 'plain.docx'), join(model.path, 'own.docx'));
    const error = await cli('city', 'check', model.path).then(() => assert.fail('it was taken'), (failure) => failure);
    const said = error.stdout + error.stderr;
    assert.match(said, /error own\.docx \[report\].*reports\.template_field: .*\{\{spots\.plaice\}\}/);
    assert.doesNotMatch(said, /plain\.docx/);
    // Nor by loading it, with the server and without.
    const loaded = await cli('city', 'load', 'tinytown', model.path, '--data', server.data).then(() => assert.fail('it was loaded'), (failure) => failure);
    assert.match(loaded.stdout + loaded.stderr, /own\.docx.*\{\{spots\.plaice\}\}/);
  } finally {
    model.remove();
  }
});

test('a table of reports that is wrong is refused row by row', async () => {
  const model = copyModel('wrongtown', (ini) => `${ini}\n[table payment]\nsource = tables/payment.csv\n[table report_mails]\nsource = tables/report_mails.csv\n[table report_groups]\nsource = tables/report_groups.csv\n[report]\ntemplate.zh-CN = city.ini\n`);
  writeFileSync(join(model.path, 'tables/payment.csv'), 'company,item,name_en,kind,measure,amount\nnobody,a,A,each,opened,1\n*,b,B,sometimes,opened,1\n*,c,C,each,no_such,1\n*,d,D,percent,opened,500\n');
  writeFileSync(join(model.path, 'tables/report_mails.csv'), 'code,report,every,to,formats\nx,bulletin,month,nobody,pdf\ny,bulletin,day,a@b.org,gif\n');
  writeFileSync(join(model.path, 'tables/report_groups.csv'), 'group,name_en,department,kind,measure\ng,G,nowhere,,on_time_rate\ng,G,,,\n');
  try {
    const error = await cli('city', 'check', model.path).then(() => assert.fail('it was taken'), (failure) => failure);
    for (const slug of ['reports.department_unknown', 'reports.payment_kind', 'reports.measure_unknown', 'reports.percent', 'reports.address', 'reports.every', 'reports.format', 'reports.member', 'reports.template']) {
      assert.match(error.stdout + error.stderr, new RegExp(slug.replace('.', '\\.')), slug);
    }
  } finally {
    model.remove();
  }
});
