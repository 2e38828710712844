// SPDX-License-Identifier: MPL-2.0
// The session; the view, which is the address; and the figures of the view, read again every
// minute. What is shown stays until what follows it has arrived.
import { batch, computed, signal } from '@preact/signals';
import { ApiError, Client } from '../lib/api/client.ts';
import type { Area, CaseSummary, Catalogue, City, Department, Label, Session, Summary } from '../lib/api/types.ts';
import { localDay, showClock, showTime, timeZone } from '../lib/i18n/index.ts';
import { basePath, items, type Phase, type SessionHost, tokenOfLink } from '../lib/session/host.ts';
import { ChangeStream } from '../lib/live/stream.ts';
import { isDay, type Span, spanBefore, spanOf, trendSpan, type TimeUnit, unitFor, unitsFor } from './days.ts';
import { type Definitions, type MeasureWord, noDefinitions } from './definition.ts';
import type { Figures } from './figures.ts';
import { figuresOfFrozen, type FrozenDoc, type FrozenVersion, periodCode } from './frozen.ts';
import { t } from './i18n.ts';
import type { PageRead } from './pages/page.ts';
import { chips, departmentLevel, figureQuery, type FilterName, honestyCodes, listQuery, type PageName, readView, type View, writeView } from './view.ts';

export const base = basePath(location.pathname, 'dashboard');
export const phase = signal<Phase>('starting');
export const startFailure = signal<unknown>(null);
export const expired = signal(false);
export const session = signal<Session | null>(null);
export const city = signal<City | null>(null);
/** A department's user, or somebody with an area, sees a part of the city only. */
export const seesAll = signal(true);
const linkToken = signal(tokenOfLink(location.hash));

export const client = new Client({
  base: `${base}/api/v1`,
  timeoutMs: 120_000, // what is shown stays until it comes: a look over ten years may take its time
  onSignedOut: () => {
    if (phase.value === 'ready') expired.value = true;
  },
});
export const host: SessionHost = { client, city, session, phase, linkToken, enter, notify: () => undefined, welcome: () => t('dash.welcome') };

// ---- the view ----
export const view = signal<View>(readView(location.search));
/** The measure whose definition is shown; empty: all, from the top. */
export const helpAt = signal<string | null>(null);
export const addressOf = (next: View): string => `${base}/dashboard/${writeView(next)}`;
type Kept = { y?: number } | null;

/** Shows a view under its own address. `stay`: the same place of the page, no step back. */
export function show(next: View, { stay = false } = {}): void {
  if (stay) history.replaceState(history.state, '', addressOf(next));
  else {
    history.replaceState({ ...(history.state as Kept), y: window.scrollY }, '');
    history.pushState(null, '', addressOf(next));
  }
  take(next, stay ? null : 0);
}
function take(next: View, y: number | null): void {
  helpAt.value = null;
  view.value = next;
  void refresh();
  if (y !== null) requestAnimationFrame(() => window.scrollTo(0, y));
}
history.scrollRestoration = 'manual';
addEventListener('popstate', (event) => take(readView(location.search), (event.state as Kept)?.y ?? 0));

/** What day it is in the city, by the server's clock. */
export function cityToday(): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: timeZone.value, year: 'numeric', month: '2-digit', day: '2-digit' });
  const text = parts.format(new Date(client.now()));
  return isDay(text) ? text : new Date(client.now()).toISOString().slice(0, 10);
}
export const today = signal('');
/** The time of figures; with its day when that is over. */
export const asOfWords = (at: string): string => (localDay(at) === localDay(new Date(client.now()).toISOString()) ? showClock(at) : showTime(at));
export const span = computed<Span>(() => spanOf(view.value.period, today.value, view.value.range));
export const before = computed<Span>(() => spanBefore(view.value.period, span.value));
export const trendOver = computed<Span>(() => trendSpan(span.value));
export const trendUnit = computed<TimeUnit>(() => {
  const fit = unitsFor(trendOver.value);
  const wanted = view.value.unit || unitFor(trendOver.value);
  return fit.includes(wanted) ? wanted : (fit[0] ?? 'month');
});

// ---- words of the city ----
export const departments = signal<Department[]>([]);
const learned = signal<ReadonlyMap<string, Label | string>>(new Map());
const asked = new Set<string>();

