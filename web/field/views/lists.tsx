// SPDX-License-Identifier: MPL-2.0
// My tasks, and my reports with what became of each.
import { useSignal } from '@preact/signals';
import type { CaseSummary } from '../../lib/api/types.ts';
import { lightAt } from '../../lib/clock/light.ts';
import { leftWords, lightWord } from '../../lib/clock/words.ts';
import { label } from '../../lib/i18n/index.ts';
import { Icon, LightIcon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { nowMs, refresh, refreshing, reports, type Shown, tasks } from '../state/lists.ts';
import { fix, wantPosition } from '../state/position.ts';
import { go } from '../state/route.ts';
import { person } from '../state/session.ts';
import { items } from '../state/work.ts';
import { Head, online } from './parts.tsx';
import { became, farOf, farWord, placeWord, when } from './words.ts';

function Freshness({ shown }: { shown: Shown | null }) {
  return (
    <div class="fresh">
      <span class="muted">{shown && t(online() ? 'list.as_of' : 'list.old', { time: when(shown.at) })}</span>
      <button type="button" disabled={refreshing.value} onClick={() => void refresh()}>
        {t('list.refresh')}
      </button>
    </div>
  );
}

export function TasksView() {
  // The nearest first, once the phone knows where it is, until the person wants it otherwise.
  const wish = useSignal<boolean | null>(null);
  const near = wish.value ?? fix.value !== null;
  const shown = tasks.value;
  const list = shown?.items.slice() ?? [];
  if (near) list.sort((a, b) => (farOf(a) ?? 1e9) - (farOf(b) ?? 1e9));
  const mine = new Set(items.value.filter((item) => item.kind === 'action').map((item) => item.number));
  return (
    <div class="view">
      <Head title={t('tasks.title')} onBack={() => go('home')} />
      <div class="switch" role="group" aria-label={t('tasks.order')}>
        <button type="button" aria-pressed={!near} onClick={() => (wish.value = false)}>
          {t('tasks.by_due')}
        </button>
        <button type="button" aria-pressed={near} onClick={() => {
          wish.value = true;
          wantPosition();
        }}>
          {t('tasks.by_near')}
        </button>
      </div>
      <Freshness shown={shown} />
      {shown?.items.length === 0 && <p class="card empty">{t('tasks.none')}</p>}
      {!shown && !online() && <p class="card empty">{t('list.never')}</p>}
      <ul class="cases">
        {list.map((item) => (
          <li key={item.number}>
            <TaskRow item={item} queued={mine.has(item.number)} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function TaskRow({ item, queued }: { item: CaseSummary; queued: boolean }) {
  const light = lightAt(item.clock, item.light, nowMs.value);
  const far = farOf(item);
  return (
    <a class={`card case-row ${light}`} href={`#case/${encodeURIComponent(item.number)}`}>
      <span class="case-top">
        <b>{label(item.step_label)}</b>
        <span class={`left ${light}`}>
          <LightIcon light={light} /> {leftWords(item.clock, nowMs.value) || lightWord(light)}
        </span>
      </span>
      <span class="case-what">{label(item.class?.name)}</span>
      <span class="muted">{placeWord(item)}</span>
      <span class="case-foot">
        <span class="muted">{item.number}</span>
        {item.holder?.person && item.holder.person.id !== person.value && <span class="badge">{t('tasks.of', { name: item.holder.person.name || t('tasks.colleague') })}</span>}
        {queued && <b class="badge yellow">{t('tasks.queued')}</b>}
        {far !== null && (
          <b>
            <Icon name="pin" /> {farWord(far)}
          </b>
        )}
      </span>
    </a>
  );
}

export function ReportsView() {
  const shown = reports.value;
  return (
    <div class="view">
      <Head title={t('reports.title')} onBack={() => go('home')} />
      <Freshness shown={shown} />
      {shown?.items.length === 0 && <p class="card empty">{t('reports.none')}</p>}
      {!shown && !online() && <p class="card empty">{t('list.never')}</p>}
      <ul class="cases">
        {shown?.items.map((item) => (
          <li key={item.number}>
            <a class="card case-row" href={`#case/${encodeURIComponent(item.number)}`}>
              <span class="case-top">
                <b>{label(item.class?.name)}</b>
                <span class={`badge ${item.closed_at ? 'green' : ''}`}>{became(item)}</span>
              </span>
              <span class="muted">{placeWord(item)}</span>
              <span class="case-foot">
                <span class="muted">{item.number}</span>
                <span class="muted">{when(item.opened_at)}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
