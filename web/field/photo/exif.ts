// SPDX-License-Identifier: MPL-2.0
// Place and time of a photo. Making a photo smaller drops what the camera wrote into it, so
// it is read before and written again after: the server compares it with the report and
// keeps it from everybody who need not know. A photo taken in the page gets the fix of the
// moment. Only what is compared is written: time, position, and how exact it was.

export interface ExifFacts {
  /** Local time as cameras write it: "2025:03:04 14:05:06". */
  time?: string;
  /** "+08:00" */
  offset?: string;
  lon?: number;
  lat?: number;
  accuracy_m?: number;
}

const HEAD = 0xffd8;
const APP1 = 0xffe1;
const SCAN = 0xffda;
const EXIF = 0x45786966;

/** Reads a JPEG's facts; nothing of it is trusted, and any nonsense in it gives less. */
export function readExif(bytes: ArrayBuffer): ExifFacts {
  const view = new DataView(bytes);
  const facts: ExifFacts = {};
  if (view.byteLength < 12 || view.getUint16(0) !== HEAD) return facts;
  for (let at = 2; at + 10 < view.byteLength; ) {
    const marker = view.getUint16(at);
    if ((marker & 0xff00) !== 0xff00 || marker === SCAN) break;
    if (marker === APP1 && view.getUint32(at + 4) === EXIF) {
      try {
        readTiff(view, at + 10, facts);
      } catch {
        // Cut short or pointing outside: what was read until then counts.
      }
      break;
    }
    at += 2 + view.getUint16(at + 2);
  }
  if (facts.lon === undefined || facts.lat === undefined || Math.abs(facts.lon) > 180 || Math.abs(facts.lat) > 90) {
    delete facts.lon;
    delete facts.lat;
  }
  return facts;
}

function readTiff(view: DataView, start: number, facts: ExifFacts): void {
  const little = view.getUint16(start) === 0x4949;
  const u16 = (at: number) => view.getUint16(start + at, little);
  const u32 = (at: number) => view.getUint32(start + at, little);
  const text = (at: number, most: number) => {
    let out = '';
    for (let i = 0; i < most; i++) {
      const code = view.getUint8(start + at + i);
      if (code === 0) break;
      out += String.fromCharCode(code);
    }
    return out;
  };
  const each = (at: number, visit: (tag: number, value: number) => void) => {
    const count = Math.min(u16(at), 200);
    for (let i = 0; i < count; i++) visit(u16(at + 2 + i * 12), at + 2 + i * 12 + 8);
  };
  const degrees = (at: number) =>
    [0, 8, 16].reduce((sum, part, i) => sum + u32(at + part) / (u32(at + part + 4) || 1) / 60 ** i, 0);
  let south = false;
  let west = false;
  each(u32(4), (tag, value) => {
    if (tag === 0x8769) {
      each(u32(value), (inner, where) => {
        if (inner === 0x9003) facts.time = text(u32(where), 19);
        if (inner === 0x9011) facts.offset = text(u32(where), 6);
      });
    } else if (tag === 0x8825) {
      each(u32(value), (inner, where) => {
        if (inner === 1) south = view.getUint8(start + where) === 0x53;
        if (inner === 2) facts.lat = degrees(u32(where));
        if (inner === 3) west = view.getUint8(start + where) === 0x57;
        if (inner === 4) facts.lon = degrees(u32(where));
        if (inner === 0x1f) facts.accuracy_m = u32(u32(where)) / (u32(u32(where) + 4) || 1);
      });
    }
  });
  if (south && facts.lat !== undefined) facts.lat = -facts.lat;
  if (west && facts.lon !== undefined) facts.lon = -facts.lon;
}

