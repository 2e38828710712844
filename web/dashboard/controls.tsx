// SPDX-License-Identifier: MPL-2.0
// Period, chips of what the page is narrowed to, and the definitions of the figures.
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { label } from '../lib/i18n/index.ts';
import { Dialog } from '../lib/ui/dialog.tsx';
import { Icon } from '../lib/ui/icons.tsx';
import { hourName, isDay, type Period, periods, weekdayName } from './days.ts';
import { t } from './i18n.ts';
import { showSpan } from './figures.ts';
import { allMeasures, asOfWords, filterLabel, helpAt, measureNames, narrow, readDefinitions, show, shown, span, today, view } from './state.ts';
import { type Chip, chips, without } from './view.ts';

const periodKey = {
  today: 'period.today',
  '7d': 'period.seven',
  '30d': 'period.thirty',
  month: 'period.month',
  'last-month': 'period.last_month',
  quarter: 'period.quarter',
  year: 'period.year',
  range: 'period.range',
} as const;

export function PeriodChooser() {
  const { period } = view.value;
  const choosing = useSignal(false);
  const custom = choosing.value || period === 'range';
  const pick = (next: Period) => {
    choosing.value = next === 'range';
    if (next !== 'range') show({ ...view.value, period: next, unit: '', list: null });
  };
  return (
    <div class="period">
      {narrow.value ? (
        <select id="period" aria-label={t('period.name')} value={custom ? 'range' : period} onChange={(event) => pick(event.currentTarget.value as Period)}>
          {periods.map((one) => (
            <option key={one} value={one}>
              {t(periodKey[one])}
            </option>
          ))}
        </select>
      ) : (
        <span class="steps" role="group" aria-label={t('period.name')}>
          {periods.map((one) => (
            <button key={one} type="button" data-period={one} class={(one === 'range' ? custom : period === one && !custom) ? 'on' : ''} aria-pressed={one === 'range' ? custom : period === one && !custom} onClick={() => pick(one)}>
              {t(periodKey[one])}
            </button>
          ))}
        </span>
      )}
      {custom && <RangeForm onDone={() => (choosing.value = false)} />}
    </div>
  );
}

interface Told {
  from: string;
  to: string;
  as_of?: string;
}
/** Period, what it is compared with, how fresh it is; below it what the page is narrowed to. */
export function Head({ now, before = null }: { now: Told | null; before?: Told | null }) {
  return (
    <>
      <div class="overview-head">
        <PeriodChooser />
        <p class="now muted">
          {now && (
            <>
              <b>{showSpan(now, today.value)}</b> {before && <span>{t('dash.against', { before: showSpan(before, today.value) })}</span>}{' '}
              {now.as_of && <span class="as-of">{t('dash.as_of', { time: asOfWords(now.as_of) })}</span>}
            </>
          )}
        </p>
        <span class="tools">
          <button type="button" onClick={() => (helpAt.value = '')}>
            <Icon name="help" /> {t('help.button')}
          </button>
          <button type="button" class="wide" onClick={() => window.print()}>
            <Icon name="print" /> {t('dash.print')}
          </button>
        </span>
      </div>
      <Chips />
    </>
  );
}

function RangeForm({ onDone }: { onDone: () => void }) {
  const known = span.value;
  const from = useSignal(known.from);
  const to = useSignal(known.to);
  const right = isDay(from.value) && isDay(to.value) && from.value <= to.value;
  return (
    <form
      class="range"
      onSubmit={(event) => {
        event.preventDefault();
        if (!right) return;
        onDone();
        show({ ...view.value, period: 'range', range: { from: from.value, to: to.value }, unit: '', list: null });
      }}
    >
      <label>
        <span>{t('period.from')}</span>
        <input type="date" name="from" required value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />
      </label>
      <label>
        <span>{t('period.to')}</span>
        <input type="date" name="to" required value={to.value} onInput={(event) => (to.value = event.currentTarget.value)} />
      </label>
      <button type="submit" class="primary" disabled={!right}>
        {t('period.show')}
      </button>
    </form>
  );
}

