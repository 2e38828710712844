// SPDX-License-Identifier: MPL-2.0
// A map of figures: unit grids or areas filled by a colour each. Close by they have their own
// shapes, out of the server's tiles; from afar unit grids are squares of their size, so that a
// whole city of them can be seen at once.
import OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import Attribution from 'ol/control/Attribution.js';
import ScaleLine from 'ol/control/ScaleLine.js';
import Zoom from 'ol/control/Zoom.js';
import type { FeatureLike } from 'ol/Feature.js';
import { getCenter, getHeight, getWidth } from 'ol/extent.js';
import MVT from 'ol/format/MVT.js';
import ImageLayer from 'ol/layer/Image.js';
import VectorTileLayer from 'ol/layer/VectorTile.js';
import { fromLonLat, transformExtent } from 'ol/proj.js';
import ImageCanvas from 'ol/source/ImageCanvas.js';
import VectorTile from 'ol/source/VectorTile.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import { areaStyle, streetStyle } from './style.ts';

export interface Shaded {
  id: number;
  lon: number;
  lat: number;
  side: number;
  colour: string;
}
export interface ShadeOptions {
  target: HTMLElement;
  box: [west: number, south: number, east: number, north: number];
  attribution: string;
  zoomIn: string;
  zoomOut: string;
  tiles: { base: string; version: string };
  /** "grid", or the code of a level of areas. */
  level: string;
  onPlace: (id: number | null, chosen: boolean) => void;
}
const SHAPE_ZOOM = 14.5; // from here on unit grids have their own shapes
const LEAST_PX = 4;
const SIDE_MOST = 4; // times the middling grid

export class ShadeMap {
  readonly map: OlMap;
  readonly #options: ShadeOptions;
  readonly #resize: ResizeObserver;
  readonly #shapes: VectorTileLayer;
  readonly #squares: ImageLayer<ImageCanvas>;
  #places: readonly Shaded[] = [];
  #at: { x: number; y: number; half: number }[] = [];
  #colours = new Map<number, Style>();
  #marked: number | null = null;

