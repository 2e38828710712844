// SPDX-License-Identifier: MPL-2.0
// Who works here, in which city, and with which tables. The page opens at once with what it
// knew last, signal or not, and asks the server in the background whether that still holds.
import { batch, computed, signal } from '@preact/signals';
import { ApiError, Client, LineError } from '../../lib/api/client.ts';
import type { Catalogue, City, DeviceTime, Session } from '../../lib/api/types.ts';
import { timeZone } from '../../lib/i18n/index.ts';
import { basePath, type Phase, type SessionHost, tokenOfLink } from '../../lib/session/host.ts';
import { t } from '../i18n.ts';
import { Database } from '../store/database.ts';

export const base = basePath(location.pathname, 'field');
export const phase = signal<Phase>('starting');
export const startFailure = signal<unknown>(null);
/** The session has ended: work goes on and is kept, but nothing is sent. */
export const expired = signal(false);
/** Somebody put off signing in again: told in the banner from then on. */
export const later = signal(false);
export const session = signal<Session | null>(null);
export const city = signal<City | null>(null);
export const catalogue = signal<Catalogue | null>(null);
export const lastSync = signal<number | null>(null);
export const person = computed(() => session.value?.person.id ?? null);
const linkToken = signal(tokenOfLink(location.hash));

/** Every request says for whom the page works; another one's session answers 409. */
const PLAIN = /\/(session|city|links)(\/|\?|$)/;
export const namedFetch: typeof fetch = (input, init) => {
  const mine = person.peek();
  if (mine === null || PLAIN.test(String(input))) return fetch(input, init);
  return fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), 'Gridcase-Person': String(mine) } });
};
// How far this phone's clock is off, and what it was told last: kept over starts without a
// signal, and sent with whatever is done meanwhile.
const CLOCK = `gridcase:${base}:field:clock`;
export const client = new Client({
  base: `${base}/api/v1`,
  fetch: namedFetch,
  onSignedOut: () => signedOut(false),
  onTime: (skewMs, seenAt) => {
    try {
      localStorage.setItem(CLOCK, JSON.stringify([skewMs, seenAt]));
    } catch {
      // It is measured again at the next answer.
    }
  },
});
try {
  const [skewMs, seenAt] = JSON.parse(localStorage.getItem(CLOCK) ?? '[]') as number[];
  if (Number.isFinite(skewMs) && Number.isFinite(seenAt)) {
    client.measured = skewMs!;
    client.seenAt = seenAt!;
    client.skewMs.value = skewMs!;
  }
} catch {
  // Nothing was kept, or not by us.
}

/** When something is done, as this phone's clock has it, and what is known of that clock. */
export function deviceTime(): DeviceTime {
  return {
    done_at: new Date().toISOString(),
    ...(client.measured === null ? {} : { skew_ms: client.measured }),
    ...(client.seenAt === null ? {} : { seen_at: new Date(client.seenAt).toISOString() }),
  };
}

/** For questions in passing: they must not keep anybody waiting, nor repeat themselves. */
export const quickly = { timeoutMs: 8000 };

export function signedOut(other: boolean): void {
  if (phase.value !== 'ready') return;
  expired.value = true;
  if (other) void verify(); // whoever it is: their own things, not these
}

export const notices = signal<{ id: number; kind: 'good' | 'bad'; text: string; about: string }[]>([]);
let noticeId = 0;
/** about: a later notice about the same thing takes the place of the earlier one. */
export function notify(kind: 'good' | 'bad', text: string, about = ''): void {
  const id = ++noticeId;
  notices.value = [...notices.value.filter((one) => about === '' || one.about !== about).slice(-1), { id, kind, text, about }];
  setTimeout(() => dismiss(id), kind === 'good' || about === 'form' ? 5000 : 12_000);
}
export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