const two = (value: number) => String(value).padStart(2, '0');
/** The device's local time, as cameras write it. */
export function exifTime(at: Date): { time: string; offset: string } {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  return {
    time: `${at.getFullYear()}:${two(at.getMonth() + 1)}:${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
    offset: `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`,
  };
}

interface Entry {
  tag: number;
  type: 2 | 4 | 5;
  count: number;
  bytes: Uint8Array;
}
const ascii = (tag: number, words: string): Entry => {
  const bytes = new TextEncoder().encode(`${words}\0`);
  return { tag, type: 2, count: bytes.length, bytes };
};
const rationals = (tag: number, values: [number, number][]): Entry => {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, [over, under]] of values.entries()) {
    view.setUint32(i * 8, over, true);
    view.setUint32(i * 8 + 4, under, true);
  }
  return { tag, type: 5, count: values.length, bytes };
};
const pointer = (tag: number, to: number): Entry => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, to, true);
  return { tag, type: 4, count: 1, bytes };
};
const sizeOf = (entries: Entry[]) =>
  2 + entries.length * 12 + 4 + entries.reduce((sum, one) => sum + (one.bytes.length > 4 ? one.bytes.length + (one.bytes.length & 1) : 0), 0);

function writeEntries(view: DataView, at: number, entries: Entry[]): void {
  let rest = at + 2 + entries.length * 12 + 4;
  view.setUint16(at, entries.length, true);
  for (const [i, entry] of entries.entries()) {
    const here = at + 2 + i * 12;
    view.setUint16(here, entry.tag, true);
    view.setUint16(here + 2, entry.type, true);
    view.setUint32(here + 4, entry.count, true);
    const inside = entry.bytes.length <= 4;
    const to = inside ? here + 8 : rest;
    if (!inside) {
      view.setUint32(here + 8, rest, true);
      rest += entry.bytes.length + (entry.bytes.length & 1);
    }
    for (const [j, byte] of entry.bytes.entries()) view.setUint8(to + j, byte);
  }
}

const inDegrees = (value: number): [number, number][] => {
  const whole = Math.abs(value);
  const degrees = Math.floor(whole);
  const minutes = Math.floor((whole - degrees) * 60);
  const seconds = Math.round((whole - degrees - minutes / 60) * 3600 * 10_000);
  return [[degrees, 1], [minutes, 1], [seconds, 10_000]];
};

/** The TIFF part of an EXIF segment with these facts. */
function tiff(facts: ExifFacts): Uint8Array {
  const inner: Entry[] = [];
  if (facts.time) inner.push(ascii(0x9003, facts.time));
  if (facts.offset) inner.push(ascii(0x9011, facts.offset));
  const gps: Entry[] = [];
  if (facts.lon !== undefined && facts.lat !== undefined) {
    gps.push(ascii(1, facts.lat < 0 ? 'S' : 'N'), rationals(2, inDegrees(facts.lat)));
    gps.push(ascii(3, facts.lon < 0 ? 'W' : 'E'), rationals(4, inDegrees(facts.lon)));
    if (facts.accuracy_m !== undefined) gps.push(rationals(0x1f, [[Math.round(facts.accuracy_m * 10), 10]]));
  }
  const outer: Entry[] = [];
  const count = (inner.length > 0 ? 1 : 0) + (gps.length > 0 ? 1 : 0);
  let at = 8 + 2 + count * 12 + 4;
  const parts: [number, Entry[]][] = [];
  for (const [tag, entries] of [[0x8769, inner], [0x8825, gps]] as const) {
    if (entries.length === 0) continue;
    outer.push(pointer(tag, at));
    parts.push([at, entries]);
    at += sizeOf(entries);
  }
  const bytes = new Uint8Array(at);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x4949);
  view.setUint16(2, 42, true);
  view.setUint32(4, 8, true);
  writeEntries(view, 8, outer);
  for (const [where, entries] of parts) writeEntries(view, where, entries);
  return bytes;
}

/** The JPEG with these facts in front of everything else; as it is when there are none. */
export function withExif(jpeg: Blob, facts: ExifFacts): Blob {
  if (facts.time === undefined && facts.lon === undefined) return jpeg;
  const body = tiff(facts);
  const head = new Uint8Array(2 + 2 + 2 + 6 + body.length);
  const view = new DataView(head.buffer);
  view.setUint16(0, HEAD);
  view.setUint16(2, APP1);
  view.setUint16(4, 2 + 6 + body.length);
  view.setUint32(6, EXIF);
  head.set(body, 12);
  return new Blob([head, jpeg.slice(2)], { type: 'image/jpeg' });
}
