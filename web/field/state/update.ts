// SPDX-License-Identifier: MPL-2.0
// The service worker: keeps the page for times without a signal. A new version waits until
// the person takes it, and is not even offered while a form is open.
import { signal } from '@preact/signals';
import { base, client } from './session.ts';

export const updateReady = signal(false);
/** Whether the page opens without a signal from now on. */
export const offlineReady = signal(false);
let waiting: ServiceWorker | null = null;

function offer(worker: ServiceWorker | null): void {
  if (!worker || !navigator.serviceWorker.controller) return; // the first one just begins
  waiting = worker;
  updateReady.value = true;
}

export async function startWorker(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register(`${base}/field/sw.js`, { scope: `${base}/field/` });
    offer(registration.waiting);
    registration.addEventListener('updatefound', () => {
      const fresh = registration.installing;
      fresh?.addEventListener('statechange', () => {
        if (fresh.state === 'installed') offer(fresh);
        if (fresh.state === 'activated') offlineReady.value = true;
      });
    });
    offlineReady.value = registration.active !== null;
    // A page that stays open for days looks for a new version now and then.
    const look = () => void registration.update().catch(() => undefined); // no signal: another time
    setInterval(look, 60 * 60_000);
    client.outdated.subscribe((outdated) => {
      if (outdated) look();
    });
  } catch {
    // A browser that keeps no worker (private window, untrusted certificate): online only.
    offlineReady.value = false;
  }
}
export function takeUpdate(): void {
  if (!waiting) return;
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting.postMessage('take-over');
}

// ---- will the phone keep what is saved? ----
export type Storage = 'unknown' | 'lasting' | 'best-effort';
export const storage = signal<Storage>('unknown');
export const storageLow = signal(false);
export async function askStorage(): Promise<void> {
  const manager = navigator.storage as StorageManager | undefined;
  if (!manager?.persisted) return;
  const lasting = (await manager.persisted()) || (await manager.persist?.().catch(() => false));
  storage.value = lasting ? 'lasting' : 'best-effort';
  const room = await manager.estimate?.();
  storageLow.value = room?.quota !== undefined && room.usage !== undefined && room.quota - room.usage < 30_000_000;
}
