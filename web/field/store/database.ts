// SPDX-License-Identifier: MPL-2.0
// What the phone keeps, per city: drafts with their photos, the outbox, what was sent lately,
// and the last answers of the server for times without a signal. Every record of a person
// carries the person and the city; nothing of one person is ever shown to or sent by another.
import type { CaseDetail, Point } from '../../lib/api/types.ts';
import type { Datum } from '../../lib/map/datum.ts';
import { Idb, type Room } from './idb.ts';

export interface Fix extends Point {
  accuracy_m: number | null;
  /** What the phone said, when it speaks a shifted datum: this is what is sent. */
  said?: Point & { datum: Datum };
}
/** A photo, from the moment it was taken until the server has said that it has it. */
export interface Photo {
  id: string;
  /** The draft or the outbox item that it belongs to. */
  owner: string;
  city: string;
  person: number;
  blob: Blob;
  sha256: string;
  width: number;
  height: number;
  at: number;
  fix: Fix | null;
  /** Taken in the page, or chosen among the phone's pictures. */
  origin: 'camera' | 'file';
  sent: boolean;
}
export interface Draft<Form = unknown> {
  id: string;
  city: string;
  person: number;
  at: number;
  form: Form;
}
/** Why the server refused it, as it said. */
export interface Reason {
  status: number;
  code: string;
  detail: string;
  changed?: CaseDetail['history'];
}
export interface Item {
  /** The Idempotency-Key, made when it was saved: the same over every try. */
  key: string;
  city: string;
  person: number;
  /** When the person pressed send. */
  at: number;
  kind: 'report' | 'action';
  /** Of an action: the case. */
  number: string | null;
  path: string;
  ifMatch: string | null;
  body: unknown;
  /** What the form held, to open it again. */
  form: unknown;
  /** Class or action in words of all languages, for the list. */
  title: Record<string, string>;
  state: 'queued' | 'refused';
  tries: number;
  /** Not before this instant. */
  next: number;
  /** The number that the server gave: stored there, photos are still to come. */
  posted: string | null;
  reason: Reason | null;
  photos: number;
}
export interface Sent {
  key: string;
  city: string;
  person: number;
  at: number;
  kind: Item['kind'];
  number: string;
}
/** A position on a walk, by the phone's clock; WGS 84. */
export interface TrackFix extends Point {
  at: number;
  accuracy_m: number | null;
}
/** Some minutes of a walk: sent once, under its key. */
export interface TrackBatch {
  key: string;
  city: string;
  person: number;
  /** Nothing is added any more: it may have been sent, and must stay what it was. */
  sealed: boolean;
  fixes: TrackFix[];
}
interface Kept {
  name: string;
  person: number;
  at: number;
  value: unknown;
}
interface Lease {
  name: string;
  holder: string;
  until: number;
}

const STORES = {
  items: { keyPath: 'key', indexes: ['person'] },
  photos: { keyPath: 'id', indexes: ['owner', 'person'] },
  drafts: { keyPath: 'id', indexes: ['person'] },
  sent: { keyPath: 'key', indexes: ['person'] },
  kept: { keyPath: 'name', indexes: ['person'] },
  lease: { keyPath: 'name' },
  tracks: { keyPath: 'key', indexes: ['person'] },
};
const SENT_MOST = 100;
const KEPT_MOST = 200;

export class Database {
  readonly city: string;
  readonly #idb: Idb;

  constructor(city: string, factory?: IDBFactory) {
    this.city = city;
    this.#idb = new Idb(`gridcase:${city}:field:store`, 2, STORES, factory);
  }
  close(): Promise<void> {
    return this.#idb.close();
  }

