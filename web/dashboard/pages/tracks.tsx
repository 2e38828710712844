// SPDX-License-Identifier: MPL-2.0
// Where a collector was on a day, for those who lead them: on the map and in words. Part of the
// view of coverage.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../../lib/api/client.ts';
import { spanWords } from '../../lib/clock/words.ts';
import { showClock, showNumber } from '../../lib/i18n/index.ts';
import type { WayMap } from '../../lib/map/way.ts';
import { addDays } from '../days.ts';
import { t } from '../i18n.ts';
import { city, client } from '../state.ts';

type Fix = [second: number, lon: number, lat: number, accuracy: number];
interface Listed {
  items: { person: { id: number; name: string }; fixes: number; from: string; to: string }[];
}
interface Walk {
  person: { id: number; name: string };
  day_starts_at: string;
  fixes: Fix[];
  gaps: { from: string; to: string }[];
  recorded_s: number;
}
const GAP_S = 300;

/** Where more than five minutes are missing, a new piece begins. */
export function piecesOf(fixes: readonly Fix[]): Fix[][] {
  const pieces: Fix[][] = [];
  fixes.forEach((fix, i) => {
    const before = fixes[i - 1];
    if (!before || fix[0] - before[0] > GAP_S) pieces.push([fix]);
    else pieces[pieces.length - 1]!.push(fix);
  });
  return pieces;
}

function WayPicture({ walk }: { walk: Walk }) {
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<WayMap | null>(null);
  const [failed, setFailed] = useState(false);
  const draw = (): void => map.current?.show(piecesOf(walk.fixes).map((piece) => piece.map((fix) => [fix[1], fix[2]] as const)));
  useEffect(() => {
    let gone = false;
    const known = city.value;
    if (!known) return undefined;
    void import('../../lib/map/way.ts')
      .then(({ WayMap: Made }) => {
        if (gone || !box.current) return;
        map.current = new Made({
          target: box.current,
          box: known.bbox as [number, number, number, number],
          attribution: known.attribution ?? '',
          zoomIn: t('map.in'),
          zoomOut: t('map.out'),
          tiles: { base: client.url(''), version: known.tiles_version },
          starts: t('tracks.starts'),
          ends: t('tracks.ends'),
        });
        draw();
      })
      .catch(() => setFailed(true)); // the words below say the same
    return () => {
      gone = true;
      map.current?.destroy();
      map.current = null;
    };
  }, []);
  useEffect(draw, [walk]);
  return failed ? <p class="muted">{t('map.failed')}</p> : <div ref={box} class="shade-map way-map" role="application" aria-label={t('tracks.map')} tabIndex={0} />;
}

function Told({ walk }: { walk: Walk }) {
  const start = Date.parse(walk.day_starts_at);
  const clock = (second: number): string => showClock(new Date(start + second * 1000).toISOString());
  const first = walk.fixes[0];
  const last = walk.fixes.at(-1);
  if (!first || !last) return <p class="muted">{t('tracks.none')}</p>;
  return (
    <>
      <p class="words" data-fixes={walk.fixes.length}>
        {t('tracks.words', { fixes: showNumber(walk.fixes.length), from: clock(first[0]), to: clock(last[0]), span: spanWords(walk.recorded_s * 1000) })}
      </p>
      <WayPicture walk={walk} />
      {walk.gaps.length > 0 && (
        <p data-gaps={walk.gaps.length}>
          {t('tracks.gaps')}: {walk.gaps.map((gap) => `${showClock(gap.from)}–${showClock(gap.to)}`).join(', ')}
        </p>
      )}
    </>
  );
}

/** Nothing for whoever may not read them. keepDays: as the city says. */
export function Tracks({ today, to, keepDays }: { today: string; to: string; keepDays: number }) {
  const first = addDays(today, -keepDays);
  const [day, setDay] = useState(to > today ? today : to < first ? today : to);
  const [listed, setListed] = useState<Listed | null>(null);
  const [chosen, setChosen] = useState(0);
  const [walk, setWalk] = useState<Walk | null>(null);
  const [failure, setFailure] = useState<ApiError | 'line' | null>(null);
  const failed = (error: unknown): void => setFailure(error instanceof ApiError ? error : 'line');
  useEffect(() => {
    let wanted = true;
    setListed(null);
    client
      .get<Listed>(`/tracks?day=${day}`)
      .then((found) => {
        if (!wanted) return;
        setListed(found);
        setFailure(null);
      })
      .catch((error: unknown) => wanted && failed(error));
    return () => {
      wanted = false;
    };
  }, [day]);
  const known = listed?.items.some((one) => one.person.id === chosen) ? chosen : 0;
  useEffect(() => {
    let wanted = true;
    setWalk(null);
    if (known === 0) return undefined;
    client
      .get<Walk>(`/tracks/${known}?day=${day}`)
      .then((found) => wanted && setWalk(found))
      .catch((error: unknown) => wanted && failed(error));
    return () => {
      wanted = false;
    };
  }, [day, known]);
  if (failure instanceof ApiError && failure.status === 403) return null;
  return (
    <section class="panel" aria-labelledby="tracks-title" data-tracks={listed?.items.length}>
      <div class="panel-head">
        <h2 id="tracks-title">{t('tracks.title')}</h2>
        <label class="pick">
          <span>{t('tracks.day')}</span>
          <input type="date" value={day} min={first} max={today} onChange={(event) => event.currentTarget.value && setDay(event.currentTarget.value)} />
        </label>
        <label class="pick">
          <span>{t('tracks.person')}</span>
          <select value={String(known)} disabled={!listed || listed.items.length === 0} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
            <option value="0">{t('tracks.choose')}</option>
            {listed?.items.map((one) => (
              <option key={one.person.id} value={String(one.person.id)}>
                {one.person.name} ({showClock(one.from)}–{showClock(one.to)})
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="muted">{t('tracks.rule', { n: keepDays })}</p>
      {failure && <p class="muted">{t('tracks.failed')}</p>}
      {listed?.items.length === 0 && <p class="muted">{t('tracks.none')}</p>}
      {walk && <Told walk={walk} />}
    </section>
  );
}
