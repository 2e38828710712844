// SPDX-License-Identifier: MPL-2.0
// The map beside the list: the same cases by the same filter, one selection, one pointer.
import { useEffect, useRef } from 'preact/hooks';
import { batch, effect, signal, useSignal } from '@preact/signals';
import type { Light } from '../../lib/api/types.ts';
import { label, language } from '../../lib/i18n/index.ts';
import type { Box, CityMap, MapCase } from '../../lib/map/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import {
  box,
  city,
  client,
  detail,
  filters,
  hovered,
  lastChange,
  light,
  list,
  lookAt,
  lookAtBox,
  markedGrid,
  notify,
  open,
  pane,
  phase,
  picking,
  pin,
  query,
  selected,
  setFilters,
} from '../state/app.ts';
import { PlaceBox, type PlaceHit } from './placebox.tsx';

export const jumpField = { current: null as HTMLInputElement | null };
const foundPlace = signal<PlaceHit | null>(null);
const level = signal<string | null>(null);
const gridsShown = signal(true);
const truncated = signal(false);
const fromServer = signal<MapCase[]>([]);
const failed = signal(false);

/** Cases that tiles do not have (ended ones, one number), asked for with the list's query. */
interface CaseCollection {
  features: CaseFeature[];
  truncated?: boolean;
}

/** Shows a place that was looked for; a point also gets the pin until the next one. */
function jump(hit: PlaceHit): void {
  batch(() => show(hit));
}
function show(hit: PlaceHit): void {
  foundPlace.value = hit;
  markedGrid.value = hit.kind === 'grid' ? hit.code : null;
  const [w, s, e, n] = hit.box;
  if (e - w > 0.0005 || n - s > 0.0005) lookAtBox.value = hit.box;
  else lookAt.value = hit.point;
  if (picking.value && hit.kind !== 'area') picking.value(hit.point);
}

const LOCATE_MS = 15_000;
const located = signal<'no' | 'asking' | 'there'>('no');
const here = signal<{ point: { lon: number; lat: number }; accuracyM: number } | null>(null);
/** Only when asked: a page that asks for the position on its own is refused for good. */
function findMe(): void {
  if (here.value) {
    here.value = null;
    located.value = 'no';
    return;
  }
  if (!globalThis.isSecureContext || !navigator.geolocation) {
    notify('bad', t('here.insecure'));
    return;
  }
  located.value = 'asking';
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const point = { lon: coords.longitude, lat: coords.latitude };
      here.value = { point, accuracyM: coords.accuracy };
      located.value = 'there';
      lookAt.value = point;
      const [w = 0, s = 0, e = 0, n = 0] = city.value?.bbox ?? [];
      if (point.lon < w || point.lon > e || point.lat < s || point.lat > n) notify('bad', t('here.outside'));
    },
    (error) => {
      located.value = 'no';
      notify('bad', t(error.code === error.PERMISSION_DENIED ? 'here.denied' : 'here.failed'));
    },
    { enableHighAccuracy: true, timeout: LOCATE_MS, maximumAge: 0 },
  );
}

interface CaseFeature {
  geometry: { type: string; coordinates: [number, number] } | null;
  properties: { number: string; light?: Light };
}

let turn = 0;
/** What the cases on the map were asked with, and for which box: inside it nothing is asked. */
let have: { box: Box; query: unknown; complete: boolean } | null = null;

