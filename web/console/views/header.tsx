// SPDX-License-Identifier: MPL-2.0
// The top bar: where we are, how the day stands, and what concerns the person alone.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { label, showNumber } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { LanguageSwitch } from '../../lib/ui/language.tsx';
import { t } from '../i18n.ts';
import { answering, calling, city, client, helpOpen, may, mayReport, mayTakeCalls, peopleOpen, phase, report, reporting, session, setFilters, showAnswers, signOut, streamState, summary, takeCall, waiting } from '../state/app.ts';
import { ToolButtons } from './tools.tsx';
import { refWord, roleWord } from './words.ts';

function Figures() {
  const known = summary.value;
  if (!known) return null;
  return (
    <ul class="figures" aria-label={t('summary.title')}>
      <li>
        <button type="button" onClick={() => setFilters({ queue: 'open', q: '' })}>
          <b>{showNumber(known.open)}</b> {t('summary.open')}
        </button>
      </li>
      <li class={known.overdue > 0 ? 'bad' : ''}>
        <button type="button" onClick={() => setFilters({ queue: 'overdue', q: '' })}>
          <b>{showNumber(known.overdue)}</b> {t('summary.overdue')}
        </button>
      </li>
      <li>
        <span><b>{showNumber(known.opened_today)}</b> {t('summary.opened_today')}</span>
      </li>
      <li>
        <span><b>{showNumber(known.closed_today)}</b> {t('summary.closed_today')}</span>
      </li>
    </ul>
  );
}

function PersonMenu() {
  const open = useSignal(false);
  const menu = useRef<HTMLDivElement>(null);
  const person = session.value?.person;
  useEffect(() => {
    const close = (event: Event) => {
      if (!menu.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener('pointerdown', close);
    return () => document.removeEventListener('pointerdown', close);
  }, []);
  if (!person) return null;
  return (
    <div
      class="person"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && open.value) {
          event.stopPropagation();
          open.value = false;
          menu.current?.querySelector('button')?.focus();
        }
      }}
    >
      <button type="button" aria-label={person.name} aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <Icon name="person" /> <span class="wide">{person.name}</span>
      </button>
      {open.value && (
        <div class="menu">
          <p>
            <b>{person.name}</b> <span class="muted">{person.login}</span>
          </p>
          <ul class="plain-list muted">
            {person.roles.map((grant) => (
              <li key={`${grant.role}-${refWord(grant.area)}-${refWord(grant.department)}`}>
                {[roleWord(grant.role), refWord(grant.department), refWord(grant.area)].filter(Boolean).join(' · ')}
              </li>
            ))}
          </ul>
          <button
            type="button"
            class="plain"
            onClick={() => {
              open.value = false;
              phase.value = 'password';
            }}
          >
            {t('password.change')}
          </button>
          {may('staff.read') && (
            <button type="button" class="plain" onClick={() => { open.value = false; peopleOpen.value = true; }}>
              {t('people.title')}
            </button>
          )}
          <ToolButtons onOpen={() => (open.value = false)} />
          <button type="button" class="plain" onClick={() => { open.value = false; helpOpen.value = true; }}>
            {t('help.title')}
          </button>
          <button type="button" class="plain" onClick={() => void signOut()}>
            {t('session.out')}
          </button>
        </div>
      )}
    </div>
  );
}

export function Header() {
  const line = client.line.value;
  const bad = line === 'down' || streamState.value === 'lost';
  return (
    <header class="top">
      <h1>
        <span class="mark" aria-hidden="true" />
        {label(city.value?.name)}
        {city.value?.demo && <span class="badge demo">{t('city.demo')}</span>}
      </h1>
      <Figures />
      <div class="top-end">
        {(bad || line === 'slow') && (
          <span class={`line ${bad ? 'down' : 'slow'}`} role="status">
            <Icon name="warn" /> {t(bad ? 'line.down' : 'line.slow')}
          </span>
        )}
        {mayTakeCalls() && (
          <>
            <button type="button" class="answers-button" aria-label={t('answers.button', { n: waiting.value ?? 0 })} aria-pressed={answering.value} title={t('answers.title')} onClick={() => showAnswers(!answering.value)}>
              <Icon name="reply" /> <b class="numeric">{showNumber(waiting.value ?? 0)}</b>
            </button>
            <button type="button" class="primary take-call" aria-label={t('call.title')} aria-pressed={calling.value} onClick={takeCall}>
              <Icon name="phone" /> <span class="wide">{t('call.title')}</span>
            </button>
          </>
        )}
        {mayReport() && (
          <button type="button" class="primary new-report" aria-label={t('report.title')} aria-pressed={reporting.value && !calling.value} onClick={() => report()}>
            <Icon name="plus" /> <span class="wide">{t('report.title')}</span>
          </button>
        )}
        <LanguageSwitch />
        <button type="button" class="square help-button wide" aria-label={t('help.title')} onClick={() => (helpOpen.value = true)}>
          ?
        </button>
        <PersonMenu />
      </div>
    </header>
  );
}
