// SPDX-License-Identifier: MPL-2.0
// The first view: one very large button, and what waits for this person.
import { label, showNumber } from '../../lib/i18n/index.ts';
import { LightIcon, Icon } from '../../lib/ui/icons.tsx';
import { lightAt } from '../../lib/clock/light.ts';
import { t } from '../i18n.ts';
import { nowMs, reports, tasks } from '../state/lists.ts';
import { go } from '../state/route.ts';
import { city, may, session } from '../state/session.ts';
import { openDrafts, refused, waiting } from '../state/work.ts';
import { SendNow } from './parts.tsx';
import { ShiftCard } from './shift.tsx';
import { when } from './words.ts';

export function HomeView() {
  const late = tasks.value?.items.filter((item) => lightAt(item.clock, item.light, nowMs.value) === 'red').length ?? 0;
  const count = tasks.value?.items.length;
  return (
    <div class="view home">
      <div class="home-top">
      <h1 class="where">
        <span class="mark" aria-hidden="true" /> {label(city.value?.name)}
        <small>{session.value?.person.name}</small>
      </h1>
      <ShiftCard />
      </div>
      <div class="pair home-pair">
        <button type="button" class="big" onClick={() => go('tasks')}>
          <b>{count === undefined ? '–' : showNumber(count)}</b>
          {t('tasks.title')}
          {late > 0 && (
            <small class="bad">
              <LightIcon light="red" /> {t('tasks.late', { n: late })}
            </small>
          )}
        </button>
        <button type="button" class="big" onClick={() => go('reports')}>
          <b>{reports.value ? showNumber(reports.value.items.filter((item) => item.closed_at === null).length) : '–'}</b>
          {t('reports.title')}
          <small>{t('reports.open')}</small>
        </button>
      </div>
      {may('case.report') && (
        <button type="button" class="primary report-button" onClick={() => go('report')}>
          <Icon name="photo" size={56} />
          {t('home.report')}
        </button>
      )}
      <div class="home-low">
      {openDrafts.value.map((draft) => (
        <a key={draft.id} class="card draft" href={draft.action ? `#act/${encodeURIComponent(draft.number)}/${encodeURIComponent(draft.action)}` : '#report'}>
          <Icon name="doc" size={24} />
          <span>
            <b>{draft.action ? t('draft.task', { number: draft.number }) : t('draft.report')}</b>
            <small>
              {when(draft.at)} · {t('photo.label', { n: draft.photos })}
            </small>
          </span>
        </a>
      ))}
      {(waiting.value.length > 0 || refused.value.length > 0) && (
        <section class="card queue-card">
          <button type="button" class="plain wide" onClick={() => go('outbox')}>
            <Icon name="up" size={22} /> {t('outbox.summary', { waiting: waiting.value.length, refused: refused.value.length })}
          </button>
          <SendNow />
        </section>
      )}
      </div>
    </div>
  );
}
