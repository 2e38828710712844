// SPDX-License-Identifier: MPL-2.0
// The rows of the queue and how they live. Changes arrive as numbers; the rows are asked for
// with the list's own filter, so the server alone decides what belongs in it. A new row never
// pushes away the one under the pointer: while somebody points at the list or has scrolled,
// it waits behind a "new" button. Rows that left the list stay, dimmed, as long.
import { batch, computed, signal } from '@preact/signals';
import type { Client, Query } from '../../lib/api/client.ts';
import type { CaseList, CaseSummary } from '../../lib/api/types.ts';
import type { Sort } from './filters.ts';

export interface Row {
  item: CaseSummary;
  /** Raised when somebody changed it: the row flashes. */
  changes: number;
  /** No longer in this list. */
  left: boolean;
}
export type ListState = 'loading' | 'ready' | 'failed';

const PAGE = 200;
const CHANGES_AT_ONCE = 24; // more than this in one go: ask for the head of the list anew

function due(item: CaseSummary): number {
  const at = item.clock?.due_at ? Date.parse(item.clock.due_at) : Number.NaN;
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}
/** As the server sorts: due first (none last), or newest first; then by number. */
export function compareRows(sort: Sort, a: CaseSummary, b: CaseSummary): number {
  const primary =
    sort === 'due' ? Math.sign(due(a) - due(b)) || 0 : Date.parse(b.opened_at) - Date.parse(a.opened_at);
  if (primary !== 0 && !Number.isNaN(primary)) return primary;
  return a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
}

export class CaseRows {
  readonly rows = signal<Row[]>([]);
  readonly waiting = signal<CaseSummary[]>([]);
  /** New cases that belong further down than what is loaded: told, since nobody would see them. */
  readonly below = signal<ReadonlySet<string>>(new Set());
  readonly state = signal<ListState>('loading');
  readonly failure = signal<unknown>(null);
  readonly more = signal(false);
  readonly byNumber = computed(() => new Map(this.rows.value.map((row) => [row.item.number, row])));
  /** The words were searched in an index that is still being made. */
  readonly partial = signal(false);
  /** How often the head of the list was read anew. */
  readonly heads = signal(0);
  /** Somebody points at the list or has moved in it: nothing may jump. */
  held = false;
  /** Told what the server said of a changed case; null: it is not in this list. */
  onSeen: (number: string, item: CaseSummary | null) => void = () => undefined;
  /** Of the change stream, when the head of the list was read. */
  position = '';

