// SPDX-License-Identifier: MPL-2.0
// How far collectors came: unit grids in which they reported anything, area by area; and what
// others reported that they should have found.
import type { Label } from '../../lib/api/types.ts';
import { label, showNumber } from '../../lib/i18n/index.ts';
import { Head } from '../controls.tsx';
import { figureOf, type Figures, showShare, sortRows } from '../figures.ts';
import { t } from '../i18n.ts';
import { FigureCell, Link, Opens } from '../links.tsx';
import { city, show, view } from '../state.ts';
import { figureQuery, narrowed } from '../view.ts';
import { Bars } from './bars.tsx';
import { FigureTable } from './figure_table.tsx';
import { Tracks } from './tracks.tsx';
import { figures, keyOf, type Page, type PageRead, valueOf } from './page.ts';

interface CoveredArea {
  id: number;
  code: string;
  name: Label;
  grids: number;
  visited: number;
  others: number;
  reports: number;
  walked: number;
  list: string;
}
interface Covered {
  from: string;
  to: string;
  today: string;
  as_of: string;
  level: string;
  grids: number;
  visited: number;
  others: number;
  reports: number;
  /** By tracks of people on shift. */
  walked: number;
  /** null: the city records no tracks. */
  keep_days: number | null;
  areas: CoveredArea[];
}
interface Data {
  covered: Covered;
  people: Figures;
  missed: Figures;
}
const personCodes = ['by_collectors', 'valid_rate', 'error_rate'] as const;

async function read(asked: PageRead): Promise<Data> {
  const level: Record<string, string> = asked.view.level && asked.view.level !== 'grid' ? { by: `area:${asked.view.level}` } : {};
  const [covered, people, missed] = await Promise.all([
    asked.get<Covered>(`/coverage?${figureQuery(asked.view.filters, asked.span, level)}`),
    figures(asked, personCodes, { by: 'reported_by' }),
    figures(asked, ['missed', 'missed_rate']),
  ]);
  return { covered, people, missed };
}

function Body({ data }: { data: Data }) {
  const { covered, people } = data;
  const levels = (city.value?.levels ?? []).map((one) => ({ code: one.code, text: label(one.name) || one.code }));
  const share = (one: { grids: number; visited: number }): number | null => (one.grids > 0 ? one.visited / one.grids : null);
  const areas = [...covered.areas].sort((a, b) => (share(a) ?? 2) - (share(b) ?? 2));
  const name = (one: CoveredArea): string => label(one.name) || one.code;
  const rows = sortRows(people, 'by_collectors', false, (row) => label(row.keys[0]?.label) || keyOf(row)).filter((row) => row.keys[0]?.id && (valueOf(people, row.values, 'by_collectors') ?? 0) > 0);
  const drawn = areas.slice(0, 12);
  const walks = covered.keep_days !== null || covered.walked > 0;
  const missed = (['missed', 'missed_rate'] as const).map((code) => figureOf(data.missed, data.missed.totals, code));
  return (
    <>
      <Head now={covered} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">{t('coverage.title')}</h2>
          <label class="pick">
            <span>{t('by.name')}</span>
            <select id="level" value={covered.level} onChange={(event) => show({ ...view.value, level: event.currentTarget.value }, { stay: true })}>
              {levels.map((one) => (
                <option key={one.code} value={one.code}>
                  {one.text}
                </option>
              ))}
            </select>
          </label>
        </div>
        {covered.grids === 0 ? (
          <p class="muted">{t('coverage.no_grids')}</p>
        ) : (
          <>
            <p class="words" data-visited={covered.visited}>
              {t('coverage.words', { visited: showNumber(covered.visited), grids: showNumber(covered.grids), share: showShare(covered.visited / covered.grids) })}{' '}
              {t('coverage.missed', { n: showNumber(covered.others) })}
            </p>
            {walks && (
              <p class="words" data-walked={covered.walked}>
                {t('coverage.walked_words', { n: showNumber(covered.walked) })}
              </p>
            )}
            <p class="muted">{t(walks ? 'coverage.rule_walked' : 'coverage.rule')}</p>
            <Bars names={drawn.map(name)} unit="share" series={[{ code: 'opened', name: t('coverage.share'), values: drawn.map(share) }]} />
            {areas.length > drawn.length && <p class="muted">{t('coverage.drawn', { n: drawn.length, total: areas.length })}</p>}
            <div class="table-box" tabIndex={0} role="region" aria-label={t('coverage.title')}>
              <table class="cards">
                <caption class="hidden">{t('coverage.title')}</caption>
                <thead>
                  <tr>
                    {[levels.find((one) => one.code === covered.level)?.text ?? t('by.name'), t('coverage.grids'), t('coverage.visited'), t('coverage.share'), ...(walks ? [t('coverage.walked')] : []), t('coverage.reports'), t('coverage.others')].map((word) => (
                      <th key={word} scope="col">
                        {word}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {areas.map((one) => (
                    <tr key={one.code} data-key={one.code}>
                      <th scope="row">
                        <Link to={narrowed(view.value, one.list, false)} class="narrows" title={t('table.narrow', { name: name(one) })}>
                          {name(one)}
                        </Link>
                      </th>
                      <td data-name={t('coverage.grids')}>{showNumber(one.grids)}</td>
                      <td data-name={t('coverage.visited')} data-value={one.visited}>{showNumber(one.visited)}</td>
                      <td data-name={t('coverage.share')}>{one.grids > 0 ? showShare(one.visited / one.grids) : '–'}</td>
                      {walks && (
                        <td data-name={t('coverage.walked')} data-walked={one.walked}>
                          {showNumber(one.walked)}
                        </td>
                      )}
                      <td data-name={t('coverage.reports')} data-reports={one.reports}>
                        <Opens figure="by_collectors" of={one.list} name={name(one)}>
                          {showNumber(one.reports)}
                        </Opens>
                      </td>
                      <td data-name={t('coverage.others')}>{showNumber(one.others)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </section>
      {covered.keep_days !== null && <Tracks today={covered.today} to={covered.to} keepDays={covered.keep_days} />}
      <section class="panel" aria-labelledby="missed-title">
        <div class="panel-head">
          <h2 id="missed-title">{label(missed[0]?.measure.label)}</h2>
          <Link to={{ ...view.value, page: 'missed', level: '' }} class="button">
            {t('missed.open')}
          </Link>
        </div>
        <p class="words">{missed[0] && <FigureCell figure={missed[0]} of={data.missed.list} />}</p>
        <p>
          {label(missed[1]?.measure.label)}: {missed[1] && <FigureCell figure={missed[1]} of={data.missed.list} />}
        </p>
        <p class="muted">{t('coverage.missed_rule')}</p>
      </section>
      <section class="panel" aria-labelledby="people-title">
        <div class="panel-head">
          <h2 id="people-title">{t('coverage.people')}</h2>
        </div>
        {rows.length === 0 ? (
          <p class="muted">{t('coverage.nobody')}</p>
        ) : (
          <FigureTable answer={people} rows={rows} codes={personCodes} heading={t('coverage.collector')} title={t('coverage.people')} />
        )}
      </section>
    </>
  );
}

export const coveragePage: Page<Data> = { read, Body };