  // ---- drafts ----
  draftOf(person: number, form: string): string {
    return `${this.city}:${person}:${form}`;
  }
  async readDraft<Form>(id: string): Promise<{ draft: Draft<Form> | null; photos: Photo[] }> {
    return this.#idb.run(['drafts', 'photos'], 'readonly', async (room) => ({
      draft: (await room.get<Draft<Form>>('drafts', id)) ?? null,
      photos: inOrder(await room.all<Photo>('photos', 'owner', id)),
    }));
  }
  async drafts(person: number): Promise<Draft[]> {
    return this.#idb.run(['drafts'], 'readonly', (room) => room.all<Draft>('drafts', 'person', person));
  }
  async writeDraft(draft: Draft): Promise<void> {
    await this.#idb.run(['drafts'], 'readwrite', (room) => room.put('drafts', draft));
  }
  async dropDraft(id: string): Promise<void> {
    await this.#idb.run(['drafts', 'photos'], 'readwrite', async (room) => {
      await room.delete('drafts', id);
      await dropPhotos(room, id);
    });
  }
  async addPhoto(photo: Photo): Promise<void> {
    await this.#idb.run(['photos'], 'readwrite', (room) => room.put('photos', photo), true);
  }
  async dropPhoto(id: string): Promise<void> {
    await this.#idb.run(['photos'], 'readwrite', (room) => room.delete('photos', id));
  }
  async photosOf(owner: string): Promise<Photo[]> {
    return this.#idb.run(['photos'], 'readonly', async (room) => inOrder(await room.all<Photo>('photos', 'owner', owner)));
  }

  // ---- the outbox ----
  /** The draft becomes an item, with its photos, in one transaction: never both, never none. */
  async save(item: Item, draftId: string): Promise<void> {
    await this.#idb.run(
      ['items', 'photos', 'drafts'],
      'readwrite',
      async (room) => {
        const photos = await room.all<Photo>('photos', 'owner', draftId);
        await room.put('items', { ...item, photos: photos.length });
        for (const photo of photos) await room.put('photos', { ...photo, owner: item.key });
        await room.delete('drafts', draftId);
      },
      true,
    );
  }
  /** A refused item becomes a draft again, with its photos. */
  async reopen(key: string, draft: Draft): Promise<void> {
    await this.#idb.run(
      ['items', 'photos', 'drafts'],
      'readwrite',
      async (room) => {
        for (const photo of await room.all<Photo>('photos', 'owner', key)) await room.put('photos', { ...photo, owner: draft.id });
        await room.put('drafts', draft);
        await room.delete('items', key);
      },
      true,
    );
  }
  async items(person: number): Promise<Item[]> {
    const found = await this.#idb.run(['items'], 'readonly', (room) => room.all<Item>('items', 'person', person));
    return found.sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1));
  }
  async item(key: string): Promise<Item | undefined> {
    return this.#idb.run(['items'], 'readonly', (room) => room.get<Item>('items', key));
  }
  /** Changes an item that is still there; what another tab has sent stays sent. */
  async changeItem(key: string, change: Partial<Item>): Promise<void> {
    await this.#idb.run(['items'], 'readwrite', async (room) => {
      const item = await room.get<Item>('items', key);
      if (item) await room.put('items', { ...item, ...change });
    });
  }
  async photoSent(id: string): Promise<void> {
    await this.#idb.run(['photos'], 'readwrite', async (room) => {
      const photo = await room.get<Photo>('photos', id);
      if (photo) await room.put('photos', { ...photo, sent: true });
    });
  }
  /** The server has all of it. */
  async finish(item: Item, number: string, now: number): Promise<void> {
    await this.#idb.run(['items', 'photos', 'sent'], 'readwrite', async (room) => {
      await room.delete('items', item.key);
      await dropPhotos(room, item.key);
      await room.put('sent', { key: item.key, city: this.city, person: item.person, at: now, kind: item.kind, number } satisfies Sent);
      const old = (await room.all<Sent>('sent')).sort((a, b) => b.at - a.at).slice(SENT_MOST);
      for (const one of old) await room.delete('sent', one.key);
    });
  }
  /** Thrown away on purpose by its person. */
  async dropItem(key: string): Promise<void> {
    await this.#idb.run(['items', 'photos'], 'readwrite', async (room) => {
      await room.delete('items', key);
      await dropPhotos(room, key);
    });
  }
  async sent(person: number): Promise<Sent[]> {
    const found = await this.#idb.run(['sent'], 'readonly', (room) => room.all<Sent>('sent', 'person', person));
    return found.sort((a, b) => b.at - a.at);
  }
  /** How many items of other people wait on this phone: a number, nothing of them. */
  async othersWaiting(person: number): Promise<number> {
    const all = await this.#idb.run(['items'], 'readonly', (room) => room.all<Item>('items'));
    return all.filter((item) => item.person !== person).length;
  }

  // ---- the last answers of the server ----
  async keep(person: number, name: string, value: unknown, now = Date.now()): Promise<void> {
    await this.#idb.run(['kept'], 'readwrite', async (room) => {
      await room.put('kept', { name: `${person}:${name}`, person, at: now, value } satisfies Kept);
      const all = await room.keys('kept', 'person', person);
      if (all.length <= KEPT_MOST) return;
      const old = (await room.all<Kept>('kept', 'person', person)).sort((a, b) => b.at - a.at).slice(KEPT_MOST);
      for (const one of old) await room.delete('kept', one.name);
    });
  }
  async kept<T>(person: number, name: string): Promise<{ value: T; at: number } | null> {
    const found = await this.#idb.run(['kept'], 'readonly', (room) => room.get<Kept>('kept', `${person}:${name}`));
    return found ? { value: found.value as T, at: found.at } : null;
  }
  /** What the server told this person; drafts and the outbox stay. */
  async forget(person: number): Promise<void> {
    await this.#idb.run(['kept', 'sent'], 'readwrite', async (room) => {
      for (const key of await room.keys('kept', 'person', person)) await room.delete('kept', key);
      for (const key of await room.keys('sent', 'person', person)) await room.delete('sent', key);
    });
  }

  // ---- where somebody walks ----
  /** The oldest first. */
  async tracks(person: number): Promise<TrackBatch[]> {
    const found = await this.#idb.run(['tracks'], 'readonly', (room) => room.all<TrackBatch>('tracks', 'person', person));
    return found.sort((a, b) => a.fixes[0]!.at - b.fixes[0]!.at || (a.key < b.key ? -1 : 1));
  }
  async writeTrack(batch: TrackBatch): Promise<void> {
    await this.#idb.run(['tracks'], 'readwrite', (room) => room.put('tracks', batch));
  }
  async dropTrack(key: string): Promise<void> {
    await this.#idb.run(['tracks'], 'readwrite', (room) => room.delete('tracks', key));
  }
  async forgetTracks(person: number): Promise<void> {
    await this.#idb.run(['tracks'], 'readwrite', async (room) => {
      for (const key of await room.keys('tracks', 'person', person)) await room.delete('tracks', key);
    });
  }

  // ---- who may send, where the browser has no locks ----
  async lease(holder: string, forMs: number, now: number): Promise<boolean> {
    return this.#idb.run(['lease'], 'readwrite', async (room) => {
      const held = await room.get<Lease>('lease', 'sender');
      if (held && held.holder !== holder && held.until > now && held.until <= now + 10 * forMs) return false;
      await room.put('lease', { name: 'sender', holder, until: now + forMs } satisfies Lease);
      return true;
    });
  }
  async endLease(holder: string): Promise<void> {
    await this.#idb.run(['lease'], 'readwrite', async (room) => {
      const held = await room.get<Lease>('lease', 'sender');
      if (held?.holder === holder) await room.delete('lease', 'sender');
    });
  }
}

const inOrder = (photos: Photo[]) => photos.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
async function dropPhotos(room: Room, owner: string): Promise<void> {
  for (const id of await room.keys('photos', 'owner', owner)) await room.delete('photos', id);
}