/** The dimension that `by` means here and now. */
export const dimension = (): string => (view.value.by === 'department' ? departmentDimension() : view.value.by);
/** Departments, as deep in their tree as they can be compared. */
export function departmentDimension(): string {
  const within = view.value.filters.department?.split(',').map(Number).filter(Number.isFinite) ?? [];
  const own = session.value?.person.department;
  const mine = seesAll.value ? null : typeof own === 'object' ? (own?.id ?? null) : (own ?? null);
  return departmentLevel(departments.value, within[within.length - 1] ?? mine);
}
export function filterLabel(name: FilterName, value: string): Label | string | null {
  if (name === 'department' || name === 'lead') return departments.value.find((one) => String(one.id) === value)?.name ?? null;
  if (name === 'source') return city.value?.sources?.find((one) => one.code === value)?.label ?? learned.value.get(`source ${value}`) ?? null;
  if (name === 'outside') return city.value?.levels.find((one) => one.code === value)?.name ?? null;
  return learned.value.get(`${name} ${value}`) ?? null;
}
/** Names of what rows can narrow the page to. */
export function learnRows(answer: Figures): void {
  const at = answer.dimensions.map((one) => one.code.replace(/:.*/, ''));
  learn(answer.rows.flatMap((row) => row.keys.map((key, i): [string, Label | string | null] => [`${at[i]} ${at[i] === 'major' || at[i] === 'source' ? key.code : key.id}`, key.label ?? (key.code || null)])));
}
export function learn(words: [string, Label | string | null][]): void {
  const fresh = words.filter((word): word is [string, Label | string] => word[1] !== null && !learned.value.has(word[0]));
  if (fresh.length > 0) learned.value = new Map([...learned.value, ...fresh]);
}
/** Names of filters that came with an address and stand in no answer so far. */
async function learnFilters(): Promise<void> {
  const unknown = chips(view.value.filters).filter((chip) => filterLabel(chip.name, chip.value) === null);
  const need = (name: FilterName, kind: string) => unknown.some((chip) => chip.name === name) && !asked.has(kind) && asked.add(kind);
  if (need('area', 'areas')) {
    const found = items<Area>(await client.get<unknown>('/areas'));
    learn(found.map((one) => [`area ${one.id}`, Object.keys(one.name ?? {}).length > 0 ? one.name : one.code]));
  }
  const wantsClass = need('class', 'catalogue');
  const wantsMajor = need('major', 'catalogue');
  if (wantsClass || wantsMajor) {
    const { classes } = await client.get<Catalogue>('/catalogue');
    learn(classes.flatMap((one) => [[`class ${one.id}`, one.name]]));
  }
}

// ---- figures ----
export interface Shown {
  now: Figures;
  before: Figures;
  trend: Figures;
  trendUnit: TimeUnit;
  split: Figures;
  /** What stands behind the closing rate, split likewise; null: the city's tables lack it. */
  honest: Figures | null;
  /** Of a frozen version: what would be told today. Its own figures stand above. */
  frozen: { version: number; live: Figures } | null;
}
/** Versions in which the period that is looked at was frozen, newest first. */
export const frozenVersions = signal<FrozenVersion[]>([]);
export const shown = signal<Shown | null>(null);
export const loading = signal(false);
export const failure = signal<unknown>(null);
/** The columns are being made for the first time: asked for again in a moment. */
export const building = signal(false);

export interface Cases {
  query: string;
  items: CaseSummary[];
  total: number;
  next: string | null;
  asOf: string;
}
interface FigureCases {
  items: CaseSummary[];
  total: number;
  next_cursor: string | null;
  as_of: string;
}
export const cases = signal<Cases | null>(null);
/** What a view other than the overview has read: drawn by the page of that name. */
export interface PageShown {
  page: PageName;
  data: unknown;
}
export const pageShown = signal<PageShown | null>(null);
/** Names of measures as answers gave them. */
export const measureNames = signal<ReadonlyMap<string, Label>>(new Map());
export function learnMeasures(measures: readonly { code: string; label: Label }[]): void {
  const fresh = measures.filter((one) => !measureNames.value.has(one.code));
  if (fresh.length > 0) measureNames.value = new Map([...measureNames.value, ...fresh.map((one): [string, Label] => [one.code, one.label])]);
}
const PAGE = 50;
const MOST = 500;

let running: AbortController | null = null;
let again: ReturnType<typeof setTimeout> | undefined;

export async function refresh(): Promise<void> {
  running?.abort();
  clearTimeout(again);
  const mine = new AbortController();
  running = mine;
  readAt = Date.now();
  loading.value = true;
  try {
    if (view.value.list) await readCases(mine.signal);
    else if (view.value.page !== 'overview') await readPage(mine.signal);
    else await readFigures(mine.signal);
    if (!mine.signal.aborted) {
      failure.value = null;
      building.value = false;
    }
  } catch (error) {
    if (mine.signal.aborted) return;
    const soon = error instanceof ApiError && error.code === 'figures.building';
    building.value = soon;
    failure.value = soon ? null : error;
    if (soon) again = setTimeout(() => void refresh(), 2000);
  } finally {
    if (running === mine) {
      running = null;
      loading.value = false;
    }
  }
}

