// SPDX-License-Identifier: MPL-2.0
// One out of many, found by typing: a combobox after the ARIA pattern (the text field has the
// focus, arrows move in the list, Enter takes, Esc gives up).
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';

export interface Choice {
  value: string;
  text: string;
  /** Smaller second text: the group, the code, the limit. */
  note?: string;
  /** Words it is found by, beside text and note. */
  words?: string;
  depth?: number;
}
export interface PickerProps {
  id?: string;
  choices: readonly Choice[];
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  empty: string;
  required?: boolean;
  invalid?: boolean;
  describedBy?: string | undefined;
  focusFirst?: boolean;
}

const SHOWN = 60;
const fold = (text: string) => text.toLocaleLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');

export function findChoices(choices: readonly Choice[], typed: string): Choice[] {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return choices.slice();
  const scored: { choice: Choice; score: number }[] = [];
  for (const choice of choices) {
    const text = fold(choice.text);
    const all = `${text} ${fold(choice.note ?? '')} ${fold(choice.words ?? '')}`;
    if (!words.every((word) => all.includes(word))) continue;
    const first = words[0]!;
    scored.push({ choice, score: text.startsWith(first) ? 0 : text.includes(first) ? 1 : 2 });
  }
  return scored.sort((a, b) => a.score - b.score).map(({ choice }) => choice);
}

export function Picker(props: PickerProps) {
  const own = useId();
  const id = props.id ?? own;
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const popup = useRef<HTMLDivElement>(null);
  const chosen = props.choices.find((choice) => choice.value === props.value);
  const found = useMemo(
    () => (open ? findChoices(props.choices, typed ?? '').slice(0, SHOWN) : []),
    [open, typed, props.choices],
  );

  useEffect(() => {
    popup.current?.children[active]?.scrollIntoView?.({ block: 'nearest' });
  }, [active, open]);
  useEffect(() => {
    if (props.focusFirst) field.current?.focus();
  }, []);

  const show = () => {
    setOpen(true);
    setActive(Math.max(0, props.choices.slice(0, SHOWN).findIndex((choice) => choice.value === props.value)));
  };
  const close = () => {
    setOpen(false);
    setTyped(null);
  };
  const take = (choice: Choice | undefined) => {
    if (!choice) return;
    props.onChange(choice.value);
    close();
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) show();
      else {
        const step = event.key === 'ArrowDown' ? 1 : -1;
        setActive(Math.min(found.length - 1, Math.max(0, active + step)));
      }
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      take(found[active]);
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  };

  return (
    <div class="picker">
      <input
        ref={field}
        id={id}
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && found[active] ? `${id}-${active}` : undefined}
        aria-required={props.required}
        aria-invalid={props.invalid || undefined}
        aria-describedby={props.describedBy}
        placeholder={props.placeholder}
        value={typed ?? chosen?.text ?? ''}
        onFocus={(event) => event.currentTarget.select()}
        onClick={show}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setOpen(true);
          setActive(0);
          if (event.currentTarget.value === '') props.onChange('');
        }}
        onKeyDown={key}
        onBlur={close}
      />
      {open && (
        <div ref={popup} id={`${id}-list`} role="listbox" class="picker-list" aria-label={props.placeholder ?? props.empty}>
          {found.length === 0 && <div class="picker-empty" role="option" aria-selected="false" aria-disabled="true">{props.empty}</div>}
          {found.map((choice, index) => (
            // The field above handles the keys.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
            <div
              key={choice.value}
              id={`${id}-${index}`}
              role="option"
              aria-selected={choice.value === props.value}
              class={index === active ? 'active' : ''}
              style={choice.depth ? { paddingLeft: `${12 + choice.depth * 16}px` } : undefined}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => take(choice)}
            >
              <span>{choice.text}</span>
              {choice.note && <small>{choice.note}</small>}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
