// SPDX-License-Identifier: MPL-2.0
// Where one is: in the part of the address behind #, so that a reload and the phone's own
// back key lead where one expects.
import { signal } from '@preact/signals';

export type View = 'home' | 'report' | 'tasks' | 'case' | 'act' | 'reports' | 'outbox' | 'me' | 'shift';
export interface Route {
  view: View;
  /** Of a case. */
  number: string;
  /** Of an action. */
  action: string;
}
const views = new Set<string>(['report', 'tasks', 'case', 'act', 'reports', 'outbox', 'me', 'shift']);

export function readRoute(hash: string): Route {
  const [view = '', number = '', action = ''] = hash.replace(/^#/, '').split('/').map(plain);
  return views.has(view) ? { view: view as View, number, action } : { view: 'home', number: '', action: '' };
}
function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
export const route = signal<Route>(readRoute(location.hash));
export function go(view: View, number = '', action = ''): void {
  const parts = [view, number, action].filter(Boolean).map(encodeURIComponent);
  location.hash = view === 'home' ? '' : parts.join('/');
  // A page that is shown again starts at its top.
  scrollTo(0, 0);
}
/** The way the phone's back key goes; home where there is none. */
export function back(): void {
  if (history.length > 1 && location.hash) history.back();
  else go('home');
}
addEventListener('hashchange', () => {
  route.value = readRoute(location.hash);
});
/** A form is open: no new version of the page takes over now. */
export const inForm = (): boolean => route.value.view === 'report' || route.value.view === 'act';
