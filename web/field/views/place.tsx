// SPDX-License-Identifier: MPL-2.0
// Where it is: the phone's fix, corrected on the map when need be, or in words when there is
// neither. What lies there is asked when there is a signal; without one the server finds it
// out when the report arrives.
import { useEffect, useRef } from 'preact/hooks';
import { signal, useSignal } from '@preact/signals';
import { ApiError, LineError } from '../../lib/api/client.ts';
import type { Located, Point } from '../../lib/api/types.ts';
import { label } from '../../lib/i18n/index.ts';
import type { CityMap } from '../../lib/map/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { fix, freshFix, gps, wantPosition } from '../state/position.ts';
import { city, client, quickly } from '../state/session.ts';
import type { Keeper, ReportForm } from '../state/work.ts';
import { areaWord } from './words.ts';

export const located = signal<{ point: Point | null; state: 'none' | 'asking' | 'there' | 'failed'; value: Located | null }>({
  point: null,
  state: 'none',
  value: null,
});
let asking: ReturnType<typeof setTimeout> | undefined;
/** Asks what lies at a point, a moment after it has come to rest. */
export function locate(point: Point | null, pauseMs = 250): void {
  clearTimeout(asking);
  if (!point) {
    located.value = { point: null, state: 'none', value: null };
    return;
  }
  if (located.value.point?.lon === point.lon && located.value.point.lat === point.lat && located.value.state === 'there') return;
  located.value = { point, state: 'asking', value: null };
  asking = setTimeout(() => {
    client
      .get<Located>('/locate', { lon: point.lon.toFixed(7), lat: point.lat.toFixed(7) }, quickly)
      .then((value) => {
        if (located.value.point === point) located.value = { point, state: 'there', value };
      })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError) && !(error instanceof LineError)) throw error;
        if (located.value.point === point) located.value = { point, state: 'failed', value: null };
      });
  }, pauseMs);
}

const HOLD_MS = 20_000;
const POOR_M = 50;
/** A better fix counts while the person still stands there: not once they walk on. */
export function followFix(keeper: Keeper<ReportForm>): void {
  const form = keeper.form.value;
  const found = fix.value;
  if (!found || form.pointBy === 'map' || Date.now() - found.at > 30_000) return;
  const known = form.point;
  const held = known !== null && Date.now() - form.pointAt > HOLD_MS;
  const better = known === null || (found.accuracy_m ?? 1e9) < (known.accuracy_m ?? 1e9);
  if (held || !better) return;
  keeper.set({
    point: { lon: found.lon, lat: found.lat, accuracy_m: found.accuracy_m, ...(found.said ? { said: found.said } : {}) },
    pointBy: 'gps',
    pointAt: known === null ? Date.now() : form.pointAt,
  });
}

export function PlaceField({ keeper, missing }: { keeper: Keeper<ReportForm>; missing: boolean }) {
  const mapOpen = useSignal(false);
  const form = keeper.form.value;
  useEffect(() => {
    locate(form.point);
  }, [form.point?.lon, form.point?.lat]);
  const here = () => {
    wantPosition();
    const found = freshFix();
    keeper.set(found ? { point: found, pointBy: 'gps', pointAt: Date.now() } : { point: null, pointBy: null, pointAt: 0 });
  };
  return (
    <section class={`card${missing ? ' missing' : ''}`} aria-labelledby="place-title" id="place">
      <h2 id="place-title">{t('report.where')}</h2>
      <PlaceWords form={form} />
      {missing && <p class="field-error">{t('report.no_place')}</p>}
      <div class="pair">
        <button type="button" onClick={() => (mapOpen.value = true)}>
          <Icon name="map" size={20} /> {t(form.point ? 'place.correct' : 'place.on_map')}
        </button>
        <button type="button" onClick={here}>
          <Icon name="pin" size={20} /> {t('place.here')}
        </button>
      </div>
      {(!form.point || form.address) && (
        <label class="field">
          <span class="field-name">{t('place.in_words')}</span>
          <input type="text" maxLength={400} value={form.address} onInput={(event) => keeper.set({ address: event.currentTarget.value })} />
        </label>
      )}
      {mapOpen.value && (
        <MapChooser
          start={form.point}
          onClose={() => (mapOpen.value = false)}
          onTake={(point) => {
            keeper.set({ point: { ...point, accuracy_m: null }, pointBy: 'map', pointAt: Date.now() });
            mapOpen.value = false;
          }}
        />
      )}
    </section>
  );
}

