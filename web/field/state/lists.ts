// SPDX-License-Identifier: MPL-2.0
// My tasks and my reports: the last ones known are shown at once, the server's follow. Cases
// of tasks are read ahead, with their photos, so that they are there without a signal.
import { effect, signal } from '@preact/signals';
import { ApiError, LineError } from '../../lib/api/client.ts';
import type { CaseDetail, CaseList, CaseSummary } from '../../lib/api/types.ts';
import { ChangeStream } from '../../lib/live/stream.ts';
import { mediaClass } from '../../lib/ui/media.tsx';
import { base, city, client, database, expired, failedLine, lastSync, onEntered, person, phase, quickly, verify } from './session.ts';

export interface Shown {
  items: CaseSummary[];
  at: number;
}
export const tasks = signal<Shown | null>(null);
export const reports = signal<Shown | null>(null);
export const refreshing = signal(false);
/** The server's time, moving on. */
export const nowMs = signal(client.now());
setInterval(() => {
  nowMs.value = client.now();
}, 15_000);

const AHEAD_MOST = 30;
const lists = {
  tasks: { into: tasks, query: { queue: 'mine', open: 1, sort: 'due', limit: 100 } },
  reports: { into: reports, query: { reported: 'me', sort: 'newest', limit: 50 } },
} as const;
type Name = keyof typeof lists;
const names = Object.keys(lists) as Name[];

function quiet(error: unknown): void {
  if (!(error instanceof ApiError) && !(error instanceof LineError)) throw error;
}

async function readKept(): Promise<void> {
  const mine = person.value!;
  for (const name of names) {
    const kept = await database().kept<CaseSummary[]>(mine, name);
    if (kept && person.value === mine && !lists[name].into.value) lists[name].into.value = { items: kept.value, at: kept.at };
  }
}

async function readOne(name: Name, mine: number): Promise<void> {
  const page = await client.get<CaseList>('/cases', lists[name].query, quickly);
  if (person.value !== mine) return;
  client.heard(page.as_of);
  lists[name].into.value = { items: page.items, at: Date.now() };
  lastSync.value = Date.now();
  await database().keep(mine, name, page.items);
}

let again = false;
export async function refresh(): Promise<void> {
  const mine = person.value;
  if (mine === null || expired.value) return;
  if (refreshing.value) {
    again = true;
    return;
  }
  refreshing.value = true;
  try {
    await Promise.all(names.map((name) => readOne(name, mine)));
    void readAhead(mine);
  } catch (error) {
    quiet(error);
  } finally {
    refreshing.value = false;
  }
  if (again) {
    again = false;
    await refresh();
  }
}

async function readAhead(mine: number): Promise<void> {
  for (const item of (tasks.value?.items ?? []).slice(0, AHEAD_MOST)) {
    const kept = await database().kept<CaseDetail>(mine, `case:${item.number}`);
    if (kept && kept.value.version >= item.version) continue;
    if (person.value !== mine || failedLine.value) return;
    try {
      const found = await readCase(item.number, mine);
      for (const photo of found.media.filter((one) => one.received && mediaClass(one.type) === 'photo').slice(0, 6)) new Image().src = photoUrl(photo.sha256, true);
    } catch (error) {
      quiet(error);
      if (error instanceof LineError) return;
    }
  }
}

async function readCase(number: string, mine: number): Promise<CaseDetail> {
  const found = await client.get<CaseDetail>(`/cases/${encodeURIComponent(number)}`, {}, quickly);
  if (person.value === mine) await database().keep(mine, `case:${number}`, found);
  return found;
}

export const photoUrl = (sha256: string, small = false): string => client.url(`/media/${sha256}`, small ? { size: 'thumb' } : {});

// ---- the case that is shown ----
export const detail = signal<CaseDetail | null>(null);
/** When it was read; null: by the server just now. */
export const detailAt = signal<number | null>(null);
export const detailFailure = signal<unknown>(null);
let turn = 0;
export async function showCase(number: string): Promise<void> {
  const mine = person.value!;
  const own = ++turn;
  detailFailure.value = null;
  if (detail.value?.number !== number) {
    detail.value = null;
    const kept = await database().kept<CaseDetail>(mine, `case:${number}`);
    if (own !== turn) return;
    detail.value = kept?.value ?? null;
    detailAt.value = kept?.at ?? null;
  }
  try {
    const found = await readCase(number, mine);
    if (own !== turn) return;
    detail.value = found;
    detailAt.value = null;
  } catch (error) {
    if (own === turn) detailFailure.value = error;
  }
}

// ---- live, while the page is looked at ----
let stream: ChangeStream | null = null;
let soon: ReturnType<typeof setTimeout> | undefined;
export function refreshSoon(ms = 1500): void {
  soon ??= setTimeout(() => {
    soon = undefined;
    void refresh();
    if (detail.value) void showCase(detail.value.number);
  }, ms);
}
function follow(): void {
  stream?.close();
  stream = null;
  if (document.hidden || person.value === null || expired.value || phase.value !== 'ready') return;
  stream = new ChangeStream({
    url: `${base}/api/v1/changes`,
    name: `gridcase:${city.value?.slug ?? ''}:${person.value}:changes`,
    onState: (state) => {
      if (state === 'live') client.line.value = 'ok';
    },
    onRefused: () => void verify(),
    onEvent: () => refreshSoon(),
  });
}

export function startLists(): void {
  onEntered(() => {
    const mine = person.value;
    if (mine !== shownFor) {
      tasks.value = null;
      reports.value = null;
      detail.value = null;
      shownFor = mine;
    }
    void readKept().then(() => refresh());
    follow();
  });
  document.addEventListener('visibilitychange', () => {
    follow();
    if (!document.hidden) void refresh();
  });
  addEventListener('online', () => void refresh());
  effect(() => {
    if (expired.value) stream?.close();
  });
  // The queue may change without an event that concerns this person, and events may be lost.
  setInterval(() => {
    if (!document.hidden) void refresh();
  }, 120_000);
}
let shownFor: number | null = null;
