// SPDX-License-Identifier: MPL-2.0
// What the page of people knows: everybody's account, the codes just made.
import { signal } from '@preact/signals';
import type { Area, Label, Ref } from '../../lib/api/types.ts';
import { items } from '../../lib/session/host.ts';
import { areas, client, departments } from '../state/app.ts';

export interface Grant {
  role: string;
  area: number | null;
  department: number | null;
}
export interface Member {
  id: number;
  login: string;
  name: string;
  department: number | null;
  closed: boolean;
  has_password: boolean;
  open_tasks: number;
  roles: Grant[];
}
export interface CodeMade {
  login: string;
  name: string;
  code: string;
}
export interface Codes {
  items: CodeMade[];
  expires_at: string;
  more: boolean;
}
export interface Shift {
  code: string;
  name: Label;
  starts: string;
  ends: string;
}
export interface OnDuty {
  login: string;
  person: { id: number; name: string } | null;
  duty_grid: Area;
  shift: string;
  backup: boolean;
  starts_at: string;
  ends_at: string;
  now: boolean;
}
export interface RosterDay {
  day: string;
  shifts: Shift[];
  items: OnDuty[];
  empty: { duty_grid: Area; shift: string }[];
}
export interface WorkItem {
  task: number;
  kind: string;
  opened_at: string;
  case: { number: string; address?: string; description?: string; class: { name: Label } | null; clock: { due_at: string | null } | null; step_label: Label | null };
}

export const members = signal<Member[] | null>(null);
export const picked = signal<string | null>(null);
export const codes = signal<Codes | null>(null);
/** Areas of every level: a role may be narrowed to one. */
export const allAreas = signal<Area[]>([]);

export async function readMembers(): Promise<void> {
  const found: Member[] = [];
  for (let after = ''; ; ) {
    const page = await client.get<{ items: Member[]; more: boolean }>('/staff', { cursor: after });
    found.push(...page.items);
    if (!page.more || page.items.length === 0) break;
    after = page.items.at(-1)!.login;
  }
  members.value = found;
}
export async function readAreas(): Promise<void> {
  if (allAreas.value.length > 0) return;
  allAreas.value = await client
    .get<unknown>('/areas')
    .then((value) => items<Area>(value))
    .catch(() => areas.value);
}
export async function command(body: Record<string, unknown>): Promise<{ person: number; login: string; code?: string }> {
  const done = await client.post<{ person: number; login: string; code?: string }>('/staff', body);
  await readMembers();
  return done;
}
export async function makeCodes(logins?: readonly string[]): Promise<void> {
  codes.value = await client.post<Codes>('/staff/codes', logins ? { logins } : {});
}

export const departmentCode = (id: number | null): string => departments.value.find((one) => one.id === id)?.code ?? '';
const areaCode = (id: number | null): string => {
  const area = allAreas.value.find((one) => one.id === id);
  return area ? `${area.level}:${area.code}` : '';
};
/** A role as the server takes it: ROLE[@LEVEL:CODE][/DEPARTMENT]. */
export const grantText = (grant: Grant): string =>
  grant.role + (grant.area ? `@${areaCode(grant.area)}` : '') + (grant.department ? `/${departmentCode(grant.department)}` : '');
export type { Ref };
