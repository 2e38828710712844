// SPDX-License-Identifier: MPL-2.0
// What a browser keeps for one person in one city: saved filters for good, unfinished forms
// until the tab is closed, so that a reload loses nothing. Names carry city and person,
// because cities may share one origin and people one machine.
import { signal } from '@preact/signals';

export interface SavedFilter {
  name: string;
  /** The query of the address, as writeFilters makes it. */
  search: string;
}
const SAVED_MOST = 20;
const NAME_MOST = 40;

let owner = '';
export const savedFilters = signal<SavedFilter[]>([]);

function read(storage: 'localStorage' | 'sessionStorage', name: string): unknown {
  try {
    return JSON.parse(globalThis[storage].getItem(`gridcase:${owner}:${name}`) ?? 'null');
  } catch {
    return null; // a browser that keeps nothing, or something else wrote there
  }
}
function write(storage: 'localStorage' | 'sessionStorage', name: string, value: unknown): void {
  try {
    const key = `gridcase:${owner}:${name}`;
    if (value === null) globalThis[storage].removeItem(key);
    else globalThis[storage].setItem(key, JSON.stringify(value));
  } catch {
    // Nothing is kept; the page works all the same.
  }
}

const isSaved = (one: unknown): one is SavedFilter =>
  typeof one === 'object' && one !== null && typeof (one as SavedFilter).name === 'string' && typeof (one as SavedFilter).search === 'string';

/** From now on for this person; called after signing in. */
export function keepFor(slug: string, person: number): void {
  owner = `${slug}:${person}`;
  const found = read('localStorage', 'filters');
  savedFilters.value = Array.isArray(found) ? found.filter(isSaved).slice(0, SAVED_MOST) : [];
}
export function saveFilter(name: string, search: string): void {
  const short = name.trim().slice(0, NAME_MOST);
  if (!short) return;
  const rest = savedFilters.value.filter((one) => one.name !== short);
  savedFilters.value = [...rest, { name: short, search }].slice(-SAVED_MOST);
  write('localStorage', 'filters', savedFilters.value);
}
export function dropFilter(name: string): void {
  savedFilters.value = savedFilters.value.filter((one) => one.name !== name);
  write('localStorage', 'filters', savedFilters.value);
}

/** An unfinished form by name; null takes it away. */
export function keepDraft(name: string, value: unknown): void {
  if (owner) write('sessionStorage', `draft:${name}`, value);
}
export function keptDraft<T extends object>(name: string): T | null {
  const found = owner ? read('sessionStorage', `draft:${name}`) : null;
  return typeof found === 'object' && found !== null ? (found as T) : null;
}
