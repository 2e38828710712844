// SPDX-License-Identifier: MPL-2.0
// A small stand-in for the server that speaks the API's contract on a made-up town, for
// working on the page and for its unit tests. It checks versions and keys as the real one
// does, keeps everything in memory, and is never shipped.
//
//   node tests/mock/main.mjs [PORT] [FOLDER of the build]     sign in as dora, carl or hanna, password "tinytown"
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import * as town from './town.mjs';

const port = Number(process.argv[2] ?? 8099);
const folder = process.argv[3] ?? new URL('../../../build/web', import.meta.url).pathname;
const epoch = randomUUID().slice(0, 8);
const cases = new Map();
const sessions = new Map();
const keys = new Map();
const media = new Map();
const streams = new Set();
let position = 0;
let serial = 0;
let taskId = 0;

const problem = (status, code, more = {}) => Object.assign(new Error(code), { problem: { type: `about:${code}`, title: code, status, code, ...more } });
const stepOf = (code) => town.steps.find((step) => step.code === code);
const iso = (ms) => new Date(ms).toISOString();
const words = (ref) => (ref ? { id: ref.id, name: ref.name } : null);

// ---- cases ----
function makeCase(report, person, at = Date.now()) {
  const type = town.classes.find((one) => one.id === report.class);
  if (!type) throw problem(422, 'report.class_unknown');
  const condition = type.conditions.find((one) => one.id === report.condition) ?? null;
  const grid = report.point ? town.gridAt(report.point.lon, report.point.lat) : null;
  const step = !grid ? 'locating' : type.department ? 'sending' : 'sorting';
  const number = `TT${iso(at).slice(0, 10).replaceAll('-', '')}-${String(++serial).padStart(4, '0')}`;
  const one = {
    number, type, condition, step, grid, point: report.point ?? null, address: report.address ?? null,
    description: report.description, source: report.source, reporter: report.reporter ?? null,
    opened: at, closed: null, department: null, version: 1, history: [], media: [],
    clock: null, task: { id: ++taskId, version: 1 },
  };
  cases.set(number, one);
  for (const sha256 of report.media ?? []) one.media.push({ sha256, stage: 'before', received: true, mine: false, seq: 1, type: 'image/jpeg' });
  startClock(one, at);
  log(one, { action: 'report', kind: 'reported', label: { 'zh-CN': '上报', en: 'Report' } }, null, step, person, {}, at);
  return one;
}
function startClock(one, at) {
  if (!one.condition || one.clock) return;
  const ms = one.condition.ms;
  one.clock = { kind: 'handling', state: 'running', limit_text: one.condition.limit_text, started_at: iso(at), yellow_at: iso(at + ms * 0.8), due_at: iso(at + ms), provisional: false };
}
function log(one, action, from, to, person, inputs, at) {
  const { opinion = null, ...rest } = inputs;
  one.history.push({
    seq: one.history.length + 1, at: iso(at), received_at: iso(at), action: action.action ?? action.code, kind: action.kind,
    label: action.label, from, to, actor: person ? { id: person.id, name: person.name, role: person.roles[0].role } : { system: true }, on_behalf_of: null, opinion, inputs: rest,
  });
}
function tell(one, kind) {
  const id = `${epoch}-${++position}`;
  const text = `id: ${id}\nevent: case\ndata: ${JSON.stringify({ number: one.number, version: one.version, kind })}\n\n`;
  for (const response of streams) response.write(text);
}
function lightOf(one) {
  if (!one.clock) return 'none';
  const now = one.closed ?? Date.now();
  return now > Date.parse(one.clock.due_at) ? 'red' : now > Date.parse(one.clock.yellow_at) ? 'yellow' : 'green';
}
function summary(one) {
  const step = stepOf(one.step);
  return {
    number: one.number, class: { id: one.type.id, code: one.type.code, name: one.type.name },
    condition: one.condition ? { id: one.condition.id, name: one.condition.name } : null,
    stage: step.stage, step: one.step, step_label: step.label,
    department: words(town.departments.find((d) => d.id === one.department)),
    grid: one.grid ? { id: one.grid.id, code: one.grid.code } : null, areas: one.grid ? [one.grid.quarter] : [],
    point: one.point, place: one.point ? town.placeAt(one.point.lon, one.point.lat) : one.address,
    description: one.description, opened_at: iso(one.opened), closed_at: one.closed ? iso(one.closed) : null,
    outcome: step.outcome ?? null, clock: one.clock, light: lightOf(one), source: one.source, holder: null, version: one.version,
  };
}
function mayDo(one, person) {
  return town.actions
    .filter((action) => action.from.includes(one.step) && action.roles.some((role) => person.roles.some((grant) => grant.role === role)))
    .filter((action) => action.kind === 'commented' || stepOf(one.step).stage !== 'handle' || !person.department || person.department === one.department);
}
function detail(one, person) {
  const open = stepOf(one.step).stage !== 'ended';
  const kind = { report: 'sort', dispatch: 'dispatch', handle: 'handle', check: 'check' }[stepOf(one.step).stage];
  const department = words(town.departments.find((d) => d.id === one.department));
  return {
    ...summary(one), address: one.address,
    tasks: open ? [{ id: one.task.id, kind, holder: kind === 'handle' ? { department } : { role: 'dispatcher' }, state: 'open', version: one.task.version, due_at: one.clock?.due_at ?? null }] : [],
    clocks: one.clock ? [one.clock] : [], history: one.history, media: one.media,
    reporter: one.reporter ? { name: one.reporter.name ? `${one.reporter.name[0]}**` : null, phone: one.reporter.phone ? `****${one.reporter.phone.slice(-2)}` : null, email: null, masked: true } : null,
    allowed_actions: mayDo(one, person).map((action) => ({ action: action.code, kind: action.kind, label: action.label, inputs: action.inputs, task: action.to ? one.task.id : null, task_version: action.to ? one.task.version : null })),
  };
}
function act(one, person, body, ifMatch) {
  const action = town.actions.find((each) => each.code === body.action);
  if (!action) throw problem(404, 'action.unknown');
  if (action.to !== null) {
    const [task, version] = (ifMatch ?? '').replaceAll('"', '').split('.').map(Number);
    if (task !== one.task.id || version !== one.task.version) {
      throw problem(412, 'case.stale', { changed: one.history.slice(-1) });
    }
  }
  if (!mayDo(one, person).includes(action)) throw problem(409, 'case.not_possible');
  const inputs = body.inputs ?? {};
  for (const input of action.inputs) if (input.required && inputs[input.name] === undefined) throw problem(422, 'input.missing', { detail: input.name });
  const from = one.step;
  const to = action.to ?? from;
  if (inputs.department) one.department = inputs.department;
  if (inputs.point) {
    one.point = inputs.point;
    one.grid = town.gridAt(inputs.point.lon, inputs.point.lat);
  }
  for (const sha256 of inputs.media ?? []) one.media.push({ sha256, stage: 'after', received: true, mine: false, seq: one.history.length + 1, type: 'image/jpeg' });
  log(one, action, from, to, person, inputs, Date.now());
  one.version++;
  if (action.to !== null) {
    one.step = to;
    one.task = to === from ? { ...one.task, version: one.task.version + 1 } : { id: ++taskId, version: 1 };
    if (stepOf(to).stage === 'ended') {
      one.closed = Date.now();
      if (one.clock) one.clock = { ...one.clock, state: 'stopped' };
    }
  }
  tell(one, action.kind);
  return detail(one, person);
}
function select(query) {
  const is = (name, value) => !query.get(name) || query.get(name) === String(value);
  const bbox = query.get('bbox')?.split(',').map(Number);
  let found = [...cases.values()].map(summary).filter((one) =>
    (query.get('open') !== '1' || one.stage !== 'ended') && is('stage', one.stage) && is('department', one.department?.id) && is('class', one.class.id) && is('light', one.light) && is('area', one.areas[0]?.id) &&
    (!query.get('number') || one.number.includes(query.get('number'))) &&
    (!query.get('queue') || query.get('queue') === (stepOf(one.step).queue ?? (one.stage === 'dispatch' ? 'mine' : ''))) &&
    (!bbox || (one.point && one.point.lon >= bbox[0] && one.point.lon <= bbox[2] && one.point.lat >= bbox[1] && one.point.lat <= bbox[3])));
  const due = (one) => (one.clock ? Date.parse(one.clock.due_at) : Infinity);
  found = found.sort(query.get('sort') === 'newest' ? (a, b) => (a.opened_at < b.opened_at ? 1 : -1) : (a, b) => due(a) - due(b) || (a.number < b.number ? -1 : 1));
  return found;
}

