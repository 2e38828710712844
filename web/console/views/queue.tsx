// SPDX-License-Identifier: MPL-2.0
// The left column: quick queues, search, chips and the live list.
import { useEffect, useRef } from 'preact/hooks';
import { computed, signal, useSignal } from '@preact/signals';
import { leftMs } from '../../lib/clock/light.ts';
import type { CaseSummary } from '../../lib/api/types.ts';
import { Picker } from '../../lib/form/picker.tsx';
import { label, showFull, showNumber, showShort, showTime, t } from '../../lib/i18n/index.ts';
import { Windowed } from '../../lib/list/windowed.tsx';
import { Icon, LightIcon } from '../../lib/ui/icons.tsx';
import {
  city,
  clearFilters,
  cursor,
  filters,
  hovered,
  light,
  list,
  nowMs,
  open,
  reload,
  selected,
  setFilters,
  streamState,
  summary,
} from '../state/app.ts';
import { activeChips, type Chip, type Queue, queues } from '../state/filters.ts';
import type { Row } from '../state/list.ts';
import { areaChoices, classChoices, departmentChoices } from './fields.tsx';
import { areaWord, failureWords, lightWord, outcomeWord, paused, refWord, spanWords, stageWord } from './words.ts';

export const searchField = { current: null as HTMLInputElement | null };
export const listBox = { current: null as HTMLDivElement | null };

const quickKey = {
  open: 'queue.open',
  mine: 'queue.mine',
  where: 'queue.where',
  manual: 'queue.manual',
  overdue: 'queue.overdue',
  all: 'queue.all',
} as const;

function QuickQueues() {
  // The summary counts the whole city: beside the lists of somebody who sees a part it would be wrong.
  const known = summary.value?.sees_all === false ? null : summary.value;
  const count: Partial<Record<Queue, number | undefined>> = {
    mine: known?.mine,
    where: known?.where,
    manual: known?.manual,
    overdue: known?.overdue,
  };
  return (
    <nav class="quick" aria-label={t('queue.quick')}>
      {queues.map((queue) => {
        const number = count[queue];
        return (
          <button
            key={queue}
            type="button"
            aria-pressed={filters.value.queue === queue}
            onClick={() => {
              typed.value = '';
              setFilters({ queue, number: '' });
            }}
          >
            {t(quickKey[queue])}
            {number !== undefined && (
              <span class={`count${queue === 'overdue' && number > 0 ? ' bad' : ''}`} title={showNumber(number)}>
                {showShort(number)}
              </span>
            )}
          </button>
        );
      })}
    </nav>
  );
}

/** What is typed narrows the loaded rows at once; a whole number is then looked for among
 *  all cases, ended ones too. */
export const typed = signal(filters.value.number);
const wanted = (text: string) => text.trim().toLocaleUpperCase();
const shownRows = computed(() => {
  const rows = list.rows.value;
  const text = wanted(typed.value);
  return text === '' || filters.value.number ? rows : rows.filter((row) => row.item.number.toLocaleUpperCase().includes(text));
});
const WHOLE_NUMBER = 6; // characters below which a text is surely no case number

function Search() {
  useEffect(() => {
    typed.value = filters.value.number;
  }, [filters.value.number]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const ask = () => {
    clearTimeout(timer.current);
    const text = typed.value.trim();
    if (text !== filters.value.number) setFilters({ number: text });
  };
  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={(element) => {
          searchField.current = element;
        }}
        type="search"
        spellcheck={false}
        autocomplete="off"
        aria-label={t('search.label')}
        placeholder={t('search.label')}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          clearTimeout(timer.current);
          if (typed.value.trim() === '' || filters.value.number) timer.current = setTimeout(ask, 250);
          else if (wanted(typed.value).length >= WHOLE_NUMBER && shownRows.value.length === 0) timer.current = setTimeout(ask, 400);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === 'ArrowDown') {
            event.preventDefault();
            if (shownRows.value.length === 0 || filters.value.number) ask();
            const first = shownRows.value[0];
            if (first) cursor.value = first.item.number;
            listBox.current?.focus();
          } else if (event.key === 'Escape') {
            event.stopPropagation();
            typed.value = '';
            ask();
            listBox.current?.focus();
          }
        }}
      />
    </div>
  );
}

function chipText(chip: Chip): string {
  const value = filters.value;
  const text = (choices: { value: string; text: string }[], wanted: string) =>
    choices.find((choice) => choice.value === wanted)?.text ?? wanted;
  switch (chip) {
    case 'stage':
      return stageWord(value.stage);
    case 'light':
      return lightWord(value.light as 'red');
    case 'department':
      return text(departmentChoices(), value.department);
    case 'class':
      return text(classChoices(), value.class);
    case 'area':
      return text(areaChoices(), value.area);
    default:
      return t('filters.in_map');
  }
}
const chipKey = {
  stage: 'filters.stage',
  light: 'filters.light',
  department: 'filters.department',
  class: 'filters.class',
  area: 'filters.area',
  inMap: 'filters.in_map',
} as const;

