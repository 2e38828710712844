// SPDX-License-Identifier: MPL-2.0
// The dashboard's first page: how today stands. Charts by day, department and area come with
// the figures interface.
import { failureWords } from '../lib/api/failure.ts';
import { label, showClock, showNumber } from '../lib/i18n/index.ts';
import { ExpiredDialog, LinkPage, PasswordPage, SignInPage } from '../lib/session/views.tsx';
import { Icon } from '../lib/ui/icons.tsx';
import { LanguageSwitch } from '../lib/ui/language.tsx';
import { t } from './i18n.ts';
import { base, city, expired, host, phase, refresh, session, signOut, start, startFailure, summary, summaryAt, summaryFailure } from './state.ts';

export function App() {
  switch (phase.value) {
    case 'starting':
      return <main class="sign" aria-busy="true" />;
    case 'failed':
      return (
        <main class="sign">
          <div class="sign-box" role="alert">
            <h1>gridcase</h1>
            <p>{failureWords(startFailure.value)}</p>
            <button type="button" class="primary" onClick={() => void start()}>
              {t('error.again')}
            </button>
          </div>
        </main>
      );
    case 'signed-out':
      return <SignInPage host={host} />;
    case 'link':
      return <LinkPage host={host} />;
    case 'password':
      return <PasswordPage host={host} />;
    default:
      return <Today />;
  }
}

function Today() {
  const known = summary.value;
  const figures = known
    ? ([
        ['today.opened', known.opened_today],
        ['today.closed', known.closed_today],
        ['today.open', known.open],
        ['today.overdue', known.overdue],
      ] as const)
    : [];
  return (
    <>
      <header class="bar">
        <h1>
          <span class="mark" aria-hidden="true" /> {label(city.value?.name)}
        </h1>
        <div class="bar-end">
          <a href={`${base}/console/`}>{t('face.console')}</a>
          <LanguageSwitch />
          <span>{session.value?.person.name}</span>
          <button type="button" onClick={() => void signOut()}>
            {t('session.out')}
          </button>
        </div>
      </header>
      <main class="today">
        <div class="today-head">
          <h2>{t('today.title')}</h2>
          <span class="muted">{summaryAt.value && t('today.as_of', { time: showClock(summaryAt.value) })}</span>
          <button type="button" onClick={() => void refresh()}>
            {t('today.refresh')}
          </button>
        </div>
        {summaryFailure.value !== null && (
          <p class="alert bad" role="alert">
            <Icon name="warn" /> {failureWords(summaryFailure.value)}
          </p>
        )}
        <dl class="tiles">
          {figures.map(([key, value]) => (
            <div key={key} class={key === 'today.overdue' && value > 0 ? 'bad' : ''}>
              <dt>{t(key)}</dt>
              <dd>{showNumber(value)}</dd>
            </div>
          ))}
        </dl>
        {known && known.sees_all === false && <p class="muted">{t('today.part')}</p>}
        <p class="muted attribution">{city.value?.attribution}</p>
      </main>
      {expired.value && <ExpiredDialog host={host} />}
    </>
  );
}
