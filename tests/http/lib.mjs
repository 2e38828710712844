// SPDX-License-Identifier: MPL-2.0
// Starts the real program on a free port with a data folder of its own, signs people in.
import { spawn, execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, existsSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = process.env.GRIDCASE_BINARY ?? join(root, 'build/gridcase');

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// UUIDv7, as clients make them.
export function uuid() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// With GRIDCASE_ENGINE=postgres a new data folder gets a database of the private cluster
// (tools/with_postgres.sh); the program then finds it by the folder's store-address.
let databases = 0;
// The address of a new database of the private cluster.
export async function newDatabase() {
  const cluster = process.env.GRIDCASE_TEST_POSTGRES;
  if (!cluster) throw new Error('no PostgreSQL: run this by tools/with_postgres.sh');
  const name = `test_${process.pid}_${++databases}`;
  await run('psql', ['-X', '-q', '-d', `${cluster}&dbname=postgres`, '-c', `CREATE DATABASE ${name} TEMPLATE gridcase_template`]);
  return cluster.replace('///?', `///${name}?`);
}
export async function prepareEngine(data) {
  if (process.env.GRIDCASE_ENGINE !== 'postgres') return;
  const address = join(data, 'store-address');
  if (existsSync(address)) return;
  const database = await newDatabase();
  mkdirSync(data, { recursive: true });
  writeFileSync(address, `${database}\n`, { mode: 0o600 });
}
export const onPostgres = process.env.GRIDCASE_ENGINE === 'postgres';

export async function cli(...args) {
  const data = args[args.indexOf('--data') + 1];
  if (args[0] === 'city' && args[1] === 'new' && args.includes('--data')) await prepareEngine(data);
  return run(binary, args, { cwd: root, maxBuffer: 1 << 26 });
}

// Polls until check() is truthy; the last value, or an error after ms.
export async function until(check, what = 'it', ms = 10000) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) {
    const found = await check();
    if (found) return found;
  }
  throw new Error(`waited too long for ${what}`);
}

