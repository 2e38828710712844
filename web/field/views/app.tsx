// SPDX-License-Identifier: MPL-2.0
// The whole page: signing in, or the views with the banner above and the tabs below.
import { useEffect } from 'preact/hooks';
import { label } from '../../lib/i18n/index.ts';
import { Gate } from '../../lib/session/gate.tsx';
import { SignInForm } from '../../lib/session/views.tsx';
import { Dialog } from '../../lib/ui/dialog.tsx';
import { t } from '../i18n.ts';
import { inForm, route } from '../state/route.ts';
import { city, expired, host, later, notify, session, start, startFailure } from '../state/session.ts';
import { askStorage } from '../state/update.ts';
import { onOutcome, readDrafts } from '../state/work.ts';
import { ActView } from './act.tsx';
import { CaseView } from './case.tsx';
import { HomeView } from './home.tsx';
import { ReportsView, TasksView } from './lists.tsx';
import { MeView } from './me.tsx';
import { OutboxView } from './outbox.tsx';
import { Banner, Notices, Tabs, Warnings } from './parts.tsx';
import { ReportView } from './report.tsx';
import { ShiftView } from './shift.tsx';

export function App() {
  const warning = !globalThis.isSecureContext && <p class="warning">{t('warn.insecure')}</p>;
  return (
    <Gate host={host} start={start} startFailure={startFailure} warning={warning}>
      {() => <Field />}
    </Gate>
  );
}

function View() {
  const { view, number, action } = route.value;
  switch (view) {
    case 'report':
      return <ReportView />;
    case 'tasks':
      return <TasksView />;
    case 'reports':
      return <ReportsView />;
    case 'case':
      return <CaseView key={number} number={number} />;
    case 'act':
      return <ActView key={`${number}/${action}`} number={number} action={action} />;
    case 'outbox':
      return <OutboxView />;
    case 'shift':
      return <ShiftView />;
    case 'me':
      return <MeView />;
    default:
      return <HomeView />;
  }
}

function Field() {
  useEffect(() => {
    onOutcome(
      (item, number) => notify('good', t(item.kind === 'report' ? 'sent.report' : 'sent.action', { number }), 'outbox'),
      (item) => notify('bad', t('sent.refused', { what: label(item.title) }), 'outbox'),
    );
    void askStorage();
  }, []);
  useEffect(() => {
    document.title = [label(city.value?.name), 'gridcase'].filter(Boolean).join(' · ');
    void readDrafts();
  }, [route.value, city.value]);
  const mine = session.value?.person.id;
  return (
    <div class={`field-app${inForm() ? ' in-form' : ''}`} key={mine}>
      <Banner />
      <Warnings />
      <main>
        <View />
      </main>
      {!inForm() && <Tabs />}
      <Notices />
      {expired.value && !later.value && !inForm() && <Expired />}
    </div>
  );
}

/** The session has ended: sign in now, or work on and sign in later. */
function Expired() {
  return (
    <Dialog title={t('session.expired')} className="narrow" onClose={() => (later.value = true)} closeLabel={t('session.later')}>
      <p>{t('session.field_expired')}</p>
      <SignInForm host={host} login={session.value?.person.login ?? ''} />
    </Dialog>
  );
}
