// SPDX-License-Identifier: MPL-2.0
// The left column: quick queues, search, chips and the live list.
import { useEffect, useRef } from 'preact/hooks';
import { computed, signal, useSignal } from '@preact/signals';
import { leftMs } from '../../lib/clock/light.ts';
import type { CaseSummary } from '../../lib/api/types.ts';
import { Picker } from '../../lib/form/picker.tsx';
import { label, showFull, showNumber, showShort, showTime } from '../../lib/i18n/index.ts';
import { Windowed } from '../../lib/list/windowed.tsx';
import { Icon, LightIcon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import {
  applySearch,
  choose,
  chosen,
  city,
  clearFilters,
  cursor,
  filters,
  hovered,
  light,
  list,
  nowMs,
  open,
  printSlips,
  reload,
  selected,
  setFilters,
  SLIPS_MOST,
  streamState,
  summary,
} from '../state/app.ts';
import { activeChips, type Chip, type Queue, queues, wholeNumber, writeFilters } from '../state/filters.ts';
import { savedFilters } from '../state/keep.ts';
import type { Row } from '../state/list.ts';
import { areaChoices, classChoices, departmentChoices } from './fields.tsx';
import { ListMenu } from './listmenu.tsx';
import { areaWord, failureWords, lightWord, outcomeWord, paused, refWord, spanWords, stageWord } from './words.ts';

export const searchField = { current: null as HTMLInputElement | null };
export const listBox = { current: null as HTMLDivElement | null };

const quickKey = {
  open: 'queue.open',
  mine: 'queue.mine',
  asked: 'queue.asked',
  where: 'queue.where',
  manual: 'queue.manual',
  overdue: 'queue.overdue',
  all: 'queue.all',
} as const;

function QuickQueues() {
  // The summary counts the whole city: beside the lists of somebody who sees a part it would be wrong.
  const known = summary.value?.sees_all === false ? null : summary.value;
  const count: Partial<Record<Queue, number | undefined>> = {
    mine: summary.value?.mine, // one's own in any case
    asked: summary.value?.asked,
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
            onClick={() => setFilters({ queue, q: wholeNumber(filters.value.q) ? '' : filters.value.q })}
          >
            {t(quickKey[queue])}
            {number !== undefined && number > 0 && (
              <span class={`count${queue === 'overdue' ? ' bad' : ''}`} title={showNumber(number)}>
                {queue === 'mine' && summary.value?.mine_more ? `${showShort(number)}+` : showShort(number)}
              </span>
            )}
          </button>
        );
      })}
    </nav>
  );
}

const TYPE_MS = 220;
/** The words are searched by the server, in this list; a whole number among all cases. */
function Search() {
  const typed = useSignal(filters.value.q);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const asked = useRef(filters.value.q);
  useEffect(() => {
    // Changed elsewhere (Back, a saved list); what was asked from here may be typed on already.
    if (asked.current !== filters.value.q) typed.value = asked.current = filters.value.q;
  }, [filters.value.q]);
  const ask = () => {
    clearTimeout(timer.current);
    const text = typed.value.trim();
    if (text === filters.value.q) return;
    asked.current = text;
    setFilters({ q: text });
  };
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <input
        ref={(element) => {
          searchField.current = element;
        }}
        type="search"
        spellcheck={false}
        autocomplete="off"
        maxLength={200}
        aria-label={t('search.words')}
        placeholder={t('search.words')}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          clearTimeout(timer.current);
          timer.current = setTimeout(ask, TYPE_MS);
        }}
        onKeyDown={(event) => {
          if (event.isComposing) return; // Enter takes a word of the input method
          if (event.key === 'Enter' || event.key === 'ArrowDown') {
            event.preventDefault();
            ask();
            const first = list.rows.value[0];
            if (first && list.state.value === 'ready') cursor.value = first.item.number;
            listBox.current?.focus();
          } else if (event.key === 'Escape') {
            event.stopPropagation();
            typed.value = '';
            ask();
            listBox.current?.focus();
          }
        }}
      />
      {!searchField.current?.value && <kbd class="search-key" aria-hidden="true">/</kbd>}
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
  const here = new URLSearchParams(writeFilters(filters.value)).toString();
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
        {savedFilters.value.map((one) => (
          <li key={`saved ${one.name}`}>
            <button type="button" class="chip saved" aria-pressed={one.search === here} onClick={() => applySearch(one.search)}>
              <Icon name="star" size={12} /> {one.name}
            </button>
          </li>
        ))}
        <li>
          <button type="button" class="chip add" data-key="f" aria-expanded={adding.value} onClick={() => (adding.value = !adding.value)}>
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
      </ul>
      <div class="list-tools">
        <select
          aria-label={t('sort.label')}
          value={filters.value.sort}
          onChange={(event) => setFilters({ sort: event.currentTarget.value === 'newest' ? 'newest' : 'due' })}
        >
          <option value="due">{t('sort.due')}</option>
          <option value="newest">{t('sort.newest')}</option>
        </select>
        <ListMenu />
      </div>
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
  const marked = chosen.value;
  return (
    <>
      {marked ? (
        <span class={`mark-box${marked.has(item.number) ? ' on' : ''}`}>{marked.has(item.number) && <Icon name="check" size={14} />}</span>
      ) : null}
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
  const rows = list.rows.value;
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row.item.number === cursor.value);
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by));
  cursor.value = rows[next]!.item.number;
  if (selected.value && !isNarrow.value) open(cursor.value);
}

