// SPDX-License-Identifier: MPL-2.0
// The dashboard: how the city's work stands, and every figure opens its cases.
import { failureWords } from '../lib/api/failure.ts';
import { label } from '../lib/i18n/index.ts';
import { Gate } from '../lib/session/gate.tsx';
import { ExpiredDialog } from '../lib/session/views.tsx';
import { Icon } from '../lib/ui/icons.tsx';
import { LanguageSwitch } from '../lib/ui/language.tsx';
import { CasesPage } from './cases.tsx';
import { Head } from './controls.tsx';
import { FrozenSwitch } from './frozen_switch.tsx';
import { HelpDoor } from './help_door.tsx';
import { Honesty } from './honesty.tsx';
import { t } from './i18n.ts';
import { base, building, city, client, departments, expired, failure, host, loading, refresh, seesAll, session, show, shown, signOut, start, startFailure, view } from './state.ts';
import { Menu, PageBody } from './menu.tsx';
import { Split, Trend } from './tables.tsx';
import { Tiles } from './tiles.tsx';
import { plainView } from './view.ts';

export function App() {
  return (
    <Gate host={host} start={start} startFailure={startFailure}>
      {() => <Page />}
    </Gate>
  );
}

function Page() {
  const list = view.value.list;
  return (
    <div class="dash" aria-busy={loading.value}>
      <Top />
      <div class="progress" aria-hidden="true" />
      <main>
        {client.outdated.value && (
          <p class="alert warn" role="status">
            <Icon name="warn" /> {t('dash.outdated')}{' '}
            <button type="button" onClick={() => location.reload()}>
              {t('dash.reload')}
            </button>
          </p>
        )}
        {failure.value !== null && (
          <p class="alert bad" role="alert">
            <Icon name="warn" /> {failureWords(failure.value)}{' '}
            <button type="button" onClick={() => void refresh()}>
              {t('error.again')}
            </button>{' '}
            <button type="button" onClick={() => show(plainView)}>
              {t('dash.reset')}
            </button>
          </p>
        )}
        {building.value && (
          <p class="alert warn" role="status">
            {t('dash.building')}
          </p>
        )}
        {!list && <Menu />}
        {list ? <CasesPage list={list} /> : view.value.page === 'overview' ? <Overview /> : <PageBody />}
        <p class="muted attribution">{city.value?.attribution}</p>
      </main>
      <HelpDoor />
      {expired.value && <ExpiredDialog host={host} />}
    </div>
  );
}

function Top() {
  return (
    <header class="bar">
      <h1>
        <span class="mark" aria-hidden="true" /> {label(city.value?.name)}
      </h1>
      <div class="bar-end">
        <a href={`${base}/console/`}>{t('face.console')}</a>
        <LanguageSwitch />
        <span class="wide">{session.value?.person.name}</span>
        <button type="button" onClick={() => void signOut()}>
          {t('session.out')}
        </button>
      </div>
    </header>
  );
}

/** Whose cases these are, when not everybody's. */
function partWords(): string {
  const own = session.value?.person.department;
  const id = typeof own === 'object' ? own?.id : own;
  const name = label(departments.value.find((one) => one.id === id)?.name);
  return name ? t('dash.part_of', { name }) : t('dash.part');
}

function Overview() {
  const figures = shown.value;
  return (
    <>
      <Head now={figures?.now ?? null} before={figures?.before ?? null} />
      {!seesAll.value && <p class="alert part">{partWords()}</p>}
      <FrozenSwitch />
      <Tiles />
      <Honesty answer={figures?.honest ?? null} />
      <div class="charts">
        {!figures?.frozen && <Trend />}
        <Split />
      </div>
    </>
  );
}
