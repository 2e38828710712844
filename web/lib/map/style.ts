// SPDX-License-Identifier: MPL-2.0
// How the map is drawn. Style functions run per feature and frame, so every style is made
// once and kept. A light is a colour *and* a shape: circle green, triangle yellow, square
// red, ring without deadline.
import type { FeatureLike } from 'ol/Feature.js';
import Circle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import Icon from 'ol/style/Icon.js';
import RegularShape from 'ol/style/RegularShape.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import Text from 'ol/style/Text.js';
import type { Light } from '../api/types.ts';
import { language } from '../i18n/index.ts';

const font = '"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif';
export const lightColour: Record<Light, string> = {
  green: '#1f7a45',
  yellow: '#b97a00',
  red: '#c02a21',
  none: '#5d6a79',
};
const white = new Stroke({ color: '#ffffff', width: 1.5 });
const order: Light[] = ['red', 'yellow', 'green', 'none'];

function symbol(light: Light, scale: number) {
  const fill = new Fill({ color: lightColour[light] });
  if (light === 'yellow') return new RegularShape({ points: 3, radius: 8 * scale, fill, stroke: white, displacement: [0, -1] });
  if (light === 'red') return new RegularShape({ points: 4, radius: 8 * scale, angle: Math.PI / 4, fill, stroke: white });
  if (light === 'none') {
    return new Circle({
      radius: 5 * scale,
      fill: new Fill({ color: '#ffffff' }),
      stroke: new Stroke({ color: lightColour.none, width: 2.5 }),
    });
  }
  return new Circle({ radius: 6 * scale, fill, stroke: white });
}

const single = Object.fromEntries(
  order.map((light) => [light, new Style({ image: symbol(light, 1) })]),
) as Record<Light, Style>;
const groups = new Map<string, Style>();
const SLICES = 12;

