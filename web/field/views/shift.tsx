// SPDX-License-Identifier: MPL-2.0
// My shift: until when, which duty grids, who else is there; and the shifts of the days ahead.
import { label, showClock, showTime } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { type Block, blocksOf, duty, farFrom, type Turn } from '../state/duty.ts';
import { nowMs } from '../state/lists.ts';
import { wantPosition } from '../state/position.ts';
import { go } from '../state/route.ts';
import { recording, trackFailure, waitingFixes } from '../state/track.ts';
import { Head } from './parts.tsx';
import { areaWord, farWord, when } from './words.ts';

const shiftWord = (code: string): string => {
  const found = duty.value?.shifts.find((one) => one.code === code);
  return (found && label(found.name)) || code;
};
const gridWords = (turns: Turn[]): string => turns.map((turn) => areaWord(turn.duty_grid)).join(', ');
const hours = (block: Block): string => `${when(block.starts_at, nowMs.value)} – ${showClock(block.ends_at)}`;

/** On the first view: one line that says what one walks now, or next. */
export function ShiftCard() {
  const blocks = blocksOf(duty.value, nowMs.value);
  const first = blocks[0];
  if (!duty.value || (duty.value.shifts.length === 0 && !first)) return null; // a city without rosters
  return (
    <button type="button" class={`card shift-card${first?.now ? ' on' : ''}`} onClick={() => go('shift')}>
      <Icon name={first?.now ? 'here' : 'list'} size={26} />
      <span>
        <b>{first ? (first.now ? t('shift.now', { name: shiftWord(first.shift), until: showClock(first.ends_at) }) : t('shift.next', { name: shiftWord(first.shift), at: showTime(first.starts_at) })) : t('shift.none')}</b>
        {first && <small>{gridWords(first.turns)}</small>}
        {recording.value === 'on' && <small class="recording">{t('track.badge')}</small>}
      </span>
    </button>
  );
}

function Grid({ turn, now }: { turn: Turn; now: boolean }) {
  const far = now ? farFrom(turn) : null;
  return (
    <li>
      <span>
        <b>{areaWord(turn.duty_grid)}</b> <small class="muted">{turn.duty_grid.code}</small>
        {turn.backup && <span class="badge">{t('shift.backup')}</span>}
      </span>
      {far !== null && (far === 0 ? <span class="badge green">{t('shift.inside')}</span> : <span class="badge yellow">{t('shift.outside', { far: farWord(far) })}</span>)}
    </li>
  );
}

function Colleagues() {
  const found = duty.value;
  if (!found || found.colleagues.length === 0) return null;
  return (
    <section class="card">
      <h2>{t('shift.colleagues')}</h2>
      <ul class="shift-grids">
        {found.colleagues.map((one) => (
          <li key={`${one.name}${one.duty_grid.id}`}>
            <span>
              <b>{one.name}</b> {one.backup && <span class="badge">{t('shift.backup')}</span>}
            </span>
            <span class="muted">{areaWord(one.duty_grid)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What is recorded of one's way, said plainly: while it is, why it is not, who sees it. */
function Way() {
  const days = duty.value?.tracks?.keep_days;
  const state = recording.value;
  if (!days || state === 'off') return null;
  return (
    <section class="card" data-recording={state}>
      <h2>{t('track.title')}</h2>
      <p>{t(state === 'on' ? 'track.on' : state === 'shift' ? 'track.shift' : 'track.permission')}</p>
      {state === 'permission' && (
        <button type="button" onClick={wantPosition}>
          {t('track.allow')}
        </button>
      )}
      <p class="muted">{t('track.kept', { n: days })}</p>
      {waitingFixes.value > 0 && (
        <p class="muted" data-waiting={waitingFixes.value}>
          {t('track.waiting', { n: waitingFixes.value })}
        </p>
      )}
      {trackFailure.value !== null && <p class="warning bad">{t('track.failure', { why: String((trackFailure.value as Error).message ?? trackFailure.value) })}</p>}
    </section>
  );
}

export function ShiftView() {
  const blocks = blocksOf(duty.value, nowMs.value);
  return (
    <div class="view">
      <Head title={t('shift.title')} onBack={() => go('home')} />
      {blocks.length === 0 && <p class="card empty">{t('shift.none')}</p>}
      <Way />
      {blocks.map((block, index) => (
        <>
        <section key={`${block.shift}${block.starts_at}`} class={`card shift${block.now ? ' on' : ''}`}>
          <h2>
            {shiftWord(block.shift)} {block.now && <span class="badge green">{t('shift.running')}</span>}
          </h2>
          <p class="shift-hours">{hours(block)}</p>
          <ul class="shift-grids">
            {block.turns.map((turn) => <Grid key={turn.duty_grid.id} turn={turn} now={block.now} />)}
          </ul>
        </section>
        {index === 0 && <Colleagues />}
        </>
      ))}
    </div>
  );
}
