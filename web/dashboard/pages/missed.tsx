// SPDX-License-Identifier: MPL-2.0
// Reports from outside that a collector should have made: whom they count against, disputes
// with their reasons, decisions by somebody else, and what that did to the figure.
import { useSignal } from '@preact/signals';
import { failureWords } from '../../lib/api/failure.ts';
import type { Catalogue, Label } from '../../lib/api/types.ts';
import { label, showNumber, showTime } from '../../lib/i18n/index.ts';
import { Dialog } from '../../lib/ui/dialog.tsx';
import { Icon } from '../../lib/ui/icons.tsx';
import { spanWords } from '../../lib/clock/words.ts';
import { Head } from '../controls.tsx';
import { figureOf, type Figures, measureName } from '../figures.ts';
import { t } from '../i18n.ts';
import { FigureCell, Link } from '../links.tsx';
import { base, client, refresh, session, view } from '../state.ts';
import { figureQuery } from '../view.ts';
import { What } from '../what.tsx';
import { figures, type Page, type PageRead } from './page.ts';

interface Word {
  by: { id: number; name: string } | null;
  at: string;
  reason: string;
}
interface Missed {
  number: string;
  class: string;
  grid: string;
  duty_grid: string;
  opened_at: string;
  within_s: number;
  whose: { id: number; name: string } | null;
  state: State;
  dispute: Word | null;
  decision: Word | null;
  may_dispute: boolean;
  may_decide: boolean;
}
const states = ['disputed', 'stands', 'upheld', 'excused'] as const;
type State = (typeof states)[number];
const stateKey = { disputed: 'missed.disputed', stands: 'missed.stands', upheld: 'missed.upheld', excused: 'missed.excused' } as const;
interface Page1 {
  states: Record<State, number>;
  items: Missed[];
  next_before: number | null;
}
interface Data {
  period: { from: string; to: string };
  state: State | '';
  page: Page1;
  names: ReadonlyMap<string, Label>;
  now: Figures;
}
/** Narrowed by the period alone: the list is of people, not of places. */
const pathOf = (period: { from: string; to: string }, state: State | '', before?: number): string =>
  `/missed?${figureQuery({}, period, { ...(state ? { state } : {}), ...(before ? { before: String(before) } : {}) })}`;

let names: ReadonlyMap<string, Label> | null = null;
async function read(asked: PageRead): Promise<Data> {
  const state = states.find((one) => one === asked.view.level) ?? '';
  const [page, now, catalogue] = await Promise.all([
    asked.get<Page1>(pathOf(asked.span, state)),
    figures(asked, ['missed', 'missed_rate'], { by: 'none' }),
    names ?? asked.get<Catalogue>('/catalogue').then(({ classes }) => new Map(classes.map((one): [string, Label] => [one.code, one.name]))),
  ]);
  names = catalogue;
  return { period: asked.span, state, page, names: catalogue, now };
}

type Saying = 'dispute' | 'uphold' | 'excuse';
const sayKey = { dispute: 'missed.dispute', uphold: 'missed.uphold', excuse: 'missed.excuse' } as const;
const ruleKey = { dispute: 'missed.dispute_rule', uphold: 'missed.uphold_rule', excuse: 'missed.excuse_rule' } as const;
function SayDialog({ one, saying, onDone }: { one: Missed; saying: Saying; onDone: () => void }) {
  const reason = useSignal('');
  const failed = useSignal<unknown>(null);
  const send = async (event: Event) => {
    event.preventDefault();
    try {
      const words = { reason: reason.value.trim() };
      await client.post(`/missed/${encodeURIComponent(one.number)}/${saying === 'dispute' ? 'dispute' : 'decision'}`, saying === 'dispute' ? words : { ...words, excused: saying === 'excuse' });
      onDone();
      await refresh();
    } catch (error) {
      failed.value = error;
    }
  };
  return (
    <Dialog title={`${t(sayKey[saying])}: ${one.number}`} closeLabel={t('help.close')} onClose={onDone}>
      <form class="give" onSubmit={(event) => void send(event)}>
        {one.dispute && saying !== 'dispute' && <blockquote>{one.dispute.reason}</blockquote>}
        <label>
          <span>{t('frozen.reason')}</span>
          <textarea name="reason" required maxLength={4000} rows={4} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} data-first />
        </label>
        <p class="muted">{t(ruleKey[saying])}</p>
        {failed.value !== null && (
          <p class="alert bad" role="alert">
            {failureWords(failed.value)}
          </p>
        )}
        <button type="submit" class="primary">
          {t(sayKey[saying])}
        </button>
      </form>
    </Dialog>
  );
}

