// SPDX-License-Identifier: MPL-2.0
// A place found by words: streets, crossings, areas, unit grids and components of the model,
// addresses of earlier cases, or coordinates as they stand in a message.
import { useId, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { CaseList, Label, Point } from '../../lib/api/types.ts';
import { label } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { city, client } from '../state/app.ts';
import { failureWords } from './words.ts';

export interface PlaceHit {
  kind: 'street' | 'crossing' | 'landmark' | 'area' | 'grid' | 'component' | 'address' | 'point';
  text: string;
  /** What was known as the address: only of an address. */
  address?: string;
  code: string;
  note: string;
  point: Point;
  box: [number, number, number, number];
}
interface Found {
  items: {
    kind: PlaceHit['kind'];
    name: Label;
    other: string | null;
    code: string | null;
    level: string | null;
    point: Point;
    bbox: [number, number, number, number];
  }[];
}
const WAIT_MS = 180;
const ADDRESSES_MOST = 4;

/** "42.36, -71.05" as maps on the web write it, or lon first where only that lies in the city. */
export function pointOf(text: string, box: readonly number[] | undefined): Point | null {
  const found = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,，;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (!found || !/\./.test(text)) return null;
  const [a, b] = [Number(found[1]), Number(found[2])];
  const [w = -180, s = -90, e = 180, n = 90] = box ?? [];
  const inside = (lon: number, lat: number) => lon >= w && lon <= e && lat >= s && lat <= n;
  if (inside(b, a)) return { lat: a, lon: b };
  if (inside(a, b)) return { lat: b, lon: a };
  return Math.abs(a) <= 90 && Math.abs(b) <= 180 ? { lat: a, lon: b } : null;
}

const around = (point: Point): [number, number, number, number] => [point.lon, point.lat, point.lon, point.lat];

async function ask(text: string, signal: AbortSignal): Promise<PlaceHit[]> {
  const point = pointOf(text, city.value?.bbox);
  if (point) {
    const words = `${point.lat.toFixed(6)}, ${point.lon.toFixed(6)}`;
    return [{ kind: 'point', text: words, code: '', note: '', point, box: around(point) }];
  }
  const [model, cases] = await Promise.all([
    client.get<Found>('/places', { q: text }, { signal }),
    // Addresses have no table; what was reported at one tells where it is.
    text.length < 3
      ? Promise.resolve(null)
      : client.get<CaseList>('/cases', { q: text, sort: 'newest', limit: 30 }, { signal }).catch(() => null),
  ]);
  const level = (code: string | null) => label(city.value?.levels.find((one) => one.code === code)?.name);
  const hits: PlaceHit[] = model.items.map((one) => ({
    kind: one.kind,
    text: one.other ? t('place.crossing', { a: label(one.name), b: one.other }) : label(one.name) || one.code || '',
    note: one.kind === 'area' ? level(one.level) : t(`place.kind.${one.kind}`),
    code: one.code ?? '',
    point: one.point,
    box: one.bbox,
  }));
  const words = text.toLocaleLowerCase().split(/\s+/);
  const known = new Set<string>();
  for (const item of cases?.items ?? []) {
    const place = label(item.place);
    const folded = place.toLocaleLowerCase();
    if (!item.point || !place || known.has(folded) || known.size >= ADDRESSES_MOST || !words.every((word) => folded.includes(word))) continue;
    known.add(folded);
    hits.push({ kind: 'address', text: place, address: place, code: '', note: t('place.kind.address'), point: item.point, box: around(item.point) });
  }
  return hits;
}

export interface PlaceBoxProps {
  labelText: string;
  placeholder: string;
  /** typed: what the person had written when they took it. */
  onPick: (hit: PlaceHit, typed: string) => void;
  /** Kept outside: the words stay when the box is drawn anew. */
  value?: string;
  onType?: (text: string) => void;
  boxRef?: { current: HTMLInputElement | null };
  onEscape?: () => void;
}

export function PlaceBox(props: PlaceBoxProps) {
  const id = useId();
  const typed = useSignal(props.value ?? '');
  const hits = useSignal<PlaceHit[]>([]);
  const state = useSignal<'idle' | 'asking' | 'there' | 'failed'>('idle');
  const failure = useSignal('');
  const active = useSignal(0);
  const open = useSignal(false);
  const abort = useRef<AbortController | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const search = (text: string) => {
    clearTimeout(timer.current);
    abort.current?.abort();
    if (text.trim() === '') {
      hits.value = [];
      state.value = 'idle';
      open.value = false;
      return;
    }
    timer.current = setTimeout(() => {
      const mine = new AbortController();
      abort.current = mine;
      state.value = 'asking';
      ask(text.trim(), mine.signal)
        .then((found) => {
          if (abort.current !== mine) return;
          hits.value = found;
          active.value = 0;
          state.value = 'there';
          open.value = true;
        })
        .catch((error: unknown) => {
          if (abort.current !== mine || mine.signal.aborted) return;
          failure.value = failureWords(error);
          state.value = 'failed';
          open.value = true;
        });
    }, WAIT_MS);
  };
  const type = (text: string) => {
    typed.value = text;
    props.onType?.(text);
    search(text);
  };
  const pick = (hit: PlaceHit) => {
    const before = typed.value;
    typed.value = hit.text;
    props.onType?.(hit.text);
    open.value = false;
    props.onPick(hit, before);
  };
  const shown = open.value && (hits.value.length > 0 || state.value !== 'asking');
  return (
    <div class="place-box">
      <Icon name="search" />
      <input
        ref={(element) => {
          if (props.boxRef) props.boxRef.current = element;
        }}
        type="text"
        role="combobox"
        spellcheck={false}
        autocomplete="off"
        aria-label={props.labelText}
        placeholder={props.placeholder}
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown && hits.value[active.value] ? `${id}-${active.value}` : undefined}
        value={typed.value}
        onInput={(event) => type(event.currentTarget.value)}
        onFocus={() => {
          if (hits.value.length > 0 && state.value === 'there') open.value = true;
        }}
        onBlur={() => (open.value = false)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            const by = event.key === 'ArrowDown' ? 1 : -1;
            const count = hits.value.length;
            if (count > 0) active.value = (active.value + by + count) % count;
            open.value = true;
          } else if (event.key === 'Enter') {
            event.preventDefault();
            const hit = open.value ? hits.value[active.value] : undefined;
            if (hit) pick(hit);
            else search(typed.value);
          } else if (event.key === 'Escape') {
            event.stopPropagation();
            if (open.value) open.value = false;
            else props.onEscape?.();
          }
        }}
      />
      <div id={`${id}-list`} role="listbox" aria-label={props.labelText} hidden={!shown || hits.value.length === 0} class="place-hits">
        {hits.value.map((hit, index) => (
          // The field handles the keys; the pointer must not take the focus from it.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={`${hit.kind} ${hit.text} ${hit.code} ${index}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active.value}
            onMouseDown={(event) => {
              event.preventDefault();
              pick(hit);
            }}
          >
            <span>{hit.text}</span>
            <small class="muted">{hit.note}</small>
          </div>
        ))}
      </div>
      {shown && hits.value.length === 0 && (
        <p class="place-none muted" role="status">
          {state.value === 'failed' ? failure.value : t('place.nothing')}
        </p>
      )}
    </div>
  );
}