// ---- routes ----
const api = [
  ['GET', '/city', () => town.city, 'public'],
  ['GET', '/session', ({ session }) => ({ person: session.person, must_change_password: session.must, city: town.city })],
  ['DELETE', '/session', ({ session }) => void sessions.delete(session.token)],
  ['POST', '/session', ({ body, response }) => {
    const person = town.people.find((one) => one.login === body.login);
    if (!person || body.password !== 'tinytown') throw problem(401, 'account.wrong');
    const token = randomUUID();
    sessions.set(token, { token, person, must: Boolean(person.must) });
    response.setHeader('Set-Cookie', `gridcase=${token}; Path=/tinytown; HttpOnly; SameSite=Strict`);
    return { person, must_change_password: Boolean(person.must), city: town.city };
  }, 'public'],
  ['POST', '/session/password', ({ session }) => {
    session.must = false;
    session.person.must = false;
  }],
  ['GET', '/catalogue', () => ({ version: 1, classes: town.classes })],
  ['GET', '/process', () => ({ version: 1, steps: town.steps, actions: town.actions })],
  ['GET', '/departments', () => ({ items: town.departments })],
  ['GET', '/areas', () => ({ items: town.quarters })],
  ['GET', '/staff', () => ({ items: town.people })],
  ['GET', '/summary', () => {
    const all = [...cases.values()].map(summary);
    const open = all.filter((one) => one.stage !== 'ended');
    const queue = (name) => open.filter((one) => stepOf(one.step).queue === name).length;
    return { open: open.length, overdue: open.filter((one) => one.light === 'red').length, opened_today: all.length, closed_today: all.length - open.length, mine: open.filter((one) => one.stage === 'dispatch').length, where: queue('where'), manual: queue('manual') };
  }],
  ['GET', '/locate', ({ query }) => {
    const lon = Number(query.get('lon'));
    const lat = Number(query.get('lat'));
    const grid = town.gridAt(lon, lat);
    return { grid: grid && { id: grid.id, code: grid.code }, areas: grid ? [grid.quarter] : [], place: town.placeAt(lon, lat), nearest_components: grid ? [{ code: 'H0042', class: town.classes[4].name, distance_m: 18.4 }] : [], inside: Boolean(grid) };
  }],
  ['GET', '/geo/areas/quarter', () => town.geo.areas()],
  ['GET', '/geo/grids', ({ query }) => town.geo.grids(query.get('bbox').split(',').map(Number))],
  ['GET', '/geo/streets', () => town.geo.streets()],
  ['GET', '/geo/cases', ({ query }) => ({ type: 'FeatureCollection', truncated: false, features: select(query).filter((one) => one.point).map((one) => ({ type: 'Feature', geometry: { type: 'Point', coordinates: [one.point.lon, one.point.lat] }, properties: { number: one.number, light: one.light } })) })],
  ['GET', '/cases', ({ query }) => {
    const found = select(query);
    const from = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 50);
    return { items: found.slice(from, from + limit), next_cursor: from + limit < found.length ? String(from + limit) : null, as_of: iso(Date.now()) };
  }],
  ['POST', '/cases', ({ body, session, response }) => {
    const one = makeCase(body, session.person);
    tell(one, 'reported');
    response.statusCode = 201;
    return detail(one, session.person);
  }],
];
function append(sha256, request, response, raw) {
  const found = media.get(sha256) ?? { type: 'image/jpeg', raw: Buffer.alloc(0) };
  found.raw = Buffer.concat([found.raw, raw]);
  media.set(sha256, found);
  const length = Number(request.headers['upload-length']);
  response.setHeader('Upload-Offset', found.raw.length);
  response.statusCode = found.raw.length < length ? 204 : 201;
  if (response.statusCode === 204) return response.end();
  response.setHeader('Content-Type', 'application/json');
  return response.end(JSON.stringify({ sha256, type: found.type, bytes: length, stored: true, width: 1, height: 1 }));
}
function route(call, method, path) {
  const row = api.find(([m, p]) => m === method && p === path);
  if (row) {
    if (row[3] !== 'public' && !call.session) throw problem(401, 'account.sign_in');
    return row[2](call);
  }
  if (!call.session) throw problem(401, 'account.sign_in');
  const [, number, rest] = /^\/cases\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
  const one = cases.get(number);
  if (!one) throw problem(404, 'not_found');
  if (method === 'GET' && !rest) return detail(one, call.session.person);
  if (method === 'POST' && rest === 'actions') return act(one, call.session.person, call.body, call.ifMatch);
  if (rest === 'explain') return explain(one);
  throw problem(404, 'not_found');
}
function explain(one) {
  if (!one.clock) return { clocks: [] };
  const start = Date.parse(one.clock.started_at);
  const due = Date.parse(one.clock.due_at);
  const middle = start + (due - start) / 3;
  const night = middle + (due - start) / 3;
  return { clocks: [{ kind: 'handling', limit_text: one.clock.limit_text, rule: `${one.type.code}/c${one.condition.id}`, calendar_version: 1, due_at: one.clock.due_at, intervals: [
    { from: iso(start), to: iso(middle), counted_ms: middle - start, why: 'period' },
    { from: iso(middle), to: iso(night), counted_ms: 0, why: 'holiday: Founding Day' },
    { from: iso(night), to: iso(due), counted_ms: due - night, why: 'period' }] }] };
}

