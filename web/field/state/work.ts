// SPDX-License-Identifier: MPL-2.0
// What the person makes: the report and the task that are being filled in, and the outbox
// that sends them.
import { computed, signal } from '@preact/signals';
import { ApiError, uuid } from '../../lib/api/client.ts';
import type { Report, Session } from '../../lib/api/types.ts';
import { uploadMedia } from '../../lib/media/upload.ts';
import type { Fix, Item, Photo, Sent } from '../store/database.ts';
import { DraftKeeper } from '../store/draft.ts';
import { Outbox } from '../store/outbox.ts';
import { refreshSoon } from './lists.ts';
import { city, client, database, deviceTime, expired, namedFetch, onEntered, person, quickly, session, signedOut } from './session.ts';

// ---- the forms ----
export interface ReportForm {
  classId: number | null;
  conditionId: number | null;
  component: { id: number; code: string } | null;
  urgency: string;
  point: Fix | null;
  /** Who said where: the phone, or a person on the map. */
  pointBy: 'gps' | 'map' | null;
  pointAt: number;
  address: string;
  words: string;
  /** A way to start the case other than the first, by its code; '' for that one. */
  how: string;
  /** What single photos show, by their ids, where a person said it. */
  shows: Record<string, 'before' | 'after'>;
}
export const blankReport = (): ReportForm => ({
  classId: null,
  conditionId: null,
  component: null,
  urgency: '',
  point: null,
  pointBy: null,
  pointAt: 0,
  address: '',
  words: '',
  how: '',
  shows: {},
});
/** Ways to start a case, the usual one first. */
export const ways = computed(() => session.value?.start_actions ?? []);
export const wayOf = (form: ReportForm) => ways.value.find((one) => one.action === form.how) ?? ways.value[0];
/** What a photo shows: as a person said it; else the first is of before, where both are asked for. */
export function showsOf(form: ReportForm, photos: readonly { id: string }[], at: number): 'before' | 'after' {
  const needs = wayOf(form)?.needs ?? [];
  return form.shows?.[photos[at]!.id] ?? (at === 0 && needs.includes('before') ? 'before' : 'after');
}
export function lacksShown(form: ReportForm, photos: readonly { id: string }[]): boolean {
  const needs = (wayOf(form)?.needs ?? []).filter((need) => need === 'before' || need === 'after');
  return needs.some((need) => !photos.some((_, at) => showsOf(form, photos, at) === need));
}
export interface ActForm {
  number: string;
  action: string;
  /** The task and its version as the person saw them. */
  ifMatch: string | null;
  values: Record<string, string>;
}
export type Keeper<Form extends object> = DraftKeeper<Form>;

/** Drafts of the person that works here, for the home page. */
export const openDrafts = signal<{ id: string; at: number; number: string; action: string; photos: number }[]>([]);
export async function readDrafts(): Promise<void> {
  const mine = person.value;
  if (mine === null) return;
  const found = await database().drafts(mine);
  const photos = await Promise.all(found.map((draft) => database().photosOf(draft.id)));
  if (person.value !== mine) return;
  openDrafts.value = found
    .map((draft, i) => {
      const form = draft.form as Partial<ActForm>;
      return { id: draft.id, at: draft.at, number: form.number ?? '', action: form.action ?? '', photos: photos[i]!.length };
    })
    .sort((a, b) => b.at - a.at);
}

export function reportKeeper(): DraftKeeper<ReportForm> {
  return new DraftKeeper(database(), person.value!, 'report', blankReport);
}
export function actKeeper(number: string, action: string, ifMatch: string | null): DraftKeeper<ActForm> {
  return new DraftKeeper(database(), person.value!, `act:${number}:${action}`, () => ({ number, action, ifMatch, values: {} }));
}
export async function throwAway(id: string): Promise<void> {
  await database().dropDraft(id);
  await readDrafts();
}

