// SPDX-License-Identifier: MPL-2.0
// The outbox and the drafts, at every point where a phone may die: nothing is lost, nothing
// is stored twice. The server here behaves as the real one: a key it knows gets its first
// answer again.
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, LineError, uuid } from '../../lib/api/client.ts';
import { Database, type Item, type Photo } from '../../field/store/database.ts';
import { DraftKeeper } from '../../field/store/draft.ts';
import { Outbox, type OutboxOptions, pauseAfter } from '../../field/store/outbox.ts';

const HE = 7;
const SHE = 8;
let factory: IDBFactory;
let database: Database;
let server: Server;

class Server {
  stored = new Map<string, { body: string; number: string }>();
  photos = new Set<string>();
  posts = 0;
  who: number | null = HE;
  /** What goes wrong, in order: before the server has it, or after it has it. */
  troubles: ('before' | 'after' | ApiError)[] = [];
  photoTroubles: (LineError | ApiError)[] = [];
  onPost: () => void = () => undefined;

  transport: OutboxOptions['transport'] = {
    who: () => Promise.resolve(this.who),
    photo: (photo) => {
      const trouble = this.photoTroubles.shift();
      if (trouble) return Promise.reject(trouble);
      this.photos.add(photo.sha256);
      return Promise.resolve();
    },
    post: (item) => {
      this.posts++;
      this.onPost();
      const trouble = this.troubles.shift();
      if (trouble === 'before') return Promise.reject(new LineError(false));
      if (trouble instanceof ApiError) return Promise.reject(trouble);
      const body = JSON.stringify(item.body);
      const known = this.stored.get(item.key);
      if (known && known.body !== body) return Promise.reject(new ApiError({ status: 422, code: 'http.key_reused' }));
      const number = known?.number ?? `T${this.stored.size + 1}`;
      this.stored.set(item.key, { body, number });
      return trouble === 'after' ? Promise.reject(new LineError(true)) : Promise.resolve(number);
    },
  };
}

const item = (part: Partial<Item> = {}): Item => ({
  key: uuid(),
  city: 'town',
  person: HE,
  at: 1000,
  kind: 'report',
  number: null,
  path: '/cases',
  ifMatch: null,
  body: { description: 'a hole' },
  form: { words: 'a hole' },
  title: { en: 'Hole' },
  state: 'queued',
  tries: 0,
  next: 0,
  posted: null,
  reason: null,
  photos: 0,
  ...part,
});
let serial = 0;
const photo = (owner: string, person = HE): Photo => {
  serial++;
  return {
    id: `p${serial}`,
    owner,
    city: 'town',
    person,
    blob: new Blob([`photo ${serial}`], { type: 'image/jpeg' }),
    sha256: String(serial).padStart(64, '0'),
    width: 4,
    height: 3,
    at: serial,
    fix: null,
    origin: 'camera',
    sent: false,
  };
};
const outbox = (more: Partial<OutboxOptions> = {}) =>
  new Outbox({ database, transport: server.transport, person: () => HE, now: () => 5000, locks: null, ...more });

async function queued(part: Partial<Item> = {}, photos = 0): Promise<Item> {
  const made = item(part);
  const draft = `draft-${made.key}`;
  for (let i = 0; i < photos; i++) await database.addPhoto(photo(draft, made.person));
  await database.save(made, draft);
  return made;
}

beforeEach(() => {
  factory = new IDBFactory();
  database = new Database('town', factory);
  server = new Server();
});