async function readCases(view: Box): Promise<void> {
  const mine = ++turn;
  const [w, s, e, n] = view;
  const wide: Box = [w - (e - w) / 4, s - (n - s) / 4, e + (e - w) / 4, n + (n - s) / 4];
  const wanted = query.value;
  const ask = filters.value.inMap ? view : wide;
  try {
    const bbox = ask.map((degrees) => degrees.toFixed(6)).join(',');
    const data = await client.get<CaseCollection>('/geo/cases', { ...wanted, bbox });
    if (mine !== turn) return;
    have = { box: ask, query: wanted, complete: data.truncated !== true };
    failed.value = false;
    truncated.value = data.truncated === true;
    fromServer.value = data.features
      .filter((feature) => feature.geometry?.type === 'Point')
      .map((feature) => ({
        number: feature.properties.number,
        light: feature.properties.light ?? 'none',
        point: { lon: feature.geometry!.coordinates[0], lat: feature.geometry!.coordinates[1] },
      }));
  } catch {
    if (mine === turn) failed.value = true;
  }
}
function isKnown(view: Box): boolean {
  if (!have || !have.complete || have.query !== query.value) return false;
  const [w, s, e, n] = have.box;
  return view[0] >= w && view[1] >= s && view[2] <= e && view[3] <= n;
}
/** A case changed: the list has asked about it, the map takes it over. */
list.onSeen = (number, item) => {
  if (!have) return; // tiles bring the cases
  const rest = fromServer.value.filter((one) => one.number !== number);
  if (item?.point) rest.push({ number, point: item.point, light: item.light });
  if (item?.point || rest.length !== fromServer.value.length) fromServer.value = rest;
};

export function MapView() {
  const target = useRef<HTMLDivElement>(null);
  const map = useRef<CityMap | null>(null);
  const ready = useSignal(false);
  const zoom = useSignal(0);

  useEffect(() => {
    let dropped = false;
    const disposers: (() => void)[] = [];
    void import('../../lib/map/index.ts').then(({ CityMap: Map }) => {
      const place = city.value;
      if (dropped || !target.current || !place) return;
      const made = new Map({
        target: target.current,
        box: place.bbox,
        attribution: place.attribution,
        zoomIn: t('map.in'),
        zoomOut: t('map.out'),
        tiles: { base: client.base, version: place.tiles_version },
        onCases: (ok) => (failed.value = !ok),
        onCase: (number) => open(number),
        onHover: (number) => (hovered.value = number),
        onPick: (point) => picking.value?.(point),
        onView: (view, z) => {
          box.value = view;
          zoom.value = z;
        },
      });
      map.current = made;
      (globalThis as { gridcaseMap?: CityMap }).gridcaseMap = made;
      level.value ??= place.levels[0]?.code ?? null;
      disposers.push(...connect(made));
      ready.value = true;
    });
    return () => {
      dropped = true;
      for (const dispose of disposers) dispose();
      map.current?.destroy();
      map.current = null;
    };
  }, []);

  const shownCity = city.value;
  return (
    <section class="map-pane" aria-label={t('map.title')}>
      <div class="map" ref={target} tabIndex={0} role="application" aria-label={t('map.keys')} onKeyDown={(event) => {
        if (event.key === 'Enter' && picking.value) {
          event.preventDefault();
          event.stopPropagation();
          map.current?.pickCenter();
        }
      }} />
      <div class="map-top">
      <div class="map-find">
        <PlaceBox labelText={t('place.jump')} placeholder={t('place.jump')} boxRef={jumpField} onPick={jump} onEscape={() => (foundPlace.value = null)} />
      </div>
      <div class="map-tools">
        <button type="button" class={here.value ? 'on' : ''} title={t('here.find')} aria-label={t('here.find')} aria-pressed={here.value !== null} aria-busy={located.value === 'asking'} onClick={findMe}>
          <Icon name="here" />
        </button>
        <button type="button" title={t('map.whole')} aria-label={t('map.whole')} onClick={() => shownCity && map.current?.fit(shownCity.bbox)}>
          <Icon name="fit" />
        </button>
        <label class="level">
          <Icon name="layers" />
          <select aria-label={t('map.level')} value={level.value ?? ''} onChange={(event) => (level.value = event.currentTarget.value)}>
            {(shownCity?.levels ?? []).map((one) => (
              <option key={one.code} value={one.code}>
                {label(one.name) || one.code}
              </option>
            ))}
            <option value="">{t('map.no_areas')}</option>
          </select>
        </label>
        <label class="check">
          <input type="checkbox" checked={gridsShown.value} onChange={(event) => (gridsShown.value = event.currentTarget.checked)} />
          <span>{t('map.grids')}</span>
        </label>
        <label class="check">
          <input type="checkbox" checked={filters.value.inMap} onChange={(event) => setFilters({ inMap: event.currentTarget.checked })} />
          <span>{t('map.in_list')}</span>
        </label>
      </div>
      </div>
      {picking.value && (
        <p class="map-hint" role="status">
          <Icon name="pin" /> {t('point.hint')}
          {pin.value && (
            <button type="button" class="primary" onClick={() => { picking.value = null; pane.value = 'side'; }}>
              {t('form.done')}
            </button>
          )}
        </p>
      )}
      {truncated.value && <p class="map-note">{t('map.truncated')}</p>}
      {failed.value && <p class="map-note" role="status">{t('map.failed')}</p>}
      {!ready.value && <p class="map-note">{t('list.loading')}</p>}
    </section>
  );
}

