// SPDX-License-Identifier: MPL-2.0
// Hot spots: places that have more than their own past would lead one to expect, in words.
import { label, showNumber } from '../../lib/i18n/index.ts';
import type { Label } from '../../lib/api/types.ts';
import { daysIn } from '../days.ts';
import { Head } from '../controls.tsx';
import { t } from '../i18n.ts';
import { Opens } from '../links.tsx';
import { city, show, view } from '../state.ts';
import { figureQuery } from '../view.ts';
import type { Page, PageRead } from './page.ts';

export interface At {
  grid: { id: number; code: string } | null;
  areas: { code: string; level: string; name: Label }[];
  lon: number;
  lat: number;
  place: Label | null;
}
export interface OfClass {
  id: number;
  code: string | null;
  name: Label | null;
}
interface Hot {
  id: number;
  at: At;
  class: OfClass;
  now: number;
  usual: number;
  most_before: number;
  list: string;
}
interface HotSpots {
  from: string;
  to: string;
  today: string;
  as_of: string;
  windows: number;
  total: number;
  spots: Hot[];
}
interface Data {
  by: string;
  found: HotSpots;
}

async function read(asked: PageRead): Promise<Data> {
  const by = asked.view.level === '' || asked.view.level === 'grid' ? 'grid' : `area:${asked.view.level}`;
  return { by, found: await asked.get<HotSpots>(`/hot-spots?${figureQuery(asked.view.filters, asked.span, { by })}`) };
}

/** What somebody would call the place: in words, else its area, else the code of its grid. */
export function placeWords(at: At): string {
  const words = label(at.place);
  const area = at.areas.map((one) => label(one.name) || one.code).filter(Boolean);
  const smallest = area[area.length - 1] ?? '';
  if (words) return smallest ? t('spots.place', { words, area: smallest }) : words;
  return [smallest, at.grid?.code].filter(Boolean).join(' ') || t('place.none');
}
export const className = (one: OfClass): string => label(one.name) || one.code || t('none.class');

function Body({ data }: { data: Data }) {
  const { found, by } = data;
  const days = daysIn(found);
  const levels = (city.value?.levels ?? []).map((one) => ({ code: one.code, text: label(one.name) || one.code }));
  return (
    <>
      <Head now={found} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">{t('spots.title')}</h2>
          <label class="pick">
            <span>{t('by.name')}</span>
            <select id="level" value={by.replace('area:', '')} onChange={(event) => show({ ...view.value, level: event.currentTarget.value }, { stay: true })}>
              <option value="grid">{t('by.grid')}</option>
              {levels.map((one) => (
                <option key={one.code} value={one.code}>
                  {one.text}
                </option>
              ))}
            </select>
          </label>
        </div>
        <p class="muted">{t('spots.rule', { days, windows: found.windows })}</p>
        {found.windows < 2 ? (
          <p class="alert warn">{t('spots.too_young', { days })}</p>
        ) : found.total === 0 ? (
          <p>{t('spots.none')}</p>
        ) : (
          <>
            <ol class="spots">
              {found.spots.map((spot) => (
                <li key={`${spot.id} ${spot.class.id}`} data-now={spot.now}>
                  <b>{placeWords(spot.at)}</b>
                  {': '}
                  <Opens figure="opened" of={spot.list} name={`${placeWords(spot.at)}, ${className(spot.class)}`}>
                    {t('spots.now', { n: showNumber(spot.now), class: className(spot.class) })}
                  </Opens>
                  {' – '}
                  {spot.most_before === 0 ? t('spots.never', { windows: found.windows }) : t('spots.usual', { usual: showNumber(spot.usual), most: showNumber(spot.most_before) })}
                  <span class="meter wide-meter" aria-hidden="true">
                    <span style={{ width: '100%' }} class="overdue" />
                    <span class="mark-usual" style={{ left: `${Math.min(100, (spot.usual / spot.now) * 100)}%` }} />
                  </span>
                </li>
              ))}
            </ol>
            {found.total > found.spots.length && <p class="muted">{t('cases.shown', { n: found.spots.length, total: found.total })}</p>}
          </>
        )}
      </section>
    </>
  );
}

export const spotsPage: Page<Data> = { read, Body };
