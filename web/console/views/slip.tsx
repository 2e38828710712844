// SPDX-License-Identifier: MPL-2.0
// Dispatch slips: one A4 page a case, to be taken along, signed and brought back. Drawn by
// the page itself, map included, so that it prints sharp and needs no other program.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { CaseDetail, Point } from '../../lib/api/types.ts';
import { label, showFull, showNumber } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { mediaClass, mediaStageWord } from '../../lib/ui/media.tsx';
import { t } from '../i18n.ts';
import { city, client, nowMs, printing, session } from '../state/app.ts';
import { placeWord } from './queue.tsx';
import { areaWord, clockWord, failureWords, holderWord, refWord, sourceWord, stageWord, urgencyWord } from './words.ts';

type Pair = [number, number];
type Collection = { features: unknown[] };
interface Street {
  name: string;
  line: Pair[];
}
interface MiniMap {
  streets: Street[];
  grids: Pair[][];
}
interface Slip {
  found: CaseDetail;
  map: MiniMap | null;
}

const MAP_M = 330; // from side to side
const PHOTOS = 4;
const AT_ONCE = 4;
const METRES_A_DEGREE = 111_320;

// ---- the small map: local metres around the point ----
function lines(geometry: { type: string; coordinates: unknown } | null): Pair[][] {
  switch (geometry?.type) {
    case 'LineString':
      return [geometry.coordinates as Pair[]];
    case 'MultiLineString':
    case 'Polygon':
      return geometry.coordinates as Pair[][];
    case 'MultiPolygon':
      return (geometry.coordinates as Pair[][][]).flat();
    default:
      return [];
  }
}
async function readMap(point: Point): Promise<MiniMap | null> {
  const dy = (MAP_M * 0.75) / METRES_A_DEGREE;
  const dx = dy / Math.cos((point.lat * Math.PI) / 180);
  const bbox = [point.lon - dx, point.lat - dy, point.lon + dx, point.lat + dy].map((d) => d.toFixed(6)).join(',');
  type Feature = { geometry: { type: string; coordinates: unknown } | null; properties: { name?: string | null } };
  const [streets, grids] = await Promise.all([
    client.get<Collection>('/geo/streets', { bbox, limit: 300 }),
    client.get<Collection>('/geo/grids', { bbox, limit: 200 }),
  ]);
  return {
    streets: (streets.features as Feature[]).flatMap((one) => lines(one.geometry).map((line) => ({ name: one.properties.name ?? '', line }))),
    grids: (grids.features as Feature[]).flatMap((one) => lines(one.geometry)),
  };
}

function Small({ map, point }: { map: MiniMap; point: Point }) {
  const scale = METRES_A_DEGREE;
  const squeeze = Math.cos((point.lat * Math.PI) / 180);
  const at = ([lon, lat]: Pair): Pair => [(lon - point.lon) * scale * squeeze, -(lat - point.lat) * scale];
  const path = (line: Pair[]) => line.map(at).map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  const half = MAP_M / 2;
  // A name once, along the longest piece of the street that lies in the picture.
  const names = new Map<string, { length: number; x: number; y: number; turn: number }>();
  for (const street of map.streets) {
    for (let i = 1; street.name && i < street.line.length; i++) {
      const [a, b] = [at(street.line[i - 1]!), at(street.line[i]!)];
      const [x, y] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
      if (Math.abs(x) > half * 0.8 || Math.abs(y) > half * 0.8 || length < 22) continue;
      if ((names.get(street.name)?.length ?? 0) >= length) continue;
      let turn = (Math.atan2(b[1] - a[1], b[0] - a[0]) * 180) / Math.PI;
      if (turn > 90) turn -= 180;
      if (turn < -90) turn += 180;
      names.set(street.name, { length, x, y, turn });
    }
  }
  return (
    <svg class="slip-map" viewBox={`${-half} ${-half} ${MAP_M} ${MAP_M}`} role="img" aria-label={t('slip.map')}>
      <rect x={-half} y={-half} width={MAP_M} height={MAP_M} fill="#fff" />
      {map.grids.map((ring, i) => (
        <path key={i} d={`${path(ring)}Z`} fill="none" stroke="#b9c3cf" stroke-width="0.8" stroke-dasharray="4 3" />
      ))}
      {map.streets.map((street, i) => (
        <path key={i} d={path(street.line)} fill="none" stroke="#6b7786" stroke-width={street.name ? 3.2 : 1.6} stroke-linecap="round" />
      ))}
      {map.streets.map((street, i) => (
        <path key={i} d={path(street.line)} fill="none" stroke="#fff" stroke-width={street.name ? 1.8 : 0.8} stroke-linecap="round" />
      ))}
      {[...names].slice(0, 14).map(([name, { x, y, turn }]) => (
        <text key={name} transform={`translate(${x} ${y}) rotate(${turn})`} text-anchor="middle" dy="3.5" font-size="11" fill="#1b2430" stroke="#fff" stroke-width="2.4" paint-order="stroke">
          {name}
        </text>
      ))}
      <circle r="13" fill="none" stroke="#a8231b" stroke-width="2.5" />
      <path d="M-19 0H-7M7 0H19M0-19V-7M0 7V19" stroke="#a8231b" stroke-width="2" />
      <circle r="2.4" fill="#a8231b" />
      <g transform={`translate(${-half + 10} ${half - 10})`}>
        <path d="M0-4V0H50V-4" fill="none" stroke="#1b2430" stroke-width="1.4" />
        <text x="25" y="-4" text-anchor="middle" font-size="9" fill="#1b2430" stroke="#fff" stroke-width="2" paint-order="stroke">50 m</text>
      </g>
      <text x={half - 10} y={-half + 16} text-anchor="end" font-size="11" fill="#1b2430" stroke="#fff" stroke-width="2" paint-order="stroke">
        {t('slip.north')} ↑
      </text>
    </svg>
  );
}

