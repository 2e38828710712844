// SPDX-License-Identifier: MPL-2.0
// What the console knows: the session, the city, the list, the chosen case, and what the
// address says. Views read these signals; only the functions here change them.
import { batch, computed, effect, signal } from '@preact/signals';
import { ApiError, Client } from '../../lib/api/client.ts';
import type {
  Area,
  CaseChange,
  CaseDetail,
  CaseSummary,
  Catalogue,
  City,
  Department,
  Light,
  Point,
  Process,
  Session,
  StaffMember,
  Summary,
  WaitingList,
} from '../../lib/api/types.ts';
import { basePath, items, type Phase, type SessionHost, tokenOfLink } from '../../lib/session/host.ts';
import { lightAt } from '../../lib/clock/light.ts';
import { timeZone } from '../../lib/i18n/index.ts';
import { ChangeStream, type StreamState } from '../../lib/live/stream.ts';
import { type Filters, filterQuery, noFilters, readFilters, writeFilters } from './filters.ts';
import { keepFor } from './keep.ts';
import { CaseRows } from './list.ts';

export type Pane = 'queue' | 'map' | 'side';
/** Pages beside the desk. */
export type Tool = 'model' | 'orders';

export const base = basePath(location.pathname, 'console');
export const phase = signal<Phase>('starting');
export const startFailure = signal<unknown>(null);
/** The session ended under a working page: sign in again above it, nothing typed is lost. */
export const expired = signal(false);
export const session = signal<Session | null>(null);
export const city = signal<City | null>(null);

export const client = new Client({
  base: `${base}/api/v1`,
  onSignedOut: () => {
    if (phase.value === 'ready') expired.value = true;
  },
});

// ---- what the city's tables say, read once ----
export const catalogue = signal<Catalogue | null>(null);
export const process = signal<Process | null>(null);
export const departments = signal<Department[]>([]);
export const areas = signal<Area[]>([]);
export const staff = signal<StaffMember[] | null>(null);

// ---- list, map, choice ----
export const filters = signal<Filters>(readFilters(location.search));
export const list = new CaseRows(client);
export const box = signal<[number, number, number, number] | null>(null);
export const selected = signal<string | null>(new URLSearchParams(location.search).get('case'));
export const cursor = signal<string | null>(selected.value);
export const hovered = signal<string | null>(null);
export const reporting = signal(false);
/** A citizen is on the line: the report begins with who it is. */
export const calling = signal(false);
/** The list of people who wait for an answer stands in the side column. */
export const answering = signal(false);
/** How many there are; null: not this person's business. */
export const waiting = signal<number | null>(null);
export const pane = signal<Pane>(selected.value ? 'side' : 'queue');
export const helpOpen = signal(false);
/** The page of people: accounts, rosters, the staff table. */
export const peopleOpen = signal(false);
export const tool = signal<Tool | null>(null);
export const summary = signal<Summary | null>(null);
export const streamState = signal<StreamState>('connecting');
export const lastChange = signal<CaseChange | null>(null);

/** Cases whose slips are shown for printing. */
export const printing = signal<readonly string[] | null>(null);
/** Cases marked in the list; null: nobody is choosing. */
export const chosen = signal<ReadonlySet<string> | null>(null);
export const SLIPS_MOST = 50;
export function choose(number: string): void {
  const now = new Set(chosen.value ?? []);
  if (!now.delete(number)) now.add(number);
  chosen.value = now;
}
export function printSlips(numbers: readonly string[]): void {
  if (numbers.length > 0) printing.value = numbers.slice(0, SLIPS_MOST);
}

/** The server's time, moving on every few seconds. */
export const nowMs = signal(client.now());
setInterval(() => {
  nowMs.value = client.now();
}, 5000);

/** Somebody takes a point on the map: what to do with it. */
export const picking = signal<((point: Point) => void) | null>(null);
export const pin = signal<Point | null>(null);
/** A box (degrees) that somebody wants to see; taken away once shown. */
export const lookAtBox = signal<readonly [number, number, number, number] | null>(null);
/** A point that somebody wants to see close by; taken away once shown. */
export const lookAt = signal<Point | null>(null);
export const markedGrid = signal<string | null>(null);

export const notices = signal<{ id: number; kind: 'good' | 'bad'; text: string; open?: string }[]>([]);
let noticeId = 0;
export function notify(kind: 'good' | 'bad', text: string, open?: string): void {
  const id = ++noticeId;
  notices.value = [...notices.value, { id, kind, text, open }];
  setTimeout(() => dismiss(id), kind === 'good' ? 6000 : 12_000);
}
export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

