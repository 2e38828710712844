// SPDX-License-Identifier: MPL-2.0
// A photo as it is sent: upright, at most 1600 pixels long, a few hundred kilobytes, with its
// place and time. Bitmaps and canvases are let go at once: old phones have little memory.
import type { Fix } from '../store/database.ts';
import { type ExifFacts, exifTime, readExif, withExif } from './exif.ts';

export const LONGEST = 1600;
const QUALITY = 0.82;

export interface Shot {
  blob: Blob;
  width: number;
  height: number;
  origin: 'camera' | 'file';
}
/** The file is no picture that this browser can show. */
export class NoPictureError extends Error {}

const fitted = (width: number, height: number) => {
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
};

async function draw(source: CanvasImageSource, width: number, height: number): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new NoPictureError('no canvas');
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
  canvas.width = 0;
  canvas.height = 0;
  if (!blob) throw new NoPictureError('the picture could not be made');
  return blob;
}

const factsOf = (fix: Fix | null, now: Date): ExifFacts => ({
  ...exifTime(now),
  ...(fix ? { lon: fix.lon, lat: fix.lat, ...(fix.accuracy_m === null ? {} : { accuracy_m: fix.accuracy_m }) } : {}),
});

/** What the viewfinder shows now. */
export async function shotOf(video: HTMLVideoElement, fix: Fix | null): Promise<Shot> {
  const { width, height } = fitted(video.videoWidth, video.videoHeight);
  const blob = withExif(await draw(video, width, height), factsOf(fix, new Date()));
  return { blob, width, height, origin: 'camera' };
}

/** A picture from the phone's camera or album: it keeps its own place and time. */
export async function shotOfFile(file: File): Promise<Shot> {
  const facts = readExif(await file.slice(0, 256 * 1024).arrayBuffer());
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch (error) {
    throw new NoPictureError(String(error));
  }
  try {
    const { width, height } = fitted(bitmap.width, bitmap.height);
    return { blob: withExif(await draw(bitmap, width, height), facts), width, height, origin: 'file' };
  } finally {
    bitmap.close();
  }
}
