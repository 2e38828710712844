// SPDX-License-Identifier: MPL-2.0
// Exactly what the server says this person may do with this case now. An action is decided on
// the version of the task the person saw: if somebody else acted meanwhile, the page shows
// what changed, keeps what was typed and asks again.
import { useEffect, useId } from 'preact/hooks';
import { effect, signal } from '@preact/signals';
import { ApiError, LineError, uuid } from '../../lib/api/client.ts';
import type { AllowedAction, CaseDetail, HistoryRow } from '../../lib/api/types.ts';
import { label } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { keepDraft, keptDraft } from '../state/keep.ts';
import { client, detail, list, notify, open, readDetail, selected } from '../state/app.ts';
import { HistoryItem } from './case.tsx';
import { Field, uploading, type Value, type Values } from './fields.tsx';
import { needWords, WhatChanges } from './preview.tsx';
import { failureWords, refWord } from './words.ts';

/** What a person is typing for a case, kept while the page lives. */
interface Draft {
  number: string;
  action: string;
  task: number | null;
  version: number | null;
  /** History up to here was on the screen when the form was opened. */
  seen: number;
  key: string;
  values: Values;
  /** Who spoke for a department without login. */
  behalf: string;
  asked: boolean;
  busy: boolean;
  failure: string;
  changed: HistoryRow[];
  /** When the change appeared: a click already under way must not accept it unseen. */
  changedAt: number;
}
const READ_MS = 800;
/** Kinds that end a case unworked: never offered as the first thing to do. */
const GIVES_UP = new Set(['rejected', 'file_declined', 'case_voided', 'forced_closed']);
const draft = signal<Draft | null>(null);
const kept = new Map<string, Values>();
/** What is being typed survives a reload of the page. */
effect(() => {
  const form = draft.value;
  if (form) keepDraft('action', { number: form.number, action: form.action, task: form.task, values: form.values });
});

const lastSeq = (found: CaseDetail) => Math.max(0, ...found.history.map((row) => row.seq));
const sameAction = (action: AllowedAction, wanted: Draft) =>
  action.action === wanted.action && (wanted.task === null || action.task === wanted.task);
const change = (part: Partial<Draft>) => {
  if (draft.value) draft.value = { ...draft.value, ...part };
};

function begin(found: CaseDetail, action: AllowedAction): void {
  const empty = Object.fromEntries(action.inputs.map((input) => [input.name, null])) as Values;
  draft.value = {
    number: found.number,
    action: action.action,
    task: action.task,
    version: action.task_version,
    seen: lastSeq(found),
    key: uuid(),
    values: { ...empty, ...kept.get(`${found.number} ${action.action}`) },
    behalf: '',
    asked: false,
    busy: false,
    failure: '',
    changed: [],
    changedAt: 0,
  };
}
export function closeForm(): boolean {
  const form = draft.value;
  if (!form) return false;
  kept.set(`${form.number} ${form.action}`, form.values);
  keepDraft('action', null);
  draft.value = null;
  return true;
}

/** The key for the first thing to do: its form is opened, or the focus goes to it. */
export function firstAction(): void {
  const found = detail.value;
  const first = found?.allowed_actions.find((one) => !GIVES_UP.has(one.kind)) ?? found?.allowed_actions[0];
  if (!found || !first || draft.value) return;
  begin(found, first);
}
/** After a reload: the form that was open is open again, with what was typed. */
function reopen(found: CaseDetail): void {
  const old = keptDraft<{ number: string; action: string; task: number | null; values: Values }>('action');
  if (!old || old.number !== found.number || draft.value) return;
  const action = found.allowed_actions.find((one) => one.action === old.action);
  if (!action) return;
  kept.set(`${old.number} ${old.action}`, old.values);
  begin(found, action);
}

const isEmpty = (value: Value | undefined) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

