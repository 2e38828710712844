// SPDX-License-Identifier: MPL-2.0
// The session, and today's figures read every minute.
import { signal } from '@preact/signals';
import { ApiError, Client } from '../lib/api/client.ts';
import type { City, Session, Summary } from '../lib/api/types.ts';
import { timeZone } from '../lib/i18n/index.ts';
import { basePath, type Phase, type SessionHost, tokenOfLink } from '../lib/session/host.ts';

export const base = basePath(location.pathname, 'dashboard');
export const phase = signal<Phase>('starting');
export const startFailure = signal<unknown>(null);
export const expired = signal(false);
export const session = signal<Session | null>(null);
export const city = signal<City | null>(null);
export const summary = signal<Summary | null>(null);
export const summaryAt = signal('');
export const summaryFailure = signal<unknown>(null);
const linkToken = signal(tokenOfLink(location.hash));

export const client = new Client({
  base: `${base}/api/v1`,
  onSignedOut: () => {
    if (phase.value === 'ready') expired.value = true;
  },
});
export const host: SessionHost = { client, city, session, phase, linkToken, enter, notify: () => undefined };

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
  phase.value = found.must_change_password ? 'password' : 'ready';
  if (phase.value === 'ready') await refresh();
}

export async function refresh(): Promise<void> {
  try {
    summary.value = await client.get<Summary>('/summary');
    summaryAt.value = new Date(client.now()).toISOString();
    summaryFailure.value = null;
  } catch (error) {
    summaryFailure.value = error;
  }
}
setInterval(() => {
  if (phase.value === 'ready' && !expired.value && !document.hidden) void refresh();
}, 60_000);

export async function signOut(): Promise<void> {
  await client.delete('/session', { quiet: true }).catch(() => undefined);
  location.assign(`${base}/dashboard/`);
}
