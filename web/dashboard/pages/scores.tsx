// SPDX-License-Identifier: MPL-2.0
// League tables: who stands where by the city's own formula, what each part of it gives, and
// how that moved since the period before.
import type { Label } from '../../lib/api/types.ts';
import { label, language, showNumber } from '../../lib/i18n/index.ts';
import { useSignal } from '@preact/signals';
import { failureWords } from '../../lib/api/failure.ts';
import { Dialog } from '../../lib/ui/dialog.tsx';
import { Icon } from '../../lib/ui/icons.tsx';
import { Head } from '../controls.tsx';
import { showShare, showSpan, showValue } from '../figures.ts';
import { t } from '../i18n.ts';
import { Link, Opens } from '../links.tsx';
import { client, learn, refresh, session, show, view } from '../state.ts';
import { figureQuery, narrowed } from '../view.ts';
import { What } from '../what.tsx';
import type { Page, PageRead } from './page.ts';

export interface Grade {
  code: string;
  from: number | null;
  colour: string;
  name: Label;
}
export interface ScorePart {
  code: string;
  name: Label;
  kind: string;
  measure: string | null;
  unit: string | null;
  quotient: boolean;
  weight: number;
}
export interface ScoreWord {
  code: string;
  version: string;
  by: string;
  name: Label;
  source: string;
  parts: ScorePart[];
}
export interface ScoreRow {
  rank: number;
  rank_before: number | null;
  id: number;
  code: string;
  label: Label | null;
  points: number;
  before: number | null;
  grade: string | null;
  parts: { value: number | null; points: number | null }[];
  list: string;
}
export interface Scored {
  from: string;
  to: string;
  before: { from: string; to: string };
  today: string;
  as_of: string;
  score: ScoreWord;
  grades: Grade[];
  rows: ScoreRow[];
}
interface Data {
  scores: ScoreWord[];
  found: Scored | null;
}

export async function readScores(asked: PageRead, by?: string): Promise<Data> {
  const { items } = await asked.get<{ items: ScoreWord[] }>('/scores');
  const offered = by ? items.filter((one) => one.by === by) : items;
  const score = offered.find((one) => one.code === asked.view.score) ?? offered[0];
  if (!score) return { scores: offered, found: null };
  const level: Record<string, string> = score.by === 'department' ? { by: asked.departments } : score.by === 'area' && asked.view.level && asked.view.level !== 'grid' ? { by: `area:${asked.view.level}` } : {};
  const words = { ...level, before_from: asked.before.from, before_to: asked.before.to };
  const found = await asked.get<Scored>(`/scores/${score.code}?${figureQuery(asked.view.filters, asked.span, words)}`);
  learn(found.rows.map((row): [string, Label | string] => [`${score.by} ${row.id}`, row.label ?? row.code]));
  return { scores: offered, found };
}