// ---- one page ----
function Page({ slip, index, of }: { slip: Slip; index: number; of: number }) {
  const { found, map } = slip;
  const task = found.tasks.find((one) => one.state === 'open');
  const due = found.clock?.due_at ?? null;
  const photos = found.media.filter((one) => one.received && mediaClass(one.type) === 'photo');
  const said = found.history
    .filter((row) => row.opinion && row.kind !== 'reported')
    .sort((a, b) => b.seq - a.seq)
    .slice(0, 2);
  const line = (name: string, value: preact.ComponentChildren) =>
    value ? (
      <tr>
        <th scope="row">{name}</th>
        <td>{value}</td>
      </tr>
    ) : null;
  return (
    <article class="slip" aria-label={t('slip.of', { number: found.number })}>
      <header>
        <div>
          <p>{label(city.value?.name)}</p>
          <h2>{t('slip.title')}</h2>
        </div>
        <p class="slip-number">{found.number}</p>
      </header>
      <div class="slip-due">
        <p>
          <span>{t('slip.department')}</span>
          <b>{refWord(found.department) || '—'}</b>
        </p>
        <p>
          <span>{t('slip.deadline')}</span>
          <b>{due ? showFull(due) : t('slip.no_deadline')}</b>
          {found.clock && label(found.clock.limit_text) && (
            <small>
              {clockWord(found.clock.kind)} · {label(found.clock.limit_text)}
            </small>
          )}
        </p>
      </div>
      <div class="slip-body">
        <table>
          <tbody>
            {line(t('slip.class'), <><b>{label(found.class?.name)}</b>{found.class && <small> {found.class.code}</small>}</>)}
            {line(t('slip.condition'), found.condition && label(found.condition.name))}
            {line(t('fact.urgency'), found.urgency && urgencyWord(found.urgency))}
            {line(t('fact.place'), <b>{placeWord(found)}</b>)}
            {line(t('report.address'), found.address && found.address !== label(found.place) ? found.address : null)}
            {line(t('fact.grid'), found.grid?.code)}
            {line(t('fact.areas'), found.areas.map(areaWord).join(' · '))}
            {line(t('slip.point'), found.point && `${found.point.lat.toFixed(6)}, ${found.point.lon.toFixed(6)}`)}
            {line(t('fact.component'), found.component?.code)}
            {line(t('fact.opened'), showFull(found.opened_at))}
            {line(t('fact.source'), sourceWord(found.source))}
            {line(t('slip.step'), [label(found.step_label) || stageWord(found.stage), holderWord(task?.holder ?? null)].filter(Boolean).join(' · '))}
          </tbody>
        </table>
        {map && found.point ? <Small map={map} point={found.point} /> : <p class="slip-map none">{found.point ? '' : t('place.none')}</p>}
      </div>
      <section class="slip-words">
        <h3>{t('report.description')}</h3>
        <p>{found.description || '—'}</p>
        {said.map((row) => (
          <p key={row.seq} class="slip-said">
            <b>{label(row.label)}</b> ({showFull(row.at)}): {row.opinion}
          </p>
        ))}
      </section>
      {photos.length > 0 && (
        <section class="slip-photos">
          {photos.slice(0, PHOTOS).map((photo) => (
            <figure key={`${photo.sha256}${photo.stage}`}>
              <img src={client.url(`/media/${photo.sha256}`)} alt={t('media.of', { stage: mediaStageWord(photo.stage) })} />
              <figcaption>{mediaStageWord(photo.stage)}</figcaption>
            </figure>
          ))}
        </section>
      )}
      <section class="slip-result">
        <h3>{t('slip.result')}</h3>
        <div class="slip-lines" />
        <div class="slip-signs">
          {[t('slip.sign_dispatch'), t('slip.sign_received'), t('slip.sign_done'), t('slip.sign_checked')].map((name) => (
            <p key={name}>
              <span>{name}</span>
              <i>{t('slip.sign')}</i>
            </p>
          ))}
        </div>
      </section>
      <footer>
        <span>{t('slip.made', { at: showFull(new Date(nowMs.peek()).toISOString()), who: session.value?.person.name ?? '' })}</span>
        <span>{t('slip.page', { n: index + 1, of })}</span>
        <small>{city.value?.attribution}</small>
      </footer>
    </article>
  );
}

