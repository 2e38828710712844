// SPDX-License-Identifier: MPL-2.0
// The right column: one case with its facts, what may be done with it, photos, deadline
// explained and history.
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { CaseDetail, Clock, ExplainedClock, ExplainInterval, Explanation, HistoryRow, Located } from '../../lib/api/types.ts';
import { runs } from '../../lib/clock/light.ts';
import { has, label, language, localDay, showClock, showFull, showNumber, showTime } from '../../lib/i18n/index.ts';
import { Icon, LightIcon } from '../../lib/ui/icons.tsx';
import { MediaList } from '../../lib/ui/media.tsx';
import { t } from '../i18n.ts';
import {
  catalogue,
  city,
  client,
  cursor,
  detail,
  detailFailure,
  light,
  list,
  lookAt,
  mayReport,
  notify,
  nowMs,
  open,
  pane,
  printSlips,
  process,
  readDetail,
  report,
  selected,
} from '../state/app.ts';
import { Actions } from './actions.tsx';
import { Contacts, Merged } from './contacts.tsx';
import { Levels } from './levels.tsx';
import { Office } from './office.tsx';
import { choiceWord } from './fields.tsx';
import { plainWords } from './plain.ts';
import { moveCursor, placeWord } from './queue.tsx';
import {
  actorWord,
  areaWord,
  clockWord,
  failureWords,
  holderWord,
  leftWords,
  lightWord,
  outcomeWord,
  paused,
  refWord,
  roleWord,
  sourceWord,
  stageWord,
  taskWord,
  urgencyWord,
} from './words.ts';

export function CaseView() {
  const heading = useRef<HTMLHeadingElement>(null);
  const number = selected.value;
  const found = detail.value;
  useEffect(() => {
    if (found) heading.current?.focus({ preventScroll: true });
  }, [found?.number]);
  if (number === null) return null;
  if (!found || found.number !== number) {
    return (
      <section class="case side" aria-label={t('case.title')}>
        <Bar number={number} />
        {detailFailure.value ? (
          <div class="empty" role="alert">
            <p>{failureWords(detailFailure.value)}</p>
            <button type="button" onClick={() => void readDetail(number)}>
              {t('error.again')}
            </button>
          </div>
        ) : (
          <div class="empty" aria-busy="true">
            {t('list.loading')}
          </div>
        )}
      </section>
    );
  }
  return (
    <section class="case side" aria-label={t('case.title')}>
      <Bar number={number} />
      <div class="side-scroll" key={number}>
        <header class="case-head">
          <h2 ref={heading} tabIndex={-1}>
            {label(found.class?.name) || t('class.none')}
          </h2>
          {found.condition && <p class="muted">{label(found.condition.name)}</p>}
          <Headline found={found} />
        </header>
        <Actions found={found} />
        <Merged found={found} />
        {found.closed_at && found.outcome !== 'merged' && mayReport() && (
          <p class="block">
            <button type="button" class="plain" onClick={() => report(found)}>
              <Icon name="plus" size={12} /> {t('successor.start')}
            </button>
          </p>
        )}
        <Plain found={found} />
        <Facts found={found} />
        <Contacts found={found} />
        <Photos found={found} />
        <Levels found={found} />
        <Deadline found={found} />
        <History rows={found.history} />
      </div>
    </section>
  );
}

function Bar({ number }: { number: string }) {
  const rows = list.rows.value;
  const at = rows.findIndex((row) => row.item.number === (cursor.value ?? number));
  // A case that has left the list (done, transferred): the next one stands where it stood.
  const last = useRef(0);
  if (at >= 0) last.current = at;
  const go = (by: number) => {
    if (at < 0) cursor.value = rows[Math.max(0, Math.min(rows.length - 1, by > 0 ? last.current : last.current - 1))]?.item.number ?? null;
    else moveCursor(by);
    if (cursor.value) open(cursor.value);
  };
  return (
    <div class="side-bar">
      <button type="button" class="plain back" onClick={() => open(null)}>
        <Icon name="back" /> {t('case.back')}
      </button>
      <span class="numeric number">{number}</span>
      <button type="button" class="plain square" aria-label={t('case.print')} title={t('case.print')} onClick={() => printSlips([number])}>
        <Icon name="print" />
      </button>
      <button type="button" class="plain square" aria-label={t('case.previous')} disabled={at === 0 || rows.length === 0} onClick={() => go(-1)}>
        <Icon name="up" />
      </button>
      <button type="button" class="plain square" aria-label={t('case.next')} disabled={rows.length === 0 || (at >= 0 && at >= rows.length - 1)} onClick={() => go(1)}>
        <Icon name="down" />
      </button>
      <button type="button" class="plain square close" aria-label={t('case.close')} onClick={() => open(null)}>
        <Icon name="close" />
      </button>
    </div>
  );
}

