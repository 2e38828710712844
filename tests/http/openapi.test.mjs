// SPDX-License-Identifier: MPL-2.0
// The description says what the server does: every described operation is served, every
// answer fits its schema, nothing is served that is not described.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { nobody, startServer } from './lib.mjs';

let server, leader, description;
before(async () => {
  server = await startServer();
  leader = await server.signIn('leader1');
  description = (await nobody(server).get('/openapi.json')).body;
});
after(() => server?.remove());

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

// The part of JSON Schema that the description uses. Members beyond the schema are errors.
function fits(value, schema, path = '$') {
  if (schema.$ref) return fits(value, description.components.schemas[schema.$ref.split('/').pop()], path);
  if (schema.anyOf) {
    if (value === null && schema.anyOf.some((one) => one.type === 'null')) return;
    return fits(value, schema.anyOf[0], path);
  }
  const types = schema.type === undefined ? null : [schema.type].flat();
  if (!types) return;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const ok = types.some((type) => (type === 'integer' ? Number.isSafeInteger(value) : type === kind));
  assert.ok(ok, `${path}: ${JSON.stringify(value)?.slice(0, 80)} is not ${types}`);
  if (kind === 'null') return;
  if (schema.format === 'date-time') assert.match(value, instant, path);
  if (kind === 'array' && schema.items) value.forEach((one, i) => fits(one, schema.items, `${path}[${i}]`));
  if (kind === 'object') {
    for (const name of schema.required ?? []) assert.ok(name in value, `${path}.${name} is missing`);
    for (const [name, one] of Object.entries(value)) {
      if (schema.properties) {
        assert.ok(name in schema.properties, `${path}.${name} is not described`);
        fits(one, schema.properties[name], `${path}.${name}`);
      } else if (schema.additionalProperties) fits(one, schema.additionalProperties, `${path}.${name}`);
    }
  }
}

test('it is OpenAPI 3.1 and its references lead somewhere', () => {
  assert.match(description.openapi, /^3\.1\./);
  const names = new Set(Object.keys(description.components.schemas));
  for (const [, name] of JSON.stringify(description).matchAll(/#\/components\/schemas\/([a-z_]+)/g)) {
    assert.ok(names.has(name), name);
  }
  const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
  const ids = operations.map((one) => one.operationId);
  assert.equal(new Set(ids).size, ids.length, 'operation ids are unique');
  assert.ok(operations.length > 25);
  for (const one of operations) {
    assert.ok(one.summary && one.responses.default && Array.isArray(one.security), one.operationId);
  }
});

test('every operation is served with its method, others are refused', async () => {
  for (const [path, methods] of Object.entries(description.paths)) {
    const address = path.replace(/\{[^}]+\}/g, 'x');
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if (path === '/changes' && method === 'GET') continue;
      const described = method.toLowerCase() in methods;
      const answer = await nobody(server).call(method, address);
      if (described) {
        assert.notEqual(answer.body?.code, 'http.no_such_address', `${method} ${path}`);
        assert.notEqual(answer.status, 405, `${method} ${path}`);
      } else {
        assert.equal(answer.status, 405, `${method} ${path}`);
      }
    }
  }
});

test('answers fit their schemas', async () => {
  const collector = await server.signIn('collector1');
  const acceptor = await server.signIn('acceptor1');
  const made = await collector.report();
  await acceptor.act(made.body.number, 'accept');
  const addresses = {
    '/session': '/session', '/city': '/city', '/catalogue': '/catalogue', '/process': '/process',
    '/areas': '/areas', '/departments': '/departments', '/grids': '/grids', '/staff': '/staff',
    '/locate': '/locate?lon=120.0005&lat=30.0005', '/cases': '/cases?limit=5',
    '/cases/{number}': `/cases/${made.body.number}`, '/cases/{number}/explain': `/cases/${made.body.number}/explain`,
    '/summary': '/summary', '/figures': '/figures?by=class,day', '/places': '/places?q=T11', '/tokens': '/tokens',
  };
  for (const [path, address] of Object.entries(addresses)) {
    const answer = await leader.get(address);
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    const schema = description.paths[path].get.responses['200'].content['application/json'].schema;
    fits(answer.body, schema, path);
  }
  const created = description.paths['/cases'].post.responses['201'].content['application/json'].schema;
  fits(made.body, created, 'POST /cases');
  const missing = await leader.get('/cases/none');
  fits(missing.body, description.components.schemas.problem, 'problem');
});

test('query parameters that are described are taken, others are refused', async () => {
  for (const parameter of description.paths['/cases'].get.parameters) {
    const answer = await leader.get(`/cases?${parameter.name}=`);
    assert.notEqual(answer.body?.code, 'api.unknown_parameter', parameter.name);
  }
  assert.equal((await leader.get('/cases?colour=red')).body.code, 'api.unknown_parameter');
});
