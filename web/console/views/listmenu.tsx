// SPDX-License-Identifier: MPL-2.0
// What can be done with the list as a whole: a table of it, slips, saving its filter.
import { useEffect, useId, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { language, showNumber } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { box, chosen, client, filters, list, notify, printSlips } from '../state/app.ts';
import { activeChips, exportQuery, writeFilters } from '../state/filters.ts';
import { dropFilter, savedFilters, saveFilter } from '../state/keep.ts';
import { failureWords } from './words.ts';

const SLIPS_AT_ONCE = 20;
const TABLE_MS = 90_000;

/** A table of the list is fetched, not opened: a refusal is told here, and so is a cut. */
async function download(kind: 'csv' | 'xlsx'): Promise<void> {
  const query = exportQuery(filters.value, filters.value.inMap ? box.value : null, language.value);
  const file = await client.file(`/cases.${kind}`, query, { timeoutMs: TABLE_MS });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file.blob);
  link.download = file.name || `cases.${kind}`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  const rows = Number(file.headers.get('gridcase-rows') ?? 0);
  if (file.headers.get('gridcase-cut')) notify('bad', t('table.cut', { n: rows }));
  else notify('good', t('table.done', { n: rows }));
}

export function ListMenu() {
  const id = useId();
  const shown = useSignal(false);
  const busy = useSignal(false);
  const naming = useSignal<string | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const close = (focus = true) => {
    shown.value = false;
    naming.value = null;
    if (focus) frame.current?.querySelector('button')?.focus();
  };
  useEffect(() => {
    const outside = (event: Event) => {
      if (shown.value && !frame.current?.contains(event.target as Node)) close(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, []);
  const table = (kind: 'csv' | 'xlsx') => {
    busy.value = true;
    download(kind)
      .catch((error: unknown) => notify('bad', failureWords(error)))
      .finally(() => {
        busy.value = false;
        close();
      });
  };
  const numbers = list.rows.value.filter((row) => !row.left).map((row) => row.item.number);
  const canSave = activeChips(filters.value).length > 0 || filters.value.q !== '' || filters.value.queue !== 'open' || filters.value.sort !== 'due';
  return (
    <div
      class="list-menu"
      ref={frame}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !shown.value) return;
        event.stopPropagation();
        close();
      }}
    >
      <button type="button" class="plain square" aria-label={t('menu.list')} title={t('menu.list')} aria-expanded={shown.value} aria-controls={id} onClick={() => (shown.value ? close() : (shown.value = true))}>
        <Icon name="more" />
      </button>
      {shown.value && (
        <div class="menu" id={id}>
          <button type="button" class="plain" disabled={busy.value} onClick={() => table('xlsx')}>
            <Icon name="down_to" /> {t('menu.xlsx')}
          </button>
          <button type="button" class="plain" disabled={busy.value} onClick={() => table('csv')}>
            <Icon name="down_to" /> {t('menu.csv')}
          </button>
          {busy.value && <small role="status" class="muted">{t('table.making')}</small>}
          <hr />
          <button
            type="button"
            class="plain"
            onClick={() => {
              chosen.value ??= new Set();
              close(false);
            }}
          >
            <Icon name="check" /> {t('menu.choose')}
          </button>
          <button
            type="button"
            class="plain"
            disabled={numbers.length === 0}
            onClick={() => {
              close();
              printSlips(numbers.slice(0, SLIPS_AT_ONCE));
            }}
          >
            <Icon name="print" /> {t('menu.slips', { n: Math.min(SLIPS_AT_ONCE, numbers.length) })}
          </button>
          <hr />
          {naming.value === null ? (
            <button type="button" class="plain" disabled={!canSave} onClick={() => (naming.value = '')}>
              <Icon name="star" /> {t('menu.save')}
            </button>
          ) : (
            <form
              class="save-filter"
              onSubmit={(event) => {
                event.preventDefault();
                saveFilter(naming.value ?? '', new URLSearchParams(writeFilters(filters.value)).toString());
                close();
              }}
            >
              <input
                type="text"
                maxLength={40}
                required
                aria-label={t('menu.save_name')}
                placeholder={t('menu.save_name')}
                value={naming.value}
                ref={(element) => element?.focus()}
                onInput={(event) => (naming.value = event.currentTarget.value)}
              />
              <button type="submit">{t('menu.save_do')}</button>
            </form>
          )}
          {savedFilters.value.map((one) => (
            <div key={one.name} class="saved-line">
              <span>
                <Icon name="star" size={12} /> {one.name}
              </span>
              <button type="button" class="plain square" aria-label={t('menu.drop', { name: one.name })} onClick={() => dropFilter(one.name)}>
                <Icon name="close" size={12} />
              </button>
            </div>
          ))}
          <small class="muted">{t('menu.rows', { n: showNumber(numbers.length) })}</small>
        </div>
      )}
    </div>
  );
}
