// SPDX-License-Identifier: MPL-2.0
// Time orders: what was signed, how far it came, what it reports; a form that signs one over
// the list as it is filtered. And what each new calendar did to open deadlines. A part of
// the program of its own, fetched when first wanted.
import { signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { queryString, uuid } from '../../lib/api/client.ts';
import type { CalendarChange, CalendarMoved, TimeOrder, TimeOrderTold } from '../../lib/api/types.ts';
import { instantOf, label, showFull, showNumber, showTime } from '../../lib/i18n/index.ts';
import { t } from '../i18n.ts';
import { box, city, client, departments, filters, may, notify, open, tool } from '../state/app.ts';
import { activeChips, filterQuery } from '../state/filters.ts';
import { failureWords } from '../views/words.ts';
import './orders.css';

const states = {
  working: 'orders.state_working',
  in_force: 'orders.state_in_force',
  lifting: 'orders.state_lifting',
  done: 'orders.state_done',
} as const;
const scopes = { handling: 'orders.scope_handling', all: 'orders.scope_all' } as const;
const whys = {
  moved: 'orders.why_moved',
  ended: 'orders.why_ended',
  no_clock: 'orders.why_no_clock',
  held: 'orders.why_held',
  refused: 'orders.why_refused',
  unknown: 'orders.why_unknown',
} as const;
const orders = signal<TimeOrder[] | null>(null);
const clockWord = (code: string) => label(city.value?.clocks?.find((one) => one.code === code)?.label) || code;
const failed = (error: unknown) => notify('bad', failureWords(error));

/** The button that was pressed is gone: the keyboard goes on with the page. */
const keepFocus = () => requestAnimationFrame(() => document.querySelector<HTMLElement>('.tool-page')?.focus());

async function readOrders(): Promise<void> {
  orders.value = (await client.get<{ items: TimeOrder[] }>('/orders')).items;
}

/** A case's number that leads out of this page, to the case. */
function CaseLink({ number }: { number: string }) {
  return (
    <button type="button" class="plain" onClick={() => { tool.value = null; open(number); }}>
      {number}
    </button>
  );
}

function Told({ order }: { order: TimeOrder }) {
  const rows = useSignal<TimeOrderTold['told'] | null>(null);
  const next = useSignal<number | null>(null);
  const read = async (after: number) => {
    const page = await client.get<TimeOrderTold>(`/orders/${order.id}`, { after });
    rows.value = [...(after ? (rows.value ?? []) : []), ...page.told];
    next.value = page.next_after;
  };
  useEffect(() => void read(0).catch(failed), [order.moved, order.skipped]);
  if (!rows.value) return <p class="muted" aria-busy="true">{t('list.loading')}</p>;
  return (
    <div class="orders-scroll">
      <table class="orders-table">
        <thead>
          <tr>
            <th scope="col">{t('orders.case')}</th>
            <th scope="col">{t('orders.why')}</th>
            <th scope="col">{t('orders.at')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.value.map((row) => (
            <tr key={row.number}>
              <td><CaseLink number={row.number} /></td>
              <td>{t(whys[row.why as keyof typeof whys])}</td>
              <td>{showFull(row.at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {next.value !== null && (
        <button type="button" onClick={() => void read(next.value!).catch(failed)}>{t('orders.more')}</button>
      )}
    </div>
  );
}

function Order({ order }: { order: TimeOrder }) {
  const told = useSignal(false);
  const sure = useSignal(false);
  const lift = async () => {
    sure.value = false;
    await client.post(`/orders/${order.id}/lift`, undefined, { key: uuid() });
    await readOrders();
    keepFocus();
  };
  const reported = order.moved + order.skipped;
  const busy = order.state === 'working' || order.state === 'lifting';
  return (
    <article class="order" aria-label={order.title}>
      <h3>
        {order.title}
        <span class={`badge${order.state === 'in_force' ? ' yellow' : ''}`}>{t(states[order.state])}</span>
      </h3>
      <p>
        {order.what === 'pause'
          ? order.until
            ? t('orders.pause_until', { at: showFull(order.until) })
            : t('orders.pause_open')
          : t('orders.extend_by', { amount: label(order.amount) })}
        {' · '}
        {t(scopes[order.scope])}
      </p>
      <p class="muted">{order.reason}</p>
      <p class="muted">
        {t('orders.signed', { name: order.signed_by ?? '', at: showFull(order.signed_at) })}
        {order.lifted_at && ` · ${order.lifted_by ? t('orders.lifted', { name: order.lifted_by, at: showFull(order.lifted_at) }) : t('orders.ended', { at: showFull(order.lifted_at) })}`}
      </p>
      {busy && <progress max={order.listed} value={order.next} aria-label={t('orders.progress')} />}
      <p>{t('orders.figures', { listed: showNumber(order.listed), worked: showNumber(order.worked), moved: showNumber(order.moved), skipped: showNumber(order.skipped) })}</p>
      <p class="order-end">
        {reported > 0 && (
          <button type="button" aria-expanded={told.value} onClick={() => (told.value = !told.value)}>
            {t('orders.reported', { n: reported })}
          </button>
        )}
        {order.state === 'in_force' && may('order.sign') && !sure.value && (
          <button type="button" onClick={() => (sure.value = true)}>{t('orders.lift')}</button>
        )}
        {sure.value && (
          <>
            <b>{t('orders.lift_sure')}</b>
            <button type="button" class="primary" onClick={() => void lift().catch(failed)}>{t('orders.lift')}</button>
            <button type="button" onClick={() => (sure.value = false)}>{t('orders.no')}</button>
          </>
        )}
        <span class="muted" title={order.digest}>{t('orders.seal', { digest: order.digest.slice(0, 12) })}</span>
      </p>
      {told.value && <Told order={order} />}
    </article>
  );
}

const empty = { what: 'pause', scope: 'handling', title: '', reason: '', amount: '', until: '' };

function SignForm() {
  const form = useSignal({ ...empty });
  const listed = useSignal<number | null>(null);
  const sure = useSignal(false);
  const busy = useSignal(false);
  const { open: _open, sort: _sort, limit: _limit, cursor: _cursor, ...query } = filterQuery(filters.value, box.value);
  const filter = queryString({ ...query, open: 1 });
  const chips = activeChips(filters.value).length + (filters.value.q ? 1 : 0);
  useEffect(() => {
    listed.value = null;
    client
      .get<{ listed: number }>(`/order-preview${filter}`)
      .then((answer) => (listed.value = answer.listed))
      .catch(failed);
  }, [filter]);
  const set = (name: keyof typeof empty) => (event: { currentTarget: { value: string } }) => {
    form.value = { ...form.value, [name]: event.currentTarget.value };
    sure.value = false;
  };
  const sign = async () => {
    const { what, scope, title, reason, amount, until } = form.value;
    busy.value = true;
    sure.value = false;
    try {
      await client.post(`/orders${filter}`, {
        what,
        scope,
        title: title.trim(),
        reason: reason.trim(),
        ...(what === 'extend' ? { amount } : until ? { until: instantOf(until) ?? until } : {}),
      }, { key: uuid() });
      form.value = { ...empty };
      await readOrders();
      keepFocus();
    } catch (error) {
      failed(error);
    } finally {
      busy.value = false;
    }
  };
  const { what, scope, title, reason, amount, until } = form.value;
  return (
    <form
      class="order-sign"
      aria-label={t('orders.sign')}
      onSubmit={(event) => {
        event.preventDefault();
        sure.value = true;
      }}
    >
      <h3>{t('orders.sign')}</h3>
      <p>
        <span class="count">{listed.value === null ? '…' : showNumber(listed.value)}</span> {t('orders.listed')}
        <br />
        <span class="muted">{chips > 0 ? t('orders.as_filtered', { n: chips }) : t('orders.all_open')}</span>
      </p>
      <label>
        {t('orders.what')}
        <select value={what} onChange={set('what')}>
          <option value="pause">{t('orders.what_pause')}</option>
          <option value="extend">{t('orders.what_extend')}</option>
        </select>
      </label>
      <label>
        {t('orders.scope')}
        <select value={scope} onChange={set('scope')}>
          <option value="handling">{t('orders.scope_handling')}</option>
          <option value="all">{t('orders.scope_all')}</option>
        </select>
      </label>
      {what === 'extend' ? (
        <label>
          {t('orders.amount')}
          <input required value={amount} placeholder={t('orders.amount_hint')} onInput={set('amount')} />
        </label>
      ) : (
        <label>
          {t('orders.until')}
          <input type="datetime-local" value={until} onInput={set('until')} />
        </label>
      )}
      <label>
        {t('orders.title_of')}
        <input required maxLength={200} value={title} onInput={set('title')} />
      </label>
      <label>
        {t('orders.reason')}
        <textarea required rows={3} maxLength={2000} value={reason} onInput={set('reason')} />
      </label>
      {!sure.value && (
        <button type="submit" class="primary" disabled={busy.value || !listed.value}>{t('orders.sign_button')}</button>
      )}
      {sure.value && (
        <p class="order-end" role="alert">
          <b>{t('orders.sign_sure', { n: showNumber(listed.value ?? 0) })}</b>
          <button type="button" class="primary" disabled={busy.value} onClick={() => void sign()}>{t('orders.sign_yes')}</button>
          <button type="button" onClick={() => (sure.value = false)}>{t('orders.no')}</button>
        </p>
      )}
    </form>
  );
}

function Moved({ change }: { change: CalendarChange }) {
  const rows = useSignal<CalendarMoved['items'] | null>(null);
  const next = useSignal<number | null>(null);
  const read = async (after: number) => {
    const page = await client.get<CalendarMoved>(`/calendar-changes/${change.version}`, { after });
    rows.value = [...(after ? (rows.value ?? []) : []), ...page.items];
    next.value = page.next_after;
  };
  useEffect(() => void read(0).catch(failed), [change.version, change.moved]);
  if (!rows.value) return <p class="muted" aria-busy="true">{t('list.loading')}</p>;
  return (
    <div class="orders-scroll">
      <table class="orders-table">
        <thead>
          <tr>
            <th scope="col">{t('orders.case')}</th>
            <th scope="col">{t('orders.clock')}</th>
            <th scope="col">{t('orders.department')}</th>
            <th scope="col">{t('orders.before')}</th>
            <th scope="col">{t('orders.after')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.value.map((row) => (
            <tr key={`${row.number}-${row.clock}`}>
              <td><CaseLink number={row.number} /></td>
              <td>{clockWord(row.clock)}</td>
              <td>{label(departments.value.find((one) => one.id === row.department)?.name)}</td>
              <td>{row.due_before ? showFull(row.due_before) : '–'}</td>
              <td>{row.due_after ? showFull(row.due_after) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {next.value !== null && (
        <button type="button" onClick={() => void read(next.value!).catch(failed)}>{t('orders.more')}</button>
      )}
    </div>
  );
}

function Calendars() {
  const changes = useSignal<CalendarChange[] | null>(null);
  const shown = useSignal<number | null>(null);
  useEffect(() => {
    client
      .get<{ items: CalendarChange[] }>('/calendar-changes')
      .then((answer) => {
        changes.value = answer.items;
        shown.value = answer.items[0]?.version ?? null;
      })
      .catch(failed);
  }, []);
  if (!changes.value) return <p class="muted" aria-busy="true">{t('list.loading')}</p>;
  if (changes.value.length === 0) return <p class="muted">{t('orders.no_changes')}</p>;
  return (
    <div class="orders-list">
      {changes.value.map((change) => (
        <article class="order" key={change.version} aria-label={t('orders.calendar', { n: change.version })}>
          <h3>{t('orders.calendar', { n: change.version })} <small class="muted">{showTime(change.began_at)}</small></h3>
          <p>{t('orders.change_figures', { looked: showNumber(change.looked), moved: showNumber(change.moved), earlier: showNumber(change.earlier), later: showNumber(change.later) })}</p>
          <p class="order-end">
            <button type="button" aria-expanded={shown.value === change.version} onClick={() => (shown.value = shown.value === change.version ? null : change.version)}>
              {t('orders.show_moved')}
            </button>
          </p>
          {shown.value === change.version && <Moved change={change} />}
        </article>
      ))}
    </div>
  );
}

export function Page() {
  const tab = useSignal<'orders' | 'calendars'>('orders');
  useEffect(() => {
    void readOrders().catch(failed);
    // While an order is worked, the page follows it.
    const timer = setInterval(() => {
      if (orders.value?.some((one) => one.state === 'working' || one.state === 'lifting')) void readOrders().catch(() => undefined);
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  const choice = (name: 'orders' | 'calendars', text: string) => (
    <button type="button" role="tab" aria-selected={tab.value === name} onClick={() => (tab.value = name)}>{text}</button>
  );
  const signs = may('order.sign') && tab.value === 'orders';
  return (
    <div class="orders">
      <div role="tablist" class="orders-tabs">
        {choice('orders', t('orders.tab_orders'))}
        {choice('calendars', t('orders.tab_calendars'))}
      </div>
      <div class={`orders-body${signs ? '' : ' alone'}`}>
        {tab.value === 'calendars' && <Calendars />}
        {tab.value === 'orders' && (
          <div class="orders-list">
            {orders.value === null && <p class="muted" aria-busy="true">{t('list.loading')}</p>}
            {orders.value?.length === 0 && <p class="muted">{t('orders.none')}</p>}
            {orders.value?.map((order) => <Order key={order.id} order={order} />)}
          </div>
        )}
        {signs && <SignForm />}
      </div>
    </div>
  );
}
