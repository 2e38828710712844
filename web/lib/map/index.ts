// SPDX-License-Identifier: MPL-2.0
// The map of a city, and the only importer of OpenLayers. It draws streets as base map, area
// borders, unit grids (from a zoom on) and cases out of the server's vector tiles, tells what
// is pointed at, and can take a point. It knows nothing of rights or lists: tiles hold what
// this person may see.
import Feature from 'ol/Feature.js';
import OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import Attribution from 'ol/control/Attribution.js';
import ScaleLine from 'ol/control/ScaleLine.js';
import Zoom from 'ol/control/Zoom.js';
import type { Coordinate } from 'ol/coordinate.js';
import { boundingExtent, getCenter } from 'ol/extent.js';
import MVT from 'ol/format/MVT.js';
import type Geometry from 'ol/geom/Geometry.js';
import GeometryCollection from 'ol/geom/GeometryCollection.js';
import Point from 'ol/geom/Point.js';
import { circular } from 'ol/geom/Polygon.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorTileLayer from 'ol/layer/VectorTile.js';
import { fromLonLat, toLonLat, transformExtent } from 'ol/proj.js';
import Cluster from 'ol/source/Cluster.js';
import VectorSource from 'ol/source/Vector.js';
import VectorTile from 'ol/source/VectorTile.js';
import type { FeatureLike } from 'ol/Feature.js';
import { CaseTiles, type TileQuery, tileQuery } from './cases.ts';
import { type GridLook, areaStyle, caseStyle, gridStyle, haloStyle, hereStyle, pinStyle, streetStyle, tileCaseStyle } from './style.ts';
import type { Light, Point as LonLat } from '../api/types.ts';

export type Box = [west: number, south: number, east: number, north: number];
export { type TileQuery, tileQuery };
export interface MapCase {
  number: string;
  point: LonLat;
  light: Light;
}
export interface MapOptions {
  target: HTMLElement;
  box: Box;
  attribution: string;
  zoomIn: string;
  zoomOut: string;
  /** Where tiles come from: the address of the city's API, and the city's tiles_version. */
  tiles: { base: string; version: string };
  /** Whether the cases could be read. */
  onCases?: (ok: boolean) => void;
  onCase: (number: string) => void;
  onHover: (number: string | null) => void;
  onPick: (point: LonLat) => void;
  onView: (box: Box, zoom: number) => void;
}

export const GRID_ZOOM = 15.5;
const STREET_ZOOM = 10;
const MODEL_ZOOM_MOST = 18; // closer up, these tiles are drawn larger
const CLUSTER_UNTIL = 16;
const CLUSTER_PX = 44;
const CLOSE_ZOOM = 17;
const REVEAL_MARGIN_PX = 80;

export class CityMap {
  readonly map: OlMap;
  readonly #options: MapOptions;
  readonly #areas: VectorTileLayer;
  readonly #grids: VectorTileLayer;
  readonly #look: GridLook = { shown: true, marked: null, onMarked: () => (this.#filled = this.#look.marked) };
  #filled: string | null = null;
  #level: string | null = null;
  readonly #tiles: CaseTiles;
  readonly #cases = new VectorSource<Feature<Point>>();
  readonly #clusters: Cluster<Feature>;
  readonly #marks = new VectorSource();
  readonly #selected = new Feature<Point>();
  readonly #hovered = new Feature<Point>();
  readonly #pin = new Feature<Point>();
  readonly #here = new Feature<Geometry>();
  readonly #resize: ResizeObserver;
  #picking = false;

