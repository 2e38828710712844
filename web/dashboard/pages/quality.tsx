// SPDX-License-Identifier: MPL-2.0
// Work that had to be done again: sent back, reworked, opened again, and problems that came
// back on the same spot.
import { failureWords } from '../../lib/api/failure.ts';
import { label, showNumber, showTime } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { Head } from '../controls.tsx';
import { figureOf, type Figures, measureName, showShare, sortRows } from '../figures.ts';
import { t } from '../i18n.ts';
import { base } from '../state.ts';
import { Downloads } from '../tables.tsx';
import { figureQuery } from '../view.ts';
import { Bars } from './bars.tsx';
import { FigureTable } from './figure_table.tsx';
import { figures, keyOf, type Page, type PageRead, settle, type Settled } from './page.ts';
import { type At, className, type OfClass, placeWords } from './spots.tsx';

export const qualityCounts = ['returned_cases', 'reworked_cases', 'extended_cases', 'suspended_cases', 'reopened', 'forced'] as const;
export const qualityRates = ['return_rate', 'rework_rate', 'extension_rate', 'suspension_rate'] as const;

interface RepeatSpot {
  at: At;
  class: OfClass;
  repeats: number;
  count: number;
  cases: { number: string; opened_at: string; closed_at: string | null; repeats: boolean }[];
}
interface Repeats {
  within_days: number;
  reach_m: number;
  arrivals: number;
  repeats: number;
  total: number;
  spots: RepeatSpot[];
}
interface Quality {
  by: string;
  now: Figures;
  before: Figures;
  repeats: Settled<Repeats>;
}
async function read(asked: PageRead): Promise<Quality> {
  const codes = [...qualityCounts, ...qualityRates];
  const [now, before, repeats] = await Promise.all([
    figures(asked, codes, { by: asked.departments }),
    figures(asked, codes, { over: asked.before }),
    settle(asked.get<Repeats>(`/repeats?${figureQuery(asked.view.filters, asked.span)}`)),
  ]);
  return { by: asked.departments, now, before, repeats };
}

function RepeatSpots({ repeats }: { repeats: Repeats }) {
  return (
    <>
      <p class="muted">{t('repeats.rule', { days: repeats.within_days, m: repeats.reach_m })}</p>
      {repeats.repeats === 0 ? (
        <p>{t('repeats.none', { n: showNumber(repeats.arrivals) })}</p>
      ) : (
        <>
          <p class="words" data-repeats={repeats.repeats}>
            {t('repeats.words', { n: showNumber(repeats.repeats), total: showNumber(repeats.arrivals), share: showShare(repeats.repeats / repeats.arrivals), spots: showNumber(repeats.total) })}
          </p>
          <ol class="spots">
            {repeats.spots.map((spot) => (
              <li key={spot.cases[0]?.number} data-count={spot.count}>
                <b>{placeWords(spot.at)}</b>
                {': '}
                {t('repeats.spot', { class: className(spot.class), n: showNumber(spot.count) })}
                <details>
                  <summary>{t('repeats.cases')}</summary>
                  <ul class="plain-list">
                    {spot.cases.map((one) => (
                      <li key={one.number}>
                        <a href={`${base}/console/?case=${encodeURIComponent(one.number)}`}>{one.number}</a> {showTime(one.opened_at)} – {one.closed_at ? showTime(one.closed_at) : t('repeats.open')}
                        {one.repeats && <b class="tag">{t('repeats.again')}</b>}
                      </li>
                    ))}
                    {spot.count > spot.cases.length && <li class="muted">{t('cases.shown', { n: spot.cases.length, total: spot.count })}</li>}
                  </ul>
                </details>
              </li>
            ))}
          </ol>
          {repeats.total > repeats.spots.length && <p class="muted">{t('cases.shown', { n: repeats.spots.length, total: repeats.total })}</p>}
        </>
      )}
    </>
  );
}

function Body({ data }: { data: Quality }) {
  const { now, before, repeats } = data;
  const codes = [...qualityCounts, ...qualityRates];
  const rows = sortRows(now, 'reworked_cases', false, (row) => label(row.keys[0]?.label) || keyOf(row));
  return (
    <>
      <Head now={now} before={before} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">{t('quality.title')}</h2>
        </div>
        <Bars
          names={qualityCounts.map((code) => measureName({ measure: now.measures.find((one) => one.code === code)! }))}
          unit="cases"
          series={[
            { code: 'opened', name: t('stages.now'), values: qualityCounts.map((code) => figureOf(now, now.totals, code)?.value ?? null) },
            { code: 'then', name: t('stages.before'), values: qualityCounts.map((code) => figureOf(before, before.totals, code)?.value ?? null) },
          ]}
        />
        <FigureTable answer={now} rows={rows} codes={codes} heading={t('by.department')} title={t('quality.title')} totals />
        <div class="panel-end">
          <Downloads by={data.by} over={now} measures={codes.join()} />
        </div>
      </section>
      <section class="panel" aria-labelledby="repeats-title">
        <div class="panel-head">
          <h2 id="repeats-title">{t('repeats.title')}</h2>
        </div>
        {'error' in repeats ? (
          <p class="alert warn">
            <Icon name="warn" /> {failureWords(repeats.error)}
          </p>
        ) : (
          <RepeatSpots repeats={repeats.value} />
        )}
      </section>
    </>
  );
}

export const qualityPage: Page<Quality> = { read, Body };
