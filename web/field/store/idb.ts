// SPDX-License-Identifier: MPL-2.0
// IndexedDB with promises, no more than is used here. A transaction is told as a function
// that may only await requests of that transaction; what it answers arrives after the commit.

export interface StoreShape {
  keyPath: string;
  /** Index names are their key paths. */
  indexes?: string[];
}

const asked = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error ?? new Error('IndexedDB'));
  });

export class Room {
  readonly #transaction: IDBTransaction;
  constructor(transaction: IDBTransaction) {
    this.#transaction = transaction;
  }
  get<T>(store: string, key: IDBValidKey): Promise<T | undefined> {
    return asked(this.#transaction.objectStore(store).get(key) as IDBRequest<T | undefined>);
  }
  put(store: string, value: object): Promise<IDBValidKey> {
    return asked(this.#transaction.objectStore(store).put(value));
  }
  delete(store: string, key: IDBValidKey): Promise<undefined> {
    return asked(this.#transaction.objectStore(store).delete(key));
  }
  all<T>(store: string, index?: string, key?: IDBValidKey): Promise<T[]> {
    const from = this.#transaction.objectStore(store);
    return asked((index ? from.index(index).getAll(key) : from.getAll()) as IDBRequest<T[]>);
  }
  keys(store: string, index: string, key: IDBValidKey): Promise<IDBValidKey[]> {
    return asked(this.#transaction.objectStore(store).index(index).getAllKeys(key));
  }
}

export class Idb {
  readonly name: string;
  readonly #version: number;
  readonly #shape: Record<string, StoreShape>;
  readonly #factory: IDBFactory;
  #open: Promise<IDBDatabase> | null = null;

  constructor(name: string, version: number, shape: Record<string, StoreShape>, factory: IDBFactory = indexedDB) {
    this.name = name;
    this.#version = version;
    this.#shape = shape;
    this.#factory = factory;
  }

  #database(): Promise<IDBDatabase> {
    this.#open ??= new Promise((done, fail) => {
      const request = this.#factory.open(this.name, this.#version);
      request.onupgradeneeded = () => {
        for (const [name, { keyPath, indexes }] of Object.entries(this.#shape)) {
          if (request.result.objectStoreNames.contains(name)) continue;
          const store = request.result.createObjectStore(name, { keyPath });
          for (const index of indexes ?? []) store.createIndex(index, index);
        }
      };
      request.onsuccess = () => {
        const database = request.result;
        // Another tab wants a newer shape, or the browser closed it: opened again when needed.
        database.onversionchange = () => database.close();
        database.onclose = () => {
          this.#open = null;
        };
        done(database);
      };
      request.onerror = () => {
        this.#open = null;
        fail(request.error ?? new Error('IndexedDB'));
      };
    });
    return this.#open;
  }

  /** strict: on the disk, not only handed to the system, before it answers. */
  async run<T>(
    stores: string[],
    mode: 'readonly' | 'readwrite',
    work: (room: Room) => Promise<T>,
    strict = false,
  ): Promise<T> {
    const transaction = await this.#begin(stores, mode, strict);
    const ended = new Promise<void>((done, fail) => {
      transaction.oncomplete = () => done();
      transaction.onabort = () => fail(transaction.error ?? new Error('IndexedDB: aborted'));
    });
    ended.catch(() => undefined); // told below, or work's own failure is
    let result: T;
    try {
      result = await work(new Room(transaction));
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended already.
      }
      throw error;
    }
    await ended;
    return result;
  }

  async #begin(stores: string[], mode: 'readonly' | 'readwrite', strict: boolean): Promise<IDBTransaction> {
    const options: IDBTransactionOptions = strict ? { durability: 'strict' } : {};
    try {
      return (await this.#database()).transaction(stores, mode, options);
    } catch (error) {
      if ((error as DOMException).name !== 'InvalidStateError') throw error;
      this.#open = null; // closed under us
      return (await this.#database()).transaction(stores, mode, options);
    }
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (open) (await open).close();
  }
}
