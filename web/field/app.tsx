// SPDX-License-Identifier: MPL-2.0
// The phone's page.
import { failureWords } from '../lib/api/failure.ts';
import { label, t } from '../lib/i18n/index.ts';
import { ExpiredDialog, LinkPage, PasswordPage, SignInPage } from '../lib/session/views.tsx';
import { LanguageSwitch } from '../lib/ui/language.tsx';
import { base, city, expired, host, phase, session, signOut, start, startFailure } from './state.ts';

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
      return <Home />;
  }
}

function Home() {
  return (
    <main class="home">
      <h1>
        <span class="mark" aria-hidden="true" /> {label(city.value?.name)}
      </h1>
      <p>{session.value?.person.name}</p>
      <a href={`${base}/console/`}>{t('face.console')}</a>
      <LanguageSwitch />
      <button type="button" onClick={() => void signOut()}>
        {t('session.out')}
      </button>
      {expired.value && <ExpiredDialog host={host} />}
    </main>
  );
}
