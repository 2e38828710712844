// SPDX-License-Identifier: MPL-2.0
// The smallest shift of work that keeps cases in time: who would give which case to whom, and
// a button that does it through the ordinary action, if this person has one.
import { useSignal } from '@preact/signals';
import { failureWords } from '../../lib/api/failure.ts';
import type { AllowedAction, CaseDetail, Label } from '../../lib/api/types.ts';
import { label, showNumber, showTime } from '../../lib/i18n/index.ts';
import { Dialog } from '../../lib/ui/dialog.tsx';
import { t } from '../i18n.ts';
import { base, city, client, refresh, session } from '../state.ts';
import { className, type OfClass } from './spots.tsx';

interface Holder {
  id: number;
  role: string | null;
  department: { code: string; name: Label } | null;
  within: { code: string; name: Label } | null;
  person: { login: string; name: string } | null;
  held: number;
  overdue: number;
  a_day: number;
  late: number;
  given: number;
  taken: number;
}
interface Move {
  number: string;
  class: OfClass;
  task: number | null;
  from: number;
  to: number;
  due_at: string;
  from_at: string;
  to_at: string;
}
export interface Shift {
  days: number;
  done_least: number;
  looked_at: number;
  unknown: number;
  late: number;
  avoided: number;
  passed_over: number;
  holders: Holder[];
  moves: Move[];
}

const MOVING = ['passed_on', 'resent'];
/** Refused by the work itself, in words. */
class Refused extends Error {}

const nameOf = (one: Holder): string => (one.person ? one.person.name || one.person.login : label(one.department?.name) || one.department?.code || '–');
function groupOf(one: Holder): string {
  if (one.person) return label(city.value?.roles.find((role) => role.code === one.role)?.label) || (one.role ?? '');
  return label(one.within?.name) || one.within?.code || '';
}

/** The action of this case that names another department, the one that keeps its time first. */
function movingAction(found: CaseDetail): AllowedAction | undefined {
  const fits = (one: AllowedAction) => one.inputs.some((input) => input.type === 'department' && input.required) && !one.needs?.length;
  return MOVING.map((kind) => found.allowed_actions.find((one) => one.kind === kind && fits(one))).find(Boolean);
}

async function carryOut(move: Move, from: Holder, to: Holder, reason: string): Promise<void> {
  if (move.task !== null && to.person) {
    const done = await client.post<{ handed: number; refused?: { message: string }[] }>(`/staff/${from.id}/work`, { to: to.person.login, task: move.task, opinion: reason });
    if (done.handed === 0) throw new Refused(done.refused?.[0]?.message ?? t('shift.refused'));
    return;
  }
  const path = `/cases/${encodeURIComponent(move.number)}`;
  const action = movingAction(await client.get<CaseDetail>(path));
  if (!action) throw new Refused(t('shift.no_action'));
  const inputs: Record<string, unknown> = { opinion: reason };
  for (const input of action.inputs) if (input.type === 'department' && input.required) inputs[input.name] = to.id;
  await client.post(`${path}/actions`, { action: action.action, inputs }, action.task ? { ifMatch: `"${action.task}.${action.task_version}"` } : {});
}

function MoveDialog({ move, from, to, onDone }: { move: Move; from: Holder; to: Holder; onDone: () => void }) {
  const reason = useSignal(t('shift.reason'));
  const failed = useSignal<unknown>(null);
  const busy = useSignal(false);
  const send = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    try {
      await carryOut(move, from, to, reason.value);
      onDone();
      await refresh();
    } catch (error) {
      failed.value = error;
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={t('shift.sure', { number: move.number, to: nameOf(to) })} closeLabel={t('help.close')} onClose={onDone}>
      <form class="give" onSubmit={(event) => void send(event)}>
        <label>
          <span>{t('shift.why')}</span>
          <textarea name="reason" required maxLength={100} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} data-first />
        </label>
        <p class="muted">{t(move.task === null ? 'shift.rule_department' : 'shift.rule_person')}</p>
        {failed.value !== null && (
          <p class="alert bad" role="alert">
            {failed.value instanceof Refused ? failed.value.message : failureWords(failed.value)}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy.value}>
          {t('shift.do')}
        </button>
      </form>
    </Dialog>
  );
}

