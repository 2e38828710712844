// SPDX-License-Identifier: MPL-2.0
// Small files of each kind, made by hand as phones and recorders make them; the film carries
// a place in two of the ways that phones write one.
import { createHash, randomBytes } from 'node:crypto';

export const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex');
export const filmSecret = '+27.5916+086.5640+8850/';

const u16 = (value) => Buffer.from([value >> 8 & 255, value & 255]);
const u32 = (value) => { const out = Buffer.alloc(4); out.writeUInt32BE(value); return out; };
const le32 = (value) => { const out = Buffer.alloc(4); out.writeUInt32LE(value); return out; };
const join = (...parts) => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));

// ---- ISO 14496-12 ----
export function box(type, ...inside) {
  const bytes = join(...inside);
  return join(u32(bytes.length + 8), type, bytes);
}
const full = (type, ...inside) => box(type, u32(0), ...inside);
const track = (handler) => box('trak', box('mdia', full('hdlr', u32(0), handler, Buffer.alloc(12), '\0')));
// seconds since 1904 for an instant
const since1904 = (ms) => u32(Math.floor(ms / 1000) + 2082844800);

export function film({ brand = 'isom', tracks = ['vide', 'soun'], bytes = 5000, takenMs = 0, place = true } = {}) {
  const tags = place
    ? [
        box('udta', box('\xa9xyz', u16(filmSecret.length), u16(0x15c7), filmSecret)),
        full('meta', full('hdlr', u32(0), 'mdta', Buffer.alloc(13)), box('ilst', box('\0\0\0\x01'.replace(/\0/g, ' '), box('data', u32(1), u32(0), filmSecret)))),
      ]
    : [];
  return join(
    box('ftyp', brand, u32(512), brand, 'mp41'),
    box('free'),
    box('mdat', randomBytes(bytes)),
    box('moov', full('mvhd', takenMs ? since1904(takenMs) : u32(0), Buffer.alloc(92)), ...tracks.map(track), ...tags),
  );
}
export const m4a = () => film({ brand: 'M4A ', tracks: ['soun'], place: false });
export const heic = () => join(box('ftyp', 'heic', u32(0), 'mif1', 'heic'), box('mdat', randomBytes(3000)));

// ---- EBML ----
const element = (id, ...inside) => {
  const bytes = join(...inside);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes.length) | (1n << 56n));
  return join(Buffer.from(id, 'hex'), length, bytes);
};
// As browsers record: the length of the segment stays open.
export function webm({ picture = true, doctype = 'webm' } = {}) {
  const entry = (kind) => element('ae', element('d7', Buffer.from([kind])), element('83', Buffer.from([kind])));
  return join(
    element('1a45dfa3', element('4286', Buffer.from([1])), element('4282', doctype)),
    Buffer.from('18538067', 'hex'), Buffer.from('01ffffffffffffff', 'hex'),
    element('1549a966', element('4d80', 'gridcase')),
    element('1654ae6b', ...(picture ? [entry(1)] : []), entry(2)),
    element('1f43b675', element('e7', Buffer.from([0])), element('a3', randomBytes(900))),
  );
}

// ---- sound ----
function page(flags, sequence, body) {
  const segments = [];
  for (let left = body.length; ; left -= 255) {
    segments.push(Math.min(left, 255));
    if (left < 255) break;
  }
  return join('OggS', Buffer.from([0, flags]), Buffer.alloc(8), le32(1), le32(sequence), u32(0), Buffer.from([segments.length, ...segments]), body);
}
export const ogg = () => join(page(2, 0, join('OpusHead', Buffer.from([1, 1]), Buffer.alloc(9))), page(0, 1, join('OpusTags', Buffer.alloc(8))), page(4, 2, randomBytes(1000)));
export const wav = (bytes = 2000) => {
  const data = randomBytes(bytes);
  const format = Buffer.from([1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]);
  return join('RIFF', le32(4 + 8 + 16 + 8 + data.length), 'WAVE', 'fmt ', le32(16), format, 'data', le32(data.length), data);
};
// MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame.
export const mp3 = ({ tag = true } = {}) =>
  join(tag ? join('ID3', Buffer.from([4, 0, 0, 0, 0, 1, 0]), Buffer.alloc(128)) : '', ...Array.from({ length: 6 }, () => join(Buffer.from([0xff, 0xfb, 0x90, 0x40]), randomBytes(413))));
