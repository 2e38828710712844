// SPDX-License-Identifier: MPL-2.0
// Pages beside the desk, for those who may: each comes with a part of the program of its own,
// fetched when first wanted, and lies over the desk until it is closed.
import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { may, notify, tool, type Tool } from '../state/app.ts';

const tools: readonly { name: Tool; right: string; title: () => string; load: () => Promise<{ Page: ComponentType }> }[] = [
  { name: 'model', right: 'model.write', title: () => t('model.title'), load: () => import('./model.tsx') },
  { name: 'orders', right: 'order.read', title: () => t('orders.title'), load: () => import('../orders/page.tsx') },
];

/** Entries of the person's menu. */
export function ToolButtons({ onOpen }: { onOpen: () => void }) {
  return (
    <>
      {tools
        .filter((one) => may(one.right))
        .map((one) => (
          <button
            key={one.name}
            type="button"
            class="plain"
            onClick={() => {
              onOpen();
              tool.value = one.name;
            }}
          >
            {one.title()}
          </button>
        ))}
    </>
  );
}

export function ToolPage() {
  const found = tools.find((one) => one.name === tool.value);
  const view = useSignal<{ name: Tool; Page: ComponentType } | null>(null);
  const frame = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!found) return;
    const before = document.activeElement as HTMLElement | null;
    found
      .load()
      .then((module) => (view.value = { name: found.name, Page: module.Page }))
      .catch(() => {
        // A server of another version no longer has it, or the line is down.
        tool.value = null;
        notify('bad', t('tools.failed'));
      });
    frame.current?.focus();
    return () => before?.focus?.();
  }, [found?.name]);
  if (!found) return null;
  const close = () => {
    tool.value = null;
  };
  return (
    <section
      class="tool-page"
      ref={frame}
      tabIndex={-1}
      aria-label={found.title()}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        close();
      }}
    >
      <header class="tool-head">
        <h2>{found.title()}</h2>
        <button type="button" onClick={close}>
          <Icon name="close" size={12} /> {t('tools.close')}
        </button>
      </header>
      <div class="tool-body">{view.value?.name === found.name ? <view.value.Page /> : <p class="muted">{t('tools.wait')}</p>}</div>
    </section>
  );
}
