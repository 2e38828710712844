// SPDX-License-Identifier: MPL-2.0
// Form fields for the input types of the process vocabulary. A process names its inputs and
// their types; the page makes the form from that and knows no action by name.
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import { signal, useSignal } from '@preact/signals';
import type { Input, Point, Word } from '../../lib/api/types.ts';
import { type Choice, Picker } from '../../lib/form/picker.tsx';
import { has, instantOf, label, t } from '../../lib/i18n/index.ts';
import { uploadMedia } from '../../lib/media/upload.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { mediaClass } from '../../lib/ui/media.tsx';
import { formerWords } from '../../lib/form/former.ts';
import { areas, catalogue, client, departments, detail, pane, picking, pin, readStaff, staff } from '../state/app.ts';
import { CaseChoices } from './near.tsx';
import { Office } from './office.tsx';
import { departmentTree, everyName, failureWords } from './words.ts';

export type Value = string | number | boolean | null | Point | (string | number)[];
export type Values = Record<string, Value>;

/** All departments, or those that stand in one: a desk's part, a bureau's crews. */
export function departmentChoices(inside?: number): Choice[] {
  return departmentTree(departments.value, inside).map(({ department, depth }) => ({
    value: String(department.id),
    text: label(department.name),
    note: department.desk ? t('department.desk') : undefined,
    words: `${everyName(department.name)} ${department.code}`,
    depth,
  }));
}
export function classChoices(): Choice[] {
  return (catalogue.value?.classes ?? []).map((one) => ({
    value: String(one.id),
    text: label(one.name),
    note: (label(one.major) || one.code).replaceAll('_', ' '),
    words: `${everyName(one.name)} ${everyName(one.major)} ${one.code} ${formerWords(one)}`,
  }));
}
export function areaChoices(): Choice[] {
  return areas.value.map((one) => ({
    value: String(one.id),
    text: label(one.name) || one.code,
    note: label(one.name) ? one.code : '',
    words: `${everyName(one.name)} ${one.code}`,
  }));
}
export function conditionChoices(classId: number): Choice[] {
  const found = catalogue.value?.classes.find((one) => one.id === classId);
  return (found?.conditions ?? []).map((one) => ({
    value: String(one.id),
    text: label(one.name) || one.code,
    note: label(one.limit_text) || t('limit.none'),
  }));
}
/** A choice is a word of the process; the common ones have a text here. */
export function choiceWord(code: string): string {
  const key = `choice.${code}`;
  return has(key) ? t(key) : code.replaceAll('_', ' ');
}
const choiceOf = (choice: string | Word): Choice =>
  typeof choice === 'string' ? { value: choice, text: choiceWord(choice) } : { value: choice.code, text: label(choice.label) };

export interface FieldProps {
  input: Input;
  value: Value;
  onChange: (value: Value) => void;
  /** Of the case, for its conditions and the map. */
  classId: number;
  missing: boolean;
  focusFirst?: boolean;
  /** Departments to choose from stand in this one. */
  inside?: number;
}

export function Field(props: FieldProps) {
  const { input } = props;
  const id = useId();
  const group = input.type === 'point' || input.type === 'media' || input.type === 'departments';
  const name = label(input.label) || input.name.replaceAll('_', ' ');
  const mark = input.required ? null : <small class="optional">{t('form.optional')}</small>;
  return (
    <div class={`field${props.missing ? ' missing' : ''}`} role={group ? 'group' : undefined} aria-labelledby={group ? `${id}-name` : undefined}>
      {group ? (
        <span class="field-name" id={`${id}-name`}>
          {name} {mark}
        </span>
      ) : (
        <label class="field-name" for={id}>
          {name} {mark}
        </label>
      )}
      <Control {...props} id={id} />
      {props.missing && (
        <p class="field-error" id={`${id}-error`}>
          {t('form.missing')}
        </p>
      )}
    </div>
  );
}