function MoveRow({ move, shift }: { move: Move; shift: Shift }) {
  const moving = useSignal(false);
  const from = shift.holders[move.from];
  const to = shift.holders[move.to];
  if (!from || !to) return null;
  const rights = session.value?.rights ?? [];
  const may = rights.includes(move.task === null ? 'case.act' : 'work.hand_on');
  return (
    <li data-number={move.number}>
      <b>
        {nameOf(from)} → {nameOf(to)}
      </b>{' '}
      <span class="muted">{groupOf(to)}</span>{' '}
      <a href={`${base}/console/?case=${encodeURIComponent(move.number)}`}>{move.number}</a> {t('shift.case', { class: className(move.class), due: showTime(move.due_at) })}
      <br />
      <span class="muted">{t('shift.instead', { there: showTime(move.to_at), here: showTime(move.from_at) })}</span>{' '}
      {may && (
        <button type="button" onClick={() => (moving.value = true)}>
          {t('shift.do')}
        </button>
      )}
      {moving.value && <MoveDialog move={move} from={from} to={to} onDone={() => (moving.value = false)} />}
    </li>
  );
}

function Holders({ shift }: { shift: Shift }) {
  const concerned = shift.holders.filter((one) => one.late > 0 || one.taken > 0);
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={t('shift.holders')}>
      <table class="shift-holders cards">
        <caption class="hidden">{t('shift.holders')}</caption>
        <thead>
          <tr>
            {(['shift.holder', 'shift.held', 'ahead.overdue', 'shift.a_day', 'shift.late', 'shift.given', 'shift.taken'] as const).map((key) => (
              <th key={key} scope="col">
                {t(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {concerned.map((one) => (
            <tr key={`${one.role ?? ''} ${one.id}`}>
              <th scope="row">
                {nameOf(one)} <small class="muted">{groupOf(one)}</small>
              </th>
              <td data-name={`${t('shift.held')} `}>{showNumber(one.held)}</td>
              <td data-name={`${t('ahead.overdue')} `}>{showNumber(one.overdue)}</td>
              <td data-name={`${t('shift.a_day')} `}>{one.a_day > 0 ? showNumber(one.a_day) : '–'}</td>
              <td data-name={`${t('shift.late')} `}>{showNumber(one.late)}</td>
              <td data-name={`${t('shift.given')} `}>{showNumber(one.given)}</td>
              <td data-name={`${t('shift.taken')} `}>{showNumber(one.taken)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function ShiftPanel({ shift }: { shift: Shift }) {
  return (
    <section class="panel" aria-labelledby="ahead-shift">
      <div class="panel-head">
        <h2 id="ahead-shift">{t('shift.title')}</h2>
      </div>
      <p class="muted">{t('shift.rule', { days: shift.days })}</p>
      <p class="words" data-late={shift.late} data-avoided={shift.avoided}>
        {shift.late === 0 ? t('shift.none') : t('shift.words', { late: showNumber(shift.late), avoided: showNumber(shift.avoided), moves: showNumber(shift.avoided) })}
      </p>
      {shift.unknown > 0 && <p class="muted">{t('shift.unknown', { n: showNumber(shift.unknown), least: shift.done_least, days: shift.days })}</p>}
      {shift.moves.length > 0 && (
        <ol class="spots shift-moves">
          {shift.moves.map((move) => (
            <MoveRow key={`${move.number} ${move.task ?? ''}`} move={move} shift={shift} />
          ))}
        </ol>
      )}
      {shift.avoided > shift.moves.length && <p class="muted">{t('cases.shown', { n: shift.moves.length, total: shift.avoided })}</p>}
      {shift.holders.length > 0 && <Holders shift={shift} />}
    </section>
  );
}
