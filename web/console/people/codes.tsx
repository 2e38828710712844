// SPDX-License-Identifier: MPL-2.0
// Sign-in codes to print, cut and hand out: one slip a person. Shown once: the server keeps
// only their digests.
import { useEffect } from 'preact/hooks';
import { label, showFull } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { base, city } from '../state/app.ts';
import { streetRole } from './commands.ts';
import { type Codes, codes, members } from './state.ts';

export function CodeSheets({ made }: { made: Codes }) {
  useEffect(() => {
    document.querySelector<HTMLElement>('.codes .primary')?.focus();
  }, []);
  const close = () => {
    codes.value = null;
  };
  // A collector begins with the page for the street.
  const face = (login: string) => {
    const roles = members.value?.find((one) => one.login === login)?.roles.map((grant) => grant.role) ?? [];
    return roles.length > 0 && roles.every((role) => role === streetRole()) ? 'field' : 'console';
  };
  return (
    <div class="codes" role="dialog" aria-modal="true" aria-label={t('people.codes')} onKeyDown={(event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      close();
    }}>
      <div class="slips-bar">
        <b>{t('people.codes_made', { n: made.items.length })}</b>
        <button type="button" class="primary" onClick={() => globalThis.print()}>
          <Icon name="print" /> {t('slip.print')}
        </button>
        <button type="button" onClick={close}>{t('case.close')}</button>
        <small class="muted">{t('people.codes_once')}</small>
      </div>
      <ul class="codes-pages">
        {made.items.map((one) => {
          const address = `${location.origin}${base}/${face(one.login)}/`;
          return (
            <li key={one.login} class="code-slip">
              <p class="code-city">{label(city.value?.name)}</p>
              <h3>{one.name}</h3>
              <dl>
                <dt>{t('people.code_address')}</dt>
                <dd>{address}</dd>
                <dt>{t('people.login')}</dt>
                <dd>{one.login}</dd>
                <dt>{t('people.code')}</dt>
                <dd class="code-letters">{one.code}</dd>
              </dl>
              <p class="code-how">{t('people.code_how')}</p>
              {made.expires_at && <p class="code-how">{t('people.code_until', { at: showFull(made.expires_at) })}</p>}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
