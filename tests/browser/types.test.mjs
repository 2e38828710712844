// SPDX-License-Identifier: MPL-2.0
// The page's hand-written types say what the server's own description says: every member
// that a type names is in the schema, is required where the type relies on it, and has a
// fitting type.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { city, Server } from './support.mjs';

const text = readFileSync(new URL('../../web/lib/api/types.ts', import.meta.url), 'utf8');
const pairs = {
  Problem: 'problem',
  City: 'city',
  Level: 'level',
  Word: 'word',
  Session: 'session',
  Input: 'input',
  Department: 'department',
  Area: 'area',
  CaseSummary: 'case_summary',
  CaseDetail: 'case_detail',
  CaseList: 'case_page',
  Clock: 'case_clock',
  Holder: 'holder',
  Task: 'case_task',
  HistoryRow: 'case_history',
  Media: 'case_media',
  Reporter: 'reporter',
  ReporterNew: 'reporter_new',
  Contact: 'contact',
  ContactAnswered: 'contact_answered',
  ContactNew: 'contact_new',
  ContactHow: 'contact_how',
  ContactList: 'contact_list',
  WaitingList: 'waiting_list',
  NearCase: 'near_case',
  NearCases: 'near_cases',
  Unmasking: 'unmasking',
  AllowedAction: 'action',
  LevelShare: 'case_level',
  Explanation: 'explanation',
  ExplainedClock: 'explained',
  ExplainInterval: 'interval',
  Located: 'located',
  Report: 'case_report',
  StoredMedia: 'media',
  Summary: 'summary',
  DeviceTime: 'device_time',
  TimeOrder: 'order',
  TimeOrderCase: 'order_case',
  TimeOrderTold: 'order_told',
  CalendarChange: 'calendar_change',
};
// Written by a room that describes itself elsewhere, or filled in by the page.
const elsewhere = new Set(['Department.parent', 'Department.kind', 'Department.desk', 'Summary.mine', 'CaseDetail.address']);

/** interface NAME extends BASE { member?: type; } as { NAME: { member: {optional, type} } } */
function interfaces() {
  const found = {};
  for (const [, name, base, body] of text.matchAll(/export interface (\w+)(?: extends (\w+))? \{\n([\s\S]*?)\n\}/g)) {
    const members = { ...found[base] };
    for (const [, member, optional, type] of body.matchAll(/^ {2}(\w+)(\??): ([^;]+);/gm)) {
      members[member] = { optional: optional === '?', type: type.trim() };
    }
    found[name] = members;
  }
  return found;
}
const plain = { string: 'string', number: 'number', boolean: 'boolean' };

let server;
let schemas;
before(async () => {
  server = await Server.start();
  const description = await (await fetch(`${server.base}/${city}/api/v1/openapi.json`)).json();
  schemas = description.components.schemas;
});
after(() => server?.stop());

test('the types of the page fit the description of the server', () => {
  const problems = [];
  const known = interfaces();
  for (const [name, schemaName] of Object.entries(pairs)) {
    const schema = schemas[schemaName];
    assert.ok(schema, `the server describes no ${schemaName}`);
    assert.ok(known[name], `types.ts has no ${name}`);
    for (const [member, { optional, type }] of Object.entries(known[name])) {
      const where = `${name}.${member}`;
      const property = schema.properties[member];
      if (elsewhere.has(where)) continue;
      if (!property) {
        problems.push(`${where} is not in ${schemaName}`);
        continue;
      }
      const needed = schema.required?.includes(member) ?? false;
      // What we send may be required of us; what we read may not be missing.
      if (!optional && !needed && name !== 'AllowedAction') problems.push(`${where} may be missing in ${schemaName}`);
      const types = [property.type].flat().filter(Boolean);
      const nullable = types.includes('null') || property.anyOf?.some((one) => one.type === 'null');
      if (nullable && !/\bnull\b/.test(type)) problems.push(`${where} may be null`);
      const base = types.find((one) => one !== 'null')?.replace('integer', 'number');
      const ours = type.replace(/\s*\|\s*null\b/, '');
      if (base === 'array' && !/\[\]$|^\[/.test(ours)) problems.push(`${where} is an array`);
      if (plain[ours] && base && plain[ours] !== base) problems.push(`${where} is ${base}, not ${ours}`);
    }
  }
  assert.deepEqual(problems, []);
});