/** Asked for by itself, so that the headline comes from the rollups. A city's own tables may
 *  do without some of them, or all. */
export async function readHonest(over: Span, by: string, get: (path: string) => Promise<Figures>): Promise<Figures | null> {
  const known = new Set((await readDefinitions()).map((one) => one.code));
  const codes = ['closing_rate', ...honestyCodes].filter((code) => known.has(code));
  if (codes.length < 2) return null;
  const found = await get(`/figures?${figureQuery(view.value.filters, over, { by, measures: codes.join() })}`);
  learnMeasures(found.measures);
  return found;
}

async function readFigures(signal: AbortSignal): Promise<void> {
  today.value = cityToday();
  const { filters } = view.value;
  const unit = trendUnit.value;
  const get = (query: string) => client.get<Figures>(`/figures?${query}`, {}, { signal });
  const [now, was, trend, split, honest, versions] = await Promise.all([
    get(figureQuery(filters, span.value)),
    get(figureQuery(filters, before.value)),
    get(figureQuery(filters, trendOver.value, { by: unit })),
    get(figureQuery(filters, span.value, { by: dimension() })),
    readHonest(span.value, dimension(), (path) => client.get<Figures>(path, {}, { signal })),
    readVersions(signal),
  ]);
  const told = await readFrozen(versions, signal);
  if (signal.aborted) return;
  client.heard(now.as_of);
  learnMeasures(now.measures);
  batch(() => {
    frozenVersions.value = versions;
    shown.value = told
      ? { now: told.now, before: told.before ?? { ...was, totals: was.totals.map(() => null) }, trend, trendUnit: unit, split: told.split, honest: honest ? told.split : null, frozen: { version: view.value.frozen, live: now } }
      : { now, before: was, trend, trendUnit: unit, split, honest, frozen: null };
    const name = split.dimensions[0]?.code.replace(/:.*/, '') ?? '';
    learn(split.rows.map((row) => [`${name} ${name === 'major' || name === 'source' ? row.keys[0]?.code : row.keys[0]?.id}`, row.keys[0]?.label ?? null]));
  });
  await learnFilters();
}

/** Frozen versions of just this period; of a part of the city nothing is frozen. */
async function readVersions(signal: AbortSignal): Promise<FrozenVersion[]> {
  const period = periodCode(span.value);
  if (period === null || !seesAll.value || Object.keys(view.value.filters).length > 0) return [];
  const { items: found } = await client.get<{ items: FrozenVersion[] }>(`/frozen?period=${period}`, {}, { signal });
  return found.filter((one) => one.period === period).sort((a, b) => b.version - a.version);
}
/** The version that the address names, beside the newest one of the period before. */
async function readFrozen(versions: readonly FrozenVersion[], signal: AbortSignal): Promise<{ now: Figures; before: Figures | null; split: Figures } | null> {
  const wanted = versions.find((one) => one.version === view.value.frozen);
  if (!wanted) return null;
  const period = periodCode(before.value);
  const none = (error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return null; // it was never frozen
    throw error;
  };
  const [doc, was, words] = await Promise.all([
    client.get<FrozenDoc>(`/frozen/${wanted.period}?version=${wanted.version}`, {}, { signal }),
    period === null ? null : client.get<FrozenDoc>(`/frozen/${period}`, {}, { signal }).catch(none),
    readDefinitions(),
  ]);
  const name = (by: string, id: number, code: string): Label | null => {
    const found = filterLabel(by.replace(/:.*/, '') as FilterName, by === 'major' || by === 'source' ? code : String(id));
    return typeof found === 'string' ? { und: found } : found;
  };
  const now = figuresOfFrozen(doc, '', words, today.value, name);
  const split = figuresOfFrozen(doc, dimension(), words, today.value, name);
  return now && { now, before: was && figuresOfFrozen(was, '', words, today.value, name), split: split ?? { ...now, dimensions: [{ code: dimension() }] } };
}

/** Views other than the first screen come in a chunk of their own. */
async function readPage(signal: AbortSignal): Promise<void> {
  today.value = cityToday();
  const { page } = view.value;
  const { pages } = await import('./pages/index.tsx');
  if (signal.aborted) return;
  const get = <T>(path: string): Promise<T> => client.get<T>(path, {}, { signal });
  const reading: PageRead = { get, view: view.value, span: span.value, before: before.value, today: today.value, dimension: dimension(), departments: departmentDimension() };
  const data = await pages[page].read(reading);
  if (signal.aborted) return;
  pageShown.value = { page, data };
  await learnFilters();
}