// ---- the outbox ----
export const items = signal<Item[]>([]);
export const sent = signal<Sent[]>([]);
export const others = signal(0);
export const sending = signal(false);
/** The phone's own store failed while sending. */
export const storeFailure = signal<unknown>(null);
export const waiting = computed(() => items.value.filter((item) => item.state === 'queued'));
export const refused = computed(() => items.value.filter((item) => item.state === 'refused'));

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('gridcase:field:outbox');
export async function readItems(): Promise<void> {
  const mine = person.value;
  if (mine === null) return;
  const store = database();
  const [found, done, rest] = await Promise.all([store.items(mine), store.sent(mine), store.othersWaiting(mine)]);
  if (person.value !== mine) return;
  items.value = found;
  sent.value = done;
  others.value = rest;
}
function changed(): void {
  void readItems();
  channel?.postMessage(city.value?.slug ?? '');
}

async function sendPhoto(photo: Photo): Promise<void> {
  await uploadMedia(photo.blob, { api: client, sha256: photo.sha256, fetch: namedFetch });
}

async function postItem(item: Item): Promise<string> {
  const post = (body: unknown) =>
    client.post<{ number: string }>(item.path, body, {
      key: item.key,
      ...(item.ifMatch ? { ifMatch: item.ifMatch } : {}),
      quiet: true,
      timeoutMs: 30_000,
    });
  try {
    return (await post(item.body)).number;
  } catch (error) {
    // Saved by an older version of this page, on a phone whose clock runs ahead of the
    // server's: then the time of arrival must do. The item is changed first, so that every
    // later try says the same.
    if (!(error instanceof ApiError) || error.code !== 'case.time') throw error;
    const { done_at: _, ...body } = item.body as { done_at?: string };
    await database().changeItem(item.key, { body });
    return (await post(body)).number;
  }
}

let told: (item: Item, number: string) => void = () => undefined;
let toldRefused: (item: Item) => void = () => undefined;
export function onOutcome(done: typeof told, no: typeof toldRefused): void {
  told = done;
  toldRefused = no;
}

let outbox: Outbox | null = null;
function outboxOfCity(): Outbox {
  outbox ??= new Outbox({
    database: database(),
    person: () => (expired.value ? null : person.value),
    transport: {
      who: async () => {
        try {
          return (await client.get<Session>('/session', {}, { quiet: true, ...quickly })).person.id;
        } catch (error) {
          if (error instanceof ApiError && error.status === 401) return null;
          throw error;
        }
      },
      photo: sendPhoto,
      post: postItem,
    },
    onChange: changed,
    onSent: (item, number) => {
      told(item, number);
      refreshSoon(300);
    },
    onRefused: (item) => toldRefused(item),
    onSignedOut: signedOut,
  });
  return outbox;
}

let timer: ReturnType<typeof setTimeout> | undefined;
/** Sends what is due, and comes back when more will be. hurry: the line is back, or a person asks. */
export async function send(hurry = false): Promise<void> {
  if (person.value === null) return;
  clearTimeout(timer);
  const box = outboxOfCity();
  sending.value = true;
  let next: number | null = null;
  try {
    await box.flush(hurry);
    storeFailure.value = null;
    await readItems();
    next = await box.nextAt();
  } catch (error) {
    storeFailure.value = error; // the phone's store does not answer: shown, and tried again
    next = Date.now() + 30_000;
  } finally {
    sending.value = box.sending;
  }
  if (next === null) return;
  // Another tab may be at it, or the pause not yet over: look again then, at most in 30 s.
  const ms = Math.min(30_000, Math.max(1000, next - Date.now()));
  timer = setTimeout(() => void send(), ms);
}

export function startOutbox(): void {
  onEntered(() => {
    void readItems().then(() => send(true));
    void readDrafts();
  });
  addEventListener('online', () => void send(true));
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void send(true);
  });
  if (channel) {
    channel.onmessage = (event: MessageEvent<string>) => {
      if (event.data === city.value?.slug) void readItems();
    };
  }
  // The line came back without the browser saying so: the next answer of the server tells.
  let down = false;
  client.line.subscribe((line) => {
    if (line === 'ok' && down) void send(true);
    down = line === 'down';
  });
}