const types = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
async function page(path, response) {
  const name = path.startsWith('/assets/') ? path : '/console/index.html';
  const data = await readFile(folder + name);
  response.setHeader('Content-Type', types[name.split('.').pop()] ?? 'application/octet-stream');
  response.setHeader('Content-Security-Policy', "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'");
  response.end(data);
}
async function serve(request, response) {
  const url = new URL(request.url, 'http://mock');
  if (!url.pathname.startsWith('/tinytown/api/v1/')) return page(url.pathname, response);
  const path = url.pathname.slice('/tinytown/api/v1'.length);
  const token = /gridcase=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  const session = sessions.get(token);
  if (path === '/changes') {
    if (!session) throw problem(401, 'account.sign_in');
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write('retry: 500\n\n');
    streams.add(response);
    request.on('close', () => streams.delete(response));
    return undefined;
  }
  if (path.startsWith('/media/') && ['GET', 'HEAD'].includes(request.method)) {
    const found = media.get(path.slice(7));
    if (!found) throw problem(404, 'not_found');
    response.setHeader('Content-Type', found.type);
    return response.end(found.raw);
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  if (path.startsWith('/media/') && request.method === 'PATCH') return append(path.slice(7), request, response, raw);
  const type = request.headers['content-type'] ?? '';
  const key = request.method === 'POST' && path !== '/session' ? request.headers['idempotency-key'] : undefined;
  let answer = key ? keys.get(key) : undefined;
  if (!answer) {
    const body = /json/.test(type) && raw.length > 0 ? JSON.parse(raw) : undefined;
    const value = route({ body, raw, type, query: url.searchParams, session, response, ifMatch: request.headers['if-match'] }, request.method, path);
    answer = { status: value === undefined ? 204 : response.statusCode, text: value === undefined ? '' : JSON.stringify(value) };
    if (key) keys.set(key, answer);
  }
  response.statusCode = answer.status;
  response.setHeader('Content-Type', 'application/json');
  return response.end(answer.text);
}

const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    const told = error.problem ?? { status: 500, code: 'bug', detail: String(error) };
    if (!error.problem) console.error(error);
    response.statusCode = told.status;
    response.setHeader('Content-Type', 'application/problem+json');
    response.end(JSON.stringify(told));
  });
});

