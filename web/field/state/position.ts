// SPDX-License-Identifier: MPL-2.0
// Where the phone is. Asked for only when a person reports something, or when they have
// allowed it before; watched only while the page is looked at.
import { signal } from '@preact/signals';
import type { Point } from '../../lib/api/types.ts';
import { DATUMS, type Datum, unshift } from '../../lib/map/datum.ts';
import type { Fix } from '../store/database.ts';

export type Gps = 'off' | 'insecure' | 'missing' | 'asking' | 'on' | 'denied' | 'lost';
export const gps = signal<Gps>(globalThis.isSecureContext ? ('geolocation' in navigator ? 'off' : 'missing') : 'insecure');
export const fix = signal<(Fix & { at: number }) | null>(null);

/** What this phone's positions are in; a person of the office knows, the browser does not. */
export const datum = signal<Datum>('wgs84');
const NAME = 'gridcase:field:datum';
export function startDatum(): void {
  try {
    datum.value = DATUMS.find((known) => known === localStorage.getItem(NAME)) ?? 'wgs84';
  } catch {
    // WGS 84, as browsers promise.
  }
}
export function setDatum(chosen: Datum): void {
  datum.value = chosen;
  fix.value = null; // the last one was read the other way
  stop();
  watch();
  try {
    localStorage.setItem(NAME, chosen);
  } catch {
    // For this time only.
  }
}

let wanted = false;
let watching: number | null = null;
function watch(): void {
  if (watching !== null || !wanted || document.hidden) return;
  if (gps.value === 'insecure' || gps.value === 'missing') return;
  if (gps.value !== 'on') gps.value = 'asking';
  watching = navigator.geolocation.watchPosition(
    ({ coords }) => {
      gps.value = 'on';
      const said = { lon: coords.longitude, lat: coords.latitude, datum: datum.value };
      const { lon, lat } = unshift(said.datum, said);
      fix.value = {
        lon,
        lat,
        ...(said.datum === 'wgs84' ? {} : { said }),
        accuracy_m: Number.isFinite(coords.accuracy) ? Math.round(coords.accuracy * 10) / 10 : null,
        at: Date.now(),
      };
    },
    (error) => {
      gps.value = error.code === error.PERMISSION_DENIED ? 'denied' : 'lost';
      if (gps.value === 'denied') stop();
    },
    { enableHighAccuracy: true, maximumAge: 2000, timeout: 20_000 },
  );
}
function stop(): void {
  if (watching !== null) navigator.geolocation.clearWatch(watching);
  watching = null;
}
/** From now on; the browser asks the person the first time. */
export function wantPosition(): void {
  wanted = true;
  if (gps.value === 'denied') gps.value = 'off'; // allowed since, perhaps
  watch();
}
export function startPosition(): void {
  startDatum();
  document.addEventListener('visibilitychange', () => (document.hidden ? stop() : watch()));
  navigator.permissions
    ?.query({ name: 'geolocation' })
    .then((found) => {
      if (found.state === 'granted') wantPosition();
      if (found.state === 'denied' && gps.value === 'off') gps.value = 'denied';
    })
    .catch(() => undefined); // a browser that does not tell is asked when it is needed
}
/** The last fix, if it is not older than half a minute. */
export const freshFix = (): Fix | null => {
  const found = fix.value;
  if (!found || Date.now() - found.at >= 30_000) return null;
  const { at: _at, ...known } = found;
  return known;
};

/** Metres between two points: a plane is good enough within a city. */
export function metres(a: Point, b: Point): number {
  const x = (a.lon - b.lon) * Math.cos(((a.lat + b.lat) * Math.PI) / 360);
  return Math.hypot(x, a.lat - b.lat) * 111_195;
}