/** What hangs over a case besides its clock: supervision that wants an answer, an appeal granted. */
function flags(found: CaseDetail): string[] {
  const kinds = found.history.map((row) => row.kind);
  const word = (code: string) => label(city.value?.kinds?.find((one) => one.code === code)?.label);
  const out: string[] = [];
  if (found.tasks.some((task) => task.state === 'open' && task.kind === 'supervise')) out.push(word('supervised'));
  if (kinds.lastIndexOf('exempted') > kinds.lastIndexOf('reopened')) out.push(word('exempted'));
  return out.filter(Boolean);
}

function Headline({ found }: { found: CaseDetail }) {
  const shown = light(found);
  const words = leftWords(found.clock, nowMs.value);
  return (
    <p class={`headline ${shown}`}>
      <span class="badge stage">{stageWord(found.stage)}</span>
      <span class={`badge ${shown}`}>
        <LightIcon light={shown} paused={paused(found.clock)} />
        {found.outcome ? outcomeWord(found.outcome) : paused(found.clock) ? t('clock.paused') : lightWord(shown)}
        {words && <b>{words}</b>}
      </span>
      {flags(found).map((word) => (
        <span key={word} class="badge">
          {word}
        </span>
      ))}
      {found.one_sided && (
        <span class="badge" title={t('levels.one_sided_hint')}>
          <Icon name="warn" size={12} /> {t('levels.one_sided')}
        </span>
      )}
    </p>
  );
}

/** What one says to whoever asks what became of it; copied with one click. */
function Plain({ found }: { found: CaseDetail }) {
  const words = plainWords(found, nowMs.value).join(language.value.startsWith('zh') ? '' : ' ');
  return (
    <section class="block plain-words" aria-label={t('plain.title')}>
      <p>{words}</p>
      {navigator.clipboard && (
        <button
          type="button"
          class="plain square"
          aria-label={t('plain.copy')}
          title={t('plain.copy')}
          onClick={() => {
            navigator.clipboard
              .writeText(`${found.number}: ${words}`)
              .then(() => notify('good', t('plain.copied')))
              .catch(() => notify('bad', t('plain.not_copied')));
          }}
        >
          <Icon name="copy" size={14} />
        </button>
      )}
    </section>
  );
}

/** Records of old often repeat the class as the description. */
const saysMore = (found: CaseDetail) => !Object.values(found.class?.name ?? {}).includes(found.description);

function CaseLink({ number }: { number: string }) {
  return (
    <button type="button" class="plain small numeric" onClick={() => open(number)}>
      {number}
    </button>
  );
}

function Facts({ found }: { found: CaseDetail }) {
  const fact = (name: string, value: preact.ComponentChildren) =>
    value === null || value === undefined || value === '' || value === false ? null : (
      <>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </>
    );
  const tasks = found.tasks.filter((task) => task.state === 'open');
  const due = found.clock?.due_at ?? null;
  return (
    <section class="block">
      <h3>{t('case.facts')}</h3>
      {saysMore(found) && <p class="description">{found.description || <span class="muted">{t('case.no_description')}</span>}</p>}
      <dl class="facts">
        {fact(t('fact.step'), label(found.step_label))}
        {fact(
          t('fact.place'),
          <>
            <PlaceWords found={found} />
            {found.address && label(found.place) !== found.address && <div class="muted">{found.address}</div>}
            {found.point && (
              <div>
                <button
                  type="button"
                  class="plain small"
                  onClick={() => {
                    pane.value = 'map';
                    lookAt.value = found.point;
                  }}
                >
                  <Icon name="pin" size={12} />
                  <span class="numeric">
                    {found.point.lat.toFixed(5)}, {found.point.lon.toFixed(5)}
                  </span>
                </button>
              </div>
            )}
          </>,
        )}
        {fact(t('fact.component'), found.component && <span class="numeric">{found.component.code}</span>)}
        {fact(t('fact.urgency'), found.urgency && urgencyWord(found.urgency))}
        {fact(t('fact.grid'), found.grid && <span class="numeric">{found.grid.code}</span>)}
        {fact(t('fact.areas'), found.areas.map(areaWord).join(' · '))}
        {fact(
          t('fact.department'),
          found.department && (
            <>
              {refWord(found.department)}
              <Office department={found.department.id} />
            </>
          ),
        )}
        {fact(t('fact.rule'), ruleOf(found))}
        {fact(
          t('fact.tasks'),
          tasks.length > 0 && (
            <ul class="plain-list">
              {tasks.map((task) => (
                <li key={task.id}>
                  {taskWord(task.kind)}
                  {holderWord(task.holder) && <span class="muted"> · {holderWord(task.holder)}</span>}
                  {task.due_at && <span class="muted"> · {showTime(task.due_at)}</span>}
                </li>
              ))}
            </ul>
          ),
        )}
        {fact(t('fact.follows'), found.follows && <CaseLink number={found.follows} />)}
        {fact(t('fact.successors'), (found.successors ?? []).length > 0 && (found.successors ?? []).map((number) => <CaseLink key={number} number={number} />))}
        {fact(t('fact.opened'), showFull(found.opened_at))}
        {fact(t('fact.due'), due && <>{showFull(due)}{found.clock?.provisional && <small class="muted"> {t('clock.provisional')}</small>}</>)}
        {fact(t('fact.closed'), showFull(found.closed_at))}
        {fact(t('fact.source'), [sourceWord(found.source), found.external_id].filter(Boolean).join(' · '))}
      </dl>
    </section>
  );
}