export const showPoints = (points: number | null): string =>
  points === null ? '–' : new Intl.NumberFormat(language.value, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(points);

/** White or black, whichever can be read on a colour of the city's. */
export function inkOn(colour: string): string {
  const part = (at: number): number => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const light = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  return light > 0.179 ? '#000000' : '#ffffff';
}
export function GradeBadge({ grades, code }: { grades: Grade[]; code: string | null }) {
  const grade = grades.find((one) => one.code === code);
  if (!grade) return null;
  return (
    <span class="grade" style={{ background: grade.colour, color: inkOn(grade.colour) }}>
      {grade.code} <small>{label(grade.name)}</small>
    </span>
  );
}

function Movement({ row }: { row: ScoreRow }) {
  if (row.rank_before === null) return <span class="muted">{t('scores.new')}</span>;
  const by = row.rank_before - row.rank;
  if (by === 0) return <span class="muted">{t('scores.same')}</span>;
  return (
    <span class={by > 0 ? 'good' : 'bad'}>
      <Icon name={by > 0 ? 'rise' : 'fall'} size={13} /> {t(by > 0 ? 'scores.up' : 'scores.down', { n: Math.abs(by) })}
    </span>
  );
}

/** Points that people give: the newest entry counts, and an empty one takes back. */
function GiveDialog({ found, row, part, onDone }: { found: Scored; row: ScoreRow; part: ScorePart; onDone: () => void }) {
  const told = row.parts[found.score.parts.indexOf(part)]?.value ?? null;
  const points = useSignal(told === null ? '' : String(told));
  const reason = useSignal('');
  const failed = useSignal<unknown>(null);
  const send = async (event: Event) => {
    event.preventDefault();
    try {
      await client.post(`/scores/${found.score.code}/entries`, { part: part.code, subject: row.id, from: found.from, to: found.to, points: points.value.trim() === '' ? null : Number(points.value), reason: reason.value });
      onDone();
      await refresh();
    } catch (error) {
      failed.value = error;
    }
  };
  return (
    <Dialog title={t('scores.give', { part: label(part.name), name: label(row.label) || row.code })} closeLabel={t('help.close')} onClose={onDone}>
      <form class="give" onSubmit={(event) => void send(event)}>
        <label>
          <span>{t('scores.give_points')}</span>
          <input type="number" name="points" step="0.001" min={part.kind === 'adjust' ? -100 : 0} max={100} value={points.value} onInput={(event) => (points.value = event.currentTarget.value)} data-first />
        </label>
        <label>
          <span>{t('scores.give_reason')}</span>
          <textarea name="reason" required maxLength={300} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />
        </label>
        <p class="muted">{t('scores.give_rule')}</p>
        {failed.value !== null && (
          <p class="alert bad" role="alert">
            {failureWords(failed.value)}
          </p>
        )}
        <button type="submit" class="primary">
          {t('scores.give_send')}
        </button>
      </form>
    </Dialog>
  );
}

function partValue(part: ScorePart, value: number | null): string {
  if (value === null) return part.kind === 'manual' || part.kind === 'adjust' ? t('scores.not_given') : '–';
  return part.unit === 'share' ? showShare(value) : showValue(part.unit ?? 'number', value);
}
function PartCell({ found, row, part, told }: { found: Scored; row: ScoreRow; part: ScorePart; told: { value: number | null; points: number | null } }) {
  const giving = useSignal(false);
  const words = partValue(part, told.value);
  const { list } = row;
  const gives = (part.kind === 'manual' || part.kind === 'adjust') && session.value?.rights?.includes('score.write');
  return (
    <td data-part={part.code} data-name={label(part.name)}>
      {part.measure && told.value !== null ? (
        <Opens figure={part.measure} of={list} name={label(part.name)}>
          {words}
        </Opens>
      ) : gives ? (
        <button type="button" class="plain give-button" onClick={() => (giving.value = true)}>
          {words}
        </button>
      ) : (
        <span class="muted">{words}</span>
      )}
      {giving.value && <GiveDialog found={found} row={row} part={part} onDone={() => (giving.value = false)} />}
      {told.points !== null && <small class="points">{t('scores.points', { n: showPoints(told.points) })}</small>}
    </td>
  );
}

function Body({ data }: { data: Data }) {
  const { scores, found } = data;
  if (!found) {
    return (
      <>
        <Head now={null} />
        <p class="muted">{t('scores.no_tables')}</p>
      </>
    );
  }
  const { score, grades, rows } = found;
  return (
    <>
      <Head now={found} before={found.before} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">
            {label(score.name)} <small class="muted">{showSpan(found, found.today)}</small>
          </h2>
          <label class="pick">
            <span>{t('scores.which')}</span>
            <select id="score" value={score.code} onChange={(event) => show({ ...view.value, score: event.currentTarget.value }, { stay: true })}>
              {scores.map((one) => (
                <option key={one.code} value={one.code}>
                  {label(one.name)}
                </option>
              ))}
            </select>
          </label>
          {(score.by === 'area' || score.by === 'grid') && (
            <Link to={{ ...view.value, page: 'map', measure: '', score: score.code }} class="button">
              <Icon name="map" /> {t('scores.on_map')}
            </Link>
          )}
        </div>
        <p class="muted">
          {score.parts.map((part) => (part.weight > 0 ? `${label(part.name)} × ${showNumber(part.weight)} %` : label(part.name))).join(' + ')}
          {' · '}
          {t('scores.version', { version: score.version, source: score.source || '–' })}
        </p>
        <ul class="grades" aria-label={t('scores.grades')}>
          {grades.map((grade) => (
            <li key={grade.code}>
              <GradeBadge grades={grades} code={grade.code} /> {grade.from === null ? t('scores.below') : t('scores.from', { n: showNumber(grade.from) })}
            </li>
          ))}
        </ul>
        {rows.length === 0 ? (
          <p class="muted">{t('table.empty')}</p>
        ) : (
          <div class="table-box" tabIndex={0} role="region" aria-label={label(score.name)}>
            <table class="league cards">
              <caption class="hidden">{label(score.name)}</caption>
              <thead>
                <tr>
                  {[t('scores.rank'), t('scores.who'), t('scores.total'), t('scores.grade'), t('scores.moved')].map((word, at) => (
                    <th key={`${at} ${word}`} scope="col">
                      {word}
                    </th>
                  ))}
                  {score.parts.map((part) => (
                    <th key={part.code} scope="col">
                      {label(part.name)} {part.measure && <What code={part.measure} name={label(part.name)} />}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.code} data-key={row.code} data-points={row.points}>
                    <td data-name={t('scores.rank')}>{row.rank}</td>
                    <th scope="row">
                      <Link to={narrowed(view.value, row.list, false)} class="narrows" title={t('table.narrow', { name: label(row.label) || row.code })}>
                        {label(row.label) || row.code}
                      </Link>
                    </th>
                    <td data-name={t('scores.total')}>
                      <b>{showPoints(row.points)}</b>
                      <small class="points">{row.before === null ? '' : t('scores.was', { n: showPoints(row.before) })}</small>
                    </td>
                    <td data-name={t('scores.grade')}>
                      <GradeBadge grades={grades} code={row.grade} />
                    </td>
                    <td data-name={t('scores.moved')}>
                      <Movement row={row} />
                    </td>
                    {score.parts.map((part, at) => (
                      <PartCell key={part.code} found={found} row={row} part={part} told={row.parts[at]!} />
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </>
  );
}

export const scoresPage: Page<Data> = { read: (asked) => readScores(asked), Body };
