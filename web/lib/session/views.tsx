// SPDX-License-Identifier: MPL-2.0
// Signing in, the first change of a password that somebody else made, and signing in again
// above a page whose session has ended.
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { failureWords } from '../api/failure.ts';
import type { Session } from '../api/types.ts';
import { label, t } from '../i18n/index.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icons.tsx';
import { LanguageSwitch } from '../ui/language.tsx';
import type { SessionHost } from './host.ts';

interface Hosted {
  host: SessionHost;
}

/** A printed code in the place of a password: on to choosing one. */
async function isCode({ client, linkToken, phase }: SessionHost, login: string, typed: string): Promise<boolean> {
  if (!/^\s*(?:[0-9a-z]{4}[\s-]?){2}[0-9a-z]{4}\s*$/i.test(typed)) return false;
  const code = typed.trim();
  const found = await client.get<{ login: string }>(`/links/${encodeURIComponent(code)}`, {}, { quiet: true }).catch(() => null);
  if (found?.login !== login.trim().toLowerCase()) return false;
  linkToken.value = code;
  phase.value = 'link';
  return true;
}

export function SignInForm({ host, login }: Hosted & { login?: string }) {
  const { client, enter } = host;
  const field = useRef<HTMLInputElement>(null);
  const name = useSignal(login ?? '');
  const password = useSignal('');
  const busy = useSignal(false);
  const failure = useSignal('');
  useEffect(() => {
    field.current?.focus();
  }, []);
  const send = async () => {
    if (busy.value || !name.value || !password.value) return;
    busy.value = true;
    failure.value = '';
    try {
      if (await isCode(host, name.value, password.value)) return;
      const made = await client.post<Session>('/session', { login: name.value.trim(), password: password.value }, { quiet: true });
      await enter(made);
    } catch (error) {
      failure.value = failureWords(error);
      password.value = '';
      field.current?.select();
    } finally {
      busy.value = false;
    }
  };
  return (
    <form
      class="sign-form"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label class="field">
        <span class="field-name">{t('session.login')}</span>
        <input
          ref={login ? undefined : field}
          type="text"
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          value={name.value}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span class="field-name">{t('session.password')}</span>
        <input
          ref={login ? field : undefined}
          data-first={login ? true : undefined}
          type="password"
          name="password"
          autocomplete="current-password"
          required
          value={password.value}
          onInput={(event) => (password.value = event.currentTarget.value)}
        />
      </label>
      <p class="field-error" role="alert">
        {failure.value && (
          <>
            <Icon name="warn" /> {failure.value}
          </>
        )}
      </p>
      <button type="submit" class="primary" disabled={busy.value} aria-busy={busy.value}>
        {busy.value ? t('action.sending') : t('session.in')}
      </button>
    </form>
  );
}

/** Whose password was just chosen through a link: signs in next, most likely. */
let loginOfLink = '';

export function SignInPage({ host }: Hosted) {
  const { city } = host;
  return (
    <main class="sign">
      <div class="sign-box">
        <div class="sign-head">
          <h1>
            <span class="mark" aria-hidden="true" /> {label(city.value?.name)}
          </h1>
          <LanguageSwitch />
        </div>
        <p class="muted">{host.welcome?.() ?? t('session.welcome')}</p>
        <SignInForm host={host} login={loginOfLink} />
        {city.value?.demo && <p class="muted small-text">{t('session.demo')}</p>}
      </div>
      <p class="muted small-text attribution">{city.value?.attribution}</p>
    </main>
  );
}

export function ExpiredDialog({ host }: Hosted) {
  return (
    <Dialog title={t('session.expired')} className="narrow">
      <p>{t('session.expired_text')}</p>
      <SignInForm host={host} login={host.session.value?.person.login ?? ''} />
    </Dialog>
  );
}

