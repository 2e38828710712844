// SPDX-License-Identifier: MPL-2.0
// A new report: photo, place, what it is, send. Nothing has to be typed, nothing waits for
// the network, and whatever was given is on the phone before the next thing is asked.
import { useEffect, useMemo } from 'preact/hooks';
import { useSignal, useSignalEffect } from '@preact/signals';
import { ApiError, LineError } from '../../lib/api/client.ts';
import type { CaseSummary, NearCases } from '../../lib/api/types.ts';
import { label, showClock } from '../../lib/i18n/index.ts';
import { type FieldKey, t } from '../i18n.ts';
import { fix, wantPosition } from '../state/position.ts';
import { go } from '../state/route.ts';
import { client, may, notify, quickly } from '../state/session.ts';
import { type Keeper, lacksShown, reportKeeper, type ReportForm, saveReport, showsOf, throwAway, wayOf, ways } from '../state/work.ts';
import { ClassChooser } from './classes.tsx';
import { Head, online } from './parts.tsx';
import { Photos } from './photos.tsx';
import { followFix, located, PlaceField } from './place.tsx';
import { became, classOf, conditionOf, farWord, majorWord, when } from './words.ts';

type Missing = 'photo' | 'place' | 'class';
const phrases: FieldKey[] = ['phrase.danger', 'phrase.road', 'phrase.pavement', 'phrase.large', 'phrase.several', 'phrase.again', 'phrase.nobody'];

function lacks(keeper: Keeper<ReportForm>): Missing[] {
  const form = keeper.form.value;
  const out: Missing[] = [];
  if (!form.point && !form.address.trim()) out.push('place');
  if (!form.classId) out.push('class');
  if (lacksShown(form, keeper.photos.value)) out.push('photo');
  return out;
}

export function ReportView() {
  const keeper = useMemo(reportKeeper, []);
  const ready = useSignal<'no' | 'blank' | 'restored'>('no');
  const asked = useSignal(false);
  const busy = useSignal(false);
  useEffect(() => {
    void keeper.restore().then((found) => (ready.value = found ? 'restored' : 'blank'));
    wantPosition();
  }, []);
  useSignalEffect(() => {
    if (ready.value !== 'no' && fix.value) followFix(keeper);
  });
  if (!may('case.report')) return <p class="card">{t('report.may_not')}</p>;
  if (ready.value === 'no') return null;
  const form = keeper.form.value;
  const missing = asked.value ? lacks(keeper) : [];

  const send = async () => {
    asked.value = true;
    const [first] = lacks(keeper);
    if (first) {
      document.getElementById(first)?.scrollIntoView({ block: 'center' });
      const shown = (wayOf(form)?.needs ?? []).includes('before') ? 'how.lacks' : 'how.lacks_after';
      notify('bad', t(first === 'place' ? 'report.no_place' : first === 'class' ? 'report.no_class' : shown), 'form');
      return;
    }
    if (busy.value) return;
    busy.value = true;
    const found = classOf(form.classId)!;
    const condition = conditionOf(found, form.conditionId);
    const words = form.words.trim() || [label(found.name), label(condition?.name)].filter(Boolean).join(' · ');
    try {
      await saveReport(keeper, found.name, words);
      navigator.vibrate?.([40, 60, 40]);
      notify('good', t(online() ? 'report.kept' : 'report.kept_offline'), 'outbox');
      go('home');
    } catch (error) {
      notify('bad', t('photo.not_kept', { why: (error as Error).name }));
    } finally {
      busy.value = false;
    }
  };

  return (
    <div class="view form-view">
      <div class="form-scroll">
        <Head title={t('report.title')} onBack={() => go('home')} />
        {ready.value === 'restored' && keeper.savedAt.value !== null && <p class="hint">{t('draft.restored')}</p>}
        <section class="card" id="photo" aria-label={t('case.photos')}>
          <Photos keeper={keeper as never} startOpen={ready.value === 'blank'} />
        </section>
        <How keeper={keeper} />
        <PlaceField keeper={keeper} missing={missing.includes('place')} />
        <What keeper={keeper} missing={missing.includes('class')} />
        <Words value={form.words} optional onChange={(words) => keeper.set({ words })} />
      </div>
      <div class="send-bar">
        <button type="button" class="primary huge" aria-busy={busy.value} onClick={() => void send()}>
          {t('report.send_field')}
        </button>
        <div class="send-notes">
          <Kept keeper={keeper} />
          <Discard onDiscard={() => void keeper.drop().then(() => throwAway(keeper.id)).then(() => go('home'))} />
        </div>
      </div>
    </div>
  );
}

export function Kept({ keeper }: { keeper: Keeper<never> | Keeper<object> | Keeper<ReportForm> }) {
  if (keeper.failure.value !== null) return <span class="bad">{t('draft.failed')}</span>;
  if (keeper.savedAt.value === null) return <span />;
  return <span class="muted">{t('draft.kept', { time: showClock(new Date(keeper.savedAt.value).toISOString()) })}</span>;
}
export function Discard({ onDiscard }: { onDiscard: () => void }) {
  const sure = useSignal(false);
  return (
    <button type="button" class={`plain${sure.value ? ' bad' : ''}`} onClick={() => (sure.value ? onDiscard() : (sure.value = true))}>
      {t(sure.value ? 'draft.discard_sure' : 'draft.discard')}
    </button>
  );
}

