// SPDX-License-Identifier: MPL-2.0
// A form that is kept on the phone while it is filled in: every change is written, one write
// at a time and always the newest, every photo the moment it is taken. Whatever kills the
// page, the form is there again afterwards.
import { signal } from '@preact/signals';
import { uuid } from '../../lib/api/client.ts';
import { sha256 } from '../../lib/media/upload.ts';
import type { Shot } from '../photo/shrink.ts';
import type { Database, Fix, Photo } from './database.ts';

export class DraftKeeper<Form extends object> {
  readonly id: string;
  readonly form;
  readonly photos = signal<Photo[]>([]);
  /** When it was written last; null: nothing to keep yet. */
  readonly savedAt = signal<number | null>(null);
  /** The phone could not keep it (full, private window): the person is told. */
  readonly failure = signal<unknown>(null);
  readonly #database: Database;
  readonly #person: number;
  readonly #blank: () => Form;
  #dirty = false;
  #closed = false;
  #writing: Promise<void> | null = null;

  constructor(database: Database, person: number, name: string, blank: () => Form) {
    this.#database = database;
    this.#person = person;
    this.#blank = blank;
    this.id = database.draftOf(person, name);
    this.form = signal<Form>(blank());
  }

  /** Brings back what was kept; true when there was something. */
  async restore(): Promise<boolean> {
    const { draft, photos } = await this.#database.readDraft<Form>(this.id);
    if (draft) {
      this.form.value = { ...this.#blank(), ...draft.form };
      this.savedAt.value = draft.at;
    }
    this.photos.value = photos;
    return draft !== null || photos.length > 0;
  }

  set(part: Partial<Form>): void {
    this.form.value = { ...this.form.value, ...part };
    this.#dirty = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }
  async #write(): Promise<void> {
    while (this.#dirty && !this.#closed) {
      this.#dirty = false;
      const at = Date.now();
      try {
        await this.#database.writeDraft({ id: this.id, city: this.#database.city, person: this.#person, at, form: this.form.value });
        this.savedAt.value = at;
        this.failure.value = null;
      } catch (error) {
        this.failure.value = error;
      }
    }
  }
  /** Until all that was typed is written. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async addShot(shot: Shot, fix: Fix | null): Promise<void> {
    const hash = await sha256(shot.blob);
    if (this.photos.value.some((photo) => photo.sha256 === hash)) return; // the same picture twice
    const photo: Photo = {
      id: uuid(),
      owner: this.id,
      city: this.#database.city,
      person: this.#person,
      blob: shot.blob,
      sha256: hash,
      width: shot.width,
      height: shot.height,
      at: Date.now(),
      fix,
      origin: shot.origin,
      sent: false,
    };
    await this.#database.addPhoto(photo); // first kept, then shown
    this.photos.value = [...this.photos.value, photo];
  }
  async removePhoto(id: string): Promise<void> {
    await this.#database.dropPhoto(id);
    this.photos.value = this.photos.value.filter((photo) => photo.id !== id);
  }

  /** No more writes: what was in it has become an item of the outbox. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
  }
  async drop(): Promise<void> {
    await this.close();
    await this.#database.dropDraft(this.id);
  }
}
