// SPDX-License-Identifier: MPL-2.0
// What stands before every application: starting, a start that failed, signing in.
import type { ComponentChildren } from 'preact';
import type { Signal } from '@preact/signals';
import { failureWords } from '../api/failure.ts';
import { t } from '../i18n/index.ts';
import { LanguageSwitch } from '../ui/language.tsx';
import type { SessionHost } from './host.ts';
import { LinkPage, PasswordPage, SignInPage } from './views.tsx';

interface GateProps {
  host: SessionHost;
  start: () => Promise<void>;
  startFailure: Signal<unknown>;
  /** Above the page for signing in. */
  warning?: ComponentChildren;
  /** The application, once somebody is signed in. */
  children: () => ComponentChildren;
}

export function Gate({ host, start, startFailure, warning, children }: GateProps) {
  switch (host.phase.value) {
    case 'starting':
      return <main class="sign" aria-busy="true" />;
    case 'failed':
      return (
        <main class="sign">
          <div class="sign-box" role="alert">
            <div class="sign-head">
              <h1>gridcase</h1>
              <LanguageSwitch />
            </div>
            <p>{failureWords(startFailure.value)}</p>
            <button type="button" class="primary" onClick={() => void start()}>
              {t('error.again')}
            </button>
          </div>
        </main>
      );
    case 'signed-out':
      return (
        <>
          {warning}
          <SignInPage host={host} />
        </>
      );
    case 'link':
      return <LinkPage host={host} />;
    case 'password':
      return <PasswordPage host={host} />;
    default:
      return <>{children()}</>;
  }
}