function PlaceWords({ form }: { form: ReportForm }) {
  const { state, value } = located.value;
  if (!form.point) {
    const why = gps.value === 'denied' ? t('place.gps_denied') : gps.value === 'insecure' ? t('place.gps_insecure') : gps.value === 'lost' || gps.value === 'missing' ? t('place.gps_lost') : t('place.searching');
    return <p class="place-words muted">{why}</p>;
  }
  const by = form.pointBy === 'map' ? t('place.by_map') : form.point.accuracy_m === null ? t('place.by_gps') : t('place.exact', { n: Math.round(form.point.accuracy_m) });
  const poor = form.pointBy === 'gps' && (form.point.accuracy_m ?? 0) > POOR_M;
  return (
    <div class="place-words" aria-live="polite">
      <p>
        {state === 'there' && value?.grid && <b class="grid">{value.grid.code}</b>}
        <b>{state === 'there' && value ? label(value.place) || areas(value) || t('place.unnamed') : `${form.point.lat.toFixed(5)}, ${form.point.lon.toFixed(5)}`}</b>
      </p>
      <p class="muted">
        {by}
        {state === 'there' && value && label(value.place) && ` · ${areas(value)}`}
        {state === 'failed' && ` · ${t('place.later')}`}
      </p>
      {poor && (
        <p class="alert warn">
          <Icon name="warn" /> {t('place.poor')}
        </p>
      )}
      {state === 'there' && value && !value.inside && (
        <p class="alert warn">
          <Icon name="warn" /> {t('report.outside')}
        </p>
      )}
    </div>
  );
}
const areas = (value: Located) => value.areas.slice(0, 2).map(areaWord).join(' · ');

/** The map under a fixed cross: what is moved is the map, as a thumb can do it. */
export function MapChooser({ start, onTake, onClose }: { start: Point | null; onTake: (point: Point) => void; onClose: () => void }) {
  const target = useRef<HTMLDivElement>(null);
  const map = useRef<CityMap | null>(null);
  const failed = useSignal(false);
  const middle = useSignal<Point | null>(start);
  const known = useSignal(located.value);
  useEffect(() => {
    let gone = false;
    let at: Point | null = start ?? freshFix();
    const found = city.value!;
    import('../../lib/map/index.ts')
      .then(({ CityMap: Made }) => {
        if (gone || !target.current) return;
        map.current = new Made({
          target: target.current,
          box: found.bbox,
          attribution: found.attribution,
          zoomIn: t('map.in'),
          zoomOut: t('map.out'),
          tiles: { base: client.base, version: found.tiles_version },
          onCase: () => undefined,
          onHover: () => undefined,
          onPick: () => undefined,
          onView: () => {
            const now = map.current?.center() ?? null;
            const first = at;
            at = null;
            // Once the map has its size.
            if (first) {
              map.current!.reveal(first, true);
              return;
            }
            // Until the person moves it, it is exactly what it was.
            if (!now || (start && Math.abs(now.lon - start.lon) < 2e-6 && Math.abs(now.lat - start.lat) < 2e-6)) return;
            middle.value = now;
            locate(now);
          },
        });
        map.current.markGrid(located.value.value?.grid?.code ?? null);
      })
      .catch(() => {
        failed.value = true; // the map's file is not on this phone yet
      });
    const stop = located.subscribe((value) => {
      known.value = value;
      map.current?.markGrid(value.value?.grid?.code ?? null);
    });
    const cancel = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onClose();
    };
    document.addEventListener('keydown', cancel);
    return () => {
      gone = true;
      stop();
      document.removeEventListener('keydown', cancel);
      map.current?.destroy();
      locate(start);
    };
  }, []);
  const there = known.value.state === 'there' ? known.value.value : null;
  return (
    <div class="map-chooser" role="dialog" aria-modal="true" aria-label={t('place.on_map')}>
      <div class="map-target" ref={target} />
      <svg class="cross" width="64" height="64" viewBox="0 0 64 64" aria-hidden="true">
        <circle cx="32" cy="32" r="20" />
        <path d="M32 0v26M32 38v26M0 32h26M38 32h26" />
      </svg>
      {failed.value && <p class="warning">{t('place.no_map')}</p>}
      <div class="map-words" aria-live="polite">
        {there ? (
          <p>
            {there.grid && <b class="grid">{there.grid.code}</b>} {label(there.place) || areas(there) || t('place.unnamed')}
          </p>
        ) : (
          <p class="muted">{t(known.value.state === 'failed' ? 'place.later' : 'place.move')}</p>
        )}
      </div>
      <div class="pair map-buttons">
        <button type="button" onClick={onClose}>
          {t('form.cancel')}
        </button>
        <button
          type="button"
          onClick={() => {
            const found = freshFix();
            wantPosition();
            if (found) map.current?.reveal(found, true);
          }}
        >
          <Icon name="pin" size={20} /> {t('place.here')}
        </button>
        <button type="button" class="primary" disabled={!middle.value} onClick={() => middle.value && onTake(middle.value)}>
          {t('place.take')}
        </button>
      </div>
    </div>
  );
}