  readonly #client: Client;
  #query: Query = {};
  #sort: Sort = 'due';
  #cursor: string | null = null;
  #turn = 0;
  #abort = new AbortController();
  #loadingMore = false;
  readonly #dirty = new Set<string>();
  /** Reported since the page was opened, as the stream said. */
  readonly #fresh = new Set<string>();
  #asked = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Another list: forget the rows. With keep, the same list anew: rows stay until it is there. */
  async load(query: Query, sort: Sort, keep = false): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    const turn = ++this.#turn;
    this.#query = query;
    this.#sort = sort;
    if (!keep) {
      batch(() => {
        this.rows.value = [];
        this.waiting.value = [];
        this.below.value = new Set();
        this.more.value = false;
        this.state.value = 'loading';
      });
    }
    try {
      const page = await this.#page(null);
      if (turn !== this.#turn) return;
      const old = this.byNumber.peek();
      this.#dirty.clear();
      batch(() => {
        this.#cursor = page.next_cursor;
        this.more.value = page.next_cursor !== null;
        this.waiting.value = [];
        this.rows.value = page.items.map((item) => ({
          item,
          changes: old.get(item.number)?.changes ?? 0,
          left: false,
        }));
        this.state.value = 'ready';
        this.heads.value++;
      });
    } catch (error) {
      if (turn !== this.#turn) return;
      batch(() => {
        this.failure.value = error;
        if (!keep) this.state.value = 'failed';
      });
    }
  }

  async loadMore(): Promise<void> {
    if (this.#loadingMore || this.#cursor === null || this.state.value !== 'ready') return;
    this.#loadingMore = true;
    const turn = this.#turn;
    try {
      const page = await this.#page(this.#cursor);
      if (turn !== this.#turn) return;
      const known = this.byNumber.peek();
      const added = page.items.filter((item) => !known.has(item.number));
      batch(() => {
        this.#cursor = page.next_cursor;
        this.more.value = page.next_cursor !== null;
        this.rows.value = [...this.rows.value, ...added.map((item) => ({ item, changes: 0, left: false }))];
      });
    } catch {
      // The next scroll asks again.
    } finally {
      this.#loadingMore = false;
    }
  }

  /** A change came in; several close together are asked for together. */
  changed(number: string, isNew = false): void {
    this.#dirty.add(number);
    if (isNew) this.#fresh.add(number);
    if (this.#asked) return;
    this.#asked = true;
    setTimeout(() => {
      this.#asked = false;
      void this.#refresh();
    }, 150);
  }
  gone(number: string): void {
    this.#dirty.delete(number);
    this.onSeen(number, null);
    this.#leave(number);
  }
  /** Show what waits, and let go of what has left. */
  settle(): void {
    const kept = this.rows.value.filter((row) => !row.left);
    const waiting = this.waiting.value;
    if (kept.length === this.rows.value.length && waiting.length === 0) return;
    const rows = [...kept, ...waiting.map((item) => ({ item, changes: 1, left: false }))];
    batch(() => {
      this.waiting.value = [];
      this.rows.value = rows.sort((a, b) => compareRows(this.#sort, a.item, b.item));
    });
  }
  /** The answer to one's own action: shown at once. */
  put(item: CaseSummary): void {
    const rows = this.rows.value;
    const at = rows.findIndex((row) => row.item.number === item.number);
    if (at < 0) return;
    const next = rows.slice();
    next[at] = { ...rows[at]!, item };
    this.rows.value = next;
  }

  #page(cursor: string | null): Promise<CaseList> {
    const query = { ...this.#query, sort: this.#sort, limit: PAGE, cursor };
    return this.#client
      .get<CaseList>('/cases', query, { signal: this.#abort.signal })
      .then((page) => {
        this.#client.heard(page.as_of);
        if (cursor === null) {
          this.position = page.position ?? '';
          this.partial.value = page.search !== undefined && !page.search.complete;
        }
        return page;
      });
  }

  async #refresh(): Promise<void> {
    const numbers = [...this.#dirty];
    this.#dirty.clear();
    if (this.state.value !== 'ready' || numbers.length === 0) return;
    if (numbers.length > CHANGES_AT_ONCE && !this.held) {
      await this.load(this.#query, this.#sort, true);
      return;
    }
    const turn = this.#turn;
    const queue = numbers.slice();
    const worker = async () => {
      for (let number = queue.shift(); number !== undefined; number = queue.shift()) {
        const item = await this.#one(number).catch(() => undefined);
        if (turn !== this.#turn) return;
        if (item !== undefined) this.onSeen(number, item);
        if (item === null) this.#leave(number);
        else if (item !== undefined) this.#take(item);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    if (!this.held) this.settle();
  }
  /** The case as this list sees it; null when it does not belong here. */
  async #one(number: string): Promise<CaseSummary | null> {
    const wanted = this.#query.number;
    if (wanted && !number.includes(String(wanted))) return null;
    const page = await this.#client.get<CaseList>(
      '/cases',
      { ...this.#query, number, limit: 2 },
      { signal: this.#abort.signal },
    );
    return page.items.find((item) => item.number === number) ?? null;
  }

  #take(item: CaseSummary): void {
    const rows = this.rows.value;
    const at = rows.findIndex((row) => row.item.number === item.number);
    if (at >= 0) {
      const old = rows[at]!;
      if (old.item.version > item.version) return;
      const next = rows.slice();
      next[at] = { item, changes: old.changes + (old.item.version === item.version ? 0 : 1), left: false };
      this.rows.value = next;
      return;
    }
    const beyond = this.#cursor !== null && rows.length > 0 &&
      compareRows(this.#sort, item, rows[rows.length - 1]!.item) > 0;
    if (beyond) {
      // It will come with its page; a new one is told.
      if (this.#fresh.has(item.number)) this.below.value = new Set(this.below.value).add(item.number);
      return;
    }
    this.waiting.value = [...this.waiting.value.filter((one) => one.number !== item.number), item];
  }
  #leave(number: string): void {
    this.waiting.value = this.waiting.value.filter((item) => item.number !== number);
    if (this.below.value.has(number)) this.below.value = new Set([...this.below.value].filter((one) => one !== number));
    const rows = this.rows.value;
    const at = rows.findIndex((row) => row.item.number === number);
    if (at < 0) return;
    const next = rows.slice();
    if (this.held) next[at] = { ...rows[at]!, left: true };
    else next.splice(at, 1);
    this.rows.value = next;
  }
}