export function QueueView() {
  const rows = list.rows.value;
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
        {state === 'ready' && rows.length === 0 && <Empty />}
        <Windowed
          boxRef={listBox}
          items={rows}
          rowHeight={rowHeight.value}
          label={t('queue.title')}
          complete={!list.more.value}
          active={rows.findIndex((row) => row.item.number === cursor.value)}
          idOf={(row) => row.item.number}
          selected={(row) => (chosen.value ? chosen.value.has(row.item.number) : row.item.number === selected.value)}
          several={chosen.value !== null}
          classOf={(row) =>
            [
              'row',
              light(row.item),
              chosen.value ? 'choosing' : '',
              row.item.number === selected.value || chosen.value?.has(row.item.number) ? 'selected' : '',
              row.item.number === cursor.value ? 'cursor' : '',
              row.item.number === hovered.value ? 'hovered' : '',
              row.left ? 'left-list' : '',
              row.item.closed_at ? 'ended' : '',
              row.changes > 0 ? `flash-${row.changes % 2}` : '',
            ].join(' ')
          }
          render={(row) => <RowView row={row} />}
          onActivate={(row, event) => {
            if (chosen.value || event.ctrlKey || event.metaKey || event.shiftKey) {
              event.preventDefault();
              cursor.value = row.item.number;
              choose(row.item.number);
            } else open(row.item.number);
          }}
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
              if (chosen.value) choose(cursor.value);
              else open(cursor.value);
            }
          }}
          onScrolled={(top) => {
            scrolled.current = top > 8;
            hold();
          }}
          onNearEnd={() => void list.loadMore()}
        />
        <Below />
      </div>
      <Chosen />
      <ListFoot />
    </section>
  );
}

function Empty() {
  const value = filters.value;
  const elsewhere = value.q !== '' && (value.queue !== 'all' || activeChips(value).length > 0);
  return (
    <div class="empty">
      <p>{t(value.q ? 'list.no_words' : 'list.empty', { words: value.q })}</p>
      {elsewhere && (
        <button type="button" onClick={() => applySearch(`?queue=all&q=${encodeURIComponent(value.q)}`)}>
          {t('list.search_all')}
        </button>
      )}
    </div>
  );
}

/** New cases whose place is further down: nobody would see them come. */
function Below() {
  const count = list.below.value.size;
  if (count === 0 || filters.value.sort === 'newest') return null;
  return (
    <button type="button" class="pill below" onClick={() => setFilters({ sort: 'newest' })}>
      <Icon name="down" size={12} /> {t('list.new_below', { n: count })}
    </button>
  );
}

function Chosen() {
  const marked = chosen.value;
  if (!marked) return null;
  const loaded = list.rows.value.filter((row) => !row.left);
  return (
    <div class="chosen" role="group" aria-label={t('choose.title')}>
      <b role="status">{t('choose.count', { n: marked.size })}</b>
      <button type="button" class="primary" disabled={marked.size === 0} onClick={() => printSlips(loaded.map((row) => row.item.number).filter((number) => marked.has(number)).concat([...marked].filter((number) => !list.byNumber.value.has(number))))}>
        <Icon name="print" /> {t('choose.print')}
      </button>
      <button type="button" onClick={() => (chosen.value = new Set(loaded.slice(0, SLIPS_MOST).map((row) => row.item.number)))}>
        {t('choose.first', { n: Math.min(SLIPS_MOST, loaded.length) })}
      </button>
      <button type="button" class="plain" onClick={() => (chosen.value = null)}>
        {t('choose.end')}
      </button>
    </div>
  );
}

function ListFoot() {
  const rows = list.rows.value.length;
  const state = streamState.value;
  return (
    <p class="foot">
      <span>
        {t(list.more.value ? 'list.shown_more' : 'list.shown', { n: rows })}
        {list.partial.value && ` · ${t('list.partial')}`}
      </span>
      <span class={`live ${state}`} title={showFull(new Date(nowMs.value).toISOString())}>
        <i aria-hidden="true" /> <span role="status">{t(`live.${state}`)}</span>
      </span>
    </p>
  );
}