  constructor(options: MapOptions) {
    this.#options = options;
    const streets = new VectorTileLayer({ source: this.#model('streets'), style: streetStyle, minZoom: STREET_ZOOM, declutter: 'streets' });
    this.#grids = new VectorTileLayer({ source: this.#model('grids'), style: gridStyle(this.#look), minZoom: GRID_ZOOM, declutter: 'grids' });
    this.#areas = new VectorTileLayer({ style: areaStyle, declutter: 'areas' });
    this.#tiles = new CaseTiles(options.tiles.base, (ok) => options.onCases?.(ok));
    this.#clusters = new Cluster({ distance: CLUSTER_PX, minDistance: 16, source: this.#cases as VectorSource });
    this.#selected.setStyle(haloStyle('selected'));
    this.#hovered.setStyle(haloStyle('hovered'));
    this.#pin.setStyle(pinStyle);
    this.#here.setStyle(hereStyle);
    this.#marks.addFeatures([this.#here, this.#hovered, this.#selected, this.#pin]);
    const extent = transformExtent(options.box, 'EPSG:4326', 'EPSG:3857');
    this.map = new OlMap({
      target: options.target,
      controls: [
        new Zoom({ zoomInTipLabel: options.zoomIn, zoomOutTipLabel: options.zoomOut }),
        new Attribution({ collapsible: false }),
        new ScaleLine({ minWidth: 60 }),
      ],
      layers: [
        streets,
        this.#grids,
        this.#areas,
        new VectorLayer({ source: this.#tiles.source, style: tileCaseStyle }),
        new VectorLayer({ source: this.#clusters, style: caseStyle }),
        new VectorLayer({ source: this.#marks }),
      ],
      view: new View({ center: getCenter(extent), zoom: 12, minZoom: 9, maxZoom: 20, enableRotation: false }),
    });
    this.#marks.setAttributions(options.attribution);
    this.map.on('moveend', () => this.#moved());
    this.map.on('pointermove', (event) => {
      if (!event.dragging) this.#point(event.pixel);
    });
    this.map.on('click', (event) => this.#click(event.pixel, event.coordinate));
    this.viewport.addEventListener('pointerleave', () => this.#options.onHover(null));
    this.map.on('rendercomplete', () => {
      options.target.dataset.idle = String(Date.now());
    });
    // The map may be made while it is hidden: the city is fitted when there is room for it.
    let fitted = false;
    this.#resize = new ResizeObserver(() => {
      this.map.updateSize();
      if (fitted || options.target.clientWidth === 0) return;
      fitted = true;
      this.map.getView().fit(extent, { padding: [24, 24, 24, 24] });
    });
    this.#resize.observe(options.target);
  }

  private get viewport(): HTMLElement {
    return this.map.getViewport()!;
  }
  destroy(): void {
    this.#resize.disconnect();
    this.#tiles.destroy();
    this.map.setTarget();
    this.map.dispose();
  }

  /** Tiles of the model never change under their version: the browser keeps them. */
  #model(layer: string): VectorTile {
    const { base, version } = this.#options.tiles;
    return new VectorTile({
      format: new MVT(),
      url: `${base}/tiles/${layer}/{z}/{x}/{y}?v=${version}`,
      maxZoom: MODEL_ZOOM_MOST,
      wrapX: false,
    });
  }
  /** Borders and names of the areas of a level; null: none. */
  setLevel(level: string | null): void {
    if (level !== this.#level) this.#areas.setSource(level === null ? null : this.#model(`areas:${encodeURIComponent(level)}`));
    else this.#areas.changed(); // names in another language
    this.#level = level;
  }
  setGridsShown(shown: boolean): void {
    this.#look.shown = shown;
    this.#grids.changed();
  }
  /** Open cases by the list's query, straight from the server's tiles. False: tiles do not
   *  have what it asks for, setCases has to bring the cases. */
  askCases(query: TileQuery | null): boolean {
    const asked = query && tileQuery(query);
    this.#tiles.ask(asked);
    return asked !== null;
  }
  /** A case changed somewhere: what is shown is read anew, soon. */
  refreshCases(): void {
    this.#tiles.refresh();
  }
  /** What a tile says of a case that is drawn by itself. */
  find(number: string): MapCase | null {
    const feature = this.#tiles.find(number);
    if (!feature) return null;
    const [lon, lat] = toLonLat(feature.getGeometry()!.getCoordinates()) as [number, number];
    return { number, point: { lon, lat }, light: (feature.get('light') ?? 'none') as Light };
  }
  setCases(cases: readonly MapCase[]): void {
    const wanted = new Map(cases.map((one) => [one.number, one]));
    for (const feature of this.#cases.getFeatures()) {
      const one = wanted.get(String(feature.getId()));
      if (!one) this.#cases.removeFeature(feature);
      else {
        wanted.delete(one.number);
        if (feature.get('light') !== one.light) feature.set('light', one.light);
        const at = fromLonLat([one.point.lon, one.point.lat]);
        const old = feature.getGeometry()!.getCoordinates();
        if (old[0] !== at[0] || old[1] !== at[1]) feature.getGeometry()!.setCoordinates(at);
      }
    }
    const added: Feature<Point>[] = [];
    for (const one of wanted.values()) {
      const feature = new Feature(new Point(fromLonLat([one.point.lon, one.point.lat])));
      feature.setId(one.number);
      feature.set('light', one.light);
      added.push(feature);
    }
    if (added.length > 0) this.#cases.addFeatures(added);
  }
  select(point: LonLat | null, light: Light = 'none'): void {
    this.#mark(this.#selected, point, light);
  }
  hover(point: LonLat | null, light: Light = 'none'): void {
    this.#mark(this.#hovered, point, light);
  }
  setPin(point: LonLat | null): void {
    this.#mark(this.#pin, point, 'none');
  }
  /** Where the person is, with the circle the device is sure of; null takes it away. */
  setHere(point: LonLat | null, accuracyM = 0): void {
    if (!point) {
      this.#here.setGeometry(undefined);
      return;
    }
    const at = [point.lon, point.lat];
    const circle = circular(at, Math.min(Math.max(accuracyM, 1), 5000), 48).transform('EPSG:4326', 'EPSG:3857');
    this.#here.setGeometry(new GeometryCollection([circle, new Point(fromLonLat(at))]));
  }
  /** Fills the unit grid with this code, whenever it is among what is drawn. */
  markGrid(code: string | null): void {
    if (code === this.#look.marked) return;
    this.#look.marked = code;
    this.#filled = null;
    this.#grids.changed();
  }
  /** The code of the grid that is filled now. */
  get filledGrid(): string | null {
    return this.#filled;
  }
  setPicking(picking: boolean): void {
    this.#picking = picking;
    this.viewport.classList.toggle('picking', picking);
    if (picking) this.#options.onHover(null);
  }
  /** Moves no more than needed to have the point comfortably in view; close: so near that its unit grid shows. */
  reveal(point: LonLat, close = false): void {
    // After the page has been laid out: opening a panel changes the map's size.
    requestAnimationFrame(() => {
      this.map.updateSize();
      const view = this.map.getView();
      const at = fromLonLat([point.lon, point.lat]);
      const resolution = view.getResolution();
      const center = view.getCenter();
      const size = this.map.getSize();
      if (!resolution || !center || !size || size[0] === 0) return;
      if (close) {
        view.animate({ center: at, zoom: Math.max(CLOSE_ZOOM, view.getZoom() ?? 0), duration: 250 });
        return;
      }
      const moved = center.map((middle, axis) => {
        const room = Math.max(0, (size[axis]! / 2 - REVEAL_MARGIN_PX) * resolution);
        return Math.min(at[axis]! + room, Math.max(at[axis]! - room, middle));
      });
      if (moved[0] !== center[0] || moved[1] !== center[1]) view.animate({ center: moved, duration: 250 });
    });
  }
  fit(box: Box): void {
    this.map.updateSize();
    this.map.getView().fit(transformExtent(box, 'EPSG:4326', 'EPSG:3857'), {
      padding: [24, 24, 24, 24],
      maxZoom: CLOSE_ZOOM,
      duration: 250,
    });
  }
  fitPoints(points: readonly LonLat[]): void {
    if (points.length === 0) return;
    const extent = boundingExtent(points.map((point) => fromLonLat([point.lon, point.lat])));
    this.map.getView().fit(extent, { padding: [48, 48, 48, 48], maxZoom: 17, duration: 250 });
  }
  /** Where a case is drawn, in pixels of the map; null when it is not on it. */
  pixelOf(number: string): number[] | null {
    const at = (this.#tiles.find(number) ?? this.#cases.getFeatureById(number))?.getGeometry()?.getCoordinates();
    return at ? this.map.getPixelFromCoordinate(at) : null;
  }
  selectedPixel(): number[] | null {
    const at = this.#selected.getGeometry()?.getCoordinates();
    return at ? this.map.getPixelFromCoordinate(at) : null;
  }
  center(): LonLat {
    const [lon, lat] = toLonLat(this.map.getView().getCenter() ?? [0, 0]) as [number, number];
    return { lon, lat };
  }
  /** Takes the point in the middle, for those who steer the map with the keyboard. */
  pickCenter(): void {
    if (this.#picking) this.#options.onPick(this.center());
  }
  setTexts(zoomIn: string, zoomOut: string): void {
    const name = (selector: string, text: string) => {
      const button = this.viewport.querySelector<HTMLButtonElement>(selector);
      if (button) button.title = text;
      button?.setAttribute('aria-label', text);
    };
    name('.ol-zoom-in', zoomIn);
    name('.ol-zoom-out', zoomOut);
  }

  #mark(mark: Feature<Point>, point: LonLat | null, light: Light): void {
    mark.set('light', light, true);
    mark.setGeometry(point ? new Point(fromLonLat([point.lon, point.lat])) : undefined);
  }
  #moved(): void {
    if (!this.map.getSize()?.[0]) return;
    const view = this.map.getView();
    const zoom = view.getZoom() ?? 0;
    const extent = view.calculateExtent(this.map.getSize());
    this.#tiles.view(extent, zoom);
    this.#clusters.setDistance(zoom >= CLUSTER_UNTIL ? 0 : CLUSTER_PX);
    this.#options.onView(transformExtent(extent, 'EPSG:3857', 'EPSG:4326') as Box, zoom);
  }
  #at(pixel: number[]): FeatureLike | undefined {
    const sources = new Set<unknown>([this.#clusters, this.#tiles.source]);
    let found: FeatureLike | undefined;
    this.map.forEachFeatureAtPixel(
      pixel,
      (feature) => {
        found = feature;
        return true;
      },
      { hitTolerance: 5, layerFilter: (layer) => sources.has((layer as VectorLayer).getSource()) },
    );
    return found;
  }
  /** The number of a case that stands by itself; null for a group. */
  #single(feature: FeatureLike | undefined): string | null {
    const members = feature?.get('features') as Feature[] | undefined;
    if (members) return members.length === 1 ? String(members[0]!.getId()) : null;
    return feature && !feature.get('count') ? String(feature.get('number')) : null;
  }
  #point(pixel: number[]): void {
    const feature = this.#picking ? undefined : this.#at(pixel);
    this.viewport.classList.toggle('over-case', Boolean(feature));
    this.#options.onHover(this.#single(feature));
  }
  #click(pixel: number[], coordinate: Coordinate): void {
    if (this.#picking) {
      const [lon, lat] = toLonLat(coordinate) as [number, number];
      this.#options.onPick({ lon, lat });
      return;
    }
    const feature = this.#at(pixel);
    const number = this.#single(feature);
    if (number) this.#options.onCase(number);
    else if (feature?.get('features')) this.#openGroup(feature.get('features') as Feature<Point>[]);
    else if (feature) this.#partGroup(feature);
  }
  #openGroup(members: Feature<Point>[]): void {
    const extent = boundingExtent(members.map((one) => one.getGeometry()!.getCoordinates()));
    const view = this.map.getView();
    const samePlace = extent[0] === extent[2] && extent[1] === extent[3];
    if (samePlace || (view.getZoom() ?? 0) >= 19) this.#options.onCase(String(members[0]!.getId()));
    else view.fit(extent, { padding: [80, 80, 80, 80], maxZoom: 18, duration: 250 });
  }
  /** A group of the server's: goes where it comes apart; where it never does, to its most urgent case. */
  #partGroup(feature: FeatureLike): void {
    const view = this.map.getView();
    const now = view.getZoom() ?? 0;
    const number = feature.get('number') as string | undefined;
    const parts = Number(feature.get('zoom') ?? 0) + 1; // tiles are of 512 pixels: a zoom behind
    if (number && (parts >= 20 || now >= 19)) {
      this.#options.onCase(number);
      return;
    }
    const center = (feature.getGeometry() as Point).getCoordinates();
    view.animate({ center, zoom: Math.max(now + 1, Math.min(parts, 19)), duration: 250 });
  }
}
