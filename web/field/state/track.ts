// SPDX-License-Identifier: MPL-2.0
// Records where its person walks: only where the city says so, only on shift, only while they
// are signed in, only with the browser's permission, and only while the page is looked at (a
// browser tells no position to a page that is not). In one tab at a time.
import { computed, effect, signal } from '@preact/signals';
import { Track } from '../store/track.ts';
import { blocksOf, duty } from './duty.ts';
import { nowMs } from './lists.ts';
import { datum, fix, gps } from './position.ts';
import { unshift } from '../../lib/map/datum.ts';
import { city, client, database, expired, person, phase, quickly } from './session.ts';

/** off: not here. shift: not now. permission: the browser does not tell. on: recording. */
export type Recording = 'off' | 'shift' | 'permission' | 'on';
export const recording = computed<Recording>(() => {
  if (phase.value !== 'ready' || person.value === null || expired.value || !duty.value?.tracks) return 'off';
  if (!blocksOf(duty.value, nowMs.value).some((block) => block.now)) return 'shift';
  return gps.value === 'on' ? 'on' : 'permission';
});
/** Positions of this person that wait on the phone. */
export const waitingFixes = signal(0);
export const lastKept = signal<number | null>(null);
export const trackFailure = signal<unknown>(null);

let track: { city: string; of: Track } | null = null;
function trackOfCity(): Track {
  const slug = city.value!.slug;
  if (track?.city !== slug) {
    track = { city: slug, of: new Track({ database: database(), post: (body, key) => client.post('/tracks', body, { key, quiet: true, ...quickly }) }) };
  }
  return track.of;
}

async function count(mine: number): Promise<void> {
  const batches = await database().tracks(mine);
  if (person.value === mine) waitingFixes.value = batches.reduce((sum, batch) => sum + batch.fixes.length, 0);
}

/** The phone's store may be full or gone: said on the page, and tried again. */
async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    trackFailure.value = null;
  } catch (error) {
    trackFailure.value = error;
  }
}

function keep(at: number, lon: number, lat: number, accuracy_m: number | null): void {
  const mine = person.value;
  if (mine === null || !mayRecord || recording.value !== 'on') return;
  void guarded(async () => {
    if (await trackOfCity().add(mine, { at, lon, lat, accuracy_m })) {
      lastKept.value = at;
      await count(mine);
    }
  });
}

/** Somebody who stands still gets no news of their position: asked for it. */
function ask(): void {
  if (recording.value !== 'on' || document.hidden || !mayRecord) return;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const { lon, lat } = unshift(datum.value, { lon: coords.longitude, lat: coords.latitude });
      keep(Date.now(), lon, lat, Number.isFinite(coords.accuracy) ? Math.round(coords.accuracy * 10) / 10 : null);
    },
    () => undefined, // the watch tells what is wrong with it
    { enableHighAccuracy: true, maximumAge: 20_000, timeout: 20_000 },
  );
}

/** Sends what is full; off shift everything, so that nothing of a walk stays on the phone. */
async function sendTracks(): Promise<void> {
  const mine = person.value;
  if (mine === null || expired.value || phase.value !== 'ready' || !city.value) return;
  await guarded(async () => {
    await trackOfCity().flush(mine, recording.value === 'shift');
    await count(mine);
  });
}

// One tab of those that are looked at; without locks each records, and the server has it twice.
let mayRecord = false;
let release: (() => void) | null = null;
function compete(): void {
  if (document.hidden) {
    release?.();
    return;
  }
  if (release) return;
  if (!('locks' in navigator)) {
    mayRecord = true;
    return;
  }
  const held = new Promise<void>((done) => {
    release = () => {
      mayRecord = false;
      release = null;
      done();
    };
  });
  void navigator.locks.request('gridcase:field:track', async () => {
    mayRecord = release !== null && !document.hidden;
    await held;
  });
}

const LOOK_MS = 20_000;
export function startTrack(): void {
  compete();
  document.addEventListener('visibilitychange', compete);
  effect(() => {
    const at = fix.value;
    if (at && recording.value === 'on') keep(at.at, at.lon, at.lat, at.accuracy_m);
  });
  setInterval(() => {
    if (Date.now() - (lastKept.value ?? 0) >= 55_000) ask();
    void sendTracks();
  }, LOOK_MS);
  addEventListener('online', () => void sendTracks());
}
