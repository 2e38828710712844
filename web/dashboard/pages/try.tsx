// SPDX-License-Identifier: MPL-2.0
// A dry run: what another definition of a figure would have made of past months. Nothing is
// changed by it; the row can be taken along for whoever loads the city's tables.
import { useSignal } from '@preact/signals';
import { failureWords } from '../../lib/api/failure.ts';
import { ApiError } from '../../lib/api/client.ts';
import { label } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { draftTables, type MeasureWord, ownTable } from '../definition.ts';
import { type Figures, figureOf, showKey, showValue } from '../figures.ts';
import { t } from '../i18n.ts';
import { client, definitions, view } from '../state.ts';
import { figureQuery } from '../view.ts';
import { Bars } from './bars.tsx';

interface Trial {
  now: Figures | null;
  draft: Figures;
}
const MONTHS = 12;
/** The months up to today, whole ones. */
export function trialSpan(today: string): { from: string; to: string } {
  const months = Number(today.slice(0, 4)) * 12 + Number(today.slice(5, 7)) - MONTHS;
  return { from: `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}-01`, to: today };
}

function Result({ trial, one }: { trial: Trial; one: MeasureWord }) {
  const { now, draft } = trial;
  const value = (answer: Figures | null, values: readonly (number | null)[] | undefined): number | null => (answer && values ? (figureOf(answer, values, one.code)?.value ?? null) : null);
  const rows = draft.rows.map((row) => {
    const key = row.keys[0]!;
    const same = now?.rows.find((other) => other.keys[0]?.code === key.code);
    return { key, name: showKey('month', key, draft.today), now: value(now, same?.values), draft: value(draft, row.values) };
  });
  const total = { now: value(now, now?.totals), draft: value(draft, draft.totals) };
  const unit = draft.measures.find((measure) => measure.code === one.code)?.unit ?? one.unit;
  const change = (a: number | null, b: number | null): string => {
    if (a === null || b === null) return '–';
    if (a === b) return t('try.same');
    return `${b > a ? '+' : '−'}${showValue(unit, Math.abs(b - a))}`;
  };
  return (
    <div class="try-result" aria-live="polite">
      <Bars
        names={rows.map((row) => row.name)}
        unit={unit}
        series={[
          { code: 'then', name: t('try.now'), values: rows.map((row) => row.now) },
          { code: 'opened', name: t('try.draft'), values: rows.map((row) => row.draft) },
        ]}
      />
      <div class="table-box" tabIndex={0} role="region" aria-label={t('try.title')}>
        <table>
          <caption class="hidden">{t('try.title')}</caption>
          <thead>
            <tr>
              {[t('unit.month'), t('try.now'), t('try.draft'), t('compare.change')].map((word) => (
                <th key={word} scope="col">
                  {word}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key.code} data-key={row.key.code} data-now={row.now ?? ''} data-draft={row.draft ?? ''}>
                <th scope="row">{row.name}</th>
                <td>{showValue(unit, row.now)}</td>
                <td>{showValue(unit, row.draft)}</td>
                <td>{change(row.now, row.draft)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr data-total="">
              <th scope="row">{t('table.total')}</th>
              <td>{showValue(unit, total.now)}</td>
              <td>{showValue(unit, total.draft)}</td>
              <td>{change(total.now, total.draft)}</td>
            </tr>
          </tfoot>
        </table>
      </div>
    </div>
  );
}

export function TryForm({ one, today }: { one: MeasureWord; today: string }) {
  const formula = useSignal(one.count ? (one.when ?? '') : (one.formula ?? ''));
  const zero = useSignal(one.if_zero === null || one.if_zero === undefined ? '' : String(one.if_zero));
  const trial = useSignal<Trial | null>(null);
  const failed = useSignal<unknown>(null);
  const busy = useSignal(false);
  const divides = !one.count && formula.value.includes('/');
  const changed = (): MeasureWord =>
    one.count ? { ...one, when: formula.value.trim() } : { ...one, formula: formula.value.trim(), if_zero: zero.value.trim() === '' ? null : Number(zero.value) };
  const run = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    failed.value = null;
    try {
      const query = figureQuery(view.value.filters, trialSpan(today), { measures: one.code, by: 'month' });
      trial.value = await client.post<Trial>(`/indicators/try?${query}`, draftTables(definitions.value, changed()));
    } catch (error) {
      trial.value = null;
      failed.value = error;
    } finally {
      busy.value = false;
    }
  };
  const file = `${one.count ? 'own_counts' : 'own_indicators'}.csv`;
  return (
    <details class="try">
      <summary>{t('try.title')}</summary>
      <form onSubmit={(event) => void run(event)}>
        <p class="muted">{t('try.why')}</p>
        <label>
          <span>{one.count ? t('define.when') : t('define.formula')}</span>
          <textarea name="formula" rows={2} spellcheck={false} maxLength={1000} value={formula.value} onInput={(event) => (formula.value = event.currentTarget.value)} />
        </label>
        {divides && (
          <label>
            <span>{t('try.zero')}</span>
            <input type="number" step="any" name="zero" value={zero.value} onInput={(event) => (zero.value = event.currentTarget.value)} />
          </label>
        )}
        <p>
          <button type="submit" class="primary" disabled={busy.value} aria-busy={busy.value}>
            {t('try.run')}
          </button>{' '}
          <a class="button" download={file} href={`data:text/csv;charset=utf-8,${encodeURIComponent(`\ufeff${ownTable([changed()])}`)}`}>
            <Icon name="down_to" /> {t('try.take', { file })}
          </a>
        </p>
        {failed.value !== null && (
          <p class="alert bad" role="alert">
            <Icon name="warn" /> {failureWords(failed.value)}
            {failed.value instanceof ApiError && failed.value.problem.detail && failureWords(failed.value) !== failed.value.problem.detail ? ` ${failed.value.problem.detail}` : ''}
          </p>
        )}
        {trial.value && <Result trial={trial.value} one={one} />}
        <p class="muted">
          {t('try.words')} {definitions.value.words.length > 0 && one.count && <WordList />}
        </p>
      </form>
    </details>
  );
}
function WordList() {
  return (
    <details>
      <summary>{t('try.all_words')}</summary>
      <dl class="word-list">
        {definitions.value.words.map((word) => (
          <div key={word.word}>
            <dt>
              <code>{word.word}</code>
            </dt>
            <dd>{label(word.label)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
