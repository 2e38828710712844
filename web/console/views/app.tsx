// SPDX-License-Identifier: MPL-2.0
// The whole page: list, map and side panel beside each other on a desk, one at a time with
// tabs on a phone; the keys; the notices.
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { label } from '../../lib/i18n/index.ts';
import { Dialog } from '../../lib/ui/dialog.tsx';
import { Icon, type IconName } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import {
  answering,
  choose,
  chosen,
  city,
  client,
  cursor,
  dismiss,
  endReport,
  expired,
  helpOpen,
  host,
  mayTakeCalls,
  notices,
  notify,
  open,
  type Pane,
  pane,
  peopleOpen,
  picking,
  printing,
  printSlips,
  report,
  reporting,
  selected,
  showAnswers,
  start,
  startFailure,
  takeCall,
  tool,
} from '../state/app.ts';
import { closeForm, firstAction } from './actions.tsx';
import { CaseView } from './case.tsx';
import { Header } from './header.tsx';
import { jumpField, MapView } from './mappane.tsx';
import { isNarrow, listBox, moveCursor, QueueView, searchField } from './queue.tsx';
import { ReportView } from './report.tsx';
import { ToolPage } from './tools.tsx';
import { Gate } from '../../lib/session/gate.tsx';
import { ExpiredDialog } from '../../lib/session/views.tsx';

function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(element?.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]'));
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || expired.value || printing.value || peopleOpen.value || tool.value) return;
  if (event.key === 'Escape') {
    escape();
    return;
  }
  if (typing(event.target)) return;
  const inControl = (event.target as HTMLElement | null)?.closest?.('button, a, summary, dialog, .map');
  const run: Record<string, () => void> = {
    j: () => moveCursor(1),
    k: () => moveCursor(-1),
    '/': () => {
      const hidden = pane.value !== 'queue' && isNarrow.value;
      pane.value = 'queue';
      if (hidden) requestAnimationFrame(() => searchField.current?.focus());
      else searchField.current?.focus(); // at once: the next key belongs to it
    },
    n: report,
    c: takeCall,
    w: () => showAnswers(!answering.value),
    a: firstAction,
    f: () => {
      if (isNarrow.value) pane.value = 'queue';
      document.querySelector<HTMLButtonElement>('.chip[data-key=f][aria-expanded=false]')?.click();
      requestAnimationFrame(() => document.querySelector<HTMLElement>('.filter-form select')?.focus());
    },
    g: () => {
      const hidden = pane.value !== 'map' && isNarrow.value;
      if (hidden) pane.value = 'map';
      if (hidden) requestAnimationFrame(() => jumpField.current?.focus());
      else jumpField.current?.focus();
    },
    x: () => {
      if (cursor.value) choose(cursor.value);
    },
    p: () => {
      const marked = chosen.value;
      if (marked && marked.size > 0) printSlips([...marked]);
      else if (selected.value ?? cursor.value) printSlips([(selected.value ?? cursor.value)!]);
    },
    '?': () => (helpOpen.value = true),
  };
  if (event.key === 'Enter') {
    if (inControl || !cursor.value) return;
    event.preventDefault();
    open(cursor.value);
    return;
  }
  const act = run[event.key];
  if (!act || helpOpen.value) return;
  event.preventDefault();
  act();
}
/** Esc leaves one thing at a time: taking a point, a form, the report, the case. */
function escape(): void {
  if (helpOpen.value) helpOpen.value = false;
  else if (picking.value) {
    picking.value = null;
    if (isNarrow.value) pane.value = 'side';
  } else if (reporting.value) endReport();
  else if (answering.value) showAnswers(false);
  else if (closeForm()) return;
  else if (chosen.value) chosen.value = null;
  else if (selected.value) {
    open(null);
    requestAnimationFrame(() => listBox.current?.focus());
  }
}

export function App() {
  return (
    <Gate host={host} start={start} startFailure={startFailure}>
      {() => <Desk />}
    </Gate>
  );
}

