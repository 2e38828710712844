// SPDX-License-Identifier: MPL-2.0
// One case as a collector needs it: what, where, until when, how it looked, what this person
// may do now, and what has happened to it, in plain words.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { AllowedAction, CaseDetail, HistoryRow } from '../../lib/api/types.ts';
import { failureWords } from '../../lib/api/failure.ts';
import { lightAt } from '../../lib/clock/light.ts';
import { leftWords } from '../../lib/clock/words.ts';
import { label, showFull } from '../../lib/i18n/index.ts';
import { MediaView, mediaClass, mediaStageWord } from '../../lib/ui/media.tsx';
import { Icon, LightIcon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { detail, detailAt, detailFailure, nowMs, photoUrl, showCase } from '../state/lists.ts';
import { go } from '../state/route.ts';
import { client } from '../state/session.ts';
import { items } from '../state/work.ts';
import { Head } from './parts.tsx';
import { actorWord, became, choiceWord, farOf, farWord, placeWord, when } from './words.ts';

export function CaseView({ number }: { number: string }) {
  useEffect(() => {
    void showCase(number);
  }, [number]);
  const found = detail.value?.number === number ? detail.value : null;
  return (
    <div class="view">
      <Head title={found ? label(found.class?.name) : number} />
      {detailFailure.value !== null && !found && (
        <p class="card alert bad" role="alert">
          {failureWords(detailFailure.value)}
          <button type="button" onClick={() => void showCase(number)}>
            {t('error.again')}
          </button>
        </p>
      )}
      {found && <Whole found={found} />}
    </div>
  );
}

function Whole({ found }: { found: CaseDetail }) {
  const light = lightAt(found.clock, found.light, nowMs.value);
  const far = farOf(found);
  const left = leftWords(found.clock, nowMs.value);
  return (
    <>
      {detailAt.value !== null && <p class="hint">{t('case.kept', { time: when(detailAt.value) })}</p>}
      <section class="card">
        <p class="case-top">
          <b class="badge state">{became(found)}</b>
          {left && (
            <span class={`left ${light}`}>
              <LightIcon light={light} /> {left}
            </span>
          )}
        </p>
        {found.condition && <p>{label(found.condition.name)}</p>}
        {found.description && <p class="words">{found.description}</p>}
        <p class="muted">
          {found.number} · {when(found.opened_at)}
        </p>
      </section>
      <section class="card">
        <p>
          <Icon name="pin" size={20} /> <b>{placeWord(found)}</b>
        </p>
        {found.point && (
          <div class="pair">
            <a class="button" href={`geo:${found.point.lat},${found.point.lon}?q=${found.point.lat},${found.point.lon}`}>
              <Icon name="map" size={20} /> {t('case.way')}
            </a>
            {far !== null && <b class="far">{farWord(far)}</b>}
          </div>
        )}
      </section>
      <Pictures found={found} />
      <Actions found={found} />
      <section class="card" aria-labelledby="history-title">
        <h2 id="history-title">{t('case.story')}</h2>
        <ol class="story">
          {found.history
            .slice()
            .sort((a, b) => b.seq - a.seq)
            .map((row) => (
              <Story key={row.seq} row={row} found={found} />
            ))}
        </ol>
      </section>
    </>
  );
}

export function Story({ row, found }: { row: HistoryRow; found: CaseDetail | null }) {
  const result = typeof row.inputs?.result === 'string' ? choiceWord(row.inputs.result) : '';
  const media = found?.media.filter((one) => (one as { seq?: number }).seq === row.seq && one.received && mediaClass(one.type) === 'photo') ?? [];
  return (
    <li>
      <span class="case-top">
        <b>
          {label(row.label) || row.action}
          {result && ` · ${result}`}
        </b>
        <time dateTime={row.at} title={showFull(row.at)}>
          {when(row.at)}
        </time>
      </span>
      {row.late && <span class="badge yellow">{t('history.late', { at: when(row.received_at) })}</span>}
      <span class="muted">{actorWord(row.actor)}</span>
      {row.opinion && <p class="words">{row.opinion}</p>}
      {media.length > 0 && (
        <span class="mini">
          {media.map((one) => (
            <img key={one.sha256} src={photoUrl(one.sha256, true)} alt="" loading="lazy" width="56" height="56" />
          ))}
        </span>
      )}
    </li>
  );
}

function Pictures({ found }: { found: CaseDetail }) {
  const big = useSignal<string | null>(null);
  if (found.media.length === 0) return null;
  return (
    <section class="card" aria-labelledby="pictures-title">
      <h2 id="pictures-title">{t('case.photos')}</h2>
      <ul class="strip">
        {found.media.map((one, i) => (
          <li key={one.sha256}>
            {one.received && mediaClass(one.type) !== 'photo' ? (
              <MediaView media={one} url={(path) => client.url(path)} />
            ) : one.received ? (
              <button type="button" class="picture" aria-label={t('photo.nth', { n: i + 1 })} onClick={() => (big.value = one.sha256)}>
                <img src={photoUrl(one.sha256, true)} alt="" loading="lazy" />
              </button>
            ) : (
              <span class="coming">{t('photo.coming')}</span>
            )}
            <small class="muted">{mediaStageWord(one.stage)}</small>
          </li>
        ))}
      </ul>
      {big.value && (
        <button type="button" class="big-picture" aria-label={t('case.close')} onClick={() => (big.value = null)}>
          <img src={photoUrl(big.value)} alt="" />
        </button>
      )}
    </section>
  );
}

/** Whose turn it is: the actions of the task that is this person's first, all else below. */
function Actions({ found }: { found: CaseDetail }) {
  const more = useSignal(false);
  const queued = items.value.filter((item) => item.kind === 'action' && item.number === found.number);
  const fits = (action: AllowedAction) => action.inputs.every((input) => KNOWN.has(input.type) || !input.required);
  const able = found.allowed_actions.filter(fits);
  const main = able.filter((action) => action.task !== null && isMine(found, action));
  const rest = able.filter((action) => !main.includes(action));
  if (queued.length > 0) {
    return (
      <section class="card queue-card">
        <p>
          <Icon name="up" size={20} /> {t(queued.some((item) => item.state === 'refused') ? 'case.refused' : 'case.queued')}
        </p>
        <button type="button" onClick={() => go('outbox')}>
          {t('warn.look')}
        </button>
      </section>
    );
  }
  if (able.length === 0) return null;
  const button = (action: AllowedAction, kind: string) => (
    <button
      key={action.action + String(action.task)}
      type="button"
      class={kind}
      data-kind={action.kind}
      onClick={() => go('act', found.number, action.action)}
    >
      {label(action.label)}
    </button>
  );
  return (
    <section class="card acts" aria-label={t('case.actions')}>
      {main.map((action) => button(action, 'primary huge'))}
      {rest.length > 0 &&
        (more.value || main.length === 0 ? (
          rest.map((action) => button(action, 'wide'))
        ) : (
          <button type="button" class="plain wide" onClick={() => (more.value = true)}>
            {t('case.more')}
          </button>
        ))}
    </section>
  );
}
/** What the phone's form can ask for. */
export const KNOWN = new Set(['text', 'choice', 'media', 'number']);

/** The task's holder is the role, the department or the person that this one is. */
function isMine(found: CaseDetail, action: AllowedAction): boolean {
  const task = found.tasks.find((one) => one.id === action.task);
  return task !== undefined && task.state === 'open' && task.kind !== 'case' && action.kind !== 'corrected';
}
