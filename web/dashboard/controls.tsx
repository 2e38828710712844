// SPDX-License-Identifier: MPL-2.0
// Period, and chips of what the page is narrowed to.
import { useSignal } from '@preact/signals';
import { label } from '../lib/i18n/index.ts';
import { Icon } from '../lib/ui/icons.tsx';
import { hourName, isDay, type Period, periods, weekdayName } from './days.ts';
import { t } from './i18n.ts';
import { showSpan } from './figures.ts';
import { asOfWords, filterLabel, helpAt, isLive, narrow, show, span, today, view } from './state.ts';
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
              {now.as_of && <span class={`as-of ${isLive.value ? 'live' : ''}`}>{t('dash.as_of', { time: asOfWords(now.as_of) })}</span>}
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
