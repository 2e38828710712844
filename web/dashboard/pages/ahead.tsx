// SPDX-License-Identifier: MPL-2.0
// Looking ahead: open cases that will probably go late, each with the sentence that says why,
// and how well such forecasts held on past days.
import type { Label } from '../../lib/api/types.ts';
import { label, showNumber, showTime } from '../../lib/i18n/index.ts';
import { Head } from '../controls.tsx';
import { addDays } from '../days.ts';
import { showShare } from '../figures.ts';
import { t } from '../i18n.ts';
import { Link } from '../links.tsx';
import { base, view } from '../state.ts';
import type { Filters } from '../view.ts';
import type { Page, PageRead } from './page.ts';
import { type Shift, ShiftPanel } from './shift.tsx';
import { className, type OfClass } from './spots.tsx';

interface Of {
  code: string;
  name: Label;
}
export interface Forecast {
  number: string;
  department: Of | null;
  class: OfClass;
  due_at: string;
  probability: number;
  gone: number;
  basis: 'class' | 'major' | 'department' | 'all';
  past: number;
  late: number;
  load: number;
  usual: number;
}
interface Department {
  id: number;
  department: Of | null;
  open: number;
  overdue: number;
  likely: number;
  expected: number;
  load: number;
  usual: number;
}
interface Forecasts {
  as_of: string;
  open: number;
  overdue: number;
  likely: number;
  unknown: number;
  expected: number;
  past: number;
  past_least: number;
  departments: Department[];
  cases: Forecast[];
}
interface Calibration {
  from: string;
  to: string;
  days: number;
  forecasts: number;
  late: number;
  tenths: { from: number; forecasts: number; late: number; expected: number }[];
  brier: number | null;
  brier_base: number | null;
}
interface Data {
  today: string;
  now: Forecasts;
  held: Calibration;
  shift: Shift;
}

/** The filters that the server knows here; the others of the address have no meaning ahead. */
const known = ['department', 'lead', 'area', 'outside', 'class', 'major'] as const;
export function aheadQuery(filters: Filters, more: Record<string, string> = {}): string {
  const out = new URLSearchParams(more);
  for (const name of known) if (filters[name] !== undefined) out.set(name, filters[name]);
  return out.toString();
}

const heldDays = 90;
async function read(asked: PageRead): Promise<Data> {
  const { filters } = asked.view;
  const over = { from: addDays(asked.today, -heldDays), to: addDays(asked.today, -1) };
  const [now, held, shift] = await Promise.all([
    asked.get<Forecasts>(`/ahead?${aheadQuery(filters)}`),
    asked.get<Calibration>(`/ahead/calibration?${aheadQuery(filters, over)}`),
    asked.get<Shift>(`/ahead/shift?${aheadQuery(filters)}`),
  ]);
  return { today: asked.today, now, held, shift };
}

const nameOf = (one: Of | null): string => label(one?.name) || one?.code || t('none.department');
const whose = { class: 'ahead.of.class', major: 'ahead.of.major', department: 'ahead.of.department', all: 'ahead.of.all' } as const;
/** What a manager can repeat. */
export function whyWords(one: Forecast): string {
  const why = t('ahead.why', { past: showNumber(one.past), of: t(whose[one.basis]), gone: showShare(one.gone), late: showNumber(one.late) });
  return one.usual >= 1 ? `${why} ${t('ahead.load', { load: showNumber(one.load), usual: showNumber(one.usual) })}` : why;
}

