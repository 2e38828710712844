// SPDX-License-Identifier: MPL-2.0
// What if the proposed model had been in force: which past cases would have gone late, in
// time, or to another department, each with both limits, deadlines and rules.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Label } from '../../lib/api/types.ts';
import { label, showNumber, showTime, timeZone } from '../../lib/i18n/index.ts';
import { t } from '../i18n.ts';
import { client, city } from '../state/app.ts';
import { failureWords } from './words.ts';

const POLL_MS = 1500;
const LISTED = 100;
const DAYS = 90;

interface Of {
  code: string;
  name: Label | null;
}
interface Totals {
  cases: number;
  to_late: number;
  to_in_time: number;
  elsewhere: number;
}
interface Row extends Totals {
  department?: Of | null;
  class?: Of;
}
interface Side {
  verdict: 'none' | 'in_time' | 'late' | 'running' | 'overdue';
  limit: Label | null;
  due_at: string | null;
  department: Of | null;
  rule_line: number;
  rule: string;
}
interface Flip {
  number: string;
  class: Of;
  department: Of | null;
  opened_at: string;
  handled_at: string | null;
  verdict_flips: boolean;
  department_flips: boolean;
  now: Side;
  draft: Side;
}
interface Result extends Totals {
  with_limit: number;
  due_moved: number;
  judged_otherwise_since: number;
  not_compared: number;
  departments: Row[];
  classes: Row[];
  items: Flip[];
}
interface Trial {
  state: 'none' | 'running' | 'done' | 'failed';
  tag?: string;
  from?: string;
  to?: string;
  at?: string;
  done?: number;
  of?: number;
  message?: string;
  result?: Result;
}

const verdicts = { none: 'what_if.none', in_time: 'what_if.in_time', late: 'what_if.late', running: 'what_if.running_yet', overdue: 'what_if.overdue' } as const;
const nameOf = (one: Of | null | undefined): string => (one ? label(one.name ?? undefined) || one.code : t('what_if.by_hand'));
const flipsOf = (row: Totals): number => row.to_late + row.to_in_time + row.elsewhere;

/** "2 working hours, due Mon 10:30: late". */
function clockWords(side: Side): string {
  const limit = side.limit ? label(side.limit) : t('what_if.no_limit');
  return side.due_at ? t('what_if.clock', { limit, due: showTime(side.due_at), verdict: t(verdicts[side.verdict]) }) : t('what_if.clock_none', { limit, verdict: t(verdicts[side.verdict]) });
}
function ruleWords(side: Side): string {
  return side.rule_line ? t('what_if.rule', { department: nameOf(side.department), line: side.rule_line, rule: side.rule }) : t('what_if.no_rule', { department: nameOf(side.department) });
}

function FlipRow({ one }: { one: Flip }) {
  return (
    <li data-number={one.number}>
      <a href={`?case=${encodeURIComponent(one.number)}`}>{one.number}</a> {nameOf(one.class)}, {nameOf(one.department)} <span class="muted">{showTime(one.opened_at)}</span>
      {one.verdict_flips && (
        <div>
          {clockWords(one.now)} → <b>{clockWords(one.draft)}</b> {one.handled_at && <span class="muted">{t('what_if.handled', { at: showTime(one.handled_at) })}</span>}
        </div>
      )}
      {one.department_flips && (
        <div>
          {ruleWords(one.now)} → <b>{ruleWords(one.draft)}</b>
        </div>
      )}
    </li>
  );
}