  constructor(options: ShadeOptions) {
    this.#options = options;
    const grids = options.level === 'grid';
    const extent = transformExtent(options.box, 'EPSG:4326', 'EPSG:3857');
    const plain = new Style({ fill: new Fill({ color: 'rgba(255,255,255,.01)' }), stroke: new Stroke({ color: 'rgba(90,105,120,.45)', width: 0.7 }) });
    const source = grids ? 'grids' : `areas:${encodeURIComponent(options.level)}`;
    this.#shapes = new VectorTileLayer({
      source: this.#model(source),
      style: (feature) => {
        if (String(feature.get('layer')).endsWith('_names')) return undefined;
        return this.#styleOf(feature) ?? plain;
      },
      ...(grids ? { minZoom: SHAPE_ZOOM } : {}),
    });
    this.#squares = new ImageLayer({
      source: new ImageCanvas({ canvasFunction: (box, resolution, ratio, size) => this.#draw(box, resolution, ratio, size as [number, number]), ratio: 1 }),
      ...(grids ? { maxZoom: SHAPE_ZOOM } : { visible: false }),
    });
    this.map = new OlMap({
      target: options.target,
      controls: [new Zoom({ zoomInTipLabel: options.zoomIn, zoomOutTipLabel: options.zoomOut }), new Attribution({ collapsible: false }), new ScaleLine({ minWidth: 60 })],
      layers: [
        new VectorTileLayer({ source: this.#model('streets'), style: streetStyle, minZoom: 10, declutter: 'streets' }),
        this.#squares,
        this.#shapes,
        ...(grids ? [] : [new VectorTileLayer({ source: this.#model(source), style: (feature, resolution) => (feature.get('layer') === 'area_names' ? areaStyle(feature, resolution) : undefined), declutter: 'areas' })]),
      ],
      view: new View({ center: getCenter(extent), zoom: 12, minZoom: 8, maxZoom: 20, enableRotation: false }),
    });
    this.#shapes.getSource()?.setAttributions(options.attribution);
    this.map.on('rendercomplete', () => {
      options.target.dataset.idle = String(Date.now());
    });
    this.map.on('pointermove', (event) => {
      if (!event.dragging) options.onPlace(this.#find(event.pixel), false);
    });
    this.map.on('click', (event) => options.onPlace(this.#find(event.pixel), true));
    let fitted = false;
    this.#resize = new ResizeObserver(() => {
      this.map.updateSize();
      if (fitted || options.target.clientWidth === 0) return;
      fitted = true;
      this.map.getView().fit(extent, { padding: [16, 16, 16, 16] });
    });
    this.#resize.observe(options.target);
    const name = (selector: string, text: string) => this.map.getViewport()!.querySelector(selector)?.setAttribute('aria-label', text);
    name('.ol-zoom-in', options.zoomIn);
    name('.ol-zoom-out', options.zoomOut);
  }
  destroy(): void {
    this.#resize.disconnect();
    this.map.setTarget();
    this.map.dispose();
  }
  setPlaces(places: readonly Shaded[]): void {
    const styles = new Map<string, Style>();
    const styleOf = (colour: string): Style => {
      const made = styles.get(colour) ?? new Style({ fill: new Fill({ color: `${colour}c8` }), stroke: new Stroke({ color: 'rgba(40,50,60,.55)', width: 0.8 }) });
      styles.set(colour, made);
      return made;
    };
    // Large ones first, so that they hide no small one; what is far larger than the others is
    // drawn smaller than it is.
    const sides = places.map((place) => place.side).sort((a, b) => a - b);
    const most = (sides[Math.floor(sides.length / 2)] ?? 0) * SIDE_MOST;
    const drawn = [...places].sort((a, b) => b.side - a.side);
    this.#places = drawn;
    this.#at = drawn.map((place) => {
      const [x, y] = fromLonLat([place.lon, place.lat]) as [number, number];
      return { x, y, half: Math.min(place.side, most) / 2 / Math.cos((place.lat * Math.PI) / 180) };
    });
    this.#colours = new Map(places.map((place) => [place.id, styleOf(place.colour)]));
    this.#shapes.changed();
    this.#squares.getSource()!.changed();
  }
  /** Frames a place, or none. */
  mark(id: number | null): void {
    if (id === this.#marked) return;
    this.#marked = id;
    this.#shapes.changed();
    this.#squares.getSource()!.changed();
  }
  show(id: number): void {
    const index = this.#places.findIndex((place) => place.id === id);
    if (index < 0) return;
    const { x, y } = this.#at[index]!;
    const view = this.map.getView();
    view.animate({ center: [x, y], zoom: Math.max(view.getZoom() ?? 0, this.#options.level === 'grid' ? 15.5 : 13), duration: 250 });
  }
  fit(): void {
    this.map.getView().fit(transformExtent(this.#options.box, 'EPSG:4326', 'EPSG:3857'), { padding: [16, 16, 16, 16], duration: 250 });
  }

  #model(layer: string): VectorTile {
    const { base, version } = this.#options.tiles;
    return new VectorTile({ format: new MVT(), url: `${base}/tiles/${layer}/{z}/{x}/{y}?v=${version}`, maxZoom: 18, wrapX: false });
  }
  #styleOf(feature: FeatureLike): Style | undefined {
    const id = Number(feature.getId());
    if (id === this.#marked) {
      const own = this.#colours.get(id);
      return new Style({ ...(own ? { fill: own.getFill()! } : {}), stroke: new Stroke({ color: '#111', width: 2.5 }), zIndex: 2 });
    }
    return this.#colours.get(id);
  }
  /** Every place within the picture as a square: fast enough for all grids of a large city. */
  #draw(box: number[], resolution: number, ratio: number, size: [number, number]): HTMLCanvasElement {
    const canvas = document.createElement('canvas');
    canvas.width = size[0];
    canvas.height = size[1];
    const context = canvas.getContext('2d');
    if (!context || getWidth(box) === 0 || getHeight(box) === 0) return canvas;
    const scale = ratio / resolution;
    this.#at.forEach((at, index) => {
      const half = Math.max((LEAST_PX / 2) * ratio, at.half * scale);
      const x = (at.x - box[0]!) * scale;
      const y = (box[3]! - at.y) * scale;
      if (x < -half || y < -half || x > size[0] + half || y > size[1] + half) return;
      const place = this.#places[index]!;
      context.fillStyle = `${place.colour}d8`;
      context.fillRect(x - half, y - half, 2 * half, 2 * half);
      if (place.id === this.#marked) {
        context.strokeStyle = '#111';
        context.lineWidth = 2 * ratio;
        context.strokeRect(x - half, y - half, 2 * half, 2 * half);
      }
    });
    return canvas;
  }
  /** The place at a pixel; of squares that lie over each other the last drawn. */
  #find(pixel: number[]): number | null {
    const view = this.map.getView();
    if (this.#options.level !== 'grid' || (view.getZoom() ?? 0) > SHAPE_ZOOM) {
      let found: number | null = null;
      this.map.forEachFeatureAtPixel(
        pixel,
        (feature) => {
          found = Number(feature.getId());
          return true;
        },
        { layerFilter: (layer) => layer === this.#shapes },
      );
      return found;
    }
    const at = this.map.getCoordinateFromPixel(pixel);
    if (!at) return null;
    const least = (LEAST_PX / 2) * (view.getResolution() ?? 1);
    for (let index = this.#at.length - 1; index >= 0; index--) {
      const place = this.#at[index]!;
      const half = Math.max(least, place.half);
      if (Math.abs(place.x - at[0]!) <= half && Math.abs(place.y - at[1]!) <= half) return this.#places[index]!.id;
    }
    return null;
  }
}