function Control(props: FieldProps & { id: string }) {
  const { id, input, value, onChange, missing } = props;
  const describedBy = missing ? `${id}-error` : undefined;
  const common = { id, required: input.required, invalid: missing, describedBy, focusFirst: props.focusFirst };
  const picked = (choices: Choice[]) => (
    <Picker
      {...common}
      choices={choices}
      value={value === null ? '' : String(value)}
      onChange={(next) => onChange(next === '' ? null : Number(next))}
      placeholder={t('form.pick')}
      empty={t('form.nothing_found')}
    />
  );
  switch (input.type) {
    case 'department':
      return (
        <>
          {picked(departmentChoices(props.inside))}
          <Office department={Number(value) || null} />
        </>
      );
    case 'departments':
      return <Several choices={departmentChoices()} value={Array.isArray(value) ? value : []} onChange={onChange} id={id} />;
    case 'class':
      return picked(classChoices());
    case 'condition':
      return picked(conditionChoices(props.classId));
    case 'person':
      return <PersonField {...props} />;
    case 'choice':
      return (
        <select
          id={id}
          required={input.required}
          aria-invalid={missing || undefined}
          aria-describedby={describedBy}
          value={value === null ? '' : String(value)}
          onChange={(event) => onChange(event.currentTarget.value || null)}
        >
          <option value="">{t('form.pick')}</option>
          {(input.choices ?? []).map(choiceOf).map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.text}
            </option>
          ))}
        </select>
      );
    case 'point':
      return <PointField value={(value as Point | null) ?? null} onChange={onChange} />;
    case 'media':
      return <MediaField value={Array.isArray(value) ? (value as string[]) : []} onChange={onChange} id={id} />;
    case 'number':
      return (
        <input
          id={id}
          type="number"
          step="any"
          required={input.required}
          aria-invalid={missing || undefined}
          aria-describedby={describedBy}
          value={value === null ? '' : String(value)}
          onInput={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.valueAsNumber)}
        />
      );
    case 'instant':
      return (
        <input
          id={id}
          type="datetime-local"
          required={input.required}
          aria-invalid={missing || undefined}
          aria-describedby={describedBy}
          onInput={(event) => onChange(instantOf(event.currentTarget.value))}
        />
      );
    case 'case':
      return (
        <>
          {detail.value && <CaseChoices found={detail.value} value={String(value ?? '')} onChange={onChange} />}
          <input
            id={id}
            type="text"
            spellcheck={false}
            required={input.required}
            aria-invalid={missing || undefined}
            aria-describedby={describedBy}
            value={String(value ?? '')}
            onInput={(event) => onChange(event.currentTarget.value.trim() || null)}
          />
        </>
      );
    default:
      return (
        <TextArea
          id={id}
          value={String(value ?? '')}
          required={input.required}
          invalid={missing}
          describedBy={describedBy}
          focusFirst={props.focusFirst}
          onChange={(text) => onChange(text === '' ? null : text)}
        />
      );
  }
}