/** A group is a ring with its lights in proportion, at least one slice each, and the count. */
function group(count: number, lights: readonly number[]): Style {
  const text = count > 999 ? `${Math.floor(count / 1000)}k` : String(count);
  const slices = lights.map((number) => (number === 0 ? 0 : Math.max(1, Math.round((number / count) * SLICES))));
  const key = `${text} ${slices.join(' ')}`;
  let style = groups.get(key);
  if (!style) {
    style = new Style({ image: new Icon({ img: ring(slices, count, text), scale: 0.5 }) });
    groups.set(key, style);
  }
  return style;
}
/** Drawn at twice its size, so that it is sharp on fine screens. */
function ring(slices: number[], count: number, text: string): HTMLCanvasElement {
  const radius = count < 10 ? 22 : count < 100 ? 26 : 32;
  const middle = radius + 2;
  const canvas = document.createElement('canvas');
  canvas.width = middle * 2;
  canvas.height = middle * 2;
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  const whole = slices.reduce((sum, slice) => sum + slice, 0);
  let from = -Math.PI / 2;
  context.fillStyle = '#ffffff';
  context.beginPath();
  context.arc(middle, middle, radius + 1, 0, 2 * Math.PI);
  context.fill();
  context.lineWidth = 7;
  slices.forEach((slice, index) => {
    if (slice === 0) return;
    const to = from + (slice / whole) * 2 * Math.PI;
    context.strokeStyle = lightColour[order[index]!];
    context.beginPath();
    context.arc(middle, middle, radius - 3.5, from, to);
    context.stroke();
    from = to;
  });
  context.fillStyle = '#1b2430';
  context.font = `600 ${text.length > 2 ? 21 : 24}px ${font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, middle, middle + 1.5);
  return canvas;
}

const lightOf = (feature: FeatureLike) => single[(feature.get('light') ?? 'none') as Light] ?? single.none;
/** A case of a tile, or as many as the server has put together. */
export function tileCaseStyle(feature: FeatureLike): Style {
  const count = Number(feature.get('count') ?? 1);
  return count === 1 ? lightOf(feature) : group(count, order.map((light) => Number(feature.get(light) ?? 0)));
}
/** Cases that were put together here. */
export function caseStyle(feature: FeatureLike): Style {
  const members = feature.get('features') as FeatureLike[];
  if (members.length === 1) return lightOf(members[0]!);
  return group(members.length, order.map((light) => members.filter((one) => (one.get('light') ?? 'none') === light).length));
}

/** The marked case is drawn again above everything, so it shows inside a group too. */
export function haloStyle(kind: 'selected' | 'hovered'): (feature: FeatureLike) => Style[] {
  const ring = new Style({
    image: new Circle({
      radius: kind === 'selected' ? 15 : 13,
      fill: new Fill({ color: kind === 'selected' ? 'rgba(31,95,191,.22)' : 'rgba(31,95,191,.12)' }),
      stroke: new Stroke({ color: '#1f5fbf', width: kind === 'selected' ? 3 : 2 }),
    }),
  });
  const big = Object.fromEntries(
    order.map((light) => [light, [ring, new Style({ image: symbol(light, 1.15) })]]),
  ) as Record<Light, Style[]>;
  return (feature) => big[(feature.get('light') ?? 'none') as Light];
}

export const pinStyle = [
  new Style({
    image: new Circle({
      radius: 12,
      fill: new Fill({ color: 'rgba(31,95,191,.18)' }),
      stroke: new Stroke({ color: '#1f5fbf', width: 2.5 }),
    }),
  }),
  new Style({ image: new Circle({ radius: 3.5, fill: new Fill({ color: '#1f5fbf' }) }) }),
];

const border = new Style({
  stroke: new Stroke({ color: 'rgba(74,60,110,.55)', width: 1.6, lineDash: [7, 4] }),
});
const areaName = new Style({
  text: new Text({
    font: `600 13px ${font}`,
    fill: new Fill({ color: '#4a3c6e' }),
    stroke: new Stroke({ color: 'rgba(255,255,255,.9)', width: 3 }),
    overflow: true,
  }),
});
/** Borders, and the points where the server wants the names. */
export function areaStyle(feature: FeatureLike, resolution: number): Style | undefined {
  if (feature.get('layer') !== 'area_names') return border;
  if (resolution > 60) return undefined;
  areaName.getText()!.setText(String(feature.get(`name:${language.value}`) ?? feature.get('name') ?? feature.get('code') ?? ''));
  return areaName;
}

const cell = new Style({
  fill: new Fill({ color: 'rgba(255,255,255,.01)' }),
  stroke: new Stroke({ color: 'rgba(47,110,140,.5)', width: 0.8 }),
});
const cellName = new Style({
  text: new Text({
    font: `11px ${font}`,
    fill: new Fill({ color: '#2f6e8c' }),
    stroke: new Stroke({ color: 'rgba(255,255,255,.85)', width: 2.5 }),
  }),
});
const markedCell = new Style({
  fill: new Fill({ color: 'rgba(31,95,191,.12)' }),
  stroke: new Stroke({ color: '#1f5fbf', width: 2 }),
  zIndex: 1,
});
/** What the grids' style looks at: whether they are shown, and which one is filled. */
export interface GridLook {
  shown: boolean;
  marked: string | null;
  /** Told when the marked grid is drawn. */
  onMarked: () => void;
}
export const gridStyle = (look: GridLook) => (feature: FeatureLike, resolution: number): Style | undefined => {
  const code = String(feature.get('code') ?? '');
  if (feature.get('layer') === 'grid_names') {
    if (!look.shown || resolution > 1.3) return undefined;
    cellName.getText()!.setText(code);
    return cellName;
  }
  if (code !== '' && code === look.marked) {
    look.onMarked();
    return markedCell;
  }
  return look.shown ? cell : undefined;
};

const bands = [20, 8, 3, 1.2, 0]; // metres per pixel
const widths: number[][] = [
  [1.6, 2.5, 4, 6, 9],
  [1.1, 1.8, 3.2, 5, 8],
  [0.8, 0.9, 1.8, 3.5, 6],
  [0, 0, 0.8, 1.5, 2.5],
];
const streets = widths.map((row, order_) =>
  row.map((width) =>
    width === 0
      ? []
      : width < 3
        ? [new Style({ stroke: new Stroke({ color: order_ === 0 ? '#d3b98a' : '#cfd3d6', width }), zIndex: 3 - order_ })]
        : [
            new Style({ stroke: new Stroke({ color: '#c3c8cd', width: width + 1.4 }), zIndex: -order_ }),
            new Style({ stroke: new Stroke({ color: order_ === 0 ? '#f6e3bd' : '#ffffff', width }), zIndex: 10 - order_ }),
          ],
  ),
);
const streetName = new Style({
  zIndex: 20,
  text: new Text({
    font: `11px ${font}`,
    placement: 'line',
    fill: new Fill({ color: '#4c545d' }),
    stroke: new Stroke({ color: 'rgba(255,255,255,.92)', width: 3 }),
  }),
});
export function streetStyle(feature: FeatureLike, resolution: number): Style[] {
  const band = bands.findIndex((limit) => resolution > limit);
  // How much the street matters, as the server says: 0 main roads to 3 paths.
  const importance = Number(feature.get('rank') ?? 3);
  const line = (streets[importance] ?? streets[3]!)[band < 0 ? 4 : band]!;
  const name = String(feature.get('name') ?? '');
  if (line.length === 0 || !name || resolution > (importance < 2 ? 4 : 1.6)) return line;
  streetName.getText()!.setText(name);
  return [...line, streetName];
}

/** The device's position: a blue point in the circle it is sure of. */
export const hereStyle = new Style({
  fill: new Fill({ color: 'rgba(31, 95, 191, 0.12)' }),
  stroke: new Stroke({ color: 'rgba(31, 95, 191, 0.5)', width: 1 }),
  image: new Circle({ radius: 7, fill: new Fill({ color: '#1f5fbf' }), stroke: new Stroke({ color: '#fff', width: 2.5 }) }),
});
