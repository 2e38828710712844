// SPDX-License-Identifier: MPL-2.0
// Several figures of each row: every number opens its cases, every name narrows the page.
import { label } from '../../lib/i18n/index.ts';
import { figureOf, type FigureRow, type Figures } from '../figures.ts';
import { t } from '../i18n.ts';
import { FigureCell, Link } from '../links.tsx';
import { view } from '../state.ts';
import { narrowed } from '../view.ts';
import { What } from '../what.tsx';
import { keyOf } from './page.ts';

interface Props {
  answer: Figures;
  rows: readonly FigureRow[];
  codes: readonly string[];
  heading: string;
  title: string;
  /** Beneath the rows those of all together. */
  totals?: boolean;
}
export function FigureTable({ answer, rows, codes, heading, title, totals = false }: Props) {
  const name = (row: FigureRow): string => label(row.keys[0]?.label) || keyOf(row) || t('none.department');
  const nameOf = (code: string): string => label(answer.measures.find((one) => one.code === code)?.label) || code;
  const cells = (values: readonly (number | null)[], list: string) =>
    codes.map((code) => {
      const figure = figureOf(answer, values, code);
      return (
        <td key={code} data-measure={code} data-name={nameOf(code)} data-value={figure?.value ?? ''} class={figure?.value ? '' : 'nothing'}>
          {figure && <FigureCell figure={figure} of={list} />}
        </td>
      );
    });
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={title}>
      <table class="cards">
        <caption class="hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{heading}</th>
            {codes.map((code) => (
              <th key={code} scope="col">
                {nameOf(code)} <What code={code} name={nameOf(code)} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-key={keyOf(row)}>
              <th scope="row">
                <Link to={narrowed(view.value, row.list, false)} class="narrows" title={t('table.narrow', { name: name(row) })}>
                  {name(row)}
                </Link>
              </th>
              {cells(row.values, row.list)}
            </tr>
          ))}
        </tbody>
        {totals && (
          <tfoot>
            <tr>
              <th scope="row">{t('table.total')}</th>
              {cells(answer.totals, answer.list)}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}