/** The address as it was given; for a bare point, what the city says lies there. */
function PlaceWords({ found }: { found: CaseDetail }) {
  const words = useSignal('');
  const given = label(found.place);
  const at = found.point ? `${found.point.lon} ${found.point.lat}` : '';
  useEffect(() => {
    words.value = '';
    if (given || !found.point) return;
    client
      .get<Located>('/locate', { lon: found.point.lon.toFixed(7), lat: found.point.lat.toFixed(7) })
      .then((value) => {
        words.value = label(value.place);
      })
      .catch(() => undefined); // area and grid are shown all the same
  }, [found.number, at, given, language.value]);
  return <>{given || words.value || placeWord(found)}</>;
}

function Photos({ found }: { found: CaseDetail }) {
  if (found.media.length === 0) return null;
  return (
    <section class="block">
      <h3>{t('case.photos')}</h3>
      <MediaList media={found.media} url={(path) => client.url(path)} />
    </section>
  );
}

// ---- the deadline, interval by interval ----
function Deadline({ found }: { found: CaseDetail }) {
  const explanation = useSignal<Explanation | null>(null);
  const failure = useSignal<unknown>(null);
  const isOpen = useSignal(false);
  useEffect(() => {
    if (!isOpen.value) return;
    client
      .get<Explanation>(`/cases/${encodeURIComponent(found.number)}/explain`, { language: language.value })
      .then((value) => {
        explanation.value = value;
        failure.value = null;
      })
      .catch((error: unknown) => {
        failure.value = error;
      });
  }, [isOpen.value, found.version, found.number, language.value]);
  const clocks = found.clocks.length > 0 ? found.clocks : found.clock ? [found.clock] : [];
  return (
    <section class="block">
      <h3>{t('case.deadline')}</h3>
      {clocks.length === 0 && <p class="muted">{t('limit.none')}</p>}
      <ul class="clocks">
        {clocks.map((clock, index) => (
          <ClockLine key={`${clock.kind}-${index}`} clock={clock} />
        ))}
      </ul>
      {clocks.length > 0 && (
        <details
          open={isOpen.value}
          onToggle={(event) => {
            isOpen.value = event.currentTarget.open;
          }}
        >
          <summary>{t('explain.how')}</summary>
          {failure.value !== null && <p role="alert">{failureWords(failure.value)}</p>}
          {explanation.value?.clocks.map((clock, index) => <Explained key={`${clock.kind}-${index}`} clock={clock} />)}
          {!explanation.value && failure.value === null && <p class="muted">{t('list.loading')}</p>}
        </details>
      )}
    </section>
  );
}

function ClockLine({ clock }: { clock: Clock }) {
  const now = nowMs.value;
  return (
    <li>
      <b>{clockWord(clock.kind)}</b>
      {label(clock.limit_text) && <span> · {label(clock.limit_text)}</span>}
      <span class="muted">
        {' · '}
        {runs(clock)
          ? `${t('clock.due', { at: showTime(clock.due_at) })} (${leftWords(clock, now)})`
          : has(`clock.${clock.state}`)
            ? t(`clock.${clock.state}` as 'clock.paused')
            : clock.state}
      </span>
    </li>
  );
}

const INTERVALS_SHOWN = 30;
/** A limit that goes from day to day is told in sentences: no hours are counted in it. */
const isStepped = (clock: ExplainedClock) => clock.intervals.some((one) => one.why === 'step');