/** Signals to map: each effect carries one thing over. */
function connect(map: CityMap): (() => void)[] {
  const tiled = signal(false); // the server's tiles bring the cases
  const shown = () => {
    if (tiled.value) return new Map<string, MapCase>();
    // The list knows its rows first; the map's own answer adds what is not loaded in the list.
    const rows = list.byNumber.value;
    const cases = new Map<string, MapCase>();
    for (const one of fromServer.value) {
      const row = rows.get(one.number);
      cases.set(one.number, row ? { ...one, light: light(row.item), point: row.item.point ?? one.point } : one);
    }
    for (const row of rows.values()) {
      if (row.item.point && !row.left) cases.set(row.item.number, { number: row.item.number, light: light(row.item), point: row.item.point });
      else if (row.left) cases.delete(row.item.number);
    }
    return cases;
  };
  const find = (number: string | null): MapCase | null => {
    if (!number) return null;
    const found = detail.value?.number === number ? detail.value : list.byNumber.value.get(number)?.item;
    if (found?.point) return { number, point: found.point, light: light(found) };
    return map.find(number) ?? fromServer.value.find((one) => one.number === number) ?? null;
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = (view: Box, afterMs: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void readCases(view), afterMs);
  };
  let revealed: string | null = null;
  return [
    () => clearTimeout(timer),
    effect(() => {
      const view = box.value;
      const wanted = query.value;
      if (phase.value !== 'ready' || !view || !wanted || tiled.value) return;
      if (!isKnown(view)) ask(view, 150);
    }),
    effect(() => {
      const wanted = phase.value === 'ready' ? query.value : null;
      tiled.value = map.askCases(wanted);
      if (!tiled.value) return;
      turn++; // what is still asked for is no longer wanted
      clearTimeout(timer);
      have = null;
      fromServer.value = [];
      truncated.value = false;
    }),
    effect(() => {
      void lastChange.value;
      map.refreshCases();
    }),
    effect(() => {
      void list.heads.value; // the list was read anew: so is the map
      const view = box.peek();
      if (tiled.peek()) map.refreshCases();
      else if (view && phase.peek() === 'ready') ask(view, 300);
    }),
    effect(() => map.setCases([...shown().values()])),
    effect(() => {
      const found = find(selected.value);
      map.select(found?.point ?? null, found?.light);
      if (!found) revealed = null;
      else if (revealed !== found.number) {
        revealed = found.number;
        map.reveal(found.point);
      }
    }),
    effect(() => {
      const found = find(hovered.value);
      map.hover(found?.point ?? null, found?.light);
    }),
    effect(() => map.setPicking(picking.value !== null)),
    effect(() => {
      map.setPin(pin.value);
      if (pin.value && !lookAt.peek()) map.reveal(pin.value);
    }),
    effect(() => {
      const point = lookAt.value;
      if (!point) return;
      map.reveal(point, true);
      lookAt.value = null;
    }),
    effect(() => {
      const wanted = lookAtBox.value;
      if (!wanted) return;
      map.fit([...wanted]);
      lookAtBox.value = null;
    }),
    effect(() => map.setHere(here.value?.point ?? null, here.value?.accuracyM)),
    effect(() => {
      const hit = foundPlace.value;
      if (!picking.value && !pin.peek()) map.setPin(hit && hit.kind !== 'area' ? hit.point : null);
    }),
    effect(() => map.markGrid(markedGrid.value ?? detail.value?.grid?.code ?? null)),
    effect(() => map.setGridsShown(gridsShown.value)),
    effect(() => {
      map.setTexts(t('map.in'), t('map.out'));
      map.setLevel(level.value || null);
      void language.value; // names are drawn anew in another language
    }),
  ];
}