async function send(action: AllowedAction): Promise<void> {
  const wanted = draft.value;
  if (!wanted || wanted.busy || uploading.value > 0 || Date.now() - wanted.changedAt < READ_MS) return;
  const unsaid = action.on_behalf && wanted.behalf.trim() === '';
  if (unsaid || action.inputs.some((input) => input.required && isEmpty(wanted.values[input.name]))) {
    change({ asked: true });
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.action-form [aria-invalid]')?.focus());
    return;
  }
  change({ busy: true, failure: '' });
  const inputs = Object.fromEntries(Object.entries(wanted.values).filter(([, value]) => !isEmpty(value)));
  const ifMatch = wanted.task === null ? undefined : `"${wanted.task}.${wanted.version ?? 0}"`;
  try {
    const after = await client.post<CaseDetail | { number: string; version: number }>(
      `/cases/${encodeURIComponent(wanted.number)}/actions`,
      { action: wanted.action, inputs, ...(action.on_behalf ? { on_behalf: wanted.behalf.trim() } : {}) },
      { key: wanted.key, ifMatch },
    );
    kept.delete(`${wanted.number} ${wanted.action}`);
    keepDraft('action', null);
    draft.value = null;
    if ('history' in after) {
      if (detail.value?.number === after.number) detail.value = after;
      list.put(after);
    } else if (selected.value === after.number) open(null); // the move took it out of our sight
    list.changed(after.number);
    notify('good', t('action.done', { action: label(action.label), number: after.number }));
  } catch (error) {
    await failed(error, wanted);
  }
}

async function failed(error: unknown, wanted: Draft): Promise<void> {
  if (error instanceof ApiError && error.status === 412) {
    await readDetail(wanted.number);
    const now = detail.value;
    const since = error.problem.changed ?? now?.history.filter((row) => row.seq > wanted.seen) ?? [];
    change({ busy: false, changed: since, changedAt: Date.now(), key: uuid() });
    adopt(now);
    return;
  }
  // An answer that never came leaves the key: sending again cannot act twice.
  const sameKey = error instanceof LineError;
  change({ busy: false, failure: failureWords(error), key: sameKey ? wanted.key : uuid() });
  if (error instanceof ApiError && (error.status === 409 || error.status === 403)) await readDetail(wanted.number);
}
/** The form now stands on the version that is shown. */
function adopt(found: CaseDetail | null): void {
  const form = draft.value;
  if (!form || !found) return;
  const again = found.allowed_actions.find((action) => action.action === form.action);
  if (again) change({ task: again.task, version: again.task_version, seen: lastSeq(found) });
}

export function Actions({ found }: { found: CaseDetail }) {
  const form = draft.value?.number === found.number ? draft.value : null;
  const action = form ? found.allowed_actions.find((one) => sameAction(one, form)) : undefined;

  useEffect(() => reopen(found), [found.number]);
  // Somebody acted on the very task while the form was form: say so before anything is sent.
  useEffect(() => {
    const wanted = draft.value;
    if (!wanted || wanted.number !== found.number || wanted.busy) return;
    const now = found.allowed_actions.find((one) => one.action === wanted.action);
    if (now && now.task === wanted.task && now.task_version === wanted.version) return;
    const since = found.history.filter((row) => row.seq > wanted.seen);
    if (since.length > 0) change({ changed: since, changedAt: Date.now(), seen: lastSeq(found) });
    adopt(found);
  }, [found]);

  if (found.allowed_actions.length === 0 && !form) {
    return <p class="block muted none">{t('action.none')}</p>;
  }
  return (
    <section class="block actions" aria-label={t('action.title')}>
      <div class="buttons">
        {found.allowed_actions.map((one, index) => (
          <button
            key={`${one.action}-${one.task}`}
            data-kind={one.kind}
            type="button"
            class={index === 0 && !form && !GIVES_UP.has(one.kind) ? 'primary' : form && sameAction(one, form) ? 'on' : ''}
            aria-expanded={form ? sameAction(one, form) : false}
            onClick={() => {
              const wasOpen = form && sameAction(one, form);
              closeForm();
              if (!wasOpen) begin(found, one);
            }}
          >
            {label(one.label) || one.action}
          </button>
        ))}
      </div>
      {form && <Form key={`${form.number} ${form.action}`} found={found} form={form} action={action} />}
    </section>
  );
}

