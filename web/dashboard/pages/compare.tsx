// SPDX-License-Identifier: MPL-2.0
// One figure of every area, department or class: this period beside the one before, or beside
// the same days a year ago.
import { label, showNumber } from '../../lib/i18n/index.ts';
import { isDay, type Span } from '../days.ts';
import { Head } from '../controls.tsx';
import { compare, type FigureRow, figureOf, type Figures, showSpan, showValue } from '../figures.ts';
import { DoubtCell, Honesty, sameRow } from '../honesty.tsx';
import { t } from '../i18n.ts';
import { FigureCell, Link } from '../links.tsx';
import { city, readHonest, show, view } from '../state.ts';
import { Downloads } from '../tables.tsx';
import { narrowed } from '../view.ts';
import { What } from '../what.tsx';
import { Bars } from './bars.tsx';
import { measureList, MeasurePicker, type MeasureWord } from './measure.tsx';
import { figures, keyOf, type Page, type PageRead } from './page.ts';

interface Compared {
  measures: MeasureWord[];
  code: string;
  by: string;
  now: Figures;
  earlier: Figures;
  /** Of a closing rate: what stands behind it. */
  honest: Figures | null;
}
const yearBefore = (day: string): string => {
  const year = Number(day.slice(0, 4)) - 1;
  const same = `${year}${day.slice(4)}`;
  return isDay(same) ? same : `${year}-02-28`;
};
export const spanAgainst = (asked: Pick<PageRead, 'view' | 'span' | 'before'>): Span =>
  asked.view.against === 'year' ? { from: yearBefore(asked.span.from), to: yearBefore(asked.span.to) } : asked.before;

async function read(asked: PageRead): Promise<Compared> {
  const measures = await measureList();
  const code = measures.some((one) => one.code === asked.view.measure) ? asked.view.measure : 'opened';
  const [now, earlier, honest] = await Promise.all([
    figures(asked, [code], { by: asked.dimension }),
    figures(asked, [code], { by: asked.dimension, over: spanAgainst(asked) }),
    code === 'closing_rate' ? readHonest(asked.span, asked.dimension, asked.get) : null,
  ]);
  return { measures, code, by: asked.dimension, now, earlier, honest };
}

interface Pair {
  key: string;
  name: string;
  now: FigureRow | null;
  was: FigureRow | null;
}
/** Every key of either answer, those that changed most first. */
export function pairs(data: Pick<Compared, 'now' | 'earlier' | 'code'>): Pair[] {
  const all = new Map<string, Pair>();
  const name = (row: FigureRow): string => label(row.keys[0]?.label) || keyOf(row) || t('none.any');
  for (const row of data.now.rows) all.set(keyOf(row), { key: keyOf(row), name: name(row), now: row, was: null });
  for (const row of data.earlier.rows) {
    const pair = all.get(keyOf(row));
    if (pair) pair.was = row;
    else all.set(keyOf(row), { key: keyOf(row), name: name(row), now: null, was: row });
  }
  const value = (answer: Figures, row: FigureRow | null): number => (row && figureOf(answer, row.values, data.code)?.value) ?? 0;
  const change = (pair: Pair): number => Math.abs(value(data.now, pair.now) - value(data.earlier, pair.was));
  return [...all.values()].sort((a, b) => change(b) - change(a) || a.name.localeCompare(b.name));
}