describe('outbox', () => {
  it('sends photos first, then the words that name them, and forgets both only then', async () => {
    const made = await queued({}, 2);
    expect((await database.items(HE))[0]!.photos).toBe(2);
    server.onPost = () => expect(server.photos.size).toBe(2);
    const told: string[] = [];
    expect(await outbox({ onSent: (_, number) => told.push(number) }).flush()).toBe('done');
    expect(told).toEqual(['T1']);
    expect(await database.items(HE)).toEqual([]);
    expect(await database.photosOf(made.key)).toEqual([]);
    expect((await database.sent(HE)).map((one) => one.number)).toEqual(['T1']);
  });

  it('keeps everything when there is no line, and comes back later each time', async () => {
    await queued();
    server.troubles = ['before', 'before'];
    const box = outbox();
    expect(await box.flush()).toBe('line');
    const [first] = await database.items(HE);
    expect(first).toMatchObject({ tries: 1, state: 'queued', next: 5000 + pauseAfter(1) });
    expect(await box.flush()).toBe('idle'); // not due yet
    expect(await box.flush(true)).toBe('line'); // unless the line is said to be back
    expect((await database.items(HE))[0]!.next).toBe(5000 + pauseAfter(2));
    expect(pauseAfter(3)).toBe(16_000);
    expect(pauseAfter(50)).toBe(300_000);
    expect(await box.nextAt()).toBe(5000 + pauseAfter(2));
  });

  it('stores once when the answer is lost, also over a restart of the phone', async () => {
    await queued();
    server.troubles = ['after'];
    expect(await outbox().flush()).toBe('line');
    expect(server.stored.size).toBe(1);
    await database.close();
    database = new Database('town', factory); // the phone was switched off and on
    expect(await outbox().flush(true)).toBe('done');
    expect(server.stored.size).toBe(1);
    expect(server.posts).toBe(2);
    expect((await database.sent(HE)).length).toBe(1);
  });

  it.each(['changeItem', 'finish', 'photoSent'] as const)('is stored once when the phone dies in %s', async (step) => {
    await queued({}, 1);
    const dies = vi.spyOn(database, step).mockRejectedValueOnce(new Error('power off'));
    await expect(outbox().flush()).rejects.toThrow('power off');
    dies.mockRestore();
    expect((await database.items(HE)).length).toBe(1);
    const fresh = new Database('town', factory);
    database = fresh;
    expect(await outbox().flush(true)).toBe('done');
    expect(server.stored.size).toBe(1);
    expect(await fresh.items(HE)).toEqual([]);
    expect(server.photos.size).toBe(1);
  });

  it('lets the words go first once photos did not get through', async () => {
    const made = await queued({}, 2);
    server.photoTroubles = [new LineError(true)];
    expect(await outbox().flush()).toBe('line');
    expect(server.posts).toBe(0);
    server.photoTroubles = [new LineError(true)];
    expect(await outbox().flush(true)).toBe('line');
    expect(server.stored.size).toBe(1);
    expect(await database.item(made.key)).toMatchObject({ posted: 'T1', state: 'queued' });
    expect(await outbox().flush(true)).toBe('done');
    expect(server.posts).toBe(1); // not even asked again
    expect(server.photos.size).toBe(2);
    expect(await database.items(HE)).toEqual([]);
  });

  it('does not send a photo again that the server has', async () => {
    await queued({}, 3);
    server.photoTroubles = [];
    let n = 0;
    const photoOf = server.transport.photo;
    server.transport.photo = (one, person) => (++n === 3 ? Promise.reject(new LineError(false)) : photoOf(one, person));
    expect(await outbox().flush()).toBe('line');
    expect(n).toBe(3);
    expect(await outbox().flush(true)).toBe('done');
    expect(n).toBe(4);
  });

  it('keeps what is refused, with the reason, and sends the rest', async () => {
    await queued({ at: 1 });
    await queued({ at: 2 });
    const changed = [{ seq: 3 }] as never;
    server.troubles = [new ApiError({ status: 412, code: 'case.stale', detail: 'somebody was faster', changed })];
    const refused: Item[] = [];
    expect(await outbox({ onRefused: (one) => refused.push(one) }).flush()).toBe('done');
    expect(refused.length).toBe(1);
    const left = await database.items(HE);
    expect(left).toMatchObject([{ at: 1, state: 'refused', reason: { status: 412, code: 'case.stale', detail: 'somebody was faster', changed } }]);
    expect(server.stored.size).toBe(1);
    expect(await outbox().flush(true)).toBe('idle'); // not again by itself
  });

  it.each([408, 425, 429, 500, 503, 507])('takes %i for later, not for never', async (status) => {
    await queued();
    server.troubles = [new ApiError({ status, code: 'x', retry_after_s: 60 })];
    expect(await outbox().flush()).toBe('done');
    expect(await database.items(HE)).toMatchObject([{ state: 'queued', tries: 1, next: 65_000 }]);
    expect(await outbox().flush(true)).toBe('done');
    expect(server.stored.size).toBe(1);
  });

  it('stops when the session has ended, loses nothing and counts no try', async () => {
    await queued();
    server.troubles = [new ApiError({ status: 401, code: 'http.401' })];
    const ended = vi.fn();
    expect(await outbox({ onSignedOut: ended }).flush()).toBe('signed-out');
    expect(ended).toHaveBeenCalledWith(false);
    expect(await database.items(HE)).toMatchObject([{ state: 'queued', tries: 0 }]);
  });

  it("never sends one person's things in the session of another", async () => {
    await queued();
    await queued({ person: SHE });
    server.who = SHE;
    const ended = vi.fn();
    expect(await outbox({ onSignedOut: ended }).flush()).toBe('other-person');
    expect(ended).toHaveBeenCalledWith(true);
    expect(server.posts).toBe(0);
    expect(await outbox({ person: () => SHE }).flush()).toBe('done');
    expect(server.stored.size).toBe(1);
    expect((await database.items(SHE)).length).toBe(0);
    expect((await database.items(HE)).length).toBe(1);
    expect(await database.othersWaiting(SHE)).toBe(1);
    // Even when the other one signs in between the question and the words.
    server.who = HE;
    server.troubles = [new ApiError({ status: 409, code: 'account.other_person' })];
    expect(await outbox().flush()).toBe('other-person');
    expect(await database.items(HE)).toMatchObject([{ state: 'queued', tries: 0 }]);
  });

  it('stops in the middle when the person changes', async () => {
    await queued({ at: 1 });
    await queued({ at: 2 });
    let now = HE;
    server.onPost = () => (now = SHE);
    expect(await outbox({ person: () => now }).flush()).toBe('other-person');
    expect(server.posts).toBe(1);
    expect((await database.items(HE)).length).toBe(1);
  });

  it('has one sender among tabs, by lock', async () => {
    await queued();
    let held = false;
    const locks = {
      request: async (_: string, __: unknown, work: (lock: unknown) => Promise<unknown>) => {
        if (held) return work(null);
        held = true;
        try {
          return await work({});
        } finally {
          held = false;
        }
      },
    } as never;
    const [a, b] = await Promise.all([outbox({ locks }).flush(), outbox({ locks }).flush()]);
    expect([a, b].sort()).toEqual(['busy', 'done']);
    expect(server.posts).toBe(1);
  });

  it('has one sender among tabs, by lease, and takes over from one that died', async () => {
    await queued();
    const [a, b] = await Promise.all([outbox().flush(), outbox().flush()]);
    expect([a, b].sort()).toEqual(['busy', 'done']);
    expect(server.posts).toBe(1);
    await queued();
    expect(await database.lease('a dead tab', 90_000, 5000)).toBe(true);
    expect(await outbox().flush()).toBe('busy');
    expect(await outbox({ now: () => 5000 + 90_001 }).flush()).toBe('done');
    // A clock set back by a year must not lock anybody out for a year.
    await queued();
    expect(await database.lease('a tab of next year', 90_000, 5000 + 365 * 86_400_000)).toBe(true);
    expect(await outbox().flush()).toBe('done');
  });

  it('flushes once at a time in one tab', async () => {
    await queued();
    const box = outbox();
    await Promise.all([box.flush(), box.flush(), box.flush(true)]);
    expect(server.posts).toBe(1);
  });
});

