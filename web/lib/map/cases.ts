// SPDX-License-Identifier: MPL-2.0
// Open cases out of the server's tiles, as plain features: what is drawn, pointed at and
// looked up by number is one set, symbols are not cut at the edges of tiles, and a tile that
// is read anew takes the place of the old one in one step, without a flicker.
import type Feature from 'ol/Feature.js';
import OlFeature from 'ol/Feature.js';
import MVT from 'ol/format/MVT.js';
import type Point from 'ol/geom/Point.js';
import VectorSource from 'ol/source/Vector.js';
import { createXYZ } from 'ol/tilegrid.js';

export type TileQuery = Record<string, string | number | boolean | null | undefined>;

const ZOOM_MOST = 18;
const REFRESH_MS = 400; // changes close together are read once
const LIGHTS_MS = 60_000; // lights turn with time, without any change
const KEYS = new Set(['open', 'stage', 'step', 'department', 'class', 'condition', 'area', 'grid', 'queue', 'light', 'source', 'opened_from', 'opened_to', 'reported']);
const OPEN_QUEUES = new Set(['mine', 'where', 'manual']);

/** The list's query as tiles take it; null when it asks for what tiles do not have: ended
 *  cases, words, single numbers. */
export function tileQuery(query: TileQuery): string | null {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '' || value === false || name === 'bbox' || name === 'sort') continue;
    if (!KEYS.has(name)) return null;
    out.set(name, value === true ? '1' : String(value));
  }
  const open = out.get('open') === '1' || out.has('light') || OPEN_QUEUES.has(out.get('queue') ?? '');
  if (!open) return null;
  out.set('open', '1');
  out.sort();
  return out.toString();
}

interface Shown {
  etag: string;
  features: Feature<Point>[];
}

export class CaseTiles {
  readonly source = new VectorSource<Feature<Point>>();
  readonly #base: string;
  readonly #onState: (ok: boolean) => void;
  readonly #grid = createXYZ({ tileSize: 512, maxZoom: ZOOM_MOST });
  readonly #format = new MVT<Feature>({ featureClass: OlFeature });
  #query: string | null = null;
  #shown = new Map<string, Shown>();
  #wanted: string[] = [];
  #turn = 0;
  /** Something may have changed since what is shown was read. */
  #stale = false;
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #lights: ReturnType<typeof setInterval>;

  /** base: address of the city's API. onState: whether the last reading went well. */
  constructor(base: string, onState: (ok: boolean) => void) {
    this.#base = base;
    this.#onState = onState;
    this.#lights = setInterval(() => {
      if (document.visibilityState === 'visible') this.refresh();
    }, LIGHTS_MS);
  }
  destroy(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#lights);
    this.#abort.abort();
    this.#query = null;
  }

  /** null: no tiles. Another query: the old cases stay until the new ones are there. */
  ask(query: string | null): void {
    if (query === this.#query) return;
    this.#query = query;
    if (query === null) this.#clear();
    else this.#again();
  }
  /** The view has moved. */
  view(extent: number[], zoom: number): void {
    const z = Math.max(0, Math.min(ZOOM_MOST, Math.round(zoom) - 1));
    const wanted: string[] = [];
    this.#grid.forEachTileCoord(extent, z, ([tz, x, y]) => wanted.push(`${tz}/${x}/${y}`));
    if (wanted.join() === this.#wanted.join()) return;
    this.#wanted = wanted;
    if (this.#query !== null) void this.#read();
  }
  /** Something changed: read what is shown anew, soon. Unchanged tiles cost a 304. */
  refresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#query !== null) this.#again();
    }, REFRESH_MS);
  }
  /** The case with that number, where it is drawn by itself. */
  find(number: string): Feature<Point> | null {
    return this.source.getFeatureById(number);
  }

  #clear(): void {
    this.#turn++;
    this.#stale = false;
    this.#abort.abort();
    this.#shown.clear();
    this.source.clear(true);
  }
  #again(): void {
    this.#stale = true;
    void this.#read();
  }
  async #read(): Promise<void> {
    const turn = ++this.#turn;
    const all = this.#stale; // a reading that was cut off leaves it so
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const wanted = this.#wanted;
    const asked = wanted.filter((key) => all || !this.#shown.has(key));
    const fresh = await Promise.all(asked.map((key) => this.#tile(key, signal).catch(() => null)));
    if (turn !== this.#turn) return;
    const failed = fresh.includes(null);
    fresh.forEach((tile, index) => {
      if (tile) this.#replace(asked[index]!, tile);
    });
    // What is not looked at any more goes only when what replaces it is there.
    if (!failed && all) this.#stale = false;
    if (!failed) for (const key of this.#shown.keys()) if (!wanted.includes(key)) this.#drop(key);
    this.#onState(!failed);
  }
  async #tile(key: string, signal: AbortSignal): Promise<Shown> {
    const response = await fetch(`${this.#base}/tiles/cases/${key}?${this.#query}`, { signal, credentials: 'same-origin' });
    if (!response.ok) throw new Error(String(response.status));
    const etag = response.headers.get('etag') ?? '';
    const old = this.#shown.get(key);
    if (old && etag && old.etag === etag) return old;
    if (response.status === 204) return { etag, features: [] };
    const [z, x, y] = key.split('/').map(Number) as [number, number, number];
    const features = this.#format.readFeatures(await response.arrayBuffer(), {
      extent: this.#grid.getTileCoordExtent([z, x, y]),
      featureProjection: 'EPSG:3857',
    }) as Feature<Point>[];
    for (const feature of features) {
      feature.setId(feature.get('count') ? undefined : String(feature.get('number')));
    }
    return { etag, features };
  }
  #replace(key: string, tile: Shown): void {
    if (this.#shown.get(key) === tile) return;
    this.#drop(key);
    // The same case in another tile: of another zoom, or where it stood before it was moved.
    for (const feature of tile.features) {
      const id = feature.getId();
      const twin = id === undefined ? null : this.source.getFeatureById(id);
      if (twin) this.source.removeFeature(twin as Feature<Point>);
    }
    this.#shown.set(key, tile);
    this.source.addFeatures(tile.features);
  }
  #drop(key: string): void {
    const old = this.#shown.get(key);
    if (!old) return;
    this.#shown.delete(key);
    this.source.removeFeatures(old.features.filter((feature) => this.source.hasFeature(feature)));
  }
}
