// SPDX-License-Identifier: MPL-2.0
// What stands around every view: the banner that tells how things are, the tabs, notices.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { showNumber } from '../../lib/i18n/index.ts';
import { Icon, type IconName } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { tasks } from '../state/lists.ts';
import { fix, gps } from '../state/position.ts';
import { back, go, inForm, route, type View } from '../state/route.ts';
import { dismiss, expired, failedLine, later, lastSync, notices } from '../state/session.ts';
import { storageLow, takeUpdate, updateReady } from '../state/update.ts';
import { refused, send, sending, storeFailure, waiting } from '../state/work.ts';
import { when } from './words.ts';

function gpsWords(): { text: string; kind: 'good' | 'fair' | 'bad' } {
  if (gps.value === 'on' && fix.value) {
    const exact = fix.value.accuracy_m;
    if (exact === null) return { text: t('gps.on'), kind: 'fair' };
    return { text: t('gps.exact', { n: Math.round(exact) }), kind: exact <= 30 ? 'good' : 'fair' };
  }
  if (gps.value === 'asking') return { text: t('gps.asking'), kind: 'fair' };
  if (gps.value === 'denied') return { text: t('gps.denied'), kind: 'bad' };
  if (gps.value === 'lost') return { text: t('gps.lost'), kind: 'bad' };
  if (gps.value === 'insecure' || gps.value === 'missing') return { text: t('gps.none'), kind: 'bad' };
  return { text: t('gps.off'), kind: 'fair' };
}

export const online = (): boolean => navigator.onLine && !failedLine.value;

/** Line, queue, position, last sync: always there, never in the way. */
export function Banner() {
  const position = gpsWords();
  const line = online();
  const queue = waiting.value.length;
  return (
    <div class="banner" role="status" aria-label={t('banner.label')}>
      <span class={line ? 'good' : 'bad'}>
        <i class="dot" aria-hidden="true" />
        {t(line ? 'banner.online' : 'banner.offline')}
      </span>
      <span class={position.kind}>
        <Icon name="pin" size={15} /> {position.text}
      </span>
      <span class={queue > 0 ? 'fair' : ''}>
        <Icon name="up" size={15} /> {queue > 0 ? t('banner.queue', { n: queue }) : t('banner.empty')}
        {sending.value && queue > 0 ? ' …' : ''}
      </span>
      <span class="sync">{lastSync.value ? t('banner.sync', { time: when(lastSync.value) }) : t('banner.never')}</span>
    </div>
  );
}

/** What somebody has to know or decide; at most what is true now. */
export function Warnings() {
  return (
    <div class="warnings">
      {!globalThis.isSecureContext && (
        <p class="warning">
          <Icon name="warn" /> {t('warn.insecure')}
        </p>
      )}
      {expired.value && (later.value || inForm()) && (
        <p class="warning">
          <span>{t('warn.signed_out')}</span>
          {!inForm() && (
            <button type="button" onClick={() => (later.value = false)}>
              {t('session.in')}
            </button>
          )}
        </p>
      )}
      {refused.value.length > 0 && route.value.view !== 'outbox' && (
        <p class="warning bad">
          <span>{t('warn.refused', { n: refused.value.length })}</span>
          <button type="button" onClick={() => go('outbox')}>
            {t('warn.look')}
          </button>
        </p>
      )}
      {storeFailure.value !== null && <p class="warning bad">{t('warn.store', { why: String((storeFailure.value as Error).message ?? storeFailure.value) })}</p>}
      {storageLow.value && <p class="warning">{t('warn.storage')}</p>}
      {updateReady.value && !inForm() && (
        <p class="warning calm">
          <span>{t('update.ready')}</span>
          <button type="button" onClick={takeUpdate}>
            {t('update.take')}
          </button>
        </p>
      )}
    </div>
  );
}

export function Tabs() {
  const tab = (view: View, icon: IconName, text: string, count = 0) => (
    <a
      href={view === 'home' ? '#' : `#${view}`}
      aria-current={route.value.view === view ? 'page' : undefined}
      onClick={(event) => {
        event.preventDefault();
        go(view);
      }}
    >
      <Icon name={icon} size={22} />
      <span>{text}</span>
      {count > 0 && (
        <b class="count">
          {showNumber(count)}
        </b>
      )}
    </a>
  );
  return (
    <nav class="tabs" aria-label={t('tabs.field')}>
      {tab('home', 'plus', t('tab.home'))}
      {tab('tasks', 'list', t('tab.tasks'), tasks.value?.items.length ?? 0)}
      {tab('reports', 'doc', t('tab.reports'))}
      {tab('outbox', 'up', t('tab.outbox'), waiting.value.length + refused.value.length)}
      {tab('me', 'person', t('tab.me'))}
    </nav>
  );
}

export function Notices() {
  // Good news must not lie over the buttons of a form: the banner tells enough there.
  const shown = inForm() ? notices.value.filter((notice) => notice.kind === 'bad') : notices.value;
  return (
    <div class="notices" role="status" aria-live="polite">
      {shown.map((notice) => (
        <p key={notice.id} class={`notice ${notice.kind}`}>
          {notice.text}
          <button type="button" class="plain square" aria-label={t('case.close')} onClick={() => dismiss(notice.id)}>
            <Icon name="close" />
          </button>
        </p>
      ))}
    </div>
  );
}

/** The head of a view below home: back, its name (which takes the focus), and what else. */
export function Head({ title, children, onBack = back }: { title: string; children?: ComponentChildren; onBack?: () => void }) {
  const name = useRef<HTMLHeadingElement>(null);
  useEffect(() => name.current?.focus(), []);
  return (
    <div class="head">
      <button type="button" class="square plain" aria-label={t('head.back')} onClick={onBack}>
        <Icon name="back" size={24} />
      </button>
      <h1 ref={name} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}

export function SendNow() {
  if (waiting.value.length === 0) return null;
  return (
    <button type="button" class="wide" disabled={sending.value} onClick={() => void send(true)}>
      {t(sending.value ? 'outbox.sending' : 'outbox.send_now')}
    </button>
  );
}
