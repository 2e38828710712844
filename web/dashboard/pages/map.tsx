// SPDX-License-Identifier: MPL-2.0
// The city's map by unit grid or area, coloured by a figure or by the grade of a score, with
// the same places as a table below it.
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Label } from '../../lib/api/types.ts';
import { label, showNumber } from '../../lib/i18n/index.ts';
import type { Shaded, ShadeMap } from '../../lib/map/shades.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { Head } from '../controls.tsx';
import { showSpan, showValue } from '../figures.ts';
import { t } from '../i18n.ts';
import { Link, Opens } from '../links.tsx';
import { city, client, learn, show, view } from '../state.ts';
import { figureQuery, narrowed } from '../view.ts';
import { measureList, type MeasureWord } from './measure.tsx';
import type { Page, PageRead } from './page.ts';
import { type Grade, GradeBadge, type ScoreWord, showPoints } from './scores.tsx';

type Place = [id: number, code: string, lon: number, lat: number, side: number, value: number, grade: string | null, name: Label | null];
const nameOf = (place: Place): string => label(place[7]) || place[1];
interface Mapped {
  from: string;
  to: string;
  today: string;
  as_of: string;
  by: string;
  list: string;
  measure: string;
  label: Label;
  unit: string;
  better: string;
  grades?: Grade[];
  places: Place[];
}
interface Data {
  measures: MeasureWord[];
  scores: ScoreWord[];
  level: string;
  chosen: string;
  mapped: Mapped;
}
const SHADES = ['#dbe9f6', '#a9cce6', '#6aaed6', '#3482bb', '#104f8c'];
const BAD = ['#fde0d3', '#fbb59a', '#f58668', '#dc4a38', '#a81d20'];
const MOST = 30;

async function read(asked: PageRead): Promise<Data> {
  const [measures, { items: scores }] = await Promise.all([measureList(), asked.get<{ items: ScoreWord[] }>('/scores')]);
  const level = asked.view.level || 'grid';
  const by = level === 'grid' ? 'grid' : `area:${level}`;
  const offered = scores.filter((one) => one.by === (level === 'grid' ? 'grid' : 'area'));
  const score = asked.view.score ? (offered.find((one) => one.code === asked.view.score) ?? offered[0]) : undefined;
  const measure = measures.find((one) => one.code === asked.view.measure)?.code ?? 'opened';
  const what: Record<string, string> = score ? { score: score.code } : { measures: measure };
  const mapped = await asked.get<Mapped>(`/figures/map?${figureQuery(asked.view.filters, asked.span, { by, ...what })}`);
  learn(mapped.places.map((place): [string, Label | string] => [`${level === 'grid' ? 'grid' : 'area'} ${place[0]}`, place[7] ?? place[1]]));
  return { measures, scores: offered, level, chosen: score ? `score:${score.code}` : measure, mapped };
}

/** Where each shade ends: as many places in each, a shade for equal values. Zeros have none. */
export function shadeEnds(values: readonly number[], count: number): number[] {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  const ends: number[] = [];
  for (let i = 1; i <= count; i++) {
    const end = sorted[Math.ceil((sorted.length * i) / count) - 1];
    if (end !== undefined && end !== ends[ends.length - 1]) ends.push(end);
  }
  return ends;
}
export const shadeAt = (ends: readonly number[], value: number): number => Math.max(0, ends.findIndex((end) => value <= end));

interface Legend {
  colour: string;
  text: string;
}
function colours(mapped: Mapped): { legend: Legend[]; colourOf: (place: Place) => string } {
  if (mapped.grades) {
    const grades = mapped.grades;
    return {
      legend: grades.map((grade) => ({ colour: grade.colour, text: `${grade.code} ${label(grade.name)}` })),
      colourOf: (place) => grades.find((one) => one.code === place[6])?.colour ?? '#888888',
    };
  }
  const values = mapped.places.map((place) => place[5]);
  const ends = mapped.unit === 'share' ? [0.2, 0.4, 0.6, 0.8, 1] : shadeEnds(values, SHADES.length);
  const ramp = mapped.better === 'less' ? BAD : SHADES;
  const pick = (at: number): string => ramp[Math.round((at / Math.max(1, ends.length - 1)) * (ramp.length - 1))] ?? ramp[0]!;
  const show = (value: number): string => showValue(mapped.unit, value);
  return {
    legend: ends.map((end, at) => ({ colour: pick(at), text: at === 0 ? t('map.up_to', { n: show(end) }) : t('map.between', { from: show(ends[at - 1]!), to: show(end) }) })),
    colourOf: (place) => pick(shadeAt(ends, place[5])),
  };
}

function listOf(mapped: Mapped, id: number): string {
  const out = new URLSearchParams(mapped.list);
  if (mapped.by === 'grid') out.set('grid', String(id));
  else out.set('area', [out.get('area'), String(id)].filter(Boolean).join(','));
  return out.toString().replaceAll('%2C', ',');
}