/** Reported only, or handled on the spot: the ways that the process has for this person. */
function How({ keeper }: { keeper: Keeper<ReportForm> }) {
  const form = keeper.form.value;
  const photos = keeper.photos.value;
  if (ways.value.length < 2) return null;
  const way = wayOf(form);
  const sides = (way?.needs ?? []).some((need) => need === 'before' || need === 'after');
  return (
    <section class="card" id="how" aria-labelledby="how-title">
      <h2 id="how-title">{t('how.title')}</h2>
      <div class="big-choices" role="radiogroup" aria-labelledby="how-title">
        {ways.value.map((one, at) => (
          <button
            key={one.action}
            type="button"
            role="radio"
            data-how={one.action}
            aria-checked={one.action === way?.action}
            onClick={() => keeper.set({ how: at === 0 ? '' : one.action })}
          >
            <span>{label(one.label)}</span>
          </button>
        ))}
      </div>
      {sides && lacksShown(form, photos) && <p class="hint">{t((way?.needs ?? []).includes('before') ? 'how.lacks' : 'how.lacks_after')}</p>}
      {sides && photos.length > 0 && (
        <ul class="plain-list" aria-label={t('how.shows')}>
          {photos.map((photo, at) => (
            <li key={photo.id} class="chosen">
              <span>{t('how.nth', { n: at + 1 })}</span>
              <button
                type="button"
                onClick={() => keeper.set({ shows: { ...form.shows, [photo.id]: showsOf(form, photos, at) === 'before' ? 'after' : 'before' } })}
              >
                {t(showsOf(form, photos, at) === 'before' ? 'how.before' : 'how.after')}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function What({ keeper, missing }: { keeper: Keeper<ReportForm>; missing: boolean }) {
  const form = keeper.form.value;
  const found = classOf(form.classId);
  return (
    <section class={`card${missing ? ' missing' : ''}`} id="class" aria-labelledby="class-title">
      <h2 id="class-title">{t('report.what')}</h2>
      {missing && <p class="field-error">{t('report.no_class')}</p>}
      {found ? (
        <>
          <div class="chosen">
            <span>
              <b>{label(found.name)}</b>
              <small>{form.component ? form.component.code : majorWord(found)}</small>
            </span>
            <button type="button" onClick={() => keeper.set({ classId: null, conditionId: null, component: null })}>
              {t('class.change')}
            </button>
          </div>
          {found.conditions.length > 1 && (
            <div class="big-choices" role="radiogroup" aria-label={t('report.condition')}>
              {found.conditions.map((one) => (
                <button
                  key={one.id}
                  type="button"
                  role="radio"
                  aria-checked={form.conditionId === one.id}
                  onClick={() => keeper.set({ conditionId: form.conditionId === one.id ? null : one.id })}
                >
                  <span>{label(one.name) || one.code}</span>
                  {one.limit_text && <small>{label(one.limit_text)}</small>}
                </button>
              ))}
            </div>
          )}
          <Duplicates form={form} />
        </>
      ) : (
        <ClassChooser
          located={located.value.value}
          onChoose={(chosen) => keeper.set({ classId: chosen.classId, conditionId: chosen.conditionId, component: chosen.component ?? null })}
        />
      )}
    </section>
  );
}

/** Open cases of the class close by, as the city's table says what is close: told, never in
 * the way. */
function Duplicates({ form }: { form: ReportForm }) {
  const near = useSignal<{ item: CaseSummary; far: number }[]>([]);
  useEffect(() => {
    near.value = [];
    const { point, classId } = form;
    if (!point || !classId) return;
    let gone = false;
    client
      .get<NearCases>('/duplicates', { class: classId, lon: point.lon.toFixed(7), lat: point.lat.toFixed(7) }, quickly)
      .then(({ items }) => {
        if (!gone) near.value = items.slice(0, 3).map((one) => ({ item: one.case, far: one.distance_m }));
      })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError) && !(error instanceof LineError)) throw error;
      });
    return () => {
      gone = true;
    };
  }, [form.classId, form.point?.lon, form.point?.lat]);
  if (near.value.length === 0) return null;
  return (
    <div class="alert warn duplicates">
      <p>
        <b>{t('duplicate.title', { n: near.value.length })}</b>
      </p>
      <ul>
        {near.value.map(({ item, far }) => (
          <li key={item.number}>
            <a href={`#case/${encodeURIComponent(item.number)}`}>
              {farWord(far)} · {when(item.opened_at)} · {became(item)}
            </a>
          </li>
        ))}
      </ul>
      <p>{t('duplicate.text')}</p>
    </div>
  );
}

/** Words by one tap, or typed. */
export function Words({ value, optional, onChange, title }: { value: string; optional: boolean; onChange: (value: string) => void; title?: string }) {
  const chosen = (text: string) => value.includes(text);
  const toggle = (text: string) => {
    if (chosen(text)) onChange(value.replace(text, '').replace(/^[\s,，;；]+|[\s,，;；]+$/g, '').replace(/([,，])\s*[,，]/g, '$1'));
    else onChange(value.trim() ? `${value.trim()}${t('phrase.join')}${text}` : text);
  };
  return (
    <section class="card" aria-labelledby="words-title">
      <h2 id="words-title">
        {title ?? t('report.words')} {optional && <small class="optional">{t('form.optional')}</small>}
      </h2>
      <div class="phrases">
        {phrases.map((key) => (
          <button key={key} type="button" aria-pressed={chosen(t(key))} onClick={() => toggle(t(key))}>
            {t(key)}
          </button>
        ))}
      </div>
      <textarea rows={2} maxLength={2000} aria-labelledby="words-title" value={value} onInput={(event) => onChange(event.currentTarget.value)} />
    </section>
  );
}
