// SPDX-License-Identifier: MPL-2.0
// A file of a case: a photo as its thumbnail, sound and film as the browser's own players
// (which ask for the parts they play), a document as a link that saves it. What was named and
// has not come yet says so.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Media } from '../api/types.ts';
import { type Key, t } from '../i18n/index.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icons.tsx';

const STAGES: Record<string, Key> = {
  before: 'media.stage.before',
  after: 'media.stage.after',
  check: 'media.stage.check',
};
export const mediaStageWord = (stage: string): string => (stage in STAGES ? t(STAGES[stage]!) : stage);

const showSize = (bytes: number) =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

/** A type that a recorder or server may write with parameters: "audio/webm;codecs=opus". */
export type MediaClass = 'photo' | 'sound' | 'video' | 'document';
export function mediaClass(type = ''): MediaClass {
  if (type.startsWith('audio/')) return 'sound';
  if (type.startsWith('video/')) return 'video';
  return type.startsWith('image/') ? 'photo' : 'document';
}

export interface MediaViewProps {
  media: Pick<Media, 'sha256' | 'stage' | 'received' | 'type' | 'bytes'>;
  /** Makes an address of the API's path: a Client's url. */
  url: (path: string) => string;
  /** What is said of it to whoever does not see it; its stage without. */
  label?: string;
  /** Shows a photo large here; without it the photo opens in a tab of its own. */
  onOpen?: () => void;
}

export function MediaView({ media, url, label, onOpen }: MediaViewProps) {
  const words = label ?? t('media.of', { stage: mediaStageWord(media.stage) });
  if (!media.received) return <span class="media-expected">{t('media.expected')}</span>;
  const address = url(`/media/${media.sha256}`);
  switch (mediaClass(media.type)) {
    case 'photo':
      return (
        <a
          class="media-photo"
          href={address}
          target="_blank"
          rel="noreferrer"
          onClick={(event) => {
            if (!onOpen || event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            onOpen();
          }}
        >
          <img src={url(`/media/${media.sha256}?size=thumb`)} alt={words} loading="lazy" />
        </a>
      );
    case 'sound':
      // oxlint-disable-next-line jsx-a11y/media-has-caption -- what people record has no captions
      return <audio class="media-sound" controls preload="none" src={address} aria-label={words} />;
    case 'video':
      // oxlint-disable-next-line jsx-a11y/media-has-caption -- likewise
      return <video class="media-video" controls playsInline preload="metadata" src={address} aria-label={words} />;
    default:
      return (
        <a class="media-document" href={address} download={`${media.sha256.slice(0, 12)}.pdf`}>
          <Icon name="doc" size={20} /> {t('media.document')}
          {media.bytes ? <small>{showSize(media.bytes)}</small> : null}
        </a>
      );
  }
}

export interface MediaListProps {
  media: readonly Media[];
  url: (path: string) => string;
}
const CLASSES: MediaClass[] = ['photo', 'video', 'sound', 'document'];
const rank = (one: Media) => (one.received ? CLASSES.indexOf(mediaClass(one.type)) : CLASSES.length);

/** All files of a case by what they show, photos first; a photo opens large, one after the other. */
export function MediaList({ media, url }: MediaListProps) {
  const open = useSignal<number | null>(null);
  const order = Object.keys(STAGES);
  const sorted = [...media].sort((a, b) => order.indexOf(a.stage) - order.indexOf(b.stage) || rank(a) - rank(b) || a.seq - b.seq);
  const stages = [...new Set(sorted.map((one) => one.stage))];
  const photos = sorted.filter((one) => one.received && mediaClass(one.type) === 'photo');
  return (
    <div class="media-list">
      {stages.map((stage) => (
        <figure key={stage}>
          <figcaption>{mediaStageWord(stage)}</figcaption>
          <ul>
            {sorted
              .filter((one) => one.stage === stage)
              .map((one) => (
                <li key={`${one.seq}-${one.sha256}`}>
                  <MediaView media={one} url={url} onOpen={() => (open.value = photos.indexOf(one))} />
                  {one.taken ? <MediaTaken taken={one.taken} /> : null}
                </li>
              ))}
          </ul>
        </figure>
      ))}
      {open.value !== null && photos[open.value] ? (
        <PhotoViewer photos={photos} at={open.value} url={url} onTurn={(at) => (open.value = at)} onClose={() => (open.value = null)} />
      ) : null}
    </div>
  );
}

interface PhotoViewerProps {
  photos: readonly Media[];
  at: number;
  url: (path: string) => string;
  onTurn: (at: number) => void;
  onClose: () => void;
}
function PhotoViewer({ photos, at, url, onTurn, onClose }: PhotoViewerProps) {
  const photo = photos[at]!;
  const turn = (by: number) => onTurn((at + by + photos.length) % photos.length);
  const title = `${mediaStageWord(photo.stage)} ${at + 1}/${photos.length}`;
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.key === 'ArrowLeft') turn(-1);
      else if (event.key === 'ArrowRight') turn(1);
      else if (event.key === 'Escape') onClose();
      else return;
      // Nothing behind the window moves with it.
      event.preventDefault();
      event.stopPropagation();
    };
    document.addEventListener('keydown', key, true);
    return () => document.removeEventListener('keydown', key, true);
  });
  return (
    <Dialog title={title} onClose={onClose} closeLabel={t('media.close')} className="media-viewer">
      <a href={url(`/media/${photo.sha256}`)} target="_blank" rel="noreferrer">
        <img src={url(`/media/${photo.sha256}`)} alt={title} width={photo.width} height={photo.height} />
      </a>
      <div class="media-turn">
        <button type="button" disabled={photos.length < 2} onClick={() => turn(-1)}>
          {t('media.previous')}
        </button>
        {photo.taken ? <MediaTaken taken={photo.taken} /> : null}
        <button type="button" disabled={photos.length < 2} onClick={() => turn(1)} data-first>
          {t('media.next')}
        </button>
      </div>
    </Dialog>
  );
}

/** What the camera wrote, compared with the case: for those who may see originals. */
export function MediaTaken({ taken }: { taken: NonNullable<Media['taken']> }) {
  const parts: string[] = [];
  if (taken.minutes_before !== null) {
    const minutes = Math.abs(taken.minutes_before);
    const many = minutes >= 120 ? t('media.hours', { n: Math.round(minutes / 60) }) : t('media.minutes', { n: minutes });
    parts.push(t(taken.minutes_before >= 0 ? 'media.taken_before' : 'media.taken_after', { time: many }));
  }
  if (taken.distance_m !== null) parts.push(t('media.taken_away', { m: taken.distance_m }));
  if (parts.length === 0) return null;
  const far = (taken.distance_m ?? 0) > 200 || Math.abs(taken.minutes_before ?? 0) > 24 * 60;
  return <small class={far ? 'media-taken far' : 'media-taken'}>{parts.join(' · ')}</small>;
}
