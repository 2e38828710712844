// SPDX-License-Identifier: MPL-2.0
// Doing a task: the form is made of what the action asks for. Large buttons for choices,
// photos as in a report, words by a tap; kept and sent through the outbox like a report.
import { useEffect, useMemo } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { AllowedAction, CaseDetail, Input } from '../../lib/api/types.ts';
import { label } from '../../lib/i18n/index.ts';
import { t } from '../i18n.ts';
import { detail, refreshSoon, showCase } from '../state/lists.ts';
import { wantPosition } from '../state/position.ts';
import { go } from '../state/route.ts';
import { notify } from '../state/session.ts';
import { actKeeper, type Keeper, saveAct, throwAway } from '../state/work.ts';
import { KNOWN } from './case.tsx';
import { Head, online } from './parts.tsx';
import { Photos } from './photos.tsx';
import { Discard, Kept, Words } from './report.tsx';
import { choiceCode, choiceWord, inputName, placeWord } from './words.ts';

export function ActView({ number, action }: { number: string; action: string }) {
  useEffect(() => {
    if (detail.value?.number !== number) void showCase(number);
    wantPosition();
  }, [number]);
  const found = detail.value?.number === number ? detail.value : null;
  const allowed = found?.allowed_actions.find((one) => one.action === action);
  if (!found) return <Head title={number} />;
  if (!allowed) {
    return (
      <div class="view">
        <Head title={number} onBack={() => go('case', number)} />
        <p class="card">{t('act.gone')}</p>
      </div>
    );
  }
  return <Act key={`${number}/${action}`} found={found} allowed={allowed} />;
}

function Act({ found, allowed }: { found: CaseDetail; allowed: AllowedAction }) {
  const now = allowed.task === null ? null : `"${allowed.task}.${allowed.task_version}"`;
  const keeper = useMemo(() => actKeeper(found.number, allowed.action, now), []);
  const ready = useSignal(false);
  const asked = useSignal(false);
  const busy = useSignal(false);
  useEffect(() => {
    void keeper.restore().then(() => (ready.value = true));
  }, []);
  if (!ready.value) return null;
  const form = keeper.form.value;
  const inputs = allowed.inputs.filter((input) => KNOWN.has(input.type));
  const media = inputs.find((input) => input.type === 'media');
  const words = inputs.find((input) => input.type === 'text');
  const set = (name: string, value: string) => keeper.set({ values: { ...form.values, [name]: value }, ifMatch: form.ifMatch ?? now });
  const missing = inputs.filter((input) =>
    input.required && (input.type === 'media' ? keeper.photos.value.length === 0 : !form.values[input.name]?.trim()),
  );
  const send = async () => {
    asked.value = true;
    if (missing.length > 0) {
      notify('bad', t('act.missing', { name: inputName(missing[0]!) }), 'form');
      return;
    }
    if (busy.value) return;
    busy.value = true;
    try {
      // What is agreed to is what is seen now: a version that came in since counts.
      keeper.set({ ifMatch: now });
      await saveAct(keeper, media?.name ?? null, allowed.label);
      navigator.vibrate?.([40, 60, 40]);
      notify('good', t(online() ? 'report.kept' : 'report.kept_offline'), 'outbox');
      refreshSoon(500);
      go('tasks');
    } catch (error) {
      notify('bad', t('photo.not_kept', { why: (error as Error).name }));
    } finally {
      busy.value = false;
    }
  };
  return (
    <div class="view form-view">
      <div class="form-scroll">
        <Head title={label(allowed.label)} onBack={() => go('case', found.number)} />
        <section class="card">
          <b>{label(found.class?.name)}</b>
          <p class="muted">{placeWord(found)}</p>
        </section>
        {inputs
          .filter((input) => input.type === 'choice')
          .map((input) => (
            <Choice key={input.name} input={input} value={form.values[input.name] ?? ''} missing={asked.value && missing.includes(input)} onChange={(value) => set(input.name, value)} />
          ))}
        {media && (
          <section class="card" aria-label={inputName(media)}>
            <h2>
              {inputName(media)} {!media.required && <small class="optional">{t('form.optional')}</small>}
            </h2>
            <Photos keeper={keeper as never} startOpen={false} />
          </section>
        )}
        {words && <Words title={inputName(words)} optional={!words.required} value={form.values[words.name] ?? ''} onChange={(value) => set(words.name, value)} />}
        {inputs
          .filter((input) => (input.type === 'text' && input !== words) || input.type === 'number')
          .map((input) => (
            <section key={input.name} class="card">
              <label class="field">
                <span class="field-name">{inputName(input)}</span>
                <input
                  type="text"
                  inputMode={input.type === 'number' ? 'decimal' : undefined}
                  value={form.values[input.name] ?? ''}
                  onInput={(event) => set(input.name, event.currentTarget.value)}
                />
              </label>
            </section>
          ))}
      </div>
      <div class="send-bar">
        <button type="button" class="primary huge" aria-busy={busy.value} onClick={() => void send()}>
          {t('act.send', { what: label(allowed.label) })}
        </button>
        <div class="send-notes">
          <Kept keeper={keeper as Keeper<never>} />
          <Discard onDiscard={() => void keeper.drop().then(() => throwAway(keeper.id)).then(() => go('case', found.number))} />
        </div>
      </div>
    </div>
  );
}

function Choice({ input, value, missing, onChange }: { input: Input; value: string; missing: boolean; onChange: (value: string) => void }) {
  return (
    <section class={`card${missing ? ' missing' : ''}`}>
      <h2>{inputName(input)}</h2>
      <div class="big-choices" role="radiogroup" aria-label={inputName(input)}>
        {(input.choices ?? []).map((choice) => (
          <button
            key={choiceCode(choice)}
            type="button"
            role="radio"
            data-choice={choiceCode(choice)}
            aria-checked={value === choiceCode(choice)}
            onClick={() => onChange(choiceCode(choice))}
          >
            {choiceWord(choice)}
          </button>
        ))}
      </div>
    </section>
  );
}