function Form({ found, form, action }: { found: CaseDetail; form: Draft; action: AllowedAction | undefined }) {
  return (
    <form
      class="action-form"
      noValidate
      aria-label={label(action?.label) || form.action}
      onSubmit={(event) => {
        event.preventDefault();
        if (action) void send(action);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && action) void send(action);
      }}
    >
      {form.changed.length > 0 && <Conflict rows={form.changed} possible={action !== undefined} />}
      {action ? (
        <>
          <Request found={found} task={form.task} />
          {action.on_behalf && <Behalf form={form} who={refWord(action.on_behalf)} />}
          {action.inputs.map((input, index) => (
            <Field
              key={input.name}
              input={input}
              value={form.values[input.name] ?? null}
              classId={typeof form.values.class === 'number' ? form.values.class : (found.class?.id ?? 0)}
              missing={form.asked && input.required && isEmpty(form.values[input.name])}
              focusFirst={index === 0 && !action.on_behalf}
              inside={action.inside}
              onChange={(value) => change({ values: { ...draft.value?.values, [input.name]: value } })}
            />
          ))}
          {needWords(action).map((need) => (
            <p key={need} class="muted small-text">
              <Icon name="photo" size={12} /> {need}
            </p>
          ))}
          <WhatChanges number={found.number} action={action} task={form.task} version={form.version} values={form.values} />
          {action.inputs.length === 0 && <p>{t('action.sure', { action: label(action.label) })}</p>}
        </>
      ) : (
        <Typed values={form.values} />
      )}
      {form.failure && (
        <p class="alert bad" role="alert">
          <Icon name="warn" /> {form.failure}
        </p>
      )}
      <div class="form-end">
        {action && (
          <button type="submit" class="primary" disabled={form.busy || uploading.value > 0} aria-busy={form.busy}>
            {form.busy ? t('action.sending') : uploading.value > 0 ? t('media.sending') : form.changed.length > 0 ? t('action.anyway', { action: label(action.label) }) : label(action.label)}
          </button>
        )}
        <button type="button" class="plain" onClick={() => closeForm()}>
          {t('form.cancel')}
        </button>
        <small class="muted keys-hint">{action ? t('action.keys') : ''}</small>
      </div>
    </form>
  );
}

/** What kind of move asked for a task of this kind: whoever decides reads it first. */
const REQUESTS: Record<string, string> = {
  approve_return: 'returned',
  approve_extension: 'extension_asked',
  approve_suspension: 'suspension_asked',
  approve_void: 'void_asked',
  appeal: 'appealed',
  appeal_final: 'appealed',
  supervise: 'supervised',
  urge: 'urged',
};
function Request({ found, task }: { found: CaseDetail; task: number | null }) {
  const kind = REQUESTS[found.tasks.find((one) => one.id === task)?.kind ?? ''];
  const rows = kind === undefined ? [] : found.history.filter((row) => row.kind === kind);
  const row = rows.at(-1);
  if (!row) return null;
  return (
    <section class="request" aria-label={t('action.request')}>
      <ol class="history">
        <HistoryItem row={row} />
      </ol>
    </section>
  );
}

/** A department without login has telephoned: who it was stands in the history beside one's own name. */
function Behalf({ form, who }: { form: Draft; who: string }) {
  const id = useId();
  const missing = form.asked && form.behalf.trim() === '';
  return (
    <div class={`field${missing ? ' missing' : ''}`}>
      <label class="field-name" for={id}>
        {t('behalf.name', { who })}
      </label>
      <input
        id={id}
        type="text"
        maxLength={200}
        required
        aria-invalid={missing || undefined}
        aria-describedby={`${id}-hint`}
        value={form.behalf}
        onInput={(event) => change({ behalf: event.currentTarget.value })}
      />
      <small class="muted" id={`${id}-hint`}>
        {t('behalf.hint')}
      </small>
    </div>
  );
}

function Conflict({ rows, possible }: { rows: HistoryRow[]; possible: boolean }) {
  return (
    <div class="alert warn" role="alert">
      <p>
        <Icon name="warn" /> <b>{t('conflict.title')}</b>
      </p>
      <ol class="history">
        {rows.map((row) => (
          <HistoryItem key={row.seq} row={row} />
        ))}
      </ol>
      <p>{t(possible ? 'conflict.again' : 'conflict.over')}</p>
    </div>
  );
}
/** The action is no longer possible: what was typed can still be copied. */
function Typed({ values }: { values: Values }) {
  const texts = Object.values(values).filter((value): value is string => typeof value === 'string' && value !== '');
  if (texts.length === 0) return null;
  return (
    <div class="field">
      <span class="field-name">{t('conflict.typed')}</span>
      {texts.map((text) => (
        <textarea key={text} readOnly rows={3} aria-label={t('conflict.typed')} value={text} />
      ))}
    </div>
  );
}
