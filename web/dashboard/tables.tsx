// SPDX-License-Identifier: MPL-2.0
// Trend and split: a chart with the table that it draws. Every number opens its cases, every
// row narrows the page to itself.
import { useSignal } from '@preact/signals';
import { label, language } from '../lib/i18n/index.ts';
import { Icon } from '../lib/ui/icons.tsx';
import { Chart } from './chart.tsx';
import { type TimeUnit, unitsFor } from './days.ts';
import { figureOf, type FigureRow, type Figures, showKey, showSpan, sortRows } from './figures.ts';
import { DoubtCell, sameRow } from './honesty.tsx';
import { t } from './i18n.ts';
import { FigureCell, Link } from './links.tsx';
import { city, client, dimension, narrow, show, shown, span, today, trendOver, view } from './state.ts';
import { What } from './what.tsx';
import { figureQuery, groupMeasures, groups, measureCodes, type MeasureCode, narrowed, type View } from './view.ts';

const fileKey = { xlsx: 'download.xlsx', csv: 'download.csv' } as const;
const groupKey = { flow: 'group.flow', backlog: 'group.backlog', rates: 'group.rates', time: 'group.time' } as const;
const unitKey = { day: 'unit.day', week: 'unit.week', month: 'unit.month' } as const;

/** What a query answers as files, in the person's language. */
export function Files({ path, query }: { path: string; query: string }) {
  return (
    <span class="downloads">
      {(['xlsx', 'csv'] as const).map((kind) => (
        <a key={kind} class="button" href={client.url(`${path}.${kind}?${query}&language=${language.value}`)} download>
          <Icon name="down_to" /> {t(fileKey[kind])}
        </a>
      ))}
    </span>
  );
}

/** The figures of a table as files. */
export function Downloads({ by, over, measures }: { by: string; over: { from: string; to: string }; measures?: string }) {
  return <Files path="/figures" query={figureQuery(view.value.filters, over, { by, ...(measures ? { measures } : {}) })} />;
}

function Steps<T extends string>({ words, value, name, onPick }: { words: readonly { code: T; text: string }[]; value: T; name: string; onPick: (code: T) => void }) {
  return (
    <span class="steps" role="group" aria-label={name}>
      {words.map((word) => (
        <button key={word.code} type="button" class={word.code === value ? 'on' : ''} aria-pressed={word.code === value} onClick={() => onPick(word.code)}>
          {word.text}
        </button>
      ))}
    </span>
  );
}

export function Trend() {
  const all = useSignal(false);
  const figures = shown.value;
  if (!figures) return null;
  const { trend, trendUnit: unit } = figures;
  const codes = groupMeasures[view.value.group];
  const fit = unitsFor(trendOver.value);
  const newest = (row: FigureRow) => row.keys[0]?.from ?? '';
  const rows = [...trend.rows].sort((a, b) => newest(b).localeCompare(newest(a))); // as one reads it
  const most = narrow.value ? 5 : 7;
  const name = (row: FigureRow) => showKey(unit, row.keys[0]!, today.value);
  return (
    <section class="panel trend" aria-labelledby="trend-title">
      <div class="panel-head">
        <h2 id="trend-title">
          {t('trend.title')} <small class="muted">{showSpan(trend, today.value)}</small>
        </h2>
        <Steps name={t('group.name')} value={view.value.group} words={groups.map((code) => ({ code, text: t(groupKey[code]) }))} onPick={(group) => show({ ...view.value, group }, { stay: true })} />
        {fit.length > 1 && <Steps name={t('unit.name')} value={unit} words={fit.map((code) => ({ code, text: t(unitKey[code]) }))} onPick={(next: TimeUnit) => show({ ...view.value, unit: next }, { stay: true })} />}
      </div>
      <div class="beside">
        <Chart figures={trend} unit={unit} codes={codes} />
        <Table figures={trend} rows={all.value ? rows : rows.slice(0, most)} codes={codes} name={name} heading={t(unitKey[unit])} caption={t('trend.title')} byTime />
      </div>
      <div class="panel-end">
        {rows.length > most && (
          <button type="button" onClick={() => (all.value = !all.value)}>
            {all.value ? t('table.fewer') : t('table.all', { n: rows.length })}
          </button>
        )}
        <Downloads by={unit} over={trendOver.value} />
      </div>
    </section>
  );
}

/** A row's words: its label, else its code, else that it belongs nowhere. */
function rowName(figures: Figures, row: FigureRow): string {
  const key = row.keys[0]!;
  const of = figures.dimensions[0]?.code ?? '';
  if (key.code === '') return t(of.startsWith('department') ? 'none.department' : of.startsWith('area') ? 'none.area' : 'none.class');
  const level = city.value?.levels.find((one) => `area:${one.code}` === of);
  return label(key.label) || (level ? `${label(level.name)} ${key.code}` : key.code);
}

