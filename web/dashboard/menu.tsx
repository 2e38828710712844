// SPDX-License-Identifier: MPL-2.0
// The views of the dashboard, each under its own address; what draws one comes in its chunk.
import type { ComponentType } from 'preact';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from './i18n.ts';
import { Link } from './links.tsx';
import { Head } from './controls.tsx';
import { loading, pageShown, span, view } from './state.ts';
import { type PageName, pageNames } from './view.ts';

const nameKey = {
  overview: 'view.overview',
  compare: 'view.compare',
  map: 'view.map',
  hours: 'view.hours',
  stages: 'view.stages',
  open: 'view.open',
  ahead: 'view.ahead',
  quality: 'view.quality',
  spots: 'view.spots',
  coverage: 'view.coverage',
  missed: 'view.missed',
  scores: 'view.scores',
  programme: 'view.programme',
  frozen: 'view.frozen',
  definitions: 'view.definitions',
} as const;
/** Views that keep something else than a level of areas where others have that. */
const ownLevel = new Set<PageName>(['missed', 'frozen']);

export function Menu() {
  const { page } = view.value;
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const own = bar.current?.querySelector<HTMLElement>('.on');
    if (bar.current && own) bar.current.scrollLeft = own.offsetLeft - (bar.current.clientWidth - own.clientWidth) / 2;
  }, [page]);
  return (
    <nav class="views" aria-label={t('view.menu')} ref={bar}>
      {pageNames.map((name) => (
        <Link key={name} to={{ ...view.value, page: name, level: ownLevel.has(name) || ownLevel.has(page) ? '' : view.value.level }} class={name === page ? 'on' : ''} current={name === page}>
          {t(nameKey[name])}
        </Link>
      ))}
    </nav>
  );
}

/** What was read for the view, once it has come; of another view nothing is shown. */
export function PageBody() {
  const { page } = view.value;
  const drawn = useSignal<{ page: PageName; Body: ComponentType<{ data: unknown }> } | null>(null);
  const shown = pageShown.value;
  useEffect(() => {
    let gone = false;
    void import('./pages/index.tsx').then(({ pages }) => {
      if (!gone) drawn.value = { page, Body: pages[page].Body };
    });
    return () => {
      gone = true;
    };
  }, [page]);
  if (shown?.page !== page || drawn.value?.page !== page) {
    return (
      <>
        <Head now={span.value} />
        {loading.value && <p class="muted">{t('list.loading')}</p>}
      </>
    );
  }
  const { Body } = drawn.value;
  return <Body data={shown.data} />;
}