function Body({ data }: { data: Compared }) {
  const { now, earlier, code, honest } = data;
  const rows = pairs(data);
  const measure = now.measures.find((one) => one.code === code);
  const drawn = rows.slice(0, 12);
  const value = (answer: Figures, row: FigureRow | null): number | null => (row ? (figureOf(answer, row.values, code)?.value ?? null) : null);
  // Where the period has anything at all, what is not told is none; before the record began it is not known.
  const absent = (answer: Figures): number | null => (measure?.unit === 'cases' && answer.rows.some((row) => (value(answer, row) ?? 0) > 0) ? 0 : null);
  const ways = [
    { code: 'department', text: t('by.department') },
    ...(city.value?.levels ?? []).map((level) => ({ code: `area:${level.code}`, text: label(level.name) || level.code })),
    { code: 'class', text: t('by.class') },
    { code: 'major', text: t('by.major') },
    { code: 'source', text: t('by.source') },
  ];
  return (
    <>
      <Head now={now} before={earlier} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">
            {label(measure?.label)} <What code={code} name={label(measure?.label)} />
          </h2>
          <MeasurePicker measures={data.measures} code={code} />
          <label class="pick">
            <span>{t('by.name')}</span>
            <select id="by" value={view.value.by} onChange={(event) => show({ ...view.value, by: event.currentTarget.value }, { stay: true })}>
              {ways.map((way) => (
                <option key={way.code} value={way.code}>
                  {way.text}
                </option>
              ))}
            </select>
          </label>
          <span class="steps" role="group" aria-label={t('against.name')}>
            {(['before', 'year'] as const).map((one) => (
              <button key={one} type="button" data-against={one} class={view.value.against === one ? 'on' : ''} aria-pressed={view.value.against === one} onClick={() => show({ ...view.value, against: one }, { stay: true })}>
                {t(one === 'year' ? 'against.year' : 'against.before')}
              </button>
            ))}
          </span>
        </div>
        {rows.length === 0 ? (
          <p class="muted">{t('table.empty')}</p>
        ) : (
          <>
            <Bars
              names={drawn.map((row) => row.name)}
              unit={measure?.unit ?? 'cases'}
              series={[
                { code: 'opened', name: showSpan(now, now.today), values: drawn.map((row) => value(now, row.now) ?? absent(now)) },
                { code: 'then', name: showSpan(earlier, now.today), values: drawn.map((row) => value(earlier, row.was) ?? absent(earlier)) },
              ]}
            />
            {rows.length > drawn.length && <p class="muted">{t('compare.drawn', { n: drawn.length, total: rows.length })}</p>}
            <div class="table-box" tabIndex={0} role="region" aria-label={t('view.compare')}>
              <table class="cards">
                <caption class="hidden">{t('view.compare')}</caption>
                <thead>
                  <tr>
                    <th scope="col">{ways.find((way) => way.code === view.value.by)?.text ?? view.value.by}</th>
                    <th scope="col">{showSpan(now, now.today)}</th>
                    <th scope="col">{showSpan(earlier, now.today)}</th>
                    <th scope="col" class="change">
                      {t('compare.change')}
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row) => {
                    const here = row.now && figureOf(now, row.now.values, code);
                    const was = row.was && figureOf(earlier, row.was.values, code);
                    const stand = here && was ? compare(here, was) : null;
                    return (
                      <tr key={row.key} data-key={row.key}>
                        <th scope="row">
                          {row.now ? (
                            <Link to={narrowed(view.value, row.now.list, false)} class="narrows" title={t('table.narrow', { name: row.name })}>
                              {row.name}
                            </Link>
                          ) : (
                            row.name
                          )}
                        </th>
                        <td data-name={showSpan(now, now.today)} data-value={here?.value ?? ''}>
                          {here && row.now ? <FigureCell figure={here} of={row.now.list} /> : showValue(measure?.unit ?? 'cases', absent(now))}
                          {honest && row.now && <DoubtCell answer={honest} row={sameRow(honest, row.now)} />}
                        </td>
                        <td data-name={showSpan(earlier, now.today)} data-was={was?.value ?? ''}>{was && row.was ? <FigureCell figure={was} of={row.was.list} /> : showValue(measure?.unit ?? 'cases', absent(earlier))}</td>
                        <td class={`change ${stand?.tone ?? 'none'}`}>{stand ? stand.words : changeWords(value(now, row.now) ?? absent(now), value(earlier, row.was) ?? absent(earlier))}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          </>
        )}
        <div class="panel-end">
          <Downloads by={data.by} over={now} measures={code} />
        </div>
      </section>
      <Honesty answer={honest} />
    </>
  );
}
const changeWords = (now: number | null, was: number | null): string => {
  if (now === null || was === null) return t('compare.nothing');
  if (now === was) return t('compare.same', { was: showNumber(was) });
  return was === 0 ? t('compare.more_none', { n: showNumber(now) }) : t(now > was ? 'compare.more' : 'compare.fewer', { n: showNumber(Math.abs(now - was)), was: showNumber(was) });
};

export const comparePage: Page<Compared> = { read, Body };