describe('from draft to item', () => {
  it('happens at once or not at all', async () => {
    const draft = database.draftOf(HE, 'report');
    await database.writeDraft({ id: draft, city: 'town', person: HE, at: 1, form: { words: 'x' } });
    await database.addPhoto(photo(draft));
    await expect(database.save(item({ body: () => 'nothing that a store can take' }), draft)).rejects.toThrow();
    expect((await database.readDraft(draft)).draft?.form).toEqual({ words: 'x' });
    expect((await database.readDraft(draft)).photos.length).toBe(1);
    expect(await database.items(HE)).toEqual([]);
    const made = item();
    await database.save(made, draft);
    expect(await database.readDraft(draft)).toEqual({ draft: null, photos: [] });
    expect((await database.photosOf(made.key)).length).toBe(1);
  });

  it('goes back to a form with its photos when it was refused', async () => {
    const made = await queued({ state: 'refused' }, 2);
    const id = database.draftOf(HE, 'report');
    await database.reopen(made.key, { id, city: 'town', person: HE, at: 9, form: made.form });
    expect(await database.items(HE)).toEqual([]);
    const { draft, photos } = await database.readDraft(id);
    expect(draft?.form).toEqual({ words: 'a hole' });
    expect(photos.length).toBe(2);
  });

  it('keeps cities apart, and people', async () => {
    await queued();
    const other = new Database('city', factory);
    expect(await other.items(HE)).toEqual([]);
    await database.keep(HE, 'tasks', [1]);
    expect(await database.kept(SHE, 'tasks')).toBeNull();
    await database.forget(HE);
    expect(await database.kept(HE, 'tasks')).toBeNull();
    expect((await database.items(HE)).length).toBe(1);
  });

  it('keeps a bounded number of answers', async () => {
    for (let i = 0; i < 230; i++) await database.keep(HE, `case:${i}`, i, i);
    expect(await database.kept(HE, 'case:0')).toBeNull();
    expect((await database.kept<number>(HE, 'case:229'))?.value).toBe(229);
  });
});

