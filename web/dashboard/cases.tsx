// SPDX-License-Identifier: MPL-2.0
// The cases behind a figure: exactly as many as it says, newest first, each linked to its
// page in the console.
import { useEffect, useRef } from 'preact/hooks';
import type { CaseSummary } from '../lib/api/types.ts';
import { lightAt } from '../lib/clock/light.ts';
import { leftWords, lightWord, paused, spanWords } from '../lib/clock/words.ts';
import { label, showNumber, showTime } from '../lib/i18n/index.ts';
import { Icon, LightIcon } from '../lib/ui/icons.tsx';
import { isDay } from './days.ts';
import { showSpan } from './figures.ts';
import { t } from './i18n.ts';
import { Link } from './links.tsx';
import { asOfWords, base, cases, client, loading, measureNames, moreCases, pageShown, readDefinitions, reading, shown, today, view } from './state.ts';
import { ChipWords } from './controls.tsx';
import { Files } from './tables.tsx';
import { What } from './what.tsx';
import { chips, type FigureList, listQuery, readFilters } from './view.ts';

const rates = new Set(['closing_rate', 'on_time_rate']);
const partKey = {
  closing_rate: { numerator: 'part.closing', denominator: 'part.to_close' },
  on_time_rate: { numerator: 'part.in_time', denominator: 'part.to_handle' },
} as const;
const listKey = {
  opened: 'cases.opened',
  closed: 'cases.closed',
  open: 'cases.open',
  overdue: 'cases.overdue',
  mean_time_to_close: 'cases.closed',
} as const;

/** What the list holds, in words. */
function titleOf(list: FigureList, now = false): string {
  if (now && list.figure === 'open') return t('cases.open_now');
  if (now && list.figure === 'overdue') return t('cases.overdue_now');
  if (list.figure === 'closing_rate' || list.figure === 'on_time_rate') return t(partKey[list.figure][list.part]);
  return list.figure in listKey ? t(listKey[list.figure as keyof typeof listKey]) : label(measureNames.value.get(list.figure)) || list.figure;
}

export function CasesPage({ list }: { list: FigureList }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const found = cases.value;
  const asked = new URLSearchParams(list.of);
  const period = { from: asked.get('from') ?? '', to: asked.get('to') ?? '' };
  const title = titleOf(list, isDay(period.to) && period.to >= today.value);
  const marks = chips(readFilters(asked));
  useEffect(() => void readDefinitions(), []); // its name, when the address came from elsewhere
  useEffect(() => heading.current?.focus({ preventScroll: true }), [list.figure, list.of]);
  const back = () => {
    if ((shown.value || pageShown.value) && history.length > 1) history.back();
  };
  return (
    <section class="panel cases" aria-labelledby="cases-title" aria-busy={loading.value && !found}>
      <div class="panel-head">
        {shown.value || pageShown.value ? (
          <button type="button" class="back" onClick={back}>
            <Icon name="back" /> {t('cases.back')}
          </button>
        ) : (
          <Link to={{ ...view.value, list: null }} class="button back">
            <Icon name="back" /> {t('cases.back')}
          </Link>
        )}
        <h2 id="cases-title" tabIndex={-1} ref={heading}>
          {title}
          {found && <b class="total" data-total={found.total}> {showNumber(found.total)}</b>}
        </h2>
        {list.figure && (
          <What code={list.figure} name={title} />
        )}
      </div>
      <p class="where muted">
        {isDay(period.from) && isDay(period.to) && <span>{showSpan(period, today.value)}</span>}
        {marks.map((chip) => (
          <span key={`${chip.name}${chip.value}`}>
            <ChipWords chip={chip} />
          </span>
        ))}
        {found && <span>{t('dash.as_of', { time: asOfWords(found.asOf) })}</span>}
      </p>
      {rates.has(list.figure) && (
        <p class="steps">
          {(['numerator', 'denominator'] as const).map((part) => (
            <Link key={part} to={{ ...view.value, list: { ...list, part } }} stay class={`button ${list.part === part ? 'on' : ''}`} current={list.part === part}>
              {titleOf({ ...list, part })}
            </Link>
          ))}
        </p>
      )}
      {!found && loading.value && <p class="muted">{t('list.loading')}</p>}
      {found && found.total === 0 && <p class="muted">{t('list.empty')}</p>}
      {found && found.items.length > 0 && (
        <>
          <table class="case-table">
            <caption class="hidden">{title}</caption>
            <thead>
              <tr>
                {[t('cases.number'), t('by.class'), t('fact.place'), t('fact.department'), t('fact.opened'), t('fact.closed'), t('cases.clock')].map((word) => (
                  <th key={word} scope="col">
                    {word}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {found.items.map((one) => (
                <CaseRow key={one.number} one={one} />
              ))}
            </tbody>
          </table>
          <div class="panel-end">
            <span class="muted" role="status">
              {t('cases.shown', { n: found.items.length, total: found.total })}
            </span>
            <Files path="/cases" query={listQuery(list)} />
            {found.next && (
              <button type="button" class="more" disabled={reading.value} aria-busy={reading.value} onClick={() => void moreCases()}>
                {t('cases.more')}
              </button>
            )}
          </div>
        </>
      )}
    </section>
  );
}

function CaseRow({ one }: { one: CaseSummary }) {
  const now = client.now();
  const light = one.closed_at ? 'none' : lightAt(one.clock, one.light, now);
  const took = one.closed_at ? spanWords(Date.parse(one.closed_at) - Date.parse(one.opened_at)) : '';
  const clock = one.closed_at ? t('cases.took', { span: took }) : leftWords(one.clock, now) || (paused(one.clock) ? t('clock.paused') : lightWord(light));
  return (
    <tr data-number={one.number}>
      <th scope="row">
        <a href={`${base}/console/?case=${encodeURIComponent(one.number)}`}>{one.number}</a>
      </th>
      <td data-name={t('by.class')}>{label(one.class?.name) || t('none.class')}</td>
      <td data-name={t('fact.place')}>{label(one.place) || t('place.none')}</td>
      <td data-name={t('fact.department')}>{label(one.department?.name) || t('none.department')}</td>
      <td data-name={t('fact.opened')}>{showTime(one.opened_at)}</td>
      <td data-name={t('fact.closed')}>{showTime(one.closed_at) || '–'}</td>
      <td data-name={t('cases.clock')} class={`light ${light}`}>
        {!one.closed_at && <LightIcon light={light} paused={paused(one.clock)} />}
        <span> {clock}</span>
      </td>
    </tr>
  );
}