export function Split() {
  const all = useSignal(false);
  const figures = shown.value?.split;
  if (!figures) return null;
  const { sort, ascending, by } = view.value;
  const name = (row: FigureRow) => rowName(figures, row);
  const rows = sortRows(figures, sort, ascending, name);
  const column = sort === 'name' ? 'opened' : sort;
  const codes: readonly MeasureCode[] = narrow.value ? [column] : measureCodes;
  const ways = [
    { code: 'department', text: t('by.department') },
    ...(city.value?.levels ?? []).map((level) => ({ code: `area:${level.code}`, text: label(level.name) || level.code })),
    { code: 'class', text: t('by.class') },
    { code: 'major', text: t('by.major') },
    { code: 'source', text: t('by.source') },
  ];
  const most = narrow.value ? 10 : 20;
  return (
    <section class="panel split" aria-labelledby="split-title">
      <div class="panel-head">
        <h2 id="split-title">
          {t('split.title')} <small class="muted">{showSpan(figures, today.value)}</small>
        </h2>
        <label class="pick">
          <span>{t('by.name')}</span>
          <select id="by" value={by} onChange={(event) => show({ ...view.value, by: event.currentTarget.value }, { stay: true })}>
            {ways.map((way) => (
              <option key={way.code} value={way.code}>
                {way.text}
              </option>
            ))}
          </select>
        </label>
        {narrow.value && (
          <label class="pick">
            <span>{t('split.figure')}</span>
            <select id="figure" value={column} onChange={(event) => show({ ...view.value, sort: event.currentTarget.value as MeasureCode, ascending: false }, { stay: true })}>
              {measureCodes.map((code) => (
                <option key={code} value={code}>
                  {label(figures.measures.find((one) => one.code === code)?.label)}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {rows.length === 0 ? (
        <p class="muted">{shown.value?.frozen ? t('asfrozen.no_table') : t('table.empty')}</p>
      ) : (
        <Table figures={figures} rows={all.value ? rows : rows.slice(0, most)} codes={codes} name={name} heading={ways.find((way) => way.code === by)?.text ?? by} caption={t('split.title')} bar={column} sortable honest={shown.value?.honest ?? null} />
      )}
      <div class="panel-end">
        {rows.length > most && (
          <button type="button" onClick={() => (all.value = !all.value)}>
            {all.value ? t('table.fewer') : t('table.all', { n: rows.length })}
          </button>
        )}
        {!shown.value?.frozen && <Downloads by={dimension()} over={span.value} />}
      </div>
    </section>
  );
}

interface TableProps {
  figures: Figures;
  rows: FigureRow[];
  codes: readonly MeasureCode[];
  name: (row: FigureRow) => string;
  heading: string;
  caption: string;
  byTime?: boolean;
  sortable?: boolean;
  /** The measure drawn as a bar under each name. */
  bar?: MeasureCode;
  /** What stands behind the closing rates, row by row. */
  honest?: Figures | null;
}
function Table({ figures, rows, codes, name, heading, caption, byTime = false, sortable = false, bar, honest = null }: TableProps) {
  const barAt = figures.measures.findIndex((one) => one.code === bar);
  const largest = Math.max(...figures.rows.map((row) => row.values[barAt] ?? 0), 0);
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            <Heading code="name" text={heading} sortable={sortable} />
            {codes.map((code) => (
              <Heading key={code} code={code} text={label(figures.measures.find((one) => one.code === code)?.label)} sortable={sortable} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.keys[0]?.code} data-key={row.keys[0]?.code}>
              <th scope="row">
                {row.list ? (
                  <Link to={narrowed(view.value, row.list, byTime)} class="narrows" title={t('table.narrow', { name: name(row) })}>
                    {name(row)}
                  </Link>
                ) : (
                  name(row)
                )}
                {bar && (
                  <span class="meter" aria-hidden="true">
                    <span class={bar} style={{ width: `${largest > 0 ? ((row.values[barAt] ?? 0) / largest) * 100 : 0}%` }} />
                  </span>
                )}
              </th>
              {codes.map((code) => {
                const figure = figureOf(figures, row.values, code);
                return (
                  <td key={code} data-measure={code} data-value={figure?.value ?? ''}>
                    {figure && <FigureCell figure={figure} of={row.list} />}
                    {honest && code === 'closing_rate' && <DoubtCell answer={honest} row={sameRow(honest, row)} />}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
        {!byTime && (
          <tfoot>
            <tr>
              <th scope="row">{t('table.total')}</th>
              {codes.map((code) => {
                const figure = figureOf(figures, figures.totals, code);
                return (
                  <td key={code} data-measure={code}>
                    {figure && <FigureCell figure={figure} of={figures.list} />}
                    {honest && code === 'closing_rate' && <DoubtCell answer={honest} row={{ values: honest.totals, list: honest.list }} />}
                  </td>
                );
              })}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

function Heading({ code, text, sortable }: { code: View['sort']; text: string; sortable: boolean }) {
  const { sort, ascending } = view.value;
  const on = sortable && sort === code;
  return (
    <th scope="col" aria-sort={on ? (ascending ? 'ascending' : 'descending') : undefined}>
      {sortable ? (
        <button type="button" class="plain" onClick={() => show({ ...view.value, sort: code, ascending: on ? !ascending : code === 'name' }, { stay: true })}>
          {text}
          {on && <Icon name={ascending ? 'rise' : 'fall'} size={12} />}
        </button>
      ) : (
        text
      )}
      {code !== 'name' && <What code={code} name={text} />}
    </th>
  );
}