describe('draft', () => {
  const blank = () => ({ words: '', count: 0 });
  const keeper = (store = database) => new DraftKeeper(store, HE, 'report', blank);

  it('is there after a reload, to the last letter, with its photos', async () => {
    const one = keeper();
    expect(await one.restore()).toBe(false);
    for (const letter of 'a hole in the road') one.set({ words: one.form.value.words + letter });
    const shot = { blob: new Blob(['jpeg'], { type: 'image/jpeg' }), width: 4, height: 3, origin: 'camera' as const };
    await one.addShot(shot, { lon: 1, lat: 2, accuracy_m: 8 });
    await one.settled();
    const two = keeper(new Database('town', factory));
    expect(await two.restore()).toBe(true);
    expect(two.form.value.words).toBe('a hole in the road');
    expect(two.photos.value.map((p) => p.fix)).toEqual([{ lon: 1, lat: 2, accuracy_m: 8 }]);
    await one.addShot(shot, null);
    expect(one.photos.value.length).toBe(1); // the same picture twice
  });

  it('brings photos back even when nothing else was entered', async () => {
    await keeper().addShot({ blob: new Blob(['x']), width: 1, height: 1, origin: 'file' }, null);
    const two = keeper();
    expect(await two.restore()).toBe(true);
    expect(two.photos.value.length).toBe(1);
  });

  it('writes one at a time and always the newest', async () => {
    const one = keeper();
    const writes = vi.spyOn(database, 'writeDraft');
    for (let i = 0; i < 50; i++) one.set({ count: i });
    await one.settled();
    expect(writes.mock.calls.length).toBeLessThan(5);
    expect((await database.readDraft<{ count: number }>(one.id)).draft?.form.count).toBe(49);
  });

  it('says so when the phone cannot keep it, and does not show a photo that is not kept', async () => {
    const one = keeper();
    vi.spyOn(database, 'writeDraft').mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'));
    vi.spyOn(database, 'addPhoto').mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'));
    one.set({ words: 'x' });
    await one.settled();
    expect((one.failure.value as Error).name).toBe('QuotaExceededError');
    await expect(one.addShot({ blob: new Blob(['y']), width: 1, height: 1, origin: 'file' }, null)).rejects.toThrow('full');
    expect(one.photos.value).toEqual([]);
    one.set({ words: 'xy' });
    await one.settled();
    expect(one.failure.value).toBeNull();
  });

  it('writes nothing any more once it was sent or thrown away', async () => {
    const one = keeper();
    one.set({ words: 'x' });
    await one.drop();
    one.set({ words: 'ghost' });
    await one.settled();
    expect((await database.readDraft(one.id)).draft).toBeNull();
  });
});