// A model like tinytown under another name, with its city.ini edited. remove() it later.
export function copyModel(slug, edit = (ini) => ini) {
  const folder = mkdtempSync(join(tmpdir(), 'gridcase-model-'));
  const model = join(folder, 'fixtures', slug);
  for (const process of ['standard', 'boston']) {
    cpSync(join(root, 'grids', process, 'process'), join(folder, 'grids', process, 'process'), { recursive: true });
  }
  cpSync(join(root, 'fixtures', 'tinytown'), model, { recursive: true });
  const ini = readFileSync(join(model, 'city.ini'), 'utf8').replace(/^slug = tinytown/m, `slug = ${slug}`);
  writeFileSync(join(model, 'city.ini'), edit(ini));
  return { path: model, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export async function addCity(data, city, model) {
  await cli('city', 'new', city, model, '--data', data);
  await cli('city', 'load', city, model, '--data', data);
}

// A data folder with the city tinytown.
export async function makeData() {
  const data = mkdtempSync(join(tmpdir(), 'gridcase-http-'));
  await addCity(data, 'tinytown', join(root, 'fixtures', 'tinytown'));
  return data;
}

// login -> password, from the file that the loader writes for a demo city.
export function demoLogins(data, city = 'tinytown') {
  const text = readFileSync(join(data, 'cities', city, 'demo-logins.txt'), 'utf8');
  const logins = {};
  for (const line of text.split('\n')) {
    const [login, password] = line.split('\t');
    if (password) logins[login] = password;
  }
  return logins;
}

export class Server {
  constructor(data, city) {
    this.data = data;
    this.city = city;
    this.log = '';
  }

  async start(args = [], env = {}) {
    await prepareEngine(this.data);
    this.child = spawn(this.program ?? binary, ['serve', '--data', this.data, '--port', '0', ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = new Promise((done) => this.child.on('exit', (code, signal) => done({ code, signal })));
    let out = '';
    this.log = '';
    this.child.stdout.on('data', (part) => (out += part));
    this.child.stderr.on('data', (part) => (this.log += part));
    let gone = false;
    this.ended.then(() => (gone = true));
    await until(() => gone || /listening on https?:\/\/[^:]+:(\d+)\//.test(out), 'the server', 30000);
    if (gone) throw new Error(`the server ended: ${this.log}`);
    this.port = Number(/listening on https?:\/\/[^:]+:(\d+)\//.exec(out)[1]);
    this.healthPort = Number(/health_port=(\d+)/.exec(this.log)?.[1] ?? 0);
    this.base = `http://127.0.0.1:${this.port}`;
    this.api = `${this.base}/${this.city}/api/v1`;
    return this;
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.ended;
  }

  async restart(args = []) {
    await this.stop();
    return this.start(args);
  }

  async signIn(login) {
    const ask = () =>
      fetch(`${this.api}/session`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ login, password: this.logins[login] }),
      });
    let answer = await ask();
    // A machine under load: both places for passwords are taken for a while.
    for (let i = 0; i < 40 && answer.status === 503; i++) {
      await answer.text();
      await sleep(250);
      answer = await ask();
    }
    if (answer.status !== 200) throw new Error(`${login}: ${answer.status} ${await answer.text()}`);
    const cookie = answer.headers.get('set-cookie').split(';')[0];
    return new Person(this, login, { Cookie: cookie }, await answer.json());
  }
}

export class Person {
  constructor(server, login, headers, session) {
    Object.assign(this, { server, login, headers, session });
  }

  async call(method, path, body, headers = {}) {
    const json = body !== undefined && !(body instanceof Uint8Array) && typeof body !== 'string';
    const ask = () => fetch(this.server.api + path, {
      method,
      headers: {
        ...this.headers,
        ...(json ? { 'Content-Type': 'application/json' } : {}),
        ...headers,
      },
      body: json ? JSON.stringify(body) : body,
      redirect: 'manual',
    });
    // A kept connection may reach its idle limit just as it is used again: what is safe to
    // repeat is repeated once, as every client has to.
    const again = (error) => {
      if (!(method === 'GET' || 'Idempotency-Key' in headers)) throw error;
      if (!['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(error.cause?.code)) throw error;
      return ask();
    };
    const answer = await ask().catch(again);
    const text = await answer.text();
    let value = text;
    if (/json/.test(answer.headers.get('content-type') ?? '') && text) value = JSON.parse(text);
    return { status: answer.status, headers: answer.headers, body: value, text };
  }

  get(path, headers) {
    return this.call('GET', path, undefined, headers);
  }

  async want(path) {
    const answer = await this.get(path);
    if (answer.status !== 200) throw new Error(`${this.login} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  report(body = {}, headers = {}) {
    return this.call('POST', '/cases', { ...garbage, ...body }, { 'Idempotency-Key': uuid(), ...headers });
  }

  // Takes an action that the case allows this person, with the version they see.
  async act(number, action, inputs = {}, headers = {}) {
    const found = await this.want(`/cases/${number}`);
    const allowed = found.allowed_actions.find((one) => one.action === action);
    const match = allowed?.task ? { 'If-Match': `"${allowed.task}.${allowed.task_version}"` } : {};
    return this.call('POST', `/cases/${number}/actions`, { action, inputs }, {
      'Idempotency-Key': uuid(),
      ...match,
      ...headers,
    });
  }
}

export const nobody = (server) => new Person(server, 'nobody', {}, null);

// A report inside block T11 of tinytown, district D1.
export const garbage = {
  class: 'e0110',
  condition: 'e0110-1',
  point: { lon: 120.0005, lat: 30.0005 },
  description: 'bags beside the bin',
  source: 'collector',
};

export async function startServer({ args = [], env = {} } = {}) {
  const data = await makeData();
  const server = new Server(data, 'tinytown');
  server.logins = demoLogins(data);
  await server.start(args, env);
  server.remove = async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) await server.stop();
    if (existsSync(data)) rmSync(data, { recursive: true, force: true });
  };
  return server;
}

// Sends bytes as they are; resolves with all that came back until the end or ms.
export function raw(port, text, { ms = 5000, end = false } = {}) {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1');
    let heard = '';
    const finish = () => {
      socket.destroy();
      done(heard);
    };
    socket.setTimeout(ms, finish);
    socket.on('data', (part) => (heard += part.toString('latin1')));
    socket.on('close', () => done(heard));
    socket.on('error', () => done(heard));
    socket.on('connect', () => {
      socket.write(text);
      if (end) socket.end();
    });
  });
}

// Asks the running server over the socket of its data folder.
export function control(server, path, { method = 'GET', body } = {}) {
  return new Promise((done, fail) => {
    const request = http.request(
      {
        socketPath: join(server.data, 'control.sock'),
        path,
        method,
        headers: body ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } : {},
      },
      (answer) => {
        let text = '';
        answer.on('data', (part) => (text += part));
        answer.on('end', () => done({ status: answer.statusCode, text }));
      },
    );
    request.on('error', fail);
    request.end(body);
  });
}

// Reads server-sent events of a person; close() ends it.
export class Stream {
  constructor(person, path = '/changes', headers = {}) {
    this.events = [];
    this.closed = false;
    this.ready = new Promise((done, fail) => {
      this.request = http.get(
        person.server.api + path,
        { headers: { ...person.headers, ...headers }, agent: false },
        (answer) => {
          this.status = answer.statusCode;
          let rest = '';
          answer.setEncoding('utf8');
          answer.on('data', (part) => {
            rest += part;
            for (let at; (at = rest.indexOf('\n\n')) >= 0; rest = rest.slice(at + 2)) this.#take(rest.slice(0, at));
          });
          answer.on('close', () => (this.closed = true));
          answer.on('end', () => (this.closed = true));
          done(this);
        },
      );
      this.request.on('error', (error) => {
        this.closed = true;
        fail(error);
      });
    });
    this.ready.catch(() => {});
  }

  #take(block) {
    const event = {};
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).trim();
    }
    if (event.data !== undefined) this.events.push({ ...event, data: JSON.parse(event.data) });
  }

  wait(check, what = 'an event', ms = 8000) {
    return until(() => this.events.find(check), what, ms);
  }

  close() {
    this.request.destroy();
  }
}