// ---- some life ----
let seed = 7;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const pick = (list) => list[Math.floor(random() * list.length)];
const [w, s, e, n] = town.box;
const talk = ['Large hole in the right lane, cars swerve around it.', 'Lamp has been dark for three nights.', 'Bags left beside the bin, smell.', 'Branch across the pavement.', '路面破损，积水较深。', 'Water running into the street.'];
function life(at) {
  const type = pick(town.classes);
  const point = random() < 0.08 ? undefined : { lon: w + random() * (e - w), lat: s + random() * (n - s) };
  return makeCase({ class: type.id, condition: pick(type.conditions)?.id, point, address: point ? undefined : 'Somewhere by the old bridge', description: pick(talk), source: pick(['hotline', 'citizen', 'collector']), reporter: random() < 0.5 ? { name: 'Ann Example', phone: '555-0142' } : undefined }, null, at);
}
for (let i = 0; i < Number(process.env.MOCK_CASES ?? 160); i++) {
  const one = life(Date.now() - random() * 30 * 3_600_000);
  if (one.step === 'sending' && random() < 0.7) act(one, town.people[0], { action: 'send', inputs: { department: one.type.department } }, `"${one.task.id}.1"`);
}
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/tinytown/console/`));
if (process.env.MOCK_LIVE) setInterval(() => tell(life(Date.now()), 'reported'), Number(process.env.MOCK_LIVE));
