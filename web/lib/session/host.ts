// SPDX-License-Identifier: MPL-2.0
// What the pages of signing in need to know of the application they stand in.
import type { Signal } from '@preact/signals';
import type { Client } from '../api/client.ts';
import type { City, Session } from '../api/types.ts';

export type Phase = 'starting' | 'signed-out' | 'link' | 'password' | 'ready' | 'failed';

export interface SessionHost {
  client: Client;
  city: Signal<City | null>;
  session: Signal<Session | null>;
  phase: Signal<Phase>;
  linkToken: Signal<string>;
  enter: (found: Session) => Promise<void>;
  notify: (kind: 'good' | 'bad', text: string) => void;
  /** What one signs in for, in the words of the application. */
  welcome?: () => string;
}

/** "/boston/console/" has its API below "/boston"; a city's own host below "". */
export function basePath(pathname: string, face: string): string {
  const at = pathname.lastIndexOf(`/${face}`);
  return at < 0 ? pathname.replace(/\/$/, '') : pathname.slice(0, at);
}

/** A one-time link to a first password: "#link=TOKEN", never sent as part of an address. */
export const tokenOfLink = (hash: string): string => /^#link=([\w.~-]+)$/.exec(hash)?.[1] ?? '';

/** Lists come bare or as {items}. */
export function items<T>(value: unknown): T[] {
  if (Array.isArray(value)) return value as T[];
  const inner = (value as { items?: unknown } | null)?.items;
  return Array.isArray(inner) ? (inner as T[]) : [];
}
