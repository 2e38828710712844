// SPDX-License-Identifier: MPL-2.0
// A map of one way: where somebody walked, in pieces where nothing is known in between.
import Feature from 'ol/Feature.js';
import OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import Attribution from 'ol/control/Attribution.js';
import ScaleLine from 'ol/control/ScaleLine.js';
import Zoom from 'ol/control/Zoom.js';
import { createEmpty, extend, getCenter, isEmpty } from 'ol/extent.js';
import MVT from 'ol/format/MVT.js';
import LineString from 'ol/geom/LineString.js';
import PointShape from 'ol/geom/Point.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorTileLayer from 'ol/layer/VectorTile.js';
import { fromLonLat, transformExtent } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import VectorTile from 'ol/source/VectorTile.js';
import Circle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import Text from 'ol/style/Text.js';
import { streetStyle } from './style.ts';

export interface WayOptions {
  target: HTMLElement;
  box: [west: number, south: number, east: number, north: number];
  attribution: string;
  zoomIn: string;
  zoomOut: string;
  tiles: { base: string; version: string };
  starts: string;
  ends: string;
}
type At = readonly [lon: number, lat: number];

const white = new Stroke({ color: '#ffffff', width: 6 });
const blue = new Stroke({ color: '#104f8c', width: 3 });
const LINE = [new Style({ stroke: white }), new Style({ stroke: blue })];
const DOT = new Style({ image: new Circle({ radius: 2.5, fill: new Fill({ color: '#104f8c' }) }) });
const named = (text: string, colour: string): Style =>
  new Style({
    image: new Circle({ radius: 7, fill: new Fill({ color: colour }), stroke: new Stroke({ color: '#fff', width: 2 }) }),
    text: new Text({ text, offsetY: -16, font: '600 13px system-ui,sans-serif', fill: new Fill({ color: '#1a2330' }), stroke: new Stroke({ color: '#fff', width: 4 }) }),
    zIndex: 2,
  });

export class WayMap {
  readonly map: OlMap;
  readonly #options: WayOptions;
  readonly #source = new VectorSource();
  readonly #resize: ResizeObserver;

  constructor(options: WayOptions) {
    this.#options = options;
    const model = (layer: string): VectorTile => new VectorTile({ format: new MVT(), url: `${options.tiles.base}/tiles/${layer}/{z}/{x}/{y}?v=${options.tiles.version}`, maxZoom: 18, wrapX: false });
    const grids = new VectorTileLayer({ source: model('grids'), style: new Style({ stroke: new Stroke({ color: 'rgba(90,105,120,.35)', width: 0.7 }) }), minZoom: 14.5 });
    this.map = new OlMap({
      target: options.target,
      controls: [new Zoom({ zoomInTipLabel: options.zoomIn, zoomOutTipLabel: options.zoomOut }), new Attribution({ collapsible: false }), new ScaleLine({ minWidth: 60 })],
      layers: [grids, new VectorTileLayer({ source: model('streets'), style: streetStyle, minZoom: 10, declutter: 'streets' }), new VectorLayer({ source: this.#source })],
      view: new View({ center: getCenter(transformExtent(options.box, 'EPSG:4326', 'EPSG:3857')), zoom: 12, minZoom: 8, maxZoom: 20, enableRotation: false }),
    });
    grids.getSource()?.setAttributions(options.attribution);
    this.map.on('rendercomplete', () => {
      options.target.dataset.idle = String(Date.now());
    });
    this.#resize = new ResizeObserver(() => this.map.updateSize());
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
  /** Pieces of the way, each in order of time. */
  show(pieces: readonly (readonly At[])[]): void {
    const features: Feature[] = [];
    const box = createEmpty();
    const add = (feature: Feature, style: Style | Style[]): void => {
      feature.setStyle(style);
      features.push(feature);
    };
    for (const piece of pieces) {
      const line = piece.map((at) => fromLonLat([at[0], at[1]]));
      if (line.length > 1) add(new Feature(new LineString(line)), LINE);
      for (const at of line) add(new Feature(new PointShape(at)), DOT);
      if (line.length > 0) extend(box, new LineString(line).getExtent());
    }
    const first = pieces[0]?.[0];
    const last = pieces.at(-1)?.at(-1);
    if (first) add(new Feature(new PointShape(fromLonLat([first[0], first[1]]))), named(this.#options.starts, '#1f7a45'));
    if (last) add(new Feature(new PointShape(fromLonLat([last[0], last[1]]))), named(this.#options.ends, '#a81d20'));
    this.#source.clear();
    this.#source.addFeatures(features);
    this.map.updateSize();
    this.map.getView().fit(isEmpty(box) ? transformExtent(this.#options.box, 'EPSG:4326', 'EPSG:3857') : box, { padding: [40, 40, 40, 40], maxZoom: 18 });
  }
}