async function readCases(signal: AbortSignal): Promise<void> {
  const list = view.value.list!;
  today.value = cityToday();
  const query = listQuery(list);
  const kept = cases.value?.query === query ? cases.value : null;
  if (!kept) cases.value = null;
  // Again as many as are shown, in one answer; a longer list is not read again by itself.
  if (kept && kept.items.length > MOST) return;
  const limit = String(Math.max(PAGE, Math.min(MOST, kept?.items.length ?? 0)));
  const page = await client.get<FigureCases>(`/cases?${listQuery(list, { limit })}`, {}, { signal });
  if (signal.aborted) return;
  cases.value = { query, items: page.items, total: page.total, next: page.next_cursor, asOf: page.as_of };
  await learnFilters();
}
export type { MeasureWord };
/** What every figure means; empty until it was asked for. */
export const definitions = signal<Definitions>(noDefinitions);
export const allMeasures = computed<MeasureWord[]>(() => definitions.value.measures);
/** Read once: they change with the city's model, and with what this page enters. What cannot be
 *  read is left out. */
export async function readDefinitions({ anew = false } = {}): Promise<MeasureWord[]> {
  if (anew || allMeasures.value.length === 0) {
    const found = await client.get<Definitions>('/indicators').catch(() => null);
    if (found) {
      learnMeasures(found.measures);
      definitions.value = found;
    }
  }
  return allMeasures.value;
}
export const reading = signal(false);
export async function moreCases(): Promise<void> {
  const have = cases.value;
  const list = view.value.list;
  if (!have?.next || !list || reading.value) return;
  reading.value = true;
  try {
    const page = await client.get<FigureCases>(`/cases?${listQuery(list, { limit: String(PAGE), cursor: have.next })}`);
    if (cases.value !== have) return;
    const known = new Set(have.items.map((one) => one.number));
    cases.value = { ...have, items: [...have.items, ...page.items.filter((one) => !known.has(one.number))], total: page.total, next: page.next_cursor };
  } catch (error) {
    failure.value = error;
  } finally {
    reading.value = false;
  }
}

// ---- the session ----
export async function start(): Promise<void> {
  phase.value = 'starting';
  try {
    city.value = await client.get<City>('/city');
    timeZone.value = city.value.time_zone;
    if (linkToken.value) {
      phase.value = 'link';
      return;
    }
    const found = await client.get<Session>('/session', {}, { quiet: true }).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    });
    if (found) await enter(found);
    else phase.value = 'signed-out';
  } catch (error) {
    startFailure.value = error;
    phase.value = 'failed';
  }
}
async function enter(found: Session): Promise<void> {
  session.value = found;
  expired.value = false;
  if (found.must_change_password) {
    phase.value = 'password';
    return;
  }
  const [tree, summary] = await Promise.all([client.get<unknown>('/departments'), client.get<Summary>('/summary')]);
  departments.value = items<Department>(tree);
  seesAll.value = summary.sees_all !== false;
  phase.value = 'ready';
  follow();
  await refresh();
}
const live = (): boolean => phase.value === 'ready' && !expired.value && !document.hidden;

// ---- live: what moves in the city shows here a moment later ----
const SOON_MS = 1500;
/** Views that read much are read again by the minute only. */
const heavy = new Set<PageName>(['ahead', 'spots', 'quality', 'coverage', 'map', 'frozen', 'definitions']);
const LEAST_MS = 6000;
let readAt = 0;
let soon: ReturnType<typeof setTimeout> | undefined;
let stream: ChangeStream | null = null;
export const isLive = signal(false);
function moved(): void {
  if (soon !== undefined || heavy.has(view.value.page)) return;
  soon = setTimeout(
    () => {
      soon = undefined;
      if (!live()) return; // whoever comes back reads anew
      if (loading.value) moved();
      else void refresh();
    },
    Math.max(SOON_MS, readAt + LEAST_MS - Date.now()),
  );
}
function follow(): void {
  stream?.close();
  stream = new ChangeStream({
    url: `${base}/api/v1/changes`,
    name: `gridcase:${city.value?.slug ?? ''}:${session.value?.person.id ?? 0}:changes`,
    onState: (state) => (isLive.value = state === 'live'),
    onRefused: () => void client.get('/session').catch(() => undefined), // 401 shows the sign-in
    onEvent: moved,
  });
}
setInterval(() => {
  if (live() && !loading.value) void refresh();
}, 60_000);
document.addEventListener('visibilitychange', () => {
  if (live() && !loading.value) void refresh(); // back from a pocket: not a minute old
});

export async function signOut(): Promise<void> {
  stream?.close();
  await client.delete('/session', { quiet: true }).catch(() => undefined);
  location.assign(`${base}/dashboard/`);
}

// ---- how much room there is ----
const narrowPage = matchMedia('(max-width: 760px)');
/** A telephone: one figure a table, one thing below the other. */
export const narrow = signal(narrowPage.matches);
narrowPage.addEventListener('change', () => (narrow.value = narrowPage.matches));
