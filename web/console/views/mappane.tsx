// SPDX-License-Identifier: MPL-2.0
// The map beside the list: the same cases by the same filter, one selection, one pointer.
import { useEffect, useRef } from 'preact/hooks';
import { effect, signal, useSignal } from '@preact/signals';
import type { Light } from '../../lib/api/types.ts';
import { label, language, t } from '../../lib/i18n/index.ts';
import type { Box, CityMap, MapCase } from '../../lib/map/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
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
  markedGrid,
  open,
  pane,
  phase,
  picking,
  pin,
  query,
  selected,
  setFilters,
} from '../state/app.ts';

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
      const here = city.value;
      if (dropped || !target.current || !here) return;
      const made = new Map({
        target: target.current,
        box: here.bbox,
        attribution: here.attribution,
        zoomIn: t('map.in'),
        zoomOut: t('map.out'),
        tiles: { base: client.base, version: here.tiles_version },
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
      level.value ??= here.levels[0]?.code ?? null;
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

  const here = city.value;
  return (
    <section class="map-pane" aria-label={t('map.title')}>
      <div class="map" ref={target} tabIndex={0} role="application" aria-label={t('map.keys')} onKeyDown={(event) => {
        if (event.key === 'Enter' && picking.value) {
          event.preventDefault();
          event.stopPropagation();
          map.current?.pickCenter();
        }
      }} />
      <div class="map-tools">
        <button type="button" title={t('map.whole')} aria-label={t('map.whole')} onClick={() => here && map.current?.fit(here.bbox)}>
          <Icon name="fit" />
        </button>
        <label class="level">
          <Icon name="layers" />
          <select aria-label={t('map.level')} value={level.value ?? ''} onChange={(event) => (level.value = event.currentTarget.value)}>
            {(here?.levels ?? []).map((one) => (
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
      if (pin.value) map.reveal(pin.value);
    }),
    effect(() => {
      const point = lookAt.value;
      if (!point) return;
      map.reveal(point, true);
      lookAt.value = null;
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