function Explained({ clock }: { clock: ExplainedClock }) {
  return (
    <div class="explained">
      <p>
        <b>{clockWord(clock.kind)}</b>
        {label(clock.limit_text) && <> · {label(clock.limit_text)}</>}
        <br />
        <span class="muted">
          {clock.rule && t('explain.rule', { rule: clock.rule })}
          {clock.calendar_version !== null && clock.calendar_version > 0 && ` · ${t('explain.calendar', { version: String(clock.calendar_version) })}`}
        </span>
      </p>
      {clock.intervals.length === 0 ? (
        <p>{clock.due_at ? t(clock.kind === 'imported' ? 'explain.given' : 'explain.due', { at: showFull(clock.due_at) }) : t('limit.none')}</p>
      ) : isStepped(clock) ? (
        <Steps clock={clock} />
      ) : (
        <Intervals clock={clock} />
      )}
    </div>
  );
}

/** "Day 2 of 3: to Tue, Oct 20, 10:48", with what put it off in between. */
function stepWords(clock: ExplainedClock): { key: string; text: string; counts: boolean }[] {
  const last = Math.max(0, ...clock.intervals.map((one) => (one.why === 'step' ? (one.number ?? 0) : 0)));
  let before = 0;
  return clock.intervals.map((one) => {
    const key = `${one.from} ${one.to} ${one.why}`;
    const to = showFull(one.to);
    if (one.why === 'step') {
      const now = one.number ?? before + 1;
      const days = now - before;
      before = now;
      return { key, counts: true, text: days > 1 ? t('explain.days_on', { n: days, at: to }) : t('explain.day_of', { n: now, of: last, at: to }) };
    }
    return { key, counts: false, text: t('explain.moved', { why: whyWord(one), at: to }) };
  });
}

function Steps({ clock }: { clock: ExplainedClock }) {
  const all = useSignal(false);
  const words = stepWords(clock);
  const shown = all.value ? words : words.slice(0, INTERVALS_SHOWN);
  return (
    <>
      <ol class="steps">
        <li>{t('explain.starts', { at: showFull(clock.intervals[0]!.from) })}</li>
        {shown.map((one) => (
          <li key={one.key} class={one.counts ? '' : 'uncounted'}>
            {one.text}
          </li>
        ))}
      </ol>
      <AllButton clock={clock} all={all} />
      <p>
        <b>{clock.due_at ? t('explain.due', { at: showFull(clock.due_at) }) : t('limit.none')}</b>
      </p>
    </>
  );
}

function AllButton({ clock, all }: { clock: ExplainedClock; all: { value: boolean } }) {
  if (clock.intervals.length <= INTERVALS_SHOWN || all.value) return null;
  return (
    <button type="button" class="plain small" onClick={() => (all.value = true)}>
      {t('explain.all', { n: clock.intervals.length })}
    </button>
  );
}