function Body({ data }: { data: Data }) {
  const { mapped, level } = data;
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<ShadeMap | null>(null);
  const chosen = useSignal<number | null>(null);
  const hovered = useSignal<number | null>(null);
  const failed = useSignal(false);
  const { legend, colourOf } = colours(mapped);
  const levels = [{ code: 'grid', text: t('by.grid') }, ...(city.value?.levels ?? []).map((one) => ({ code: one.code, text: label(one.name) || one.code }))];
  const shaded = (): Shaded[] => mapped.places.map((place) => ({ id: place[0], lon: place[2], lat: place[3], side: place[4], colour: colourOf(place) }));
  useEffect(() => {
    let gone = false;
    const known = city.value;
    if (!known) return undefined;
    void import('../../lib/map/shades.ts')
      .then(({ ShadeMap: Made }) => {
        if (gone || !box.current) return;
        map.current = new Made({
          target: box.current,
          box: known.bbox as [number, number, number, number],
          attribution: known.attribution ?? '',
          zoomIn: t('map.in'),
          zoomOut: t('map.out'),
          tiles: { base: client.url(''), version: known.tiles_version },
          level,
          onPlace: (id, pressed) => {
            hovered.value = id;
            if (pressed) chosen.value = id;
          },
        });
        map.current.setPlaces(shaded());
      })
      .catch(() => {
        failed.value = true; // the table says the same
      });
    return () => {
      gone = true;
      map.current?.destroy();
      map.current = null;
    };
  }, [level]);
  useEffect(() => map.current?.setPlaces(shaded()), [mapped]);
  useEffect(() => map.current?.mark(hovered.value ?? chosen.value), [hovered.value, chosen.value]);
  const told = mapped.places.find((place) => place[0] === (hovered.value ?? chosen.value)) ?? null;
  const valueWords = (place: Place): string => (mapped.unit === 'points' ? showPoints(place[5]) : showValue(mapped.unit, place[5]));
  const sign = mapped.unit === 'points' || mapped.better === 'more' ? 1 : -1; // what needs looking at first
  const rows = [...mapped.places].sort((a, b) => (a[5] - b[5]) * sign || nameOf(a).localeCompare(nameOf(b)));
  const name = label(mapped.label);
  return (
    <>
      <Head now={mapped} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">
            {name} <small class="muted">{showSpan(mapped, mapped.today)}</small>
          </h2>
          <label class="pick">
            <span>{t('split.figure')}</span>
            <select
              id="measure"
              value={data.chosen}
              onChange={(event) => {
                const { value } = event.currentTarget;
                show({ ...view.value, ...(value.startsWith('score:') ? { score: value.slice(6), measure: '' } : { measure: value, score: '' }) }, { stay: true });
              }}
            >
              {data.scores.length > 0 && (
                <optgroup label={t('view.scores')}>
                  {data.scores.map((one) => (
                    <option key={one.code} value={`score:${one.code}`}>
                      {label(one.name)}
                    </option>
                  ))}
                </optgroup>
              )}
              <optgroup label={t('measure.others')}>
                {data.measures.map((one) => (
                  <option key={one.code} value={one.code}>
                    {label(one.label)}
                  </option>
                ))}
              </optgroup>
            </select>
          </label>
          <label class="pick">
            <span>{t('by.name')}</span>
            <select id="level" value={level} onChange={(event) => show({ ...view.value, level: event.currentTarget.value }, { stay: true })}>
              {levels.map((one) => (
                <option key={one.code} value={one.code}>
                  {one.text}
                </option>
              ))}
            </select>
          </label>
          <button type="button" onClick={() => map.current?.fit()}>
            <Icon name="fit" /> {t('map.whole')}
          </button>
        </div>
        {failed.value ? <p class="muted">{t('map.failed')}</p> : <div ref={box} class="shade-map" role="application" aria-label={t('map.label', { name })} tabIndex={0} />}
        <ul class="legend" aria-label={t('map.legend')}>
          {legend.map((one) => (
            <li key={one.text}>
              <span class="swatch" style={{ background: one.colour }} aria-hidden="true" /> {one.text}
            </li>
          ))}
        </ul>
        <p class="told" role="status">
          {told ? (
            <>
              <b>{nameOf(told)}</b> {name}: <b>{valueWords(told)}</b> {mapped.grades && <GradeBadge grades={mapped.grades} code={told[6]} />}{' '}
              {mapped.unit !== 'points' && (
                <Opens figure={mapped.measure} of={listOf(mapped, told[0])} name={`${name}, ${nameOf(told)}`}>
                  {t('map.cases')}
                </Opens>
              )}{' '}
              <Link to={narrowed({ ...view.value, page: 'overview' }, listOf(mapped, told[0]), false)} class="narrows">
                {t('map.narrow')}
              </Link>
            </>
          ) : (
            <span class="muted">{t('map.point')}</span>
          )}
        </p>
        {rows.length === 0 ? (
          <p class="muted">{t('table.empty')}</p>
        ) : (
          <div class="table-box" tabIndex={0} role="region" aria-label={name}>
            <table>
              <caption class="hidden">{name}</caption>
              <thead>
                <tr>
                  <th scope="col">{levels.find((one) => one.code === level)?.text ?? level}</th>
                  <th scope="col">{name}</th>
                  {mapped.grades && <th scope="col">{t('scores.grade')}</th>}
                </tr>
              </thead>
              <tbody>
                {rows.slice(0, MOST).map((place) => (
                  <tr key={place[0]} data-key={place[1]}>
                    <th scope="row">
                      <button
                        type="button"
                        class="plain"
                        onClick={() => {
                          chosen.value = place[0];
                          map.current?.show(place[0]);
                        }}
                      >
                        <span class="swatch" style={{ background: colourOf(place) }} aria-hidden="true" /> {nameOf(place)}
                      </button>
                    </th>
                    <td data-value={place[5]}>
                      {mapped.unit === 'points' ? (
                        valueWords(place)
                      ) : (
                        <Opens figure={mapped.measure} of={listOf(mapped, place[0])} name={`${name}, ${nameOf(place)}`}>
                          {valueWords(place)}
                        </Opens>
                      )}
                    </td>
                    {mapped.grades && (
                      <td>
                        <GradeBadge grades={mapped.grades} code={place[6]} />
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {rows.length > MOST && <p class="muted">{t('map.rows', { n: MOST, total: showNumber(rows.length) })}</p>}
      </section>
    </>
  );
}

export const mapPage: Page<Data> = { read, Body };