export function PasswordPage({ host: { client, enter, notify, phase, session } }: Hosted) {
  const old = useSignal('');
  const fresh = useSignal('');
  const again = useSignal('');
  const busy = useSignal(false);
  const failure = useSignal('');
  const field = useRef<HTMLInputElement>(null);
  const must = session.value?.must_change_password ?? false;
  useEffect(() => {
    field.current?.focus();
  }, []);
  const send = async () => {
    if (busy.value) return;
    if (fresh.value !== again.value) {
      failure.value = t('password.differ');
      return;
    }
    busy.value = true;
    failure.value = '';
    try {
      await client.post('/session/password', { old: old.value, new: fresh.value }, { quiet: true });
      const found = await client.get<Session>('/session');
      notify('good', t('password.done'));
      if (must) await enter(found);
      else {
        session.value = found;
        phase.value = 'ready';
      }
    } catch (error) {
      failure.value = failureWords(error);
    } finally {
      busy.value = false;
    }
  };
  const input = (name: string, value: typeof old, complete: string, first = false) => (
    <label class="field">
      <span class="field-name">{name}</span>
      <input
        ref={first ? field : undefined}
        type="password"
        required
        minLength={complete === 'new-password' ? 10 : undefined}
        autocomplete={complete as 'new-password'}
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
    </label>
  );
  return (
    <main class="sign">
      <div class="sign-box">
        <div class="sign-head">
          <h1>{t('password.change')}</h1>
          <LanguageSwitch />
        </div>
        {must && <p>{t('password.must')}</p>}
        <form
          class="sign-form"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          {input(t('password.old'), old, 'current-password', true)}
          {input(t('password.new'), fresh, 'new-password')}
          {input(t('password.again'), again, 'new-password')}
          <p class="muted small-text">{t('password.rule')}</p>
          <p class="field-error" role="alert">
            {failure.value}
          </p>
          <div class="form-end">
            <button type="submit" class="primary" disabled={busy.value}>
              {t('password.change')}
            </button>
            {!must && (
              <button type="button" class="plain" onClick={() => (phase.value = 'ready')}>
                {t('form.cancel')}
              </button>
            )}
          </div>
        </form>
      </div>
    </main>
  );
}

/** A first password through a one-time link. */
export function LinkPage({ host: { client, linkToken, notify, phase } }: Hosted) {
  const login = useSignal<string | null>(null);
  const fresh = useSignal('');
  const again = useSignal('');
  const failure = useSignal('');
  const busy = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    client
      .get<{ login: string }>(`/links/${encodeURIComponent(linkToken.value)}`, {}, { quiet: true })
      .then((found) => {
        login.value = found.login;
        field.current?.focus();
      })
      .catch((error: unknown) => {
        failure.value = failureWords(error);
      });
  }, []);
  const leave = () => {
    history.replaceState(null, '', location.pathname);
    linkToken.value = '';
    phase.value = 'signed-out';
  };
  const send = async () => {
    if (busy.value) return;
    if (fresh.value !== again.value) {
      failure.value = t('password.differ');
      return;
    }
    busy.value = true;
    try {
      await client.post('/links', { link: linkToken.value, password: fresh.value }, { quiet: true });
      notify('good', t('password.done'));
      loginOfLink = login.value ?? '';
      leave();
    } catch (error) {
      failure.value = failureWords(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <main class="sign">
      <div class="sign-box">
        <div class="sign-head">
          <h1>{t('link.title')}</h1>
          <LanguageSwitch />
        </div>
        {login.value !== null && (
          <form
            class="sign-form"
            onSubmit={(event) => {
              event.preventDefault();
              void send();
            }}
          >
            <p>{t('link.text', { login: login.value })}</p>
            <input type="text" class="hidden-file" autocomplete="username" readOnly tabIndex={-1} aria-hidden="true" value={login.value} />
            <label class="field">
              <span class="field-name">{t('password.new')}</span>
              <input ref={field} type="password" required minLength={10} autocomplete="new-password" value={fresh.value} onInput={(event) => (fresh.value = event.currentTarget.value)} />
            </label>
            <label class="field">
              <span class="field-name">{t('password.again')}</span>
              <input type="password" required minLength={10} autocomplete="new-password" value={again.value} onInput={(event) => (again.value = event.currentTarget.value)} />
            </label>
            <p class="muted small-text">{t('password.rule')}</p>
            <button type="submit" class="primary" disabled={busy.value}>
              {t('link.title')}
            </button>
          </form>
        )}
        <p class="field-error" role="alert">
          {failure.value}
        </p>
        <button type="button" class="plain" onClick={leave}>
          {t('session.in')}
        </button>
      </div>
    </main>
  );
}