function Told({ word, key_ }: { word: Word; key_: 'missed.disputed_by' | 'missed.decided_by' }) {
  return (
    <p class="said">
      <span class="muted">{t(key_, { name: word.by?.name || t('missed.somebody'), at: showTime(word.at) })}</span> {word.reason}
    </p>
  );
}
function Item({ one, names: words }: { one: Missed; names: ReadonlyMap<string, Label> }) {
  const saying = useSignal<Saying | null>(null);
  const act = (what: Saying) => (
    <button type="button" data-say={what} onClick={() => (saying.value = what)}>
      {t(sayKey[what])}
      <span class="hidden"> {one.number}</span>
    </button>
  );
  return (
    <li data-number={one.number} data-state={one.state} class={one.state}>
      <p>
        <a href={`${base}/console/?case=${encodeURIComponent(one.number)}`}>{one.number}</a> <b>{label(words.get(one.class)) || one.class}</b>{' '}
        <span class={`tag ${one.state}`}>{t(stateKey[one.state])}</span>
      </p>
      <p class="muted">
        {t('missed.facts', { at: showTime(one.opened_at), grid: one.grid || '–', duty: one.duty_grid || '–', span: spanWords(one.within_s * 1000) })}{' '}
        {one.whose ? t('missed.whose', { name: one.whose.name || t('missed.somebody') }) : t('missed.nobody')}
      </p>
      {one.dispute && <Told word={one.dispute} key_="missed.disputed_by" />}
      {one.decision && <Told word={one.decision} key_="missed.decided_by" />}
      {(one.may_dispute || one.may_decide) && (
        <p class="buttons">
          {one.may_dispute && act('dispute')}
          {one.may_decide && act('excuse')}
          {one.may_decide && act('uphold')}
        </p>
      )}
      {saying.value && <SayDialog one={one} saying={saying.value} onDone={() => (saying.value = null)} />}
    </li>
  );
}

function Body({ data }: { data: Data }) {
  const { page, now, state, period } = data;
  const more = useSignal<{ of: Page1; items: Missed[]; next: number | null } | null>(null);
  const failed = useSignal<unknown>(null);
  const added = more.value?.of === page ? more.value : null; // of a list that is no longer shown: nothing
  const next = added ? added.next : page.next_before;
  const items = [...page.items, ...(added?.items ?? [])];
  const count = figureOf(now, now.totals, 'missed');
  const rate = figureOf(now, now.totals, 'missed_rate');
  const whole = states.reduce((sum, one) => sum + page.states[one], 0);
  const seesStaff = session.value?.rights?.includes('staff.read') ?? false;
  const readMore = async () => {
    if (!next) return;
    try {
      const found = await client.get<Page1>(pathOf(period, state, next));
      more.value = { of: page, items: [...(added?.items ?? []), ...found.items], next: found.next_before };
    } catch (error) {
      failed.value = error;
    }
  };
  return (
    <>
      <Head now={now} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">{t('view.missed')}</h2>
        </div>
        <p class="muted">
          {t('coverage.missed_rule')} {t('missed.rule')}
        </p>
        <dl class="missed-now">
          {[count, rate].map(
            (figure) =>
              figure && (
                <div key={figure.code} data-measure={figure.code} data-value={figure.value ?? ''}>
                  <dt>
                    {measureName(figure)} <What code={figure.code} name={measureName(figure)} />
                  </dt>
                  <dd>
                    <FigureCell figure={figure} of={now.list} />
                  </dd>
                </div>
              ),
          )}
          <div>
            <dt>{t('missed.excused_n')}</dt>
            <dd data-excused={page.states.excused}>{showNumber(page.states.excused)}</dd>
          </div>
        </dl>
        {!seesStaff && <p class="alert part">{t('missed.own')}</p>}
        <p class="steps" role="group" aria-label={t('missed.which')}>
          {(['', ...states] as const).map((one) => (
            <Link key={one} to={{ ...view.value, level: one }} stay class={`button ${state === one ? 'on' : ''}`} current={state === one}>
              {one === '' ? t('missed.all') : t(stateKey[one])} {showNumber(one === '' ? whole : page.states[one])}
            </Link>
          ))}
        </p>
        {items.length === 0 ? (
          <p class="muted">{t('missed.none')}</p>
        ) : (
          <ol class="missed-list">
            {items.map((one) => (
              <Item key={one.number} one={one} names={data.names} />
            ))}
          </ol>
        )}
        {failed.value !== null && (
          <p class="alert bad" role="alert">
            {failureWords(failed.value)}
          </p>
        )}
        {next !== null && (
          <button type="button" onClick={() => void readMore()}>
            <Icon name="down" /> {t('missed.more')}
          </button>
        )}
      </section>
    </>
  );
}

export const missedPage: Page<Data> = { read, Body };
