// SPDX-License-Identifier: MPL-2.0
// How long open work has been lying: by age, then by department and age.
import { label, showNumber } from '../../lib/i18n/index.ts';
import { addDays, type Span } from '../days.ts';
import { Head } from '../controls.tsx';
import type { Figures } from '../figures.ts';
import { t } from '../i18n.ts';
import { Opens } from '../links.tsx';
import { Bars } from './bars.tsx';
import { figures, type Page, type PageRead, valueOf } from './page.ts';

/** Days since the report, both ends; the last one has no end. */
const ages: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 3],
  [4, 7],
  [8, 14],
  [15, 30],
  [31, 90],
  [91, 365],
  [366, 3650],
];
const MEASURES = ['still_open', 'still_open_overdue'] as const;

interface Aged {
  today: string;
  asOf: string;
  ages: Figures[];
}
export const spanOfAge = (today: string, [least, most]: readonly [number, number]): Span => ({ from: addDays(today, -most), to: addDays(today, -least) });
export const ageName = ([least, most]: readonly [number, number]): string =>
  most === 0 ? t('open.today') : most > 3000 ? t('open.more', { n: least - 1 }) : t('open.days', { from: least, to: most });

async function read(asked: PageRead): Promise<Aged> {
  const answers = await Promise.all(ages.map((age) => figures(asked, MEASURES, { by: asked.departments, over: spanOfAge(asked.today, age) })));
  return { today: asked.today, asOf: answers[0]!.as_of, ages: answers };
}

interface Row {
  key: string;
  name: string;
  values: number[];
  lists: string[];
}
function rowsOf(data: Aged): Row[] {
  const rows = new Map<string, Row>();
  data.ages.forEach((answer, at) => {
    for (const one of answer.rows) {
      const key = one.keys[0]!;
      const row = rows.get(key.code) ?? { key: key.code, name: label(key.label) || key.code || t('none.department'), values: ages.map(() => 0), lists: ages.map(() => '') };
      row.values[at] = valueOf(answer, one.values, MEASURES[0]) ?? 0;
      row.lists[at] = one.list;
      rows.set(key.code, row);
    }
  });
  const sum = (row: Row): number => row.values.reduce((a, b) => a + b, 0);
  const old = (row: Row): number => row.values.slice(5).reduce((a, b) => a + b, 0);
  return [...rows.values()].filter((row) => sum(row) > 0).sort((a, b) => old(b) - old(a) || sum(b) - sum(a));
}

function Body({ data }: { data: Aged }) {
  const totals = data.ages.map((answer) => valueOf(answer, answer.totals, MEASURES[0]) ?? 0);
  const late = data.ages.map((answer) => valueOf(answer, answer.totals, MEASURES[1]) ?? 0);
  const whole = totals.reduce((a, b) => a + b, 0);
  const old = totals.slice(5).reduce((a, b) => a + b, 0);
  const rows = rowsOf(data);
  const names = ages.map(ageName);
  return (
    <>
      <Head now={{ from: data.today, to: data.today, as_of: data.asOf }} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">
            {t('open.title')} <small class="muted">{t('open.now')}</small>
          </h2>
        </div>
        {whole === 0 ? (
          <p class="muted">{t('open.none')}</p>
        ) : (
          <>
            <p class="words">{t('open.words', { n: showNumber(whole), old: showNumber(old), late: showNumber(late.reduce((a, b) => a + b, 0)) })}</p>
            <Bars names={names} series={[{ code: 'open', name: t('open.all'), values: totals }, { code: 'overdue', name: t('open.late'), values: late }]} unit="cases" />
            <div class="table-box" tabIndex={0} role="region" aria-label={t('open.title')}>
              <table class="ages cards">
                <caption class="hidden">{t('open.title')}</caption>
                <thead>
                  <tr>
                    <th scope="col">{t('by.department')}</th>
                    {names.map((name) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ))}
                    <th scope="col">{t('table.total')}</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row) => (
                    <tr key={row.key} data-key={row.key}>
                      <th scope="row">{row.name}</th>
                      {row.values.map((n, at) => (
                        <td key={names[at]} data-name={names[at]} data-value={n} class={n === 0 ? 'nothing' : at >= 5 ? 'old' : ''}>
                          {n > 0 ? (
                            <Opens figure={MEASURES[0]} of={row.lists[at]!} name={`${row.name}, ${names[at]}`}>
                              {showNumber(n)}
                            </Opens>
                          ) : (
                            <span class="muted">·</span>
                          )}
                        </td>
                      ))}
                      <td class="sum" data-name={t('table.total')}>{showNumber(row.values.reduce((a, b) => a + b, 0))}</td>
                    </tr>
                  ))}
                </tbody>
                <tfoot>
                  {[
                    { code: MEASURES[0], name: t('table.total'), values: totals },
                    { code: MEASURES[1], name: t('open.late'), values: late },
                  ].map((foot) => (
                    <tr key={foot.code} data-measure={foot.code}>
                      <th scope="row">{foot.name}</th>
                      {foot.values.map((n, at) => (
                        <td key={names[at]} data-name={names[at]} data-value={n} class={n === 0 ? 'nothing' : ''}>
                          {n > 0 ? (
                            <Opens figure={foot.code} of={data.ages[at]!.list} name={`${foot.name}, ${names[at]}`}>
                              {showNumber(n)}
                            </Opens>
                          ) : (
                            '0'
                          )}
                        </td>
                      ))}
                      <td data-name={t('table.total')} data-total={foot.code}>{showNumber(foot.values.reduce((a, b) => a + b, 0))}</td>
                    </tr>
                  ))}
                </tfoot>
              </table>
            </div>
          </>
        )}
      </section>
    </>
  );
}

export const openPage: Page<Aged> = { read, Body };
