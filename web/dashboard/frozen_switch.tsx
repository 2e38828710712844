// SPDX-License-Identifier: MPL-2.0
// Figures as they are counted now, or as they were frozen when they were told.
import { showTime } from '../lib/i18n/index.ts';
import { t } from './i18n.ts';
import { Link } from './links.tsx';
import { frozenVersions, shown, view } from './state.ts';

export function FrozenSwitch() {
  const versions = frozenVersions.value;
  if (versions.length === 0) return null;
  const { frozen } = view.value;
  const on = versions.find((one) => one.version === frozen);
  return (
    <section class="frozen-switch" aria-label={t('asfrozen.name')}>
      <p class="steps" role="group" aria-label={t('asfrozen.name')}>
        <Link to={{ ...view.value, frozen: 0 }} stay class={`button ${on ? '' : 'on'}`} current={!on}>
          {t('asfrozen.now')}
        </Link>
        {versions.map((one) => (
          <Link key={one.version} to={{ ...view.value, frozen: one.version }} stay class={`button ${one === on ? 'on' : ''}`} current={one === on}>
            {t('asfrozen.version', { version: one.version })}
          </Link>
        ))}
      </p>
      {on && shown.value?.frozen && (
        <p class="alert part" data-frozen={on.version}>
          {t('asfrozen.told', { period: on.period, version: on.version, at: showTime(on.made_at) })} {on.reason && t('asfrozen.reason', { reason: on.reason })}{' '}
          <Link to={{ ...view.value, page: 'frozen', level: `p${on.period}:${on.version}` }}>{t('asfrozen.document')}</Link>
        </p>
      )}
    </section>
  );
}
