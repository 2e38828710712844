// SPDX-License-Identifier: MPL-2.0
// The person, the phone, and how they get along.
import { useSignal } from '@preact/signals';
import { label } from '../../lib/i18n/index.ts';
import { DATUMS, type Datum } from '../../lib/map/datum.ts';
import { LanguageSwitch } from '../../lib/ui/language.tsx';
import { t } from '../i18n.ts';
import { datum, setDatum } from '../state/position.ts';
import { go } from '../state/route.ts';
import { base, city, phase, session, signOut } from '../state/session.ts';
import { dark, setDark } from '../state/theme.ts';
import { offlineReady, storage } from '../state/update.ts';
import { items } from '../state/work.ts';
import { Head } from './parts.tsx';
import { roleWord } from './words.ts';

const DATUM_WORDS = { wgs84: 'me.datum_plain', gcj02: 'me.datum_amap', bd09: 'me.datum_baidu' } as const;

export function MeView() {
  const sure = useSignal(false);
  const person = session.value?.person;
  const unsent = items.value.length;
  const areaName = (area: unknown) => (area && typeof area === 'object' ? label((area as { name: Record<string, string> }).name) : '');
  return (
    <div class="view">
      <Head title={t('tab.me')} onBack={() => go('home')} />
      <section class="card">
        <b>{person?.name}</b>
        <p class="muted">{person?.login}</p>
        <ul class="muted">
          {person?.roles.map((grant) => (
            <li key={grant.role + areaName(grant.area)}>{[roleWord(grant.role), areaName(grant.area)].filter(Boolean).join(' · ')}</li>
          ))}
        </ul>
      </section>
      <section class="card settings">
        <label>
          <span>{t('me.language')}</span> <LanguageSwitch />
        </label>
        <label>
          <span>{t('me.dark')}</span>
          <input type="checkbox" checked={dark.value} onChange={(event) => setDark(event.currentTarget.checked)} />
        </label>
        <label>
          <span>{t('me.datum')}</span>
          <select value={datum.value} onChange={(event) => setDatum(event.currentTarget.value as Datum)}>
            {DATUMS.map((word) => (
              <option key={word} value={word}>
                {t(DATUM_WORDS[word])}
              </option>
            ))}
          </select>
        </label>
        {datum.value !== 'wgs84' && <p class="muted small-text">{t('me.datum_why')}</p>}
      </section>
      <section class="card">
        <h2>{t('me.phone')}</h2>
        <p>{t(offlineReady.value ? 'me.offline_ready' : 'me.offline_not')}</p>
        <p>{t(storage.value === 'lasting' ? 'me.storage_lasting' : 'me.storage_best')}</p>
        <p class="muted">{t('me.install')}</p>
      </section>
      <button type="button" class="wide" onClick={() => (phase.value = 'password')}>
        {t('password.change')}
      </button>
      <a class="button wide" href={`${base}/console/`}>
        {t('face.console')}
      </a>
      {unsent > 0 && <p class="alert warn">{t('me.unsent', { n: unsent })}</p>}
      <button type="button" class={`wide${sure.value ? ' bad' : ''}`} onClick={() => (sure.value || unsent === 0 ? void signOut() : (sure.value = true))}>
        {t(sure.value ? 'me.out_sure' : 'session.out')}
      </button>
      <p class="muted small-text">{city.value?.attribution}</p>
    </div>
  );
}
