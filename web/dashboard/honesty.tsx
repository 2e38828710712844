// SPDX-License-Identifier: MPL-2.0
// What stands behind a closing rate: a rate that looks too good shows why. In words, and each
// opens its cases.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { label, showNumber } from '../lib/i18n/index.ts';
import { type Figure, figureOf, type FigureRow, type Figures, isRate, measureName, showShare, showValue } from './figures.ts';
import { t } from './i18n.ts';
import { Link, Opens } from './links.tsx';
import { client, shown, span, view } from './state.ts';
import { What } from './what.tsx';
import { doubtCodes, figureQuery } from './view.ts';
import { Visits } from './visits.tsx';

const shortKey = {
  forced_share: 'honesty.forced_share',
  one_sided_share: 'honesty.one_sided_share',
  unchecked_share: 'honesty.unchecked_share',
  gone_again_share: 'honesty.gone_again_share',
  reopened_share: 'honesty.reopened_share',
  suspended_share: 'honesty.suspended_share',
  fed_back_bare_share: 'honesty.fed_back_bare_share',
  checked_bare_share: 'honesty.checked_bare_share',
} as const;

/** Doubts that there is a case for, in their order. */
export const doubts = (answer: Figures, values: readonly (number | null)[]): Figure[] =>
  doubtCodes.flatMap((code) => {
    const figure = figureOf(answer, values, code);
    return figure && isRate(figure) && (figure.numerator ?? 0) > 0 ? [figure] : [];
  });

const keyOf = (row: FigureRow): string => row.keys.map((key) => key.id || key.code).join();
/** The same row in another answer by the same dimension. */
export const sameRow = (answer: Figures | null, row: FigureRow): FigureRow | null => answer?.rows.find((one) => keyOf(one) === keyOf(row)) ?? null;

/** "Opened again 3", for a cell: counts alone, each opens its cases. */
export function DoubtCell({ answer, row }: { answer: Figures; row: Pick<FigureRow, 'values' | 'list'> | null }) {
  const found = row ? doubts(answer, row.values) : [];
  if (!row || found.length === 0) return null;
  return (
    <span class="doubts">
      {found.map((figure) => (
        <Opens key={figure.code} figure={figure.code} of={row.list} name={measureName(figure)}>
          {t(shortKey[figure.code as keyof typeof shortKey], { n: showNumber(figure.numerator ?? 0) })}
        </Opens>
      ))}
    </span>
  );
}

interface Repeats {
  query: string;
  repeats: number;
  arrivals: number;
  total: number;
}
/** Kept over a look at a list: whoever comes back finds the page as high as it was. */
const sameSpot = signal<Repeats | null>(null);
/** Problems that came back to the spot: reckoned from places, so asked for once a period and
 *  by itself, after all else is there. Where the server declines (too many cases for one
 *  answer) the link leads to the view that says so. */
function SameSpot() {
  const query = figureQuery(view.value.filters, span.value);
  useEffect(() => {
    let wanted = true;
    client
      .get<Omit<Repeats, 'query'>>(`/repeats?${query}`)
      .then((answer) => wanted && (sameSpot.value = { ...answer, query }))
      .catch(() => undefined);
    return () => {
      wanted = false;
    };
  }, [query]);
  const now = sameSpot.value?.query === query ? sameSpot.value : null;
  const words = now && { n: showNumber(now.repeats), total: showNumber(now.arrivals), share: showShare(now.repeats / now.arrivals), spots: showNumber(now.total) };
  return (
    <li data-same-spot={now?.repeats}>
      <Link to={{ ...view.value, page: 'quality', list: null }}>{t('honesty.same_spot')}</Link>
      {now && words && <span> {now.repeats > 0 ? t('repeats.words', words) : t('repeats.none', { n: words.total })}</span>}
    </li>
  );
}

/** All of them in whole words, under the headline figures. */
export function Honesty({ answer }: { answer: Figures | null }) {
  if (!answer) return null;
  const rate = figureOf(answer, answer.totals, 'closing_rate');
  const age = figureOf(answer, answer.totals, 'suspended_age');
  const found = doubts(answer, answer.totals);
  if (!rate || rate.value === null) return null;
  return (
    <section class="panel honesty" aria-labelledby="honesty-title">
      <h2 id="honesty-title">{t('honesty.title', { rate: showShare(rate.value) })}</h2>
      <ul class="plain-list">
        {found.map((figure) => (
          <li key={figure.code} data-honesty={figure.code} data-count={figure.numerator ?? ''}>
            {label(figure.measure.label)} <What code={figure.code} name={measureName(figure)} /> <b>{showShare(figure.value ?? 0)}</b>{' '}
            <Opens figure={figure.code} of={answer.list} name={measureName(figure)}>
              {t('honesty.cases', { n: figure.numerator ?? 0 })}
            </Opens>
            {figure.code === 'suspended_share' && age && age.value !== null && <span> {t('honesty.age', { span: showValue('s', age.value) })}</span>}
          </li>
        ))}
        {found.length === 0 && <li data-honesty="none">{t('honesty.none')}</li>}
        {!shown.value?.frozen && <SameSpot />}
        {!shown.value?.frozen && <Visits />}
      </ul>
    </section>
  );
}