function Departments({ now }: { now: Forecasts }) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={t('ahead.departments')}>
      <table class="ahead-departments cards">
        <caption class="hidden">{t('ahead.departments')}</caption>
        <thead>
          <tr>
            {(['by.department', 'ahead.open', 'ahead.expected', 'ahead.likely', 'ahead.overdue', 'ahead.usual'] as const).map((key) => (
              <th key={key} scope="col">
                {t(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {now.departments.map((one) => (
            <tr key={one.id} data-key={one.id}>
              <th scope="row">{one.id > 0 ? <Link to={{ ...view.value, filters: { ...view.value.filters, department: String(one.id) } }}>{nameOf(one.department)}</Link> : nameOf(one.department)}</th>
              <td data-name={t('ahead.open')} data-open={one.open}>{showNumber(one.open)}</td>
              <td data-name={t('ahead.expected')}>{showNumber(one.expected)}</td>
              <td data-name={t('ahead.likely')}>{showNumber(one.likely)}</td>
              <td data-name={t('ahead.overdue')}>{showNumber(one.overdue)}</td>
              <td data-name={t('ahead.usual')}>{one.usual > 0 ? showNumber(one.usual) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Held({ held }: { held: Calibration }) {
  if (held.forecasts === 0 || held.brier === null || held.brier_base === null) return <p>{t('ahead.held.none')}</p>;
  return (
    <>
      <p class="words" data-forecasts={held.forecasts}>
        {t('ahead.held.words', { n: showNumber(held.forecasts), from: held.from, to: held.to, late: showShare(held.late / held.forecasts) })}{' '}
        {t(held.brier < held.brier_base ? 'ahead.held.better' : 'ahead.held.worse', { error: held.brier.toFixed(3), base: held.brier_base.toFixed(3) })}
      </p>
      <div class="table-box" tabIndex={0} role="region" aria-label={t('ahead.held.title')}>
        <table class="ahead-held cards">
          <caption class="hidden">{t('ahead.held.title')}</caption>
          <thead>
            <tr>
              {(['ahead.held.said', 'ahead.held.cases', 'ahead.held.mean', 'ahead.held.became'] as const).map((key) => (
                <th key={key} scope="col">
                  {t(key)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {held.tenths.map((one) => (
              <tr key={one.from}>
                <th scope="row">{`${Math.round(one.from * 100)}–${Math.round(one.from * 100) + 10} %`}</th>
                <td data-name={t('ahead.held.cases')}>{showNumber(one.forecasts)}</td>
                <td data-name={t('ahead.held.mean')}>{one.forecasts > 0 ? showShare(one.expected / one.forecasts) : '–'}</td>
                <td data-name={t('ahead.held.became')}>{one.forecasts > 0 ? showShare(one.late / one.forecasts) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Body({ data }: { data: Data }) {
  const { now, held, shift, today } = data;
  return (
    <>
      <Head now={{ from: today, to: today, as_of: now.as_of }} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">
            {t('ahead.title')} <small class="muted">{t('open.now')}</small>
          </h2>
        </div>
        <p class="words" data-open={now.open}>
          {t('ahead.words', { open: showNumber(now.open), expected: showNumber(Math.round(now.expected)), likely: showNumber(now.likely), overdue: showNumber(now.overdue) })}
        </p>
        {now.unknown > 0 && <p class="muted">{t('ahead.unknown', { n: showNumber(now.unknown), least: now.past_least })}</p>}
        {now.departments.length > 0 && <Departments now={now} />}
      </section>
      {now.cases.length > 0 && (
        <section class="panel" aria-labelledby="ahead-cases">
          <div class="panel-head">
            <h2 id="ahead-cases">{t('ahead.cases')}</h2>
          </div>
          <ol class="spots ahead-cases">
            {now.cases.map((one) => (
              <li key={one.number} data-probability={one.probability}>
                <b>{showShare(one.probability)}</b> <a href={`${base}/console/?case=${encodeURIComponent(one.number)}`}>{one.number}</a>{' '}
                {t('ahead.case', { class: className(one.class), department: nameOf(one.department), due: showTime(one.due_at) })}
                <br />
                <span class="muted">{whyWords(one)}</span>
              </li>
            ))}
          </ol>
          {now.open - now.unknown > now.cases.length && <p class="muted">{t('cases.shown', { n: now.cases.length, total: now.open - now.unknown })}</p>}
        </section>
      )}
      <ShiftPanel shift={shift} />
      <section class="panel" aria-labelledby="ahead-held">
        <div class="panel-head">
          <h2 id="ahead-held">{t('ahead.held.title')}</h2>
        </div>
        <p class="muted">{t('ahead.held.rule')}</p>
        <Held held={held} />
      </section>
    </>
  );
}

export const aheadPage: Page<Data> = { read, Body };
