// SPDX-License-Identifier: MPL-2.0
// Was somebody there before a case was closed? Three figures that add up, told from tracks of
// collectors on shift; "no full track" is one of its own. Each opens the cases it counts.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { showNumber, showTime } from '../lib/i18n/index.ts';
import { showShare } from './figures.ts';
import { t } from './i18n.ts';
import { base, client, span, view } from './state.ts';
import { figureQuery } from './view.ts';

type Which = 'visited' | 'unvisited' | 'untracked';
interface Counts extends Record<Which, number> {
  cases: number;
  seen: number;
  nobody: number;
}
interface Answer {
  keep_days: number | null;
  near_m: number;
  before_s: number;
  gap_s: number;
  closed: Counts;
  verified: Counts;
  total: number;
  cases: { number: string; person: { id: number; name: string } | null; answered_at: string | null }[];
}
const words = { visited: 'visits.visited', unvisited: 'visits.unvisited', untracked: 'visits.untracked' } as const;
const LISTED = 50;
const counted = signal<{ query: string; answer: Answer } | null>(null);

function Cases({ query, which, name }: { query: string; which: Which; name: string }) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let wanted = true;
    setAnswer(null);
    setFailed(false);
    client
      .get<Answer>(`/visits?${query}&list=${which}&limit=${LISTED}`)
      .then((found) => wanted && setAnswer(found))
      .catch(() => wanted && setFailed(true));
    return () => {
      wanted = false;
    };
  }, [query, which]);
  if (failed) return <p class="muted">{t('visits.failed')}</p>;
  if (!answer) return null;
  return (
    <div class="visit-cases" data-list={which} data-total={answer.total}>
      <h3>{t('visits.cases', { what: name, n: showNumber(answer.total) })}</h3>
      <ul class="plain-list">
        {answer.cases.map((one) => (
          <li key={one.number}>
            <a href={`${base}/console/?case=${encodeURIComponent(one.number)}`}>{one.number}</a> {one.person?.name} {one.answered_at ? showTime(one.answered_at) : t('visits.nobody')}
          </li>
        ))}
        {answer.total > answer.cases.length && <li class="muted">{t('cases.shown', { n: answer.cases.length, total: answer.total })}</li>}
      </ul>
    </div>
  );
}

/** One item of the list behind a closing rate. */
export function Visits() {
  const query = figureQuery(view.value.filters, span.value);
  const [open, setOpen] = useState<Which | null>(null);
  useEffect(() => {
    let wanted = true;
    client
      .get<Answer>(`/visits?${query}&limit=0`)
      .then((answer) => wanted && (counted.value = { query, answer }))
      .catch(() => undefined); // the panel stands without it; the address below says why
    return () => {
      wanted = false;
    };
  }, [query]);
  const answer = counted.value?.query === query ? counted.value.answer : null;
  if (!answer || answer.closed.cases === 0) return null;
  const { closed } = answer;
  if (answer.keep_days === null && closed.untracked === closed.cases) {
    return (
      <li class="muted" data-visits="off">
        {t('honesty.untracked')}
      </li>
    );
  }
  const name = (which: Which): string => t(words[which]);
  return (
    <li data-visits={`${closed.visited} ${closed.unvisited} ${closed.untracked}`}>
      {t('visits.title', { n: showNumber(closed.cases) })}{' '}
      {(['unvisited', 'untracked', 'visited'] as const).map((which) => (
        <span key={which} class="visit-count">
          <button type="button" class="link opens" aria-expanded={open === which} disabled={closed[which] === 0} onClick={() => setOpen(open === which ? null : which)}>
            {name(which)} <b>{showNumber(closed[which])}</b>
          </button>{' '}
          <span class="muted">({showShare(closed[which] / closed.cases)})</span>{' '}
        </span>
      ))}
      <small class="muted">
        {t('visits.rule', { m: answer.near_m, minutes: answer.before_s / 60, gap: answer.gap_s / 60 })}{' '}
        {closed.seen > 0 && t('visits.seen', { n: showNumber(closed.seen) })}
      </small>
      {open && <Cases query={query} which={open} name={name(open)} />}
    </li>
  );
}
