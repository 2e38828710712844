// SPDX-License-Identifier: MPL-2.0
// The viewfinder in the page: one tap a photo, kept at once, as many as wanted. The phone's
// own camera application would put the page in the background, where small phones kill it;
// it is the fallback where the page may not use the camera.
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { freshFix } from '../state/position.ts';
import { notify } from '../state/session.ts';
import { NoPictureError, type Shot, shotOf, shotOfFile } from './shrink.ts';

export interface CameraProps {
  count: number;
  /** Of the photo taken last. */
  thumb: string;
  onShot: (shot: Shot) => Promise<void>;
  onClose: () => void;
}
export const hasCamera = (): boolean => Boolean(navigator.mediaDevices?.getUserMedia);

/** Files chosen or taken by the phone's camera application, one after the other. */
export async function takeFiles(files: FileList | null, onShot: (shot: Shot) => Promise<void>): Promise<void> {
  for (const file of files ?? []) {
    try {
      await onShot(await shotOfFile(file));
    } catch (error) {
      if (!(error instanceof NoPictureError)) throw error;
      notify('bad', t('photo.no_picture', { name: file.name }));
    }
  }
}

export function FileButton({ id, capture, text, onShot, icon = 'photo' }: {
  id: string;
  capture: boolean;
  text: string;
  icon?: 'photo' | 'plus';
  onShot: (shot: Shot) => Promise<void>;
}) {
  return (
    <label class="button file-button" for={id}>
      <Icon name={icon} size={22} /> {text}
      <input
        id={id}
        class="hidden-file"
        type="file"
        accept="image/*"
        multiple={!capture}
        capture={capture ? 'environment' : undefined}
        onChange={(event) => {
          const input = event.currentTarget;
          void takeFiles(input.files, onShot).finally(() => (input.value = ''));
        }}
      />
    </label>
  );
}

interface Torch extends MediaTrackConstraintSet {
  torch?: boolean;
}

export function Camera({ count, thumb, onShot, onClose }: CameraProps) {
  const video = useRef<HTMLVideoElement>(null);
  const shutter = useRef<HTMLButtonElement>(null);
  const state = useSignal<'starting' | 'live' | 'none'>(hasCamera() ? 'starting' : 'none');
  const torch = useSignal<'no' | 'off' | 'on'>('no');
  const flash = useSignal(0);
  const busy = useRef(false);
  const stream = useRef<MediaStream | null>(null);

  useEffect(() => {
    let gone = false;
    const begin = async () => {
      if (!hasCamera()) return;
      try {
        const found = await navigator.mediaDevices.getUserMedia({
          audio: false,
          video: { facingMode: { ideal: 'environment' }, width: { ideal: 1920 }, height: { ideal: 1440 } },
        });
        if (gone) {
          for (const track of found.getTracks()) track.stop();
          return;
        }
        stream.current = found;
        const element = video.current!;
        element.srcObject = found;
        await element.play();
        const track = found.getVideoTracks()[0];
        const able = track?.getCapabilities?.() as { torch?: boolean } | undefined;
        if (able?.torch) torch.value = 'off';
        state.value = 'live';
        shutter.current?.focus();
      } catch {
        if (!gone) state.value = 'none'; // refused, in use, or none there
      }
    };
    const end = () => {
      for (const track of stream.current?.getTracks() ?? []) track.stop();
      stream.current = null;
    };
    // The camera is let go while nobody looks.
    const look = () => {
      if (document.hidden) end();
      else if (!stream.current) void begin();
    };
    document.addEventListener('visibilitychange', look);
    void begin();
    return () => {
      gone = true;
      document.removeEventListener('visibilitychange', look);
      end();
    };
  }, []);

  const shoot = async () => {
    if (busy.current || state.value !== 'live' || !video.current?.videoWidth) return;
    busy.current = true;
    flash.value++;
    navigator.vibrate?.(30);
    try {
      await onShot(await shotOf(video.current, freshFix()));
    } finally {
      busy.current = false;
    }
  };
  const light = async () => {
    const on = torch.value !== 'on';
    await stream.current?.getVideoTracks()[0]?.applyConstraints({ advanced: [{ torch: on } as Torch] }).catch(() => undefined);
    torch.value = on ? 'on' : 'off';
  };

  return (
    <div class="camera" role="dialog" aria-modal="true" aria-label={t('photo.title')}>
      <video ref={video} playsInline muted autoplay hidden={state.value === 'none'} />
      {flash.value > 0 && <div key={flash.value} class="flash" aria-hidden="true" />}
      {state.value === 'none' && (
        <div class="camera-none">
          <p>{t('photo.no_camera')}</p>
          <FileButton id="camera-take" capture text={t('photo.take')} onShot={onShot} />
        </div>
      )}
      <div class="camera-top">
        <button type="button" class="round" aria-label={t('photo.close')} onClick={onClose}>
          <Icon name="close" size={26} />
        </button>
        {torch.value !== 'no' && (
          <button type="button" class="round" aria-pressed={torch.value === 'on'} onClick={() => void light()}>
            {t('photo.torch')}
          </button>
        )}
      </div>
      <div class="camera-bottom">
        <FileButton id="camera-file" capture={false} icon="plus" text={t('photo.choose')} onShot={onShot} />
        {state.value === 'none' ? (
          <span />
        ) : (
          <button
            ref={shutter}
            type="button"
            class="shutter"
            aria-label={t('photo.shoot')}
            disabled={state.value !== 'live'}
            onClick={() => void shoot()}
          />
        )}
        <button type="button" class="camera-done" onClick={onClose}>
          {thumb && <img src={thumb} alt="" />}
          {count > 0 ? t('photo.done', { n: count }) : t('photo.without')}
        </button>
      </div>
    </div>
  );
}