function Intervals({ clock }: { clock: ExplainedClock }) {
  const all = useSignal(false);
  const shown = all.value ? clock.intervals : clock.intervals.slice(0, INTERVALS_SHOWN);
  let counted = 0;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('explain.when')}</th>
            <th scope="col">{t('explain.why')}</th>
            <th scope="col" class="right">{t('explain.counted')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((interval) => {
            counted += interval.counted_ms;
            const sameDay = localDay(interval.from) === localDay(interval.to);
            return (
              <tr key={interval.from + interval.to} class={interval.counted_ms > 0 ? '' : 'uncounted'}>
                <td class="numeric">
                  {showTime(interval.from)} – {sameDay ? showClock(interval.to) : showTime(interval.to)}
                </td>
                <td>{whyWord(interval)}</td>
                <td class="right numeric">{interval.counted_ms > 0 ? hours(interval.counted_ms) : '–'}</td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              {clock.due_at ? t('explain.due', { at: showFull(clock.due_at) }) : t('limit.none')}
            </th>
            <td class="right numeric">{all.value || clock.intervals.length <= INTERVALS_SHOWN ? hours(counted) : ''}</td>
          </tr>
        </tfoot>
      </table>
      <AllButton clock={clock} all={all} />
    </>
  );
}
function hours(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const whole = Math.floor(minutes / 60);
  return whole > 0
    ? minutes % 60
      ? t('span.both', { first: t('span.hour', { n: whole }), second: t('span.minute', { n: minutes % 60 }) })
      : t('span.hour', { n: whole })
    : t('span.minute', { n: minutes });
}
/** "holiday: Labor Day": a word of the clock with the calendar's name for it. */
function whyWord({ why, number }: ExplainInterval): string {
  const [code = '', ...rest] = why.split(':');
  const key = `why.${code.trim()}`;
  const name = rest.join(':').trim();
  const word = has(key) ? t(key, { n: number ?? 0 }) : code;
  return name ? t('why.named', { word, name }) : word;
}

// ---- history ----
/** The routing rule that chose the department when the case was reported: line and name. */
function ruleOf(found: CaseDetail): string {
  const rule = found.history[0]?.inputs?.rule;
  return typeof rule === 'string' ? rule : '';
}

/** What a move carried, in words. A report's own inputs are the facts of the case. */
function inputWords(row: HistoryRow): { name: string; value: string }[] {
  if (row.kind === 'reported') return [];
  const known = process.value?.actions.find((action) => action.code === row.action)?.inputs ?? [];
  const words: { name: string; value: string }[] = [];
  for (const [name, value] of Object.entries(row.inputs ?? {})) {
    if (value === null || value === '' || value === row.opinion || name === 'on_behalf' || name === 'after') continue;
    if (name === 'before' && typeof value === 'object') {
      words.push({ name: t('history.before'), value: beforeWords(value as Record<string, unknown>) });
      continue;
    }
    const input = known.find((one) => one.name === name);
    words.push({ name: label(input?.label) || name.replaceAll('_', ' '), value: inputWord(input?.type ?? '', value) });
  }
  return words;
}
/** What a correction replaced, in one line. */
function beforeWords(before: Record<string, unknown>): string {
  return ['class', 'condition', 'point', 'address']
    .filter((name) => before[name])
    .map((name) => inputWord(name, before[name]))
    .join(' · ');
}
function inputWord(type: string, value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const id = Number(text);
  switch (type) {
    case 'media':
      return t('media.count', { n: Array.isArray(value) ? value.length : text.split(',').length });
    case 'department':
    case 'departments':
      return (Array.isArray(value) ? value : text.split(',')).map((one) => refWord(Number(one))).join(', ');
    case 'class':
      return label(catalogue.value?.classes.find((one) => one.id === id)?.name) || text;
    case 'condition': {
      const all = (catalogue.value?.classes ?? []).flatMap((one) => one.conditions);
      return label(all.find((one) => one.id === id)?.name) || text;
    }
    case 'choice':
      return choiceWord(text);
    case 'point': {
      const [lon, lat] = text.split(',').map(Number);
      if (lon !== undefined && lat !== undefined && !Number.isNaN(lon + lat)) return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
      break;
    }
    case 'instant':
      return showFull(text) || text;
    default:
      break;
  }
  if (typeof value === 'object' && value !== null && 'lat' in value && 'lon' in value) {
    return `${Number(value.lat).toFixed(5)}, ${Number(value.lon).toFixed(5)}`;
  }
  return text || JSON.stringify(value);
}
/** The step a move led to, when it led on. */
function stepWord(row: HistoryRow): string {
  if (!row.to || row.to === row.from) return '';
  return label(process.value?.steps.find((step) => step.code === row.to)?.label);
}

export function HistoryItem({ row }: { row: HistoryRow }) {
  const behalf = actorWord(row.on_behalf_of);
  const role = typeof row.actor === 'object' && row.actor?.role && row.actor.name ? roleWord(row.actor.role) : '';
  return (
    <li>
      <p>
        <b>{label(row.label) || row.action}</b>
        {stepWord(row) && <span class="muted"> → {stepWord(row)}</span>}
        {row.filled && <span class="badge">{t('history.filled')}</span>}
      </p>
      <p class="muted">
        <time dateTime={row.at} title={showFull(row.at)}>
          {showTime(row.at)}
        </time>
        {row.late && <span class="badge yellow" title={showFull(row.received_at)}>{t('history.late', { at: showTime(row.received_at) })}</span>}
        {actorWord(row.actor) && ` · ${actorWord(row.actor)}`}
        {role && ` (${role})`}
        {behalf && ` · ${t('history.behalf', { name: behalf })}`}
      </p>
      {row.opinion && <blockquote>{row.opinion}</blockquote>}
      {inputWords(row).map((input) => (
        <p key={input.name} class="input">
          <span class="muted">{input.name}:</span> {input.value}
        </p>
      ))}
    </li>
  );
}

function History({ rows }: { rows: HistoryRow[] }) {
  const newestFirst = rows.slice().sort((a, b) => b.seq - a.seq);
  return (
    <section class="block">
      <h3>
        {t('case.history')} <small class="muted">{showNumber(rows.length)}</small>
      </h3>
      <ol class="history">
        {newestFirst.map((row) => (
          <HistoryItem key={row.seq} row={row} />
        ))}
      </ol>
    </section>
  );
}