export const light = (item: CaseSummary): Light => lightAt(item.clock, item.light, nowMs.value);
export const query = computed(() => filterQuery(filters.value, filters.value.inMap ? box.value : null));

// ---- starting, signing in and out ----
let stream: ChangeStream | null = null;

export const linkToken = signal(tokenOfLink(location.hash));

export async function start(): Promise<void> {
  phase.value = 'starting';
  try {
    // Both at once: one way to the server and back less before there is anything to see.
    const [here, found] = await Promise.all([
      client.get<City>('/city'),
      linkToken.value
        ? null
        : client.get<Session>('/session', {}, { quiet: true }).catch((error: unknown) => {
            if (error instanceof ApiError && error.status === 401) return null;
            throw error;
          }),
    ]);
    city.value = here;
    timeZone.value = here.time_zone;
    if (linkToken.value) {
      phase.value = 'link';
      return;
    }
    if (found) await enter(found);
    else phase.value = 'signed-out';
  } catch (error) {
    batch(() => {
      startFailure.value = error;
      phase.value = 'failed';
    });
  }
}

export async function enter(found: Session): Promise<void> {
  const samePerson = expired.value && session.value?.person.id === found.person.id;
  session.value = found;
  if (found.must_change_password) {
    phase.value = 'password';
    return;
  }
  if (samePerson) {
    expired.value = false;
    await reload();
    follow();
    return;
  }
  batch(() => {
    keepFor(city.value?.slug ?? '', found.person.id);
    expired.value = false;
    phase.value = 'ready';
  });
  await Promise.all([readTables(), reload(false), refreshSummary()]);
  follow();
}

/** What the pages of signing in work with. */
export const host: SessionHost = { client, city, session, phase, linkToken, enter, notify };

async function readTables(): Promise<void> {
  const level = city.value?.levels[0]?.code;
  const keep = <T>(promise: Promise<T>, into: (value: T) => void) =>
    promise.then(into).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error; // a right this role has not
    });
  await Promise.all([
    keep(client.get<Catalogue>('/catalogue'), (value) => (catalogue.value = value)),
    keep(client.get<Process>('/process'), (value) => (process.value = value)),
    keep(client.get<unknown>('/departments'), (value) => (departments.value = items<Department>(value))),
    level
      ? keep(client.get<unknown>('/areas', { level }), (value) => (areas.value = items<Area>(value)))
      : Promise.resolve(),
  ]).catch((error: unknown) => {
    startFailure.value = error;
  });
}
export async function readStaff(): Promise<void> {
  if (staff.value || !may('staff.read')) return;
  staff.value = await client
    .get<unknown>('/staff')
    .then((value) => items<StaffMember>(value))
    .catch(() => []);
}

export async function signOut(): Promise<void> {
  stream?.close();
  stream = null;
  await client.delete('/session', { quiet: true }).catch(() => undefined);
  location.assign(`${base}/console/`);
}

// ---- live ----
function follow(): void {
  stream?.close();
  stream = new ChangeStream({
    url: `${base}/api/v1/changes`,
    since: list.position,
    name: `gridcase:${city.value?.slug ?? ''}:${session.value?.person.id ?? 0}:changes`,
    onState: (state) => {
      const wasLost = streamState.value === 'lost';
      streamState.value = state;
      if (state === 'live') {
        client.line.value = 'ok';
        if (wasLost) void refreshSummary();
      }
    },
    onRefused: () => {
      void client.get('/session').catch(() => undefined); // 401 shows the sign-in above the page
    },
    onEvent: ({ event, data }) => {
      if (event === 'reset') {
        void reload();
        return;
      }
      const change = JSON.parse(data) as CaseChange;
      if (event === 'gone') list.gone(change.number);
      else list.changed(change.number, change.kind === 'reported');
      lastChange.value = { ...change, kind: event === 'gone' ? 'gone' : change.kind };
      summarySoon();
    },
  });
}
let summaryTimer: ReturnType<typeof setTimeout> | undefined;
function summarySoon(): void {
  summaryTimer ??= setTimeout(() => {
    summaryTimer = undefined;
    void refreshSummary();
  }, 1500);
}
export async function refreshSummary(): Promise<void> {
  await client
    .get<Summary>('/summary')
    .then((value) => (summary.value = value))
    .catch(() => undefined);
  if (!mayTakeCalls()) return;
  await client
    .get<WaitingList>('/contacts/waiting', { limit: 1 })
    .then((value) => (waiting.value = value.total))
    .catch(() => undefined);
}