// ---- all pages, with a preview above them on the screen ----
async function readSlips(numbers: readonly string[]): Promise<Slip[]> {
  const slips: Slip[] = [];
  const queue = numbers.map((number, index) => ({ number, index }));
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const found = await client.get<CaseDetail>(`/cases/${encodeURIComponent(next.number)}`);
      const map = found.point ? await readMap(found.point).catch(() => null) : null;
      slips[next.index] = { found, map };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return slips;
}
/** Printing waits for the photos, else their places stay white. */
async function pictures(): Promise<void> {
  const images = [...document.querySelectorAll<HTMLImageElement>('.slips img')];
  await Promise.all(images.map((image) => (image.complete ? null : new Promise((done) => (image.onload = image.onerror = done)))));
}

export function Slips({ numbers }: { numbers: readonly string[] }) {
  const slips = useSignal<Slip[] | null>(null);
  const failure = useSignal<unknown>(null);
  useEffect(() => {
    let gone = false;
    const focused = document.activeElement as HTMLElement | null;
    const before = document.title;
    document.title = numbers.length === 1 ? numbers[0]! : t('slip.many', { n: numbers.length }); // the name of a PDF
    readSlips(numbers)
      .then((found) => {
        if (!gone) slips.value = found;
      })
      .catch((error: unknown) => {
        failure.value = error;
      });
    return () => {
      gone = true;
      document.title = before;
      // The desk can have the focus again only when it is no longer inert.
      requestAnimationFrame(() => focused?.focus());
    };
  }, [numbers]);
  const close = () => {
    printing.value = null;
  };
  const ready = slips.value !== null;
  return (
    <div class="slips" role="dialog" aria-modal="true" aria-label={t('slip.many', { n: numbers.length })} onKeyDown={(event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      close();
    }}>
      <div class="slips-bar">
        <b>{t('slip.many', { n: numbers.length })}</b>
        <button
          type="button"
          class="primary"
          data-ready={ready || undefined}
          disabled={!ready}
          ref={(element) => {
            if (ready && element && !document.querySelector('.slips')?.contains(document.activeElement)) element.focus();
          }}
          onClick={() => void pictures().then(() => globalThis.print())}
        >
          <Icon name="print" /> {t('slip.print')}
        </button>
        <button type="button" onClick={close}>{t('case.close')}</button>
        {numbers.length > 1 && <small class="muted">{t('slip.pages', { n: showNumber(numbers.length) })}</small>}
      </div>
      {failure.value !== null && <p class="alert bad" role="alert">{failureWords(failure.value)}</p>}
      {!ready && failure.value === null && <p class="muted slips-wait" aria-busy="true">{t('list.loading')}</p>}
      <div class="slips-pages" tabIndex={-1}>
        {slips.value?.map((slip, index) => <Page key={slip.found.number} slip={slip} index={index} of={numbers.length} />)}
      </div>
    </div>
  );
}
