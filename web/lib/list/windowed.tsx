// SPDX-License-Identifier: MPL-2.0
// A list box of equally high rows of which only those in sight are in the page: thousands of
// rows cost the same as thirty. The box itself has the focus; the active row is told to
// screen readers by aria-activedescendant.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface WindowedProps<T> {
  items: readonly T[];
  rowHeight: number;
  label: string;
  /** Of the whole list, when more can be loaded: told to screen readers as unknown. */
  complete: boolean;
  active: number;
  idOf: (item: T) => string;
  render: (item: T, index: number) => ComponentChildren;
  classOf: (item: T, index: number) => string;
  selected: (item: T) => boolean;
  /** More than one row may be selected. */
  several?: boolean;
  onActivate: (item: T, event: MouseEvent) => void;
  onHover: (item: T | null) => void;
  onKey: (event: KeyboardEvent) => void;
  onScrolled: (top: number) => void;
  onNearEnd: () => void;
  onFocus?: () => void;
  onBlur?: () => void;
  boxRef?: { current: HTMLDivElement | null };
}

const SPARE = 6;

export function Windowed<T>(props: WindowedProps<T>) {
  const own = useRef<HTMLDivElement | null>(null);
  const box = props.boxRef ?? own;
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const { items, rowHeight, active } = props;

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => setHeight(element.clientHeight || 600);
    measure();
    if (typeof ResizeObserver === 'undefined') return undefined;
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, [box]);

  // Keep the active row in sight when it was moved, not when the data changed.
  const activeId = active >= 0 && items[active] !== undefined ? props.idOf(items[active]) : '';
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || active < 0) return;
    const from = active * rowHeight;
    if (from < element.scrollTop) element.scrollTop = from;
    else if (from + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = from + rowHeight - element.clientHeight;
    }
  }, [activeId]);

  const first = Math.max(0, Math.floor(top / rowHeight) - SPARE);
  const last = Math.min(items.length, Math.ceil((top + height) / rowHeight) + SPARE);
  const domId = (item: T) => `row-${props.idOf(item)}`;

  return (
    <div
      ref={box}
      class="windowed"
      role="listbox"
      tabIndex={0}
      aria-label={props.label}
      aria-multiselectable={props.several || undefined}
      aria-activedescendant={active >= first && active < last ? domId(items[active]!) : undefined}
      onKeyDown={props.onKey}
      onFocus={props.onFocus}
      onBlur={props.onBlur}
      onScroll={(event) => {
        const element = event.currentTarget;
        setTop(element.scrollTop);
        props.onScrolled(element.scrollTop);
        if (element.scrollTop + element.clientHeight > element.scrollHeight - 20 * rowHeight) props.onNearEnd();
      }}
    >
      <div class="windowed-space" role="presentation" style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(first, last).map((item, offset) => {
          const index = first + offset;
          return (
            // The list box handles the keys for its rows.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
            <div
              key={props.idOf(item)}
              id={domId(item)}
              role="option"
              aria-selected={props.selected(item)}
              aria-posinset={index + 1}
              aria-setsize={props.complete ? items.length : -1}
              class={props.classOf(item, index)}
              style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
              onClick={(event) => props.onActivate(item, event)}
              onMouseEnter={() => props.onHover(item)}
              onMouseLeave={() => props.onHover(null)}
            >
              {props.render(item, index)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