export const aac = () =>
  join(...Array.from({ length: 6 }, () => join(Buffer.from([0xff, 0xf1, 0x50, 0x80 | (200 >> 11), (200 >> 3) & 255, ((200 & 7) << 5) | 0x1f, 0xfc]), randomBytes(193))));

// ---- documents and archives ----
export const pdf = () => join('%PDF-1.7\n', `% ${randomBytes(8).toString('hex')}\n`, '1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n');
// One stored file, its list and its end.
export function zip(name = 'A.class', content = Buffer.alloc(40, 'x')) {
  const local = join('PK\x03\x04', Buffer.alloc(14), le32(content.length), le32(content.length), Buffer.from([name.length, 0, 0, 0]), name, content);
  const entry = join('PK\x01\x02', Buffer.alloc(16), le32(content.length), le32(content.length), Buffer.from([name.length, 0]), Buffer.alloc(16), name);
  return join(local, entry, 'PK\x05\x06', Buffer.alloc(4), Buffer.from([1, 0, 1, 0]), le32(entry.length), le32(local.length), Buffer.alloc(2));
}

// ---- EXIF ----
// A photo with another EXIF block: where and when, as cameras write them.
export function withExif(photo, { lon, lat, accuracy, at = null, offset = null }) {
  const text = (value) => Buffer.from(`${value}\0`);
  const rational = (...values) => join(...values.flatMap((value) => [u32(Math.round(value * 10000)), u32(10000)]));
  const place = (value) => { const all = Math.abs(value); const d = Math.floor(all), m = Math.floor((all - d) * 60); return rational(d, m, ((all - d) * 60 - m) * 60); };
  const directory = (start, entries) => {
    let heap = start + 2 + entries.length * 12 + 4;
    const values = [];
    const rows = entries.map(([tag, type, count, bytes]) => {
      if (bytes.length <= 4) return join(u16(tag), u16(type), u32(count), bytes, Buffer.alloc(4 - bytes.length));
      values.push(bytes);
      heap += bytes.length;
      return join(u16(tag), u16(type), u32(count), u32(heap - bytes.length));
    });
    return join(u16(entries.length), ...rows, u32(0), ...values);
  };
  const gps = [
    [1, 2, 2, text(lat < 0 ? 'S' : 'N')], [2, 5, 3, place(lat)],
    [3, 2, 2, text(lon < 0 ? 'W' : 'E')], [4, 5, 3, place(lon)],
    ...(accuracy === undefined ? [] : [[31, 5, 1, rational(accuracy)]]),
  ];
  const exif = [...(at ? [[0x9003, 2, 20, text(at)]] : []), ...(offset ? [[0x9011, 2, 7, text(offset)]] : [])];
  const pointers = (a, b) => directory(8, [[0x8769, 4, 1, u32(a)], [0x8825, 4, 1, u32(b)]]);
  const exifAt = 8 + pointers(0, 0).length;
  const exifBytes = directory(exifAt, exif);
  const gpsAt = exifAt + exifBytes.length;
  const tiff = join('MM\0*', u32(8), pointers(exifAt, gpsAt), exifBytes, directory(gpsAt, gps));
  const segment = join('Exif\0\0', tiff);
  // Behind SOI, before the photo's own (the first one counts).
  return join(photo.subarray(0, 2), Buffer.from([0xff, 0xe1]), u16(segment.length + 2), segment, photo.subarray(2));
}
