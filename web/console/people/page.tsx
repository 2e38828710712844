// SPDX-License-Identifier: MPL-2.0
// People of the city: the list, one person beside it, rosters, the staff table, codes to
// print. A part of the program of its own, fetched when first wanted.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { showNumber } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { expired, may, notify, peopleOpen } from '../state/app.ts';
import { failureWords, refWord, roleWord } from '../views/words.ts';
import { CodeSheets } from './codes.tsx';
import { Person } from './person.tsx';
import { Roster } from './roster.tsx';
import { StaffTable } from './table.tsx';
import { codes, makeCodes, type Member, members, picked, readAreas, readMembers } from './state.ts';
import './people.css';

type Tab = 'list' | 'roster' | 'table';
type Which = 'in' | 'unsigned' | 'out' | 'work' | 'all';

const fits: Record<Which, (one: Member) => boolean> = {
  in: (one) => !one.closed,
  unsigned: (one) => !one.closed && !one.has_password,
  out: (one) => one.closed,
  work: (one) => one.closed && one.open_tasks > 0,
  all: () => true,
};

function List() {
  const words = useSignal('');
  const which = useSignal<Which>('in');
  const marked = useSignal<ReadonlySet<string>>(new Set());
  const all = members.value;
  const asked = words.value.trim().toLowerCase();
  const shown = (all ?? []).filter(
    (one) => fits[which.value](one) && (asked === '' || `${one.login} ${one.name} ${refWord(one.department)} ${one.roles.map((grant) => roleWord(grant.role)).join(' ')}`.toLowerCase().includes(asked)),
  );
  const waiting = (all ?? []).filter(fits.unsigned).length;
  const left = (all ?? []).filter(fits.work).length;
  const write = may('staff.write');
  const print = (logins?: readonly string[]) => void makeCodes(logins).catch((error: unknown) => notify('bad', failureWords(error)));
  const toggle = (login: string) => {
    const next = new Set(marked.value);
    if (!next.delete(login)) next.add(login);
    marked.value = next;
  };
  return (
    <section class="people-list" aria-label={t('people.title')}>
      <div class="people-bar">
        <input type="search" aria-label={t('people.search')} placeholder={t('people.search')} value={words.value} onInput={(event) => (words.value = event.currentTarget.value)} />
        <select aria-label={t('people.which')} value={which.value} onChange={(event) => (which.value = event.currentTarget.value as Which)}>
          <option value="in">{t('people.which_open')}</option>
          <option value="unsigned">{t('people.which_waiting', { n: waiting })}</option>
          <option value="work">{t('people.which_work', { n: left })}</option>
          <option value="out">{t('people.which_closed')}</option>
          <option value="all">{t('people.which_all')}</option>
        </select>
        {write && (
          <>
            <button type="button" class="primary" onClick={() => (picked.value = '')}>
              <Icon name="plus" /> {t('people.add')}
            </button>
            <button type="button" disabled={marked.value.size === 0 && waiting === 0} onClick={() => print(marked.value.size > 0 ? [...marked.value] : undefined)}>
              <Icon name="print" /> {marked.value.size > 0 ? t('people.print_marked', { n: marked.value.size }) : t('people.print_waiting', { n: waiting })}
            </button>
          </>
        )}
      </div>
      {left > 0 && which.value !== 'work' && (
        <p class="alert warn" role="status">
          <Icon name="warn" /> {t('people.left_work', { n: left })}{' '}
          <button type="button" class="plain" onClick={() => (which.value = 'work')}>{t('people.show')}</button>
        </p>
      )}
      {all === null && <p class="muted" aria-busy="true">{t('list.loading')}</p>}
      <div class="people-scroll">
        <table class="people-table">
          <thead>
            <tr>
              {write && <th scope="col"><span class="unseen">{t('people.mark')}</span></th>}
              <th scope="col">{t('people.name')}</th>
              <th scope="col">{t('people.roles')}</th>
              <th scope="col" class="wide">{t('people.home')}</th>
              <th scope="col" class="right">{t('people.tasks')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => (
              <tr key={one.login} class={picked.value === one.login ? 'on' : ''} onClick={() => (picked.value = one.login)}>
                {write && (
                  <td onClick={(event) => event.stopPropagation()}>
                    <input type="checkbox" aria-label={t('people.mark_one', { name: one.name })} disabled={one.closed} checked={marked.value.has(one.login)} onChange={() => toggle(one.login)} />
                  </td>
                )}
                <td>
                  <button type="button" class="plain" onClick={() => (picked.value = one.login)}>{one.name}</button>
                  <span class="muted"> {one.login}</span>
                  {one.closed && <span class="badge red">{t('people.closed')}</span>}
                  {!one.closed && !one.has_password && <span class="badge yellow">{t('people.waiting')}</span>}
                </td>
                <td>{[...new Set(one.roles.map((grant) => roleWord(grant.role)))].join(', ')}</td>
                <td class="wide">{refWord(one.department)}</td>
                <td class={`right numeric${one.closed && one.open_tasks > 0 ? ' bad' : ''}`}>{one.open_tasks > 0 ? showNumber(one.open_tasks) : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {all !== null && shown.length === 0 && <p class="muted people-none">{t('people.none')}</p>}
      </div>
    </section>
  );
}

export function People() {
  const tab = useSignal<Tab>('list');
  useEffect(() => {
    void readMembers().catch((error: unknown) => notify('bad', failureWords(error)));
    void readAreas();
    // Heard wherever the focus is: what had it may be gone with a form.
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || codes.value || expired.value) return;
      event.preventDefault();
      if (picked.value !== null) picked.value = null;
      else close();
    };
    const before = document.activeElement as HTMLElement | null;
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
      requestAnimationFrame(() => before?.focus());
    };
  }, []);
  const close = () => {
    peopleOpen.value = false;
    picked.value = null;
  };
  const choice = (name: Tab, text: string) => (
    <button type="button" role="tab" aria-selected={tab.value === name} onClick={() => (tab.value = name)}>{text}</button>
  );
  return (
    <>
      <div
        class="people"
        role="dialog"
        aria-modal="true"
        aria-label={t('people.title')}
        inert={codes.value !== null}
      >
        <header class="people-head">
          <h2>{t('people.title')}</h2>
          <div role="tablist" class="people-tabs">
            {choice('list', t('people.accounts'))}
            {choice('roster', t('people.roster'))}
            {may('staff.write') && choice('table', t('people.table'))}
          </div>
          <button type="button" class="square" aria-label={t('case.close')} ref={(element) => { if (element && !element.closest('.people')?.contains(document.activeElement)) element.focus(); }} onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        <div class={`people-body${picked.value !== null && tab.value === 'list' ? ' with-person' : ''}`}>
          {tab.value === 'list' && <List />}
          {tab.value === 'list' && picked.value !== null && <Person key={picked.value} login={picked.value} />}
          {tab.value === 'roster' && <Roster />}
          {tab.value === 'table' && <StaffTable />}
        </div>
      </div>
      {codes.value && <CodeSheets made={codes.value} />}
    </>
  );
}