// ---- what the phone remembers between starts ----
interface Last {
  city: City;
  session: Session;
}
const LAST = `gridcase:${base}:field:last`;
function readLast(): Last | null {
  try {
    const text = localStorage.getItem(LAST);
    return text ? (JSON.parse(text) as Last) : null;
  } catch {
    return null;
  }
}
function writeLast(last: Last | null): void {
  try {
    if (last) localStorage.setItem(LAST, JSON.stringify(last));
    else localStorage.removeItem(LAST);
  } catch {
    // Without it the page needs the server to start: slower, nothing lost.
  }
}

let opened: Database | null = null;
export function database(): Database {
  const slug = city.value?.slug;
  if (!slug) throw new Error('no city yet');
  if (opened?.city !== slug) {
    void opened?.close();
    opened = new Database(slug);
  }
  return opened;
}

const entered = new Set<() => void>();
/** Called whenever a person begins to work: at the start, and when another one signs in. */
export function onEntered(call: () => void): void {
  entered.add(call);
}

export async function start(): Promise<void> {
  phase.value = 'starting';
  startFailure.value = null;
  const last = linkToken.value ? null : readLast();
  if (last && !last.session.must_change_password) {
    take(last.city);
    begin(last.session);
    void verify();
    return;
  }
  try {
    take(await client.get<City>('/city', {}, quickly));
    if (linkToken.value) {
      phase.value = 'link';
      return;
    }
    const found = await asked();
    if (found) await enter(found);
    else phase.value = 'signed-out';
  } catch (error) {
    batch(() => {
      startFailure.value = error;
      phase.value = 'failed';
    });
  }
}

function take(found: City): void {
  city.value = found;
  timeZone.value = found.time_zone;
}

async function asked(): Promise<Session | null> {
  return client.get<Session>('/session', {}, { quiet: true, ...quickly }).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  });
}

/** Whether the session that the page works with is still the server's. */
export async function verify(): Promise<void> {
  try {
    const found = await asked();
    if (!found) {
      expired.value = true;
      return;
    }
    if (found.person.id === person.value && !expired.value && !found.must_change_password) session.value = found;
    else await enter(found);
    take(await client.get<City>('/city', {}, quickly));
    if (city.value && session.value) writeLast({ city: city.value, session: session.value });
  } catch (error) {
    if (!(error instanceof LineError) && !(error instanceof ApiError)) throw error;
  }
}

export async function enter(found: Session): Promise<void> {
  if (found.must_change_password) {
    session.value = found;
    phase.value = 'password';
    return;
  }
  if (city.value) writeLast({ city: city.value, session: found });
  begin(found);
}

function begin(found: Session): void {
  const other = person.value !== null && person.value !== found.person.id;
  batch(() => {
    session.value = found;
    expired.value = false;
    later.value = false;
    phase.value = 'ready';
  });
  if (other) location.hash = ''; // the last one's form is not this one's
  void readCatalogue();
  for (const call of entered) call();
}

async function readCatalogue(): Promise<void> {
  const mine = person.value!;
  const kept = await database().kept<Catalogue>(mine, 'catalogue');
  if (kept && person.value === mine) catalogue.value = kept.value;
  try {
    const value = await client.get<Catalogue>('/catalogue', {}, quickly);
    if (person.value !== mine) return;
    catalogue.value = value;
    await database().keep(mine, 'catalogue', value);
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof LineError)) throw error;
  }
}

export const may = (right: string): boolean => session.value?.rights?.includes(right) ?? true;

/** Lists of the server are taken off the phone; what was not sent stays for its person. */
export async function signOut(): Promise<void> {
  const mine = person.value;
  await client.delete('/session', { quiet: true, ...quickly }).catch(() => undefined);
  if (mine !== null) await database().forget(mine);
  writeLast(null);
  location.replace(`${base}/field/`);
}

export const host: SessionHost = { client, city, session, phase, linkToken, enter, notify, welcome: () => t('session.field_welcome') };
export const failedLine = computed(() => client.line.value === 'down');