export function TextArea(props: {
  id: string;
  value: string;
  rows?: number;
  required?: boolean;
  invalid?: boolean;
  describedBy?: string | undefined;
  focusFirst?: boolean | undefined;
  onChange: (text: string) => void;
}) {
  useEffect(() => {
    if (props.focusFirst) document.getElementById(props.id)?.focus();
  }, []);
  return (
    <textarea
      id={props.id}
      rows={props.rows ?? 3}
      maxLength={4000}
      required={props.required}
      aria-invalid={props.invalid || undefined}
      aria-describedby={props.describedBy}
      value={props.value}
      onInput={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}

function PersonField(props: FieldProps & { id: string }) {
  useEffect(() => {
    void readStaff();
  }, []);
  const choices = (staff.value ?? []).map((one) => ({ value: String(one.id), text: one.name, note: one.login ?? '' }));
  return (
    <Picker
      id={props.id}
      choices={choices}
      value={props.value === null ? '' : String(props.value)}
      onChange={(next) => props.onChange(next === '' ? null : Number(next))}
      placeholder={t('form.pick')}
      empty={t('form.nothing_found')}
      required={props.input.required}
      invalid={props.missing}
    />
  );
}

function Several(props: { id: string; choices: Choice[]; value: (string | number)[]; onChange: (value: Value) => void }) {
  const rest = useMemo(
    () => props.choices.filter((choice) => !props.value.includes(Number(choice.value))),
    [props.choices, props.value],
  );
  return (
    <div class="several">
      <ul class="chips">
        {props.value.map((value) => (
          <li key={value}>
            <button
              type="button"
              class="chip"
              aria-label={t('filters.remove', { name: props.choices.find((choice) => choice.value === String(value))?.text ?? '' })}
              onClick={() => props.onChange(props.value.filter((one) => one !== value))}
            >
              {props.choices.find((choice) => choice.value === String(value))?.text ?? value} <Icon name="close" size={12} />
            </button>
          </li>
        ))}
      </ul>
      <Picker
        id={props.id}
        choices={rest}
        value=""
        onChange={(next) => next && props.onChange([...props.value, Number(next)])}
        placeholder={t('form.add')}
        empty={t('form.nothing_found')}
      />
    </div>
  );
}

/** A point taken on the map; the map stays as it is and shows a cross-hair. */
export function PointField({ value, onChange }: { value: Point | null; onChange: (point: Point | null) => void }) {
  const taking = picking.value !== null;
  useEffect(
    () => () => {
      picking.value = null;
      pin.value = null;
    },
    [],
  );
  const take = () => {
    pane.value = 'map';
    picking.value = (point) => {
      pin.value = point;
      onChange(point);
    };
  };
  return (
    <div class="point-field">
      <button type="button" class={taking ? 'on' : ''} aria-pressed={taking} onClick={() => (taking ? (picking.value = null) : take())}>
        <Icon name="pin" /> {t(taking ? 'point.taking' : value ? 'point.move' : 'point.take')}
      </button>
      {value && (
        <>
          <span class="numeric">
            {value.lat.toFixed(6)}, {value.lon.toFixed(6)}
          </span>
          <button
            type="button"
            class="plain"
            onClick={() => {
              pin.value = null;
              onChange(null);
            }}
          >
            {t('point.clear')}
          </button>
        </>
      )}
    </div>
  );
}

/** Photos on their way, of the form that is open: it is not sent before they are there. */
export const uploading = signal(0);

/** What each file sent from this page is, for its thumbnail. */
const types = new Map<string, string>();

/** Files go up as they are chosen; the form only carries their digests. */
export function MediaField(props: { id: string; value: string[]; onChange: (value: string[]) => void }) {
  const busy = useSignal(0);
  const failure = useSignal('');
  // What the form holds when a photo has arrived, not when it was chosen; null: the form is gone.
  const now = useRef<typeof props | null>(props);
  now.current = props;
  /** How much of each file that is on its way has gone. */
  const part = useSignal<Record<string, number>>({});
  const gone = useRef(new AbortController());
  useEffect(
    () => () => {
      now.current = null;
      gone.current.abort();
      uploading.value -= busy.peek();
    },
    [],
  );
  const count = (by: number) => {
    busy.value += by;
    if (now.current) uploading.value += by;
  };
  const add = async (files: FileList | null) => {
    failure.value = '';
    for (const file of Array.from(files ?? [])) {
      count(1);
      try {
        const stored = await uploadMedia(file, {
          api: client,
          signal: gone.current.signal,
          onProgress: ({ sent, total }) => {
            part.value = { ...part.peek(), [file.name]: sent / total };
          },
        });
        types.set(stored.sha256, stored.type);
        const form = now.current;
        if (form) form.onChange([...new Set(form.value).add(stored.sha256)]);
      } catch (error) {
        if (now.current) failure.value = `${file.name}: ${failureWords(error)}`;
      } finally {
        count(-1);
        const { [file.name]: _, ...others } = part.peek();
        part.value = others;
      }
    }
  };
  const parts = Object.values(part.value);
  const percent = Math.floor((100 * parts.reduce((sum, one) => sum + one, 0)) / Math.max(parts.length, 1));
  return (
    <div class="media-field">
      <ul class="thumbs">
        {props.value.map((sha256) => (
          <li key={sha256}>
            {mediaClass(types.get(sha256) ?? 'image/jpeg') === 'photo' ? (
              <img src={client.url(`/media/${sha256}?size=thumb`)} alt={t('media.alt')} width="72" height="72" />
            ) : (
              <span class="thumb-file">{types.get(sha256)?.split('/')[1]?.toUpperCase()}</span>
            )}
            <button
              type="button"
              class="plain"
              aria-label={t('media.remove')}
              onClick={() => props.onChange(props.value.filter((one) => one !== sha256))}
            >
              <Icon name="close" size={12} />
            </button>
          </li>
        ))}
      </ul>
      <label class="button">
        <Icon name="photo" /> {busy.value === 0 ? t('media.add') : t('media.sending_percent', { n: percent })}
        <input
          id={props.id}
          type="file"
          accept="image/jpeg,image/png,audio/*,video/*,application/pdf"
          multiple
          class="hidden-file"
          onChange={(event) => {
            void add(event.currentTarget.files);
            event.currentTarget.value = '';
          }}
        />
      </label>
      <p role="alert" class="field-error">
        {failure.value}
      </p>
    </div>
  );
}
