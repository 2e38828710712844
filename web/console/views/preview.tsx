// SPDX-License-Identifier: MPL-2.0
// What the form that is being filled in would change of the case: asked of the server a
// moment after the last key, shown before anything is sent.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { ApiError, LineError } from '../../lib/api/client.ts';
import type { AllowedAction, Label, Preview, PreviewChange, Ref } from '../../lib/api/types.ts';
import { label, showFull } from '../../lib/i18n/index.ts';
import { t } from '../i18n.ts';
import { city, client } from '../state/app.ts';
import type { Values } from './fields.tsx';
import { failureWords } from './words.ts';

/** Inputs that move a case to another class, place or department. */
const MOVES = new Set(['class', 'condition', 'point', 'department']);
const WAIT_MS = 400;
const NAMES = {
  step: 'preview.step',
  class: 'preview.class',
  condition: 'preview.condition',
  grid: 'preview.grid',
  area: 'preview.area',
  route: 'preview.route',
  department: 'preview.department',
  limit: 'preview.limit',
  due: 'preview.due',
} as const;
const NEEDS = {
  document: 'needs.document',
  photo: 'needs.photo',
  before: 'needs.before',
  after: 'needs.after',
} as const;
/** Files that an action does not go without, as words. */
export const needWords = (action: AllowedAction): string[] =>
  (action.needs ?? []).map((need) => t(NEEDS[need as keyof typeof NEEDS] ?? 'needs.photo'));

function word(change: PreviewChange, side: Label | Ref | string | null): string {
  if (side === null) return t('preview.none');
  if (typeof side === 'string') return change.what === 'due' ? showFull(side) : side;
  const name = 'id' in side && 'name' in side ? (side as Ref).name : (side as Label);
  return label(name) || t('preview.none');
}
function what(change: PreviewChange): string {
  const level = city.value?.levels.find((one) => one.code === change.level);
  return (level && label(level.name)) || t(NAMES[change.what]);
}

export function WhatChanges({ number, action, task, version, values }: {
  number: string;
  action: AllowedAction;
  task: number | null;
  version: number | null;
  values: Values;
}) {
  const found = useSignal<Preview | null>(null);
  const failure = useSignal('');
  const moves = action.inputs.filter((input) => MOVES.has(input.type) && values[input.name] !== null && values[input.name] !== undefined);
  const asked = JSON.stringify(moves.map((input) => [input.name, values[input.name]]));
  useEffect(() => {
    found.value = null;
    failure.value = '';
    if (moves.length === 0) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      // What is still to be typed does not change where the case goes.
      const inputs: Record<string, unknown> = {};
      for (const input of action.inputs) {
        const value = values[input.name];
        if (value !== null && value !== undefined && value !== '') inputs[input.name] = value;
        else if (input.required && input.type === 'text') inputs[input.name] = '-';
      }
      const ifMatch = task === null ? undefined : `"${task}.${version ?? 0}"`;
      client
        .post<Preview>(`/cases/${encodeURIComponent(number)}/preview`, { action: action.action, inputs }, { ifMatch, signal: abort.signal, quiet: true })
        .then((preview) => (found.value = preview))
        .catch((error: unknown) => {
          if (abort.signal.aborted) return;
          if (!(error instanceof ApiError) && !(error instanceof LineError)) throw error;
          failure.value = failureWords(error);
        });
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [asked, number, action.action, version]);
  if (moves.length === 0) return null;
  return (
    <section class="preview" aria-label={t('preview.title')} aria-live="polite" aria-busy={found.value === null && failure.value === ''}>
      <p>
        <b>{t('preview.title')}</b>
      </p>
      {failure.value && <p class="muted">{failure.value}</p>}
      {!found.value && !failure.value && <p class="muted">{t('preview.asking')}</p>}
      {found.value && found.value.changes.length === 0 && <p class="muted">{t('preview.same')}</p>}
      {found.value && found.value.changes.length > 0 && (
        <dl class="facts">
          {found.value.changes.map((change) => (
            <div key={`${change.what} ${change.level ?? ''}`} data-what={change.what}>
              <dt>{what(change)}</dt>
              <dd>
                <s>{word(change, change.before)}</s> <span class="muted">{t('preview.to')}</span> <b>{word(change, change.after)}</b>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