function Filters() {
  const adding = useSignal(false);
  const active = activeChips(filters.value);
  return (
    <div class="filters">
      <ul class="chips" aria-label={t('filters.active')}>
        {active.map((chip) => (
          <li key={chip}>
            <button
              type="button"
              class="chip"
              aria-label={t('filters.remove', { name: chipText(chip) })}
              onClick={() => setFilters({ [chip]: chip === 'inMap' ? false : '' })}
            >
              {chip !== 'inMap' && <small>{t(chipKey[chip])}</small>} {chipText(chip)} <Icon name="close" size={12} />
            </button>
          </li>
        ))}
        <li>
          <button type="button" class="chip add" aria-expanded={adding.value} onClick={() => (adding.value = !adding.value)}>
            <Icon name="plus" size={12} /> {t('filters.add')}
          </button>
        </li>
        {active.length > 1 && (
          <li>
            <button type="button" class="plain small" onClick={clearFilters}>
              {t('filters.clear')}
            </button>
          </li>
        )}
        <li class="sort">
          <select
            aria-label={t('sort.label')}
            value={filters.value.sort}
            onChange={(event) => setFilters({ sort: event.currentTarget.value === 'newest' ? 'newest' : 'due' })}
          >
            <option value="due">{t('sort.due')}</option>
            <option value="newest">{t('sort.newest')}</option>
          </select>
        </li>
      </ul>
      {adding.value && <FilterForm onDone={() => (adding.value = false)} />}
    </div>
  );
}

function FilterForm({ onDone }: { onDone: () => void }) {
  const value = filters.value;
  return (
    <div
      class="filter-form"
      role="group"
      aria-label={t('filters.add')}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onDone();
        }
      }}
    >
      <label>
        <span>{t('filters.stage')}</span>
        <select value={value.stage} onChange={(event) => setFilters({ stage: event.currentTarget.value })}>
          <option value="">{t('filters.any')}</option>
          {(city.value?.stages ?? []).map((stage) => (
            <option key={stage.code} value={stage.code}>
              {label(stage.label)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{t('filters.light')}</span>
        <select value={value.light} onChange={(event) => setFilters({ light: event.currentTarget.value })}>
          <option value="">{t('filters.any')}</option>
          {(['red', 'yellow', 'green', 'none'] as const).map((one) => (
            <option key={one} value={one}>
              {lightWord(one)}
            </option>
          ))}
        </select>
      </label>
      {(
        [
          ['department', departmentChoices()],
          ['class', classChoices()],
          ['area', areaChoices()],
        ] as const
      ).map(([name, choices]) => (
        <label key={name} for={`filter-${name}`}>
          <span>{t(chipKey[name])}</span>
          <Picker
            id={`filter-${name}`}
            choices={choices}
            value={value[name]}
            onChange={(next) => setFilters({ [name]: next })}
            placeholder={t('filters.any')}
            empty={t('form.nothing_found')}
          />
        </label>
      ))}
      <label class="check">
        <input type="checkbox" checked={value.inMap} onChange={(event) => setFilters({ inMap: event.currentTarget.checked })} />
        <span>{t('filters.in_map')}</span>
      </label>
      <button type="button" class="plain" onClick={onDone}>
        {t('form.done')}
      </button>
    </div>
  );
}

function Time({ item }: { item: CaseSummary }) {
  const now = nowMs.value;
  const shown = light(item);
  const left = leftMs(item.clock, now);
  const isPaused = paused(item.clock);
  const words = item.closed_at
    ? item.outcome
      ? outcomeWord(item.outcome)
      : t('light.ended')
    : isPaused
      ? t('clock.paused')
      : lightWord(shown);
  return (
    <span class={`time ${shown}`}>
      <LightIcon light={item.closed_at && shown !== 'red' ? 'none' : shown} paused={isPaused} />
      <span class="left">{left === null ? (item.closed_at ? showTime(item.closed_at) : '–') : (left < 0 ? '−' : '') + spanWords(left)}</span>
      <span class="word">{words}</span>
    </span>
  );
}

/** Where a case is: its address or place in words, else its area and grid. */
export function placeWord(item: CaseSummary): string {
  const place = label(item.place);
  if (place) return place;
  if (!item.grid) return item.point ? t('place.outside') : t('place.none');
  const area = item.areas[0];
  return [area ? areaWord(area) : '', item.grid.code].filter(Boolean).join(' · ');
}

function RowView({ row }: { row: Row }) {
  const { item } = row;
  return (
    <>
      <Time item={item} />
      <span class="what">
        <strong>{label(item.class?.name) || t('class.none')}</strong>
        {item.condition && <span class="muted"> · {label(item.condition.name)}</span>}
      </span>
      <span class="who">{row.left ? t('list.left') : refWord(item.department)}</span>
      <span class="where">
        <span class="step">{label(item.step_label)}</span> · {placeWord(item)}
      </span>
      <span class="number numeric">{item.number}</span>
    </>
  );
}

/** Phones get higher rows: fingers need 44 pixels and the text wraps less well. */
const narrow = matchMedia('(max-width: 760px)');
export const isNarrow = signal(narrow.matches);
const rowHeight = computed(() => (isNarrow.value ? 80 : 54));
narrow.addEventListener('change', (event) => {
  isNarrow.value = event.matches;
});

export function moveCursor(by: number): void {
  const rows = shownRows.value;
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row.item.number === cursor.value);
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by));
  cursor.value = rows[next]!.item.number;
  if (selected.value && !isNarrow.value) open(cursor.value);
}