export async function reload(keep = true): Promise<void> {
  await list.load(query.value, filters.value.sort, keep);
}

// ---- choosing ----
/** A saved list, as its address says. */
export function applySearch(search: string): void {
  filters.value = readFilters(search);
  remember();
}
export function setFilters(change: Partial<Filters>): void {
  // Words typed on are one step back, not one for each pause.
  const typedOn = change.q !== undefined && change.q !== '' && filters.value.q !== '' && Object.keys(change).length === 1;
  filters.value = { ...filters.value, ...change };
  remember(typedOn);
}
export function clearFilters(): void {
  setFilters({ ...noFilters, q: filters.value.q, queue: filters.value.queue, sort: filters.value.sort });
}
export function open(number: string | null): void {
  batch(() => {
    selected.value = number;
    if (number) {
      cursor.value = number;
      reporting.value = false;
      calling.value = false;
      answering.value = false;
      pane.value = 'side';
    } else if (pane.value === 'side') pane.value = 'queue';
  });
  remember();
}
export const may = (right: string) => session.value?.rights?.includes(right) ?? true;
export const mayReport = () => may('case.report');
/** The ended case that the report being written goes on with. */
export const following = signal<CaseDetail | null>(null);
export function report(follows: CaseDetail | null = null): void {
  if (!mayReport()) return;
  batch(() => {
    following.value = follows;
    reporting.value = true;
    answering.value = false;
    pane.value = 'side';
  });
}
export const mayTakeCalls = () => session.value?.rights?.includes('contact.take') ?? false;
export function takeCall(): void {
  if (!mayTakeCalls()) return;
  batch(() => {
    calling.value = true;
    report();
  });
}
export function showAnswers(shown = true): void {
  if (!mayTakeCalls()) return;
  batch(() => {
    answering.value = shown;
    if (shown) {
      reporting.value = false;
      pane.value = 'side';
    } else if (!selected.value && pane.value === 'side') pane.value = 'queue';
  });
}
export function endReport(): void {
  batch(() => {
    following.value = null;
    reporting.value = false;
    calling.value = false;
    picking.value = null;
    pin.value = null;
    markedGrid.value = null;
    if (pane.value !== 'queue' && !selected.value) pane.value = 'queue';
  });
}
function remember(replace = false): void {
  const parameters = new URLSearchParams(writeFilters(filters.value));
  if (selected.value) parameters.set('case', selected.value);
  const search = parameters.toString();
  const next = location.pathname + (search ? `?${search}` : '');
  if (next === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', next);
  else history.pushState(null, '', next);
}
window.addEventListener('popstate', () => {
  batch(() => {
    filters.value = readFilters(location.search);
    selected.value = new URLSearchParams(location.search).get('case');
    pane.value = selected.value ? 'side' : 'queue';
  });
});

let loaded = '';
effect(() => {
  const wanted = JSON.stringify([query.value, filters.value.sort]);
  if (phase.value !== 'ready' || wanted === loaded) return;
  const first = loaded === '';
  loaded = wanted;
  if (!first) void reload(filters.value.inMap);
});

// ---- the chosen case ----
export const detail = signal<CaseDetail | null>(null);
export const detailFailure = signal<unknown>(null);
let detailTurn = 0;
export async function readDetail(number: string): Promise<void> {
  const turn = ++detailTurn;
  try {
    const found = await client.get<CaseDetail>(`/cases/${encodeURIComponent(number)}`);
    if (turn !== detailTurn) return;
    batch(() => {
      detail.value = found;
      detailFailure.value = null;
    });
    list.put(found);
  } catch (error) {
    if (turn !== detailTurn) return;
    batch(() => {
      if (detail.value?.number !== number) detail.value = null;
      detailFailure.value = error;
    });
  }
}
effect(() => {
  const number = selected.value;
  if (phase.value !== 'ready') return;
  if (number === null) {
    detailTurn++;
    detail.value = null;
    return;
  }
  if (detail.peek()?.number !== number) {
    detail.value = null;
    detailFailure.value = null;
    void readDetail(number);
  }
});
effect(() => {
  const change = lastChange.value;
  const number = selected.peek();
  if (!change || change.number !== number) return;
  const known = detail.peek();
  if (known && change.version !== undefined && change.version <= known.version) return;
  void readDetail(change.number);
});