function Table({ rows, head }: { rows: readonly Row[]; head: string }) {
  const shown = rows.filter((row) => flipsOf(row) > 0);
  if (shown.length === 0) return null;
  return (
    <div class="model-scroll" tabIndex={0} role="region" aria-label={head}>
      <table class="model-table">
        <thead>
          <tr>
            <th scope="col">{head}</th>
            {(['what_if.cases', 'what_if.to_late', 'what_if.to_in_time', 'what_if.elsewhere'] as const).map((key) => (
              <th key={key} scope="col" class="number">{t(key)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={(row.class ?? row.department)?.code ?? ''}>
              <th scope="row">{nameOf(row.class ?? row.department)}</th>
              <td class="number">{showNumber(row.cases)}</td>
              <td class="number">{showNumber(row.to_late)}</td>
              <td class="number">{showNumber(row.to_in_time)}</td>
              <td class="number">{showNumber(row.elsewhere)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Told({ trial, result }: { trial: Trial; result: Result }) {
  const all = useSignal(false);
  const flips = flipsOf(result);
  const shown = all.value ? result.items : result.items.slice(0, LISTED);
  return (
    <>
      <p data-flips={flips}>
        {t('what_if.words', { from: trial.from ?? '', to: trial.to ?? '', n: showNumber(result.cases), late: showNumber(result.to_late), in_time: showNumber(result.to_in_time), elsewhere: showNumber(result.elsewhere) })}{' '}
        <span class="muted">{t('what_if.moved', { n: showNumber(result.due_moved) })}</span>
      </p>
      {result.not_compared > 0 && <p class="muted">{t('what_if.not_compared', { n: showNumber(result.not_compared) })}</p>}
      {result.judged_otherwise_since > 0 && <p class="muted">{t('what_if.since', { n: showNumber(result.judged_otherwise_since) })}</p>}
      <Table rows={result.departments} head={t('what_if.department')} />
      <Table rows={result.classes} head={t('what_if.class')} />
      {shown.length > 0 && (
        <ol class="what-if-cases plain-list">
          {shown.map((one) => (
            <FlipRow key={one.number} one={one} />
          ))}
        </ol>
      )}
      {shown.length < result.items.length && (
        <button type="button" onClick={() => (all.value = true)}>{t('model.more', { n: result.items.length - shown.length })}</button>
      )}
      {all.value && flips > result.items.length && <p class="muted">{t('what_if.cut', { slug: city.value?.slug ?? '' })}</p>}
    </>
  );
}

/** A day of the city, so many before today. */
function dayBefore(days: number): string {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: timeZone.value, year: 'numeric', month: '2-digit', day: '2-digit' });
  return day.format(new Date(client.now() - days * 86_400_000));
}

export function WhatIf({ tag }: { tag: string }) {
  const trial = useSignal<Trial>({ state: 'none' });
  const failure = useSignal<unknown>(null);
  const from = useSignal(dayBefore(DAYS - 1));
  const to = useSignal(dayBefore(0));
  const read = () =>
    client
      .get<Trial>('/model/what-if')
      .then((found) => {
        trial.value = found;
        failure.value = null;
      })
      .catch((error: unknown) => (failure.value = error));
  useEffect(() => {
    void read();
    const timer = setInterval(() => {
      if (trial.value.state === 'running') void read();
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [tag]);
  const start = (event: Event) => {
    event.preventDefault();
    client
      .post<Trial>('/model/what-if', { tag, from: from.value, to: to.value })
      .then((begun) => {
        trial.value = begun;
        failure.value = null;
      })
      .catch((error: unknown) => (failure.value = error));
  };
  const now = trial.value;
  const mine = now.tag === tag; // else of another proposal
  const running = now.state === 'running';
  return (
    <section class="what-if">
      <h3>{t('what_if.title')}</h3>
      <p class="muted">{t('what_if.rule_words')}</p>
      <form class="model-word" onSubmit={start}>
        <label>
          {t('what_if.from')} <input type="date" name="from" required value={from.value} max={to.value} onInput={(event) => (from.value = event.currentTarget.value)} />
        </label>
        <label>
          {t('what_if.to')} <input type="date" name="to" required value={to.value} min={from.value} onInput={(event) => (to.value = event.currentTarget.value)} />
        </label>
        <button type="submit" disabled={running}>{t('what_if.start')}</button>
        <span class="muted" role="status">
          {running && (now.of ? t('what_if.judging', { share: Math.floor((100 * (now.done ?? 0)) / now.of) }) : t('what_if.reading'))}
        </span>
      </form>
      {failure.value !== null && <p class="bad" role="alert">{failureWords(failure.value)}</p>}
      {mine && now.state === 'failed' && <p class="bad" role="alert">{t('what_if.failed')} {now.message}</p>}
      {mine && now.state === 'done' && now.result && <Told trial={now} result={now.result} />}
    </section>
  );
}
