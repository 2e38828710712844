// SPDX-License-Identifier: MPL-2.0
// The map of a city, and the only importer of OpenLayers. It draws streets as base map, area
// borders, unit grids (from a zoom on) and cases, tells what is pointed at, and can take a
// point. It knows nothing of rights or lists: whoever uses it feeds it with functions.
import Feature from 'ol/Feature.js';
import OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import Attribution from 'ol/control/Attribution.js';
import ScaleLine from 'ol/control/ScaleLine.js';
import Zoom from 'ol/control/Zoom.js';
import type { Coordinate } from 'ol/coordinate.js';
import { boundingExtent, containsExtent, getCenter } from 'ol/extent.js';
import GeoJSON from 'ol/format/GeoJSON.js';
import Point from 'ol/geom/Point.js';
import VectorLayer from 'ol/layer/Vector.js';
import { fromLonLat, toLonLat, transformExtent } from 'ol/proj.js';
import Cluster from 'ol/source/Cluster.js';
import VectorSource from 'ol/source/Vector.js';
import type { FeatureLike } from 'ol/Feature.js';
import { areaStyle, caseStyle, gridStyle, haloStyle, markedGridStyle, pinStyle, streetStyle } from './style.ts';
import type { Light, Point as LonLat } from '../api/types.ts';

export type Box = [west: number, south: number, east: number, north: number];
export type Collection = { type: 'FeatureCollection'; features: unknown[]; truncated?: boolean };
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
  /** Base data of a box; the map asks again when it is moved out of what it has. */
  streets: (box: Box, band: number) => Promise<Collection>;
  grids: (box: Box) => Promise<Collection>;
  onCase: (number: string) => void;
  onHover: (number: string | null) => void;
  onPick: (point: LonLat) => void;
  onView: (box: Box, zoom: number) => void;
}

export const GRID_ZOOM = 15.5;
const STREET_ZOOMS = [10, 13, 14.5];
const CLUSTER_UNTIL = 16;
const CLUSTER_PX = 44;
const CLOSE_ZOOM = 17;
const REVEAL_MARGIN_PX = 80;

