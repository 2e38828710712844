// SPDX-License-Identifier: MPL-2.0
// When work comes: arrivals by hour and weekday as a table whose shades are its chart.
import { showNumber } from '../../lib/i18n/index.ts';
import { hourName, weekdayName } from '../days.ts';
import { Head } from '../controls.tsx';
import type { FigureRow, Figures } from '../figures.ts';
import { t } from '../i18n.ts';
import { Opens } from '../links.tsx';
import { Downloads } from '../tables.tsx';
import { figures, type Page, valueOf } from './page.ts';

const hours = Array.from({ length: 24 }, (_, hour) => hour);
const weekdays = [1, 2, 3, 4, 5, 6, 7];
const SHADES = 5;

const at = (hour: number, day: number): number => hour * 10 + day;
/** Cells by hour and weekday, whatever the order of the answer. */
export function byHour(answer: Figures): Map<number, FigureRow> {
  const first = answer.dimensions[0]?.code === 'hour' ? 0 : 1;
  return new Map(answer.rows.map((row) => [at(row.keys[first]!.id, row.keys[1 - first]!.id), row]));
}
/** 0 for nothing, then as many shades as there are, the last one for the most. */
export const shadeOf = (value: number, most: number): number => (value <= 0 || most <= 0 ? 0 : Math.max(1, Math.ceil((value / most) * SHADES)));

function Body({ data }: { data: Figures }) {
  const cells = byHour(data);
  const value = (hour: number, day: number): number => valueOf(data, cells.get(at(hour, day))?.values ?? [], 'opened') ?? 0;
  const most = Math.max(0, ...hours.flatMap((hour) => weekdays.map((day) => value(hour, day))));
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
  const total = sum(hours.flatMap((hour) => weekdays.map((day) => value(hour, day))));
  const busiest = hours.flatMap((hour) => weekdays.map((day) => ({ hour, day, n: value(hour, day) }))).reduce((a, b) => (b.n > a.n ? b : a));
  return (
    <>
      <Head now={data} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">{t('hours.title')}</h2>
        </div>
        {total === 0 ? (
          <p class="muted">{t('table.empty')}</p>
        ) : (
          <>
            <p class="words">
              {t('hours.busiest', { day: weekdayName(busiest.day, 'long'), hour: hourName(busiest.hour), n: showNumber(busiest.n) })}{' '}
              {t('hours.outside', { n: showNumber(sum(hours.filter((hour) => hour < 8 || hour >= 18).flatMap((hour) => weekdays.map((day) => value(hour, day))))), total: showNumber(total) })}
            </p>
            <div class="table-box" tabIndex={0} role="region" aria-label={t('hours.title')}>
              <table class="heat">
                <caption class="hidden">{t('hours.title')}</caption>
                <thead>
                  <tr>
                    <th scope="col">{t('hours.hour')}</th>
                    {weekdays.map((day) => (
                      <th key={day} scope="col">
                        {weekdayName(day)}
                      </th>
                    ))}
                    <th scope="col">{t('table.total')}</th>
                  </tr>
                </thead>
                <tbody>
                  {hours.map((hour) => (
                    <tr key={hour} data-key={hour}>
                      <th scope="row">{hourName(hour)}</th>
                      {weekdays.map((day) => {
                        const n = value(hour, day);
                        return (
                          <td key={day} class={`shade shade-${shadeOf(n, most)}`} data-value={n}>
                            {n > 0 ? (
                              <Opens figure="opened" of={cells.get(at(hour, day))!.list} name={`${weekdayName(day, 'long')} ${hourName(hour)}`}>
                                {showNumber(n)}
                              </Opens>
                            ) : (
                              <span class="muted">·</span>
                            )}
                          </td>
                        );
                      })}
                      <td class="sum">{showNumber(sum(weekdays.map((day) => value(hour, day))))}</td>
                    </tr>
                  ))}
                </tbody>
                <tfoot>
                  <tr>
                    <th scope="row">{t('table.total')}</th>
                    {weekdays.map((day) => (
                      <td key={day}>{showNumber(sum(hours.map((hour) => value(hour, day))))}</td>
                    ))}
                    <td data-total={total}>{showNumber(total)}</td>
                  </tr>
                </tfoot>
              </table>
            </div>
          </>
        )}
        <div class="panel-end">
          <Downloads by="hour,weekday" over={data} measures="opened" />
        </div>
      </section>
    </>
  );
}

export const hoursPage: Page<Figures> = {
  read: (asked) => figures(asked, ['opened'], { by: 'hour,weekday' }),
  Body,
};