function Desk() {
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  useEffect(() => {
    document.title = [selected.value, label(city.value?.name), 'gridcase'].filter(Boolean).join(' · ');
  }, [selected.value, city.value]);
  const side = reporting.value || answering.value || selected.value !== null;
  return (
    <>
    <div class={`desk pane-${pane.value}${side ? ' with-side' : ''}`} inert={printing.value !== null || peopleOpen.value}>
      <Header />
      {client.outdated.value && <Outdated />}
      <main class="columns-3" inert={tool.value !== null}>
        <QueueView />
        <MapView />
        {reporting.value ? <ReportView /> : answering.value ? <Answers /> : <CaseView />}
      </main>
      <Tabs side={side} />
      <ToolPage />
      {!peopleOpen.value && <Notices />}
      {helpOpen.value && <Help />}
      {expired.value && <ExpiredDialog host={host} />}
    </div>
    {printing.value && <Printing numbers={printing.value} />}
    {peopleOpen.value && <PeoplePage />}
    {(printing.value || peopleOpen.value) && expired.value && <ExpiredDialog host={host} />}
    {peopleOpen.value && <Notices />}
    </>
  );
}

/** The server was renewed under an open page: everything typed is kept over the reload. */
function Outdated() {
  return (
    <p class="outdated" role="status">
      <Icon name="warn" /> {t('outdated.text')}
      <button type="button" onClick={() => location.reload()}>
        {t('outdated.reload')}
      </button>
    </p>
  );
}

/** Slips come with a part of the program of their own, fetched when first wanted. */
function Printing({ numbers }: { numbers: readonly string[] }) {
  const view = useSignal<{ Slips: ComponentType<{ numbers: readonly string[] }> } | null>(null);
  useEffect(() => {
    import('./slip.tsx')
      .then((module) => (view.value = module))
      .catch(() => {
        // A server of another version no longer has it, or the line is down.
        printing.value = null;
        notify('bad', t('slip.failed'));
      });
  }, []);
  return view.value ? <view.value.Slips numbers={numbers} /> : null;
}

/** People likewise: few who use the console need that page. */
function PeoplePage() {
  const view = useSignal<{ People: ComponentType } | null>(null);
  useEffect(() => {
    import('../people/page.tsx')
      .then((module) => (view.value = module))
      .catch(() => {
        peopleOpen.value = false;
        notify('bad', t('people.failed'));
      });
  }, []);
  return view.value ? <view.value.People /> : null;
}

/** Who waits for an answer: a part of the program of its own, for those who answer. */
function Answers() {
  const view = useSignal<{ AnswersView: ComponentType } | null>(null);
  useEffect(() => {
    import('./answers.tsx')
      .then((module) => (view.value = module))
      .catch(() => {
        showAnswers(false);
        notify('bad', t('slip.failed'));
      });
  }, []);
  return view.value ? <view.value.AnswersView /> : <section class="side" aria-busy="true" />;
}

function Tabs({ side }: { side: boolean }) {
  const tab = (name: Pane, icon: IconName, text: string, disabled = false) => (
    <button type="button" aria-pressed={pane.value === name} disabled={disabled} onClick={() => (pane.value = name)}>
      <Icon name={icon} size={20} />
      {text}
    </button>
  );
  return (
    <nav class="tabs" aria-label={t('tabs.label')}>
      {tab('queue', 'list', t('tabs.queue'))}
      {tab('map', 'map', t('tabs.map'))}
      {tab('side', 'doc', t(reporting.value ? 'tabs.report' : answering.value ? 'tabs.answers' : 'tabs.case'), !side)}
    </nav>
  );
}

function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map((notice) => (
        <p key={notice.id} class={`notice ${notice.kind}`}>
          {notice.text}
          <button type="button" class="plain square" aria-label={t('case.close')} onClick={() => dismiss(notice.id)}>
            <Icon name="close" size={12} />
          </button>
        </p>
      ))}
    </div>
  );
}

function Help() {
  const close = () => {
    helpOpen.value = false;
  };
  const keys = [
    ['j / k', t('help.jk')],
    ['Enter', t('help.enter')],
    ['Esc', t('help.esc')],
    ['/', t('help.search')],
    ['f', t('help.filter')],
    ['a', t('help.action')],
    ['n', t('help.new')],
    ...(mayTakeCalls() ? ([['c', t('help.call')], ['w', t('help.waiting')]] as const) : []),
    ['g', t('help.jump')],
    ['x', t('help.choose')],
    ['p', t('help.print')],
    ['Ctrl + Enter', t('help.send')],
    ['?', t('help.help')],
  ] as const;
  return (
    <Dialog title={t('help.title')} onClose={close} closeLabel={t('case.close')}>
      <dl class="keys">
        {keys.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <h3>{t('help.lights')}</h3>
      <p>{t('help.lights_text')}</p>
    </Dialog>
  );
}