/** Base data of a layer, kept for a box somewhat larger than the view. */
class BoxLoader {
  #box: number[] | null = null;
  #band = -1;
  #turn = 0;
  readonly source = new VectorSource();
  /** bands: zooms at which more detail is asked for; below the first nothing is. */
  constructor(
    readonly load: (box: Box, band: number) => Promise<Collection>,
    readonly bands: readonly number[],
    readonly format: GeoJSON,
  ) {}
  async view(extent: number[], zoom: number): Promise<void> {
    const band = this.bands.filter((from) => zoom >= from).length - 1;
    if (band < 0 || (band === this.#band && this.#box && containsExtent(this.#box, extent))) return;
    const [w, s, e, n] = extent as Box;
    const wide = [w - (e - w) / 3, s - (n - s) / 3, e + (e - w) / 3, n + (n - s) / 3];
    const turn = ++this.#turn;
    const data = await this.load(transformExtent(wide, 'EPSG:3857', 'EPSG:4326') as Box, band).catch(() => null);
    if (!data || turn !== this.#turn) return;
    this.#box = wide;
    this.#band = band;
    this.source.clear(true);
    this.source.addFeatures(this.format.readFeatures(data));
  }
}

export class CityMap {
  readonly map: OlMap;
  readonly #options: MapOptions;
  readonly #format = new GeoJSON({ featureProjection: 'EPSG:3857' });
  readonly #areas = new VectorSource();
  readonly #streets: BoxLoader;
  readonly #grids: BoxLoader;
  readonly #gridLayer: VectorLayer;
  readonly #cases = new VectorSource<Feature<Point>>();
  readonly #clusters: Cluster<Feature>;
  readonly #marks = new VectorSource();
  readonly #markedGrid = new VectorSource();
  #marked: string | null = null;
  readonly #selected = new Feature<Point>();
  readonly #hovered = new Feature<Point>();
  readonly #pin = new Feature<Point>();
  readonly #resize: ResizeObserver;
  #picking = false;

  constructor(options: MapOptions) {
    this.#options = options;
    this.#streets = new BoxLoader(options.streets, STREET_ZOOMS, this.#format);
    this.#grids = new BoxLoader(options.grids, [GRID_ZOOM], this.#format);
    this.#gridLayer = new VectorLayer({
      source: this.#grids.source,
      style: gridStyle,
      minZoom: GRID_ZOOM,
      declutter: 'grids',
    });
    this.#clusters = new Cluster({ distance: CLUSTER_PX, minDistance: 16, source: this.#cases as VectorSource });
    this.#selected.setStyle(haloStyle('selected'));
    this.#hovered.setStyle(haloStyle('hovered'));
    this.#pin.setStyle(pinStyle);
    this.#marks.addFeatures([this.#hovered, this.#selected, this.#pin]);
    const extent = transformExtent(options.box, 'EPSG:4326', 'EPSG:3857');
    this.map = new OlMap({
      target: options.target,
      controls: [
        new Zoom({ zoomInTipLabel: options.zoomIn, zoomOutTipLabel: options.zoomOut }),
        new Attribution({ collapsible: false }),
        new ScaleLine({ minWidth: 60 }),
      ],
      layers: [
        new VectorLayer({ source: this.#streets.source, style: streetStyle, minZoom: STREET_ZOOMS[0], declutter: 'streets' }),
        this.#gridLayer,
        new VectorLayer({ source: this.#markedGrid, style: markedGridStyle }),
        new VectorLayer({ source: this.#areas, style: areaStyle, declutter: 'areas' }),
        new VectorLayer({ source: this.#clusters, style: caseStyle }),
        new VectorLayer({ source: this.#marks }),
      ],
      view: new View({ center: getCenter(extent), zoom: 12, minZoom: 9, maxZoom: 20, enableRotation: false }),
    });
    this.#areas.setAttributions(options.attribution);
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
    this.map.setTarget();
    this.map.dispose();
  }

  setAreas(data: Collection): void {
    this.#areas.clear(true);
    this.#areas.addFeatures(this.#format.readFeatures(data));
  }
  setGridsShown(shown: boolean): void {
    this.#gridLayer.setVisible(shown);
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
  /** Fills the unit grid with this code, whenever it is among what is drawn. */
  markGrid(code: string | null): void {
    this.#marked = code;
    this.#drawMark();
  }
  /** The code of the grid that is filled now. */
  get filledGrid(): string | null {
    return this.#markedGrid.getFeatures()[0]?.get('code') ?? null;
  }
  #drawMark(): void {
    this.#markedGrid.clear(true);
    if (this.#marked === null) return;
    const found = this.#grids.source.getFeatures().find((grid) => grid.get('code') === this.#marked);
    if (found) this.#markedGrid.addFeature(found.clone());
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
    this.map.getView().fit(transformExtent(box, 'EPSG:4326', 'EPSG:3857'), {
      padding: [24, 24, 24, 24],
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
    const at = this.#cases.getFeatureById(number)?.getGeometry()?.getCoordinates();
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
    void this.#streets.view(extent, zoom);
    void this.#grids.view(extent, zoom).then(() => this.#drawMark());
    this.#clusters.setDistance(zoom >= CLUSTER_UNTIL ? 0 : CLUSTER_PX);
    this.#options.onView(transformExtent(extent, 'EPSG:3857', 'EPSG:4326') as Box, zoom);
  }
  #at(pixel: number[]): FeatureLike | undefined {
    let found: FeatureLike | undefined;
    this.map.forEachFeatureAtPixel(
      pixel,
      (feature) => {
        found = feature;
        return true;
      },
      { hitTolerance: 5, layerFilter: (layer) => (layer as VectorLayer).getSource() === this.#clusters },
    );
    return found;
  }
  #point(pixel: number[]): void {
    const members = this.#picking ? undefined : (this.#at(pixel)?.get('features') as Feature[] | undefined);
    this.viewport.classList.toggle('over-case', Boolean(members));
    this.#options.onHover(members?.length === 1 ? String(members[0]!.getId()) : null);
  }
  #click(pixel: number[], coordinate: Coordinate): void {
    if (this.#picking) {
      const [lon, lat] = toLonLat(coordinate) as [number, number];
      this.#options.onPick({ lon, lat });
      return;
    }
    const members = this.#at(pixel)?.get('features') as Feature<Point>[] | undefined;
    if (!members || members.length === 0) return;
    if (members.length === 1) {
      this.#options.onCase(String(members[0]!.getId()));
      return;
    }
    const extent = boundingExtent(members.map((one) => one.getGeometry()!.getCoordinates()));
    const view = this.map.getView();
    const samePlace = extent[0] === extent[2] && extent[1] === extent[3];
    if (samePlace || (view.getZoom() ?? 0) >= 19) this.#options.onCase(String(members[0]!.getId()));
    else view.fit(extent, { padding: [80, 80, 80, 80], maxZoom: 18, duration: 250 });
  }
}
