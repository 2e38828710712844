// SPDX-License-Identifier: MPL-2.0
// Work that had to be done again: sent back, reworked, opened again, and problems that came
// back on the same spot.
import { label, showNumber, showTime } from '../../lib/i18n/index.ts';
import { Head } from '../controls.tsx';
import { figureOf, type Figures, measureName, showShare, sortRows } from '../figures.ts';
import { t } from '../i18n.ts';
import { FigureCell, Link } from '../links.tsx';
import { base, view } from '../state.ts';
import { Downloads } from '../tables.tsx';
import { figureQuery, narrowed } from '../view.ts';
import { Bars } from './bars.tsx';
import { figures, keyOf, type Page, type PageRead } from './page.ts';
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
  repeats: Repeats;
}
async function read(asked: PageRead): Promise<Quality> {
  const codes = [...qualityCounts, ...qualityRates];
  const [now, before, repeats] = await Promise.all([
    figures(asked, codes, { by: asked.departments }),
    figures(asked, codes, { over: asked.before }),
    asked.get<Repeats>(`/repeats?${figureQuery(asked.view.filters, asked.span)}`),
  ]);
  return { by: asked.departments, now, before, repeats };
}

function Body({ data }: { data: Quality }) {
  const { now, before, repeats } = data;
  const codes = [...qualityCounts, ...qualityRates];
  const rows = sortRows(now, 'reworked_cases', false, (row) => label(row.keys[0]?.label) || keyOf(row));
  const rowName = (row: (typeof rows)[number]): string => label(row.keys[0]?.label) || keyOf(row) || t('none.department');
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
        <div class="table-box" tabIndex={0} role="region" aria-label={t('quality.title')}>
          <table>
            <caption class="hidden">{t('quality.title')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('by.department')}</th>
                {codes.map((code) => (
                  <th key={code} scope="col">
                    {label(now.measures.find((one) => one.code === code)?.label)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={keyOf(row)} data-key={keyOf(row)}>
                  <th scope="row">
                    <Link to={narrowed(view.value, row.list, false)} class="narrows" title={t('table.narrow', { name: rowName(row) })}>
                      {rowName(row)}
                    </Link>
                  </th>
                  {codes.map((code) => {
                    const figure = figureOf(now, row.values, code);
                    return (
                      <td key={code} data-measure={code} data-value={figure?.value ?? ''}>
                        {figure && <FigureCell figure={figure} of={row.list} />}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">{t('table.total')}</th>
                {codes.map((code) => {
                  const figure = figureOf(now, now.totals, code);
                  return (
                    <td key={code} data-measure={code} data-value={figure?.value ?? ''}>
                      {figure && <FigureCell figure={figure} of={now.list} />}
                    </td>
                  );
                })}
              </tr>
            </tfoot>
          </table>
        </div>
        <div class="panel-end">
          <Downloads by={data.by} over={now} measures={codes.join()} />
        </div>
      </section>
      <section class="panel" aria-labelledby="repeats-title">
        <div class="panel-head">
          <h2 id="repeats-title">{t('repeats.title')}</h2>
        </div>
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
      </section>
    </>
  );
}

export const qualityPage: Page<Quality> = { read, Body };