export function QueueView() {
  const rows = shownRows.value;
  const waiting = list.waiting.value.length;
  const state = list.state.value;
  const pointed = useRef(false);
  const scrolled = useRef(false);
  const hold = () => {
    list.held = pointed.current || scrolled.current;
    if (!list.held) list.settle();
  };
  return (
    <section class="queue" aria-label={t('queue.title')} onMouseLeave={() => { pointed.current = false; hold(); }}>
      <QuickQueues />
      <Search />
      <Filters />
      <div class="list-frame" onMouseEnter={() => { pointed.current = true; hold(); }}>
        {waiting > 0 && (
          <button
            type="button"
            class="pill"
            onClick={() => {
              list.settle();
              if (listBox.current) listBox.current.scrollTop = 0;
            }}
          >
            <Icon name="up" size={12} /> {t('list.new', { n: waiting })}
          </button>
        )}
        {state === 'failed' && (
          <div class="empty" role="alert">
            <p>{failureWords(list.failure.value)}</p>
            <button type="button" onClick={() => void reload(false)}>
              {t('error.again')}
            </button>
          </div>
        )}
        {state === 'loading' && <div class="empty" aria-busy="true">{t('list.loading')}</div>}
        {state === 'ready' && rows.length === 0 && (
          <div class="empty">
            <p>{t(typed.value ? 'list.no_number' : 'list.empty')}</p>
          </div>
        )}
        <Windowed
          boxRef={listBox}
          items={rows}
          rowHeight={rowHeight.value}
          label={t('queue.title')}
          complete={!list.more.value}
          active={rows.findIndex((row) => row.item.number === cursor.value)}
          idOf={(row) => row.item.number}
          selected={(row) => row.item.number === selected.value}
          classOf={(row) =>
            [
              'row',
              light(row.item),
              row.item.number === selected.value ? 'selected' : '',
              row.item.number === cursor.value ? 'cursor' : '',
              row.item.number === hovered.value ? 'hovered' : '',
              row.left ? 'left-list' : '',
              row.item.closed_at ? 'ended' : '',
              row.changes > 0 ? `flash-${row.changes % 2}` : '',
            ].join(' ')
          }
          render={(row) => <RowView row={row} />}
          onActivate={(row) => open(row.item.number)}
          onHover={(row) => (hovered.value = row?.item.number ?? null)}
          onKey={(event) => {
            const page = Math.max(1, Math.floor((listBox.current?.clientHeight ?? 500) / rowHeight.value) - 1);
            const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 };
            const by = steps[event.key];
            if (by !== undefined) {
              event.preventDefault();
              moveCursor(by);
            } else if (event.key === ' ' && cursor.value) {
              event.preventDefault();
              open(cursor.value);
            }
          }}
          onScrolled={(top) => {
            scrolled.current = top > 8;
            hold();
          }}
          onNearEnd={() => void list.loadMore()}
        />
      </div>
      <ListFoot />
    </section>
  );
}

function ListFoot() {
  const rows = list.rows.value.length;
  const state = streamState.value;
  return (
    <p class="foot">
      <span>{t(list.more.value ? 'list.shown_more' : 'list.shown', { n: rows })}</span>
      <span class={`live ${state}`} title={showFull(new Date(nowMs.value).toISOString())}>
        <i aria-hidden="true" /> <span role="status">{t(`live.${state}`)}</span>
      </span>
    </p>
  );
}
