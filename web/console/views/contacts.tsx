// SPDX-License-Identifier: MPL-2.0
// Words about contacts; of a case who told of it, in a part of the program of its own, and
// where a duplicate went.
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { signal } from '@preact/signals';
import type { CaseDetail, Reporter } from '../../lib/api/types.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { notify, open } from '../state/app.ts';

export function channelWord(code: string): string {
  const words: Record<string, string> = {
    call: t('contact.call'),
    visit: t('contact.visit'),
    message: t('contact.message'),
    web: t('contact.web'),
  };
  return words[code] ?? code;
}
export function purposeWord(code: string): string {
  const words: Record<string, string> = { opened: t('contact.opened'), joined: t('contact.joined'), asked: t('contact.asked') };
  return words[code] ?? code;
}

/** Name and ways to reach somebody; a number is a link that a telephone understands. */
export function ReporterWords({ who }: { who: Reporter }) {
  if (who.erased) return <span class="muted">{t('contact.erased')}</span>;
  const parts = [
    who.name,
    who.phone && (who.masked ? who.phone : <a href={`tel:${who.phone.replace(/[^\d+]/g, '')}`}>{who.phone}</a>),
    who.email,
    who.address,
  ].filter(Boolean);
  if (parts.length === 0) return <span class="muted">{t('contact.anonymous')}</span>;
  return (
    <>
      {parts.map((part, index) => (
        <span key={index}>
          {index > 0 && ' · '}
          {part}
        </span>
      ))}
    </>
  );
}

const who = signal<{ Who: ComponentType<{ found: CaseDetail }> } | null>(null);
export function Contacts({ found }: { found: CaseDetail }) {
  const any = (found.contacts?.length ?? 0) > 0;
  useEffect(() => {
    if (!any || who.value) return;
    import('./who.tsx')
      .then((module) => (who.value = module))
      .catch(() => notify('bad', t('slip.failed')));
  }, [any]);
  return any && who.value ? <who.value.Who found={found} /> : null;
}

/** Where a duplicate went, and which ended here. */
export function Merged({ found }: { found: CaseDetail }) {
  const go = (number: string) => (
    <button key={number} type="button" class="plain numeric" onClick={() => open(number)}>
      {number}
    </button>
  );
  if (found.merged_into) {
    return (
      <p class="alert warn merged">
        <Icon name="same" /> {t('merge.into')} {go(found.merged_into)}
      </p>
    );
  }
  if (!found.duplicates?.length) return null;
  return (
    <p class="alert merged">
      <Icon name="same" /> {t('merge.took_in', { n: found.duplicates.length })} {found.duplicates.map(go)}
    </p>
  );
}