const byKey = {
  reported_by: 'chip.reported_by',
  accepted_by: 'chip.accepted_by',
  verified_by: 'chip.verified_by',
  filed_by: 'chip.filed_by',
  sent_by: 'chip.sent_by',
  checked_by: 'chip.checked_by',
  closed_by: 'chip.closed_by',
} as const;
/** A filter in words: the name of a department, an area, "no department" ... */
export function ChipWords({ chip }: { chip: Chip }) {
  const { name, value } = chip;
  const found = label(filterLabel(name, value));
  if (name === 'lead') return <>{value === '0' ? t('none.department') : t('chip.lead', { name: found || value })}</>;
  if (name === 'weekday') return <>{weekdayName(Number(value), 'long')}</>;
  if (name === 'hour') return <>{t('chip.hour', { hour: hourName(Number(value)) })}</>;
  if (name.endsWith('_by')) return <>{t(byKey[name as keyof typeof byKey], { name: found || `#${value}` })}</>;
  if (name === 'grid' || name === 'duty_grid') return <>{t('chip.grid', { name: found || `#${value}` })}</>;
  if (name === 'outside') return <>{t('chip.outside', { level: found || value })}</>;
  if ((name === 'class' && value === '0') || (name === 'major' && value === '')) return <>{t('none.class')}</>;
  return <>{found || value}</>;
}
export function Chips() {
  const all = chips(view.value.filters);
  if (all.length === 0) return null;
  return (
    <ul class="chips" aria-label={t('chip.all')}>
      {all.map((chip) => (
        <li key={`${chip.name}${chip.value}`}>
          <button type="button" class="chip" onClick={() => show(without(view.value, chip))}>
            <ChipWords chip={chip} /> <Icon name="close" size={12} />
            <span class="hidden">{t('chip.remove')}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

const definitions = [
  ['opened', 'def.opened'],
  ['closed', 'def.closed'],
  ['open', 'def.open'],
  ['overdue', 'def.overdue'],
  ['closing_rate', 'def.closing_rate'],
  ['on_time_rate', 'def.on_time_rate'],
  ['mean_time_to_close', 'def.mean_time_to_close'],
] as const;
const general = ['def.days', 'def.before', 'def.none', 'def.lists', 'def.department', 'def.fresh'] as const;

export function Help() {
  const wanted = helpAt.value;
  const element = useRef<HTMLElement>(null);
  useEffect(() => element.current?.scrollIntoView({ block: 'start' }), [wanted]);
  useEffect(() => {
    if (wanted !== null) void readDefinitions();
  }, [wanted]);
  if (wanted === null) return null;
  const others = allMeasures.value.filter((one) => !definitions.some(([code]) => code === one.code));
  const measures = shown.value?.now.measures ?? [];
  return (
    <Dialog title={t('help.figures')} closeLabel={t('help.close')} onClose={() => (helpAt.value = null)} className="help">
      <div class="definitions" tabIndex={0} role="region" aria-label={t('help.figures')} data-first>
        <dl>
          {definitions.map(([code, key]) => (
            <div key={code} class={code === wanted ? 'wanted' : ''}>
              <dt ref={code === wanted ? element : undefined}>{label(measures.find((one) => one.code === code)?.label ?? measureNames.value.get(code)) || code}</dt>
              <dd>{t(key)}</dd>
            </div>
          ))}
        </dl>
        {others.length > 0 && (
          <>
            <h3>{t('help.others')}</h3>
            <dl>
              {others.map((one) => (
                <div key={one.code} class={one.code === wanted ? 'wanted' : ''}>
                  <dt ref={one.code === wanted ? element : undefined}>{label(one.label) || one.code}</dt>
                  <dd>
                    {label(one.note)} <code>{one.formula ?? [`on ${one.on}`, one.until && `until ${one.until}`, one.when && `when ${one.when}`, one.value && `value ${one.value}`].filter(Boolean).join(' ')}</code> <small class="muted">{one.source}</small>
                  </dd>
                </div>
              ))}
            </dl>
          </>
        )}
        <h3>{t('help.general')}</h3>
        <ul>
          {general.map((key) => (
            <li key={key}>{t(key)}</li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}