// ---- from form to item ----
interface Saved {
  kind: Item['kind'];
  path: string;
  body: unknown;
  form: unknown;
  title: Record<string, string>;
  number?: string;
  ifMatch?: string | null;
}
async function save<Form extends object>(keeper: DraftKeeper<Form>, part: Saved, key: string): Promise<void> {
  await keeper.settled();
  await database().save(
    {
      key,
      city: database().city,
      person: person.value!,
      at: Date.now(),
      number: null,
      ifMatch: null,
      state: 'queued',
      tries: 0,
      next: 0,
      posted: null,
      reason: null,
      photos: 0,
      ...part,
    },
    keeper.id,
  );
  await keeper.close();
  await Promise.all([readItems(), readDrafts()]);
  channel?.postMessage(database().city);
  void send(true);
}

const round = (degrees: number) => Math.round(degrees * 1e7) / 1e7;
/** As the phone said it: the server converts, and keeps what it was. */
const sentPoint = ({ said, accuracy_m, ...shown }: Fix): NonNullable<Report['point']> => ({
  lon: round((said ?? shown).lon),
  lat: round((said ?? shown).lat),
  ...(said ? { datum: said.datum } : {}),
  ...(accuracy_m === null ? {} : { accuracy_m }),
});
/** The word of the city for reports of people like this one; none: the server's own choice. */
function source(): { source?: string } {
  const roles = session.value?.person.roles.map((grant) => grant.role) ?? [];
  const found = city.value?.sources?.find((word) => roles.includes(word.code));
  return found ? { source: found.code } : {};
}

export async function saveReport(keeper: DraftKeeper<ReportForm>, title: Record<string, string>, words: string): Promise<void> {
  const form = keeper.form.value;
  const { point } = form;
  const body: Report = {
    class: form.classId!,
    ...(form.conditionId ? { condition: form.conditionId } : {}),
    ...(form.component ? { component: form.component.id } : {}),
    ...(form.urgency ? { urgency: form.urgency } : {}),
    ...(point ? { point: sentPoint(point) } : {}),
    ...(form.address.trim() ? { address: form.address.trim() } : {}),
    description: words,
    ...source(),
    ...(keeper.photos.value.length > 0 ? { media: keeper.photos.value.map((photo, at) => (form.how ? { sha256: photo.sha256, stage: showsOf(form, keeper.photos.value, at) } : photo.sha256)) } : {}),
    ...(form.how ? { action: form.how } : {}),
    device: deviceTime(),
  };
  await save(keeper, { kind: 'report', path: '/cases', body, form, title }, uuid());
}

export async function saveAct(
  keeper: DraftKeeper<ActForm>,
  media: string | null,
  title: Record<string, string>,
): Promise<void> {
  const form = keeper.form.value;
  const inputs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(form.values)) if (value.trim()) inputs[name] = value.trim();
  if (media && keeper.photos.value.length > 0) inputs[media] = keeper.photos.value.map((photo) => photo.sha256);
  await save(
    keeper,
    {
      kind: 'action',
      path: `/cases/${encodeURIComponent(form.number)}/actions`,
      body: { action: form.action, inputs, device: deviceTime() },
      form,
      title,
      number: form.number,
      ifMatch: form.ifMatch,
    },
    uuid(),
  );
}

/** A refused item as a form again: its words, its photos. Gives the way to the form. */
export async function edit(item: Item): Promise<{ number: string; action: string } | null> {
  const act = item.form as Partial<ActForm>;
  const name = item.kind === 'report' ? 'report' : `act:${act.number}:${act.action}`;
  const id = database().draftOf(item.person, name);
  await database().reopen(item.key, { id, city: item.city, person: item.person, at: Date.now(), form: item.form });
  await Promise.all([readItems(), readDrafts()]);
  return item.kind === 'report' ? null : { number: act.number!, action: act.action! };
}
export async function sendAgain(item: Item): Promise<void> {
  await database().changeItem(item.key, { state: 'queued', reason: null, next: 0, tries: item.posted ? item.tries : 0 });
  await readItems();
  await send(true);
}
export async function discard(item: Item): Promise<void> {
  await database().dropItem(item.key);
  await readItems();
}
