// SPDX-License-Identifier: MPL-2.0
// The photos of a form: a strip of them, more by one tap, each taken away by two.
import { useEffect, useMemo } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { Camera } from '../photo/camera.tsx';
import type { Shot } from '../photo/shrink.ts';
import { freshFix } from '../state/position.ts';
import { notify } from '../state/session.ts';
import type { Photo } from '../store/database.ts';
import type { DraftKeeper } from '../store/draft.ts';

/** Addresses of pictures that are on the phone, given back when they are no longer shown. */
function useUrls(photos: Photo[]): Map<string, string> {
  const urls = useMemo(() => new Map<string, string>(), []);
  for (const photo of photos) if (!urls.has(photo.id)) urls.set(photo.id, URL.createObjectURL(photo.blob));
  useEffect(
    () => () => {
      for (const url of urls.values()) URL.revokeObjectURL(url);
    },
    [],
  );
  return urls;
}

export function Photos({ keeper, startOpen, onClosed }: { keeper: DraftKeeper<never> | DraftKeeper<object>; startOpen: boolean; onClosed?: () => void }) {
  const open = useSignal(startOpen);
  const asked = useSignal('');
  const photos = keeper.photos.value;
  const urls = useUrls(photos);
  const keep = async (shot: Shot) => {
    try {
      await keeper.addShot(shot, freshFix());
    } catch (error) {
      notify('bad', t('photo.not_kept', { why: (error as Error).name }));
    }
  };
  const last = photos[photos.length - 1];
  return (
    <>
      <ul class="strip" aria-label={t('photo.label', { n: photos.length })}>
        {photos.map((photo, i) => (
          <li key={photo.id}>
            <img src={urls.get(photo.id)} alt={t('photo.nth', { n: i + 1 })} width={photo.width} height={photo.height} />
            <button
              type="button"
              class={asked.value === photo.id ? 'sure' : ''}
              aria-label={t(asked.value === photo.id ? 'photo.remove_sure' : 'photo.remove', { n: i + 1 })}
              onClick={() => {
                if (asked.value === photo.id) void keeper.removePhoto(photo.id);
                asked.value = asked.value === photo.id ? '' : photo.id;
              }}
            >
              {asked.value === photo.id ? t('photo.sure') : <Icon name="close" size={18} />}
            </button>
          </li>
        ))}
        <li>
          <button type="button" class="add-photo" onClick={() => (open.value = true)}>
            <Icon name="photo" size={30} />
            {t('photo.add')}
          </button>
        </li>
      </ul>
      {open.value && (
        <Camera
          count={photos.length}
          thumb={last ? (urls.get(last.id) ?? '') : ''}
          onShot={keep}
          onClose={() => {
            open.value = false;
            onClosed?.();
          }}
        />
      )}
    </>
  );
}
