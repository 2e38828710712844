// SPDX-License-Identifier: MPL-2.0
// What waits to be sent, what was refused and why, and what was sent lately. Nothing leaves
// this list by itself but by having been stored at the server.
import { useSignal } from '@preact/signals';
import { has, label } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { type FieldKey, t } from '../i18n.ts';
import { go } from '../state/route.ts';
import { notify, session } from '../state/session.ts';
import { discard, edit, items, openDrafts, others, sendAgain, sent } from '../state/work.ts';
import type { Item, Reason } from '../store/database.ts';
import { Story } from './case.tsx';
import { Head, online, SendNow } from './parts.tsx';
import { when } from './words.ts';

const OLD_MS = 12 * 3600_000;

export function reasonWords(reason: Reason): string {
  const key = `error.${reason.code}`;
  if (has(key)) return t(key as FieldKey, { detail: reason.detail, s: '' });
  return reason.detail || t('refused.unknown', { status: reason.status });
}

export function OutboxView() {
  const refused = items.value.filter((item) => item.state === 'refused');
  const waiting = items.value.filter((item) => item.state === 'queued');
  return (
    <div class="view">
      <Head title={t('outbox.title')} onBack={() => go('home')} />
      {refused.length > 0 && (
        <section aria-labelledby="refused-title">
          <h2 id="refused-title">{t('outbox.refused', { n: refused.length })}</h2>
          {refused.map((item) => (
            <Refused key={item.key} item={item} />
          ))}
        </section>
      )}
      <section aria-labelledby="waiting-title">
        <h2 id="waiting-title">{t('outbox.waiting', { n: waiting.length })}</h2>
        {waiting.length === 0 && <p class="card empty">{t('outbox.nothing')}</p>}
        {waiting.map((item) => (
          <div key={item.key} class="card item">
            <b>{titleOf(item)}</b>
            <span class="muted">
              {when(item.at)} · {t('photo.label', { n: item.photos })}
              {item.posted && ` · ${t('outbox.posted', { number: item.posted })}`}
            </span>
            {item.tries > 0 && <span class="muted">{t('outbox.tried', { n: item.tries })}</span>}
            {Date.now() - item.at > OLD_MS && (
              <span class="alert warn">
                <Icon name="warn" /> {t('outbox.old')}
              </span>
            )}
          </div>
        ))}
        <SendNow />
        {waiting.length > 0 && !online() && <p class="muted">{t('outbox.offline')}</p>}
      </section>
      {others.value > 0 && <p class="card">{t('outbox.others', { n: others.value, name: session.value?.person.name ?? '' })}</p>}
      {sent.value.length > 0 && (
        <section aria-labelledby="sent-title">
          <h2 id="sent-title">{t('outbox.sent')}</h2>
          <ul class="rows">
            {sent.value.slice(0, 20).map((one) => (
              <li key={one.key}>
                <a href={`#case/${encodeURIComponent(one.number)}`}>
                  <span>{one.number}</span>
                  <small>
                    {t(one.kind === 'report' ? 'outbox.kind_report' : 'outbox.kind_action')} · {when(one.at)}
                  </small>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

const titleOf = (item: Item) => [label(item.title), item.number].filter(Boolean).join(' · ');

function Refused({ item }: { item: Item }) {
  const sure = useSignal(false);
  const reason = item.reason!;
  const again = async () => {
    if (openDrafts.value.some((draft) => (item.kind === 'report' ? !draft.action : draft.number === item.number))) {
      notify('bad', t('refused.form_open'));
      return;
    }
    const to = await edit(item);
    if (to) go('act', to.number, to.action);
    else go('report');
  };
  return (
    <div class="card item refused">
      <b>{titleOf(item)}</b>
      <span class="muted">
        {when(item.at)} · {t('photo.label', { n: item.photos })}
      </span>
      <p class="alert bad">
        <Icon name="warn" /> {reasonWords(reason)}
      </p>
      {reason.changed && reason.changed.length > 0 && (
        <div class="changed">
          <p>{t('refused.changed')}</p>
          <ol class="story">
            {reason.changed.map((row) => (
              <Story key={row.seq} row={row} found={null} />
            ))}
          </ol>
        </div>
      )}
      {item.posted && <p>{t('refused.posted', { number: item.posted })}</p>}
      <div class="pair">
        {!item.posted && (
          <button type="button" class="primary" onClick={() => void again()}>
            {t('refused.edit')}
          </button>
        )}
        <button type="button" onClick={() => void sendAgain(item)}>
          {t('refused.again')}
        </button>
      </div>
      <button type="button" class={`plain${sure.value ? ' bad' : ''}`} onClick={() => (sure.value ? void discard(item) : (sure.value = true))}>
        {t(sure.value ? 'draft.discard_sure' : 'draft.discard')}
      </button>
    </div>
  );
}
