// SPDX-License-Identifier: MPL-2.0
// The roster of a day: duty grids down, shifts across; what nobody has stands out.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { label } from '../../lib/i18n/index.ts';
import { t } from '../i18n.ts';
import { client, notify } from '../state/app.ts';
import { areaWord, failureWords } from '../views/words.ts';
import type { OnDuty, RosterDay } from './state.ts';

export function Roster() {
  const day = useSignal('');
  const found = useSignal<RosterDay | null>(null);
  useEffect(() => {
    const wanted = day.value;
    client
      .get<RosterDay>('/roster', wanted ? { day: wanted } : {})
      .then((value) => {
        if (day.value === wanted) found.value = value;
      })
      .catch((error: unknown) => notify('bad', failureWords(error)));
  }, [day.value]);
  const roster = found.value;
  if (!roster) return <p class="muted people-none" aria-busy="true">{t('list.loading')}</p>;
  const grids = new Map(
    [...roster.items, ...roster.empty].map((one) => [one.duty_grid.id, one.duty_grid] as const).sort((a, b) => a[1].code.localeCompare(b[1].code)),
  );
  const at = (grid: number, shift: string) => roster.items.filter((one) => one.duty_grid.id === grid && one.shift === shift);
  const name = (one: OnDuty) => one.person?.name ?? t('people.roster_gone', { login: one.login });
  return (
    <section class="people-roster" aria-label={t('people.roster')}>
      <div class="people-bar">
        <label class="field people-day">
          <span class="unseen">{t('people.day')}</span>
          <input type="date" value={day.value || roster.day} onInput={(event) => (day.value = event.currentTarget.value)} />
        </label>
        {roster.shifts.length > 0 && <p class={roster.empty.length > 0 ? 'bad' : 'muted'}>{t('people.roster_empty', { n: roster.empty.length })}</p>}
      </div>
      {roster.shifts.length === 0 ? (
        <p class="muted people-none">{t('people.roster_none')}</p>
      ) : (
        <div class="people-scroll">
          <table class="people-table roster-table">
            <thead>
              <tr>
                <th scope="col">{t('people.duty_grid')}</th>
                {roster.shifts.map((shift) => (
                  <th key={shift.code} scope="col">
                    {label(shift.name) || shift.code} <span class="muted">{shift.starts}–{shift.ends}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {[...grids.values()].map((grid) => (
                <tr key={grid.id}>
                  <th scope="row">{areaWord(grid)} <span class="muted">{grid.code}</span></th>
                  {roster.shifts.map((shift) => {
                    const on = at(grid.id, shift.code);
                    const main = on.some((one) => !one.backup);
                    return (
                      <td key={shift.code} class={main ? '' : 'roster-empty'}>
                        {!main && <span class="bad">{t('people.nobody')}</span>}
                        {on.map((one) => (
                          <span key={one.login} class={`roster-one${one.backup ? ' muted' : ''}${one.person ? '' : ' bad'}`}>
                            {name(one)}
                            {one.backup && ` (${t('people.backup')})`}
                            {one.now && <span class="badge green">{t('people.now')}</span>}
                          </span>
                        ))}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
