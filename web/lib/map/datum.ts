// SPDX-License-Identifier: MPL-2.0
// What a phone's position is in. The position service of a Chinese phone or web view may
// give the shifted degrees of a map service; the map here is not shifted. The server
// converts what it gets by itself (src/geo/datum.c tells the same with its reasons): this is
// for what the phone shows meanwhile. Both are held to tests/tables/datum.txt.
import type { Point } from '../api/types.ts';

export const DATUMS = ['wgs84', 'gcj02', 'bd09'] as const;
export type Datum = (typeof DATUMS)[number];

const { PI, sin, cos, sqrt, abs, hypot, atan2 } = Math;
const inBox = ({ lon, lat }: Point) => lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271;

function gcj02(point: Point): Point {
  const x = point.lon - 105;
  const y = point.lat - 35;
  const ripples = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
  const north =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripples +
    ((20 * sin(y * PI) + 40 * sin((y / 3) * PI) + 160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
  const east =
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripples +
    ((20 * sin(x * PI) + 40 * sin((x / 3) * PI) + 150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  const latitude = (point.lat / 180) * PI;
  const eccentricity2 = 0.006693421622965943;
  const magic = 1 - eccentricity2 * sin(latitude) ** 2;
  const meridian = (6378245 * (1 - eccentricity2)) / (magic * sqrt(magic));
  const parallel = (6378245 / sqrt(magic)) * cos(latitude);
  return { lon: point.lon + (east * 180) / (parallel * PI), lat: point.lat + (north * 180) / (meridian * PI) };
}

/** Degrees of WGS 84 in the datum. */
export function shift(datum: Datum, point: Point): Point {
  if (datum === 'wgs84' || !inBox(point)) return point;
  const { lon: x, lat: y } = gcj02(point);
  if (datum === 'gcj02') return { lon: x, lat: y };
  const wave = (PI * 3000) / 180;
  const radius = hypot(x, y) + 0.00002 * sin(y * wave);
  const angle = atan2(y, x) + 0.000003 * cos(x * wave);
  return { lon: radius * cos(angle) + 0.0065, lat: radius * sin(angle) + 0.006 };
}

/** The way back, by iteration. */
export function unshift(datum: Datum, point: Point): Point {
  if (datum === 'wgs84' || !inBox(point)) return point;
  let { lon, lat } = point;
  for (let round = 0; round < 20; round++) {
    const at = shift(datum, { lon, lat });
    lon += point.lon - at.lon;
    lat += point.lat - at.lat;
    if (abs(point.lon - at.lon) < 1e-10 && abs(point.lat - at.lat) < 1e-10) break;
  }
  return { lon, lat };
}
