// SPDX-License-Identifier: MPL-2.0
// A file of a case: a photo as its thumbnail, sound and film as the browser's own players
// (which ask for the parts they play), a document as a link that saves it. What was named and
// has not come yet says so.
import type { Media } from '../api/types.ts';
import { type Key, t } from '../i18n/index.ts';
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
}

export function MediaView({ media, url, label }: MediaViewProps) {
  const words = label ?? t('media.of', { stage: mediaStageWord(media.stage) });
  if (!media.received) return <span class="media-expected">{t('media.expected')}</span>;
  const address = url(`/media/${media.sha256}`);
  switch (mediaClass(media.type)) {
    case 'photo':
      return (
        <a class="media-photo" href={address} target="_blank" rel="noreferrer">
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
/** All files of a case, by what they show. */
export function MediaList({ media, url }: MediaListProps) {
  const stages = [...new Set(media.map((one) => one.stage))];
  return (
    <div class="media-list">
      {stages.map((stage) => (
        <figure key={stage}>
          <figcaption>{mediaStageWord(stage)}</figcaption>
          <ul>
            {media
              .filter((one) => one.stage === stage)
              .map((one) => (
                <li key={`${one.seq}-${one.sha256}`}>
                  <MediaView media={one} url={url} />
                  {one.taken ? <MediaTaken taken={one.taken} /> : null}
                </li>
              ))}
          </ul>
        </figure>
      ))}
    </div>
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
