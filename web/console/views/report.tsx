// SPDX-License-Identifier: MPL-2.0
// A new report: a point on the map with what lies there, a class, words, a photo.
import { useEffect, useRef } from 'preact/hooks';
import { batch, effect, signal } from '@preact/signals';
import { LineError, uuid } from '../../lib/api/client.ts';
import type { CaseDetail, ContactHow, Located, NearCase, NearComponent, Point, Report, ReporterNew } from '../../lib/api/types.ts';
import { Picker } from '../../lib/form/picker.tsx';
import { label } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { calling, catalogue, city, client, endReport, following, hovered, list, lookAt, markedGrid, notify, open, phase, picking, pin, reporting, session } from '../state/app.ts';
import { keepDraft, keptDraft } from '../state/keep.ts';
import { NearLine, nearCases } from './near.tsx';
import { classChoices, conditionChoices, MediaField, PointField, TextArea, uploading } from './fields.tsx';
import { PlaceBox, type PlaceHit } from './placebox.tsx';
import { areaWord, failureWords, sourceWord, urgencyWord } from './words.ts';

export interface Form {
  classId: string;
  conditionId: string;
  component: string;
  urgency: string;
  point: Point | null;
  address: string;
  description: string;
  name: string;
  phone: string;
  email: string;
  /** Of a caller: how they came, the case they ask about, what they want. */
  channel: string;
  asks: string;
  home: string;
  anonymous: boolean;
  agreed: boolean;
  answer: boolean;
  voice: string;
  source: string;
  media: string[];
  /** What was typed to find the place. */
  words: string;
}
const blank: Form = {
  classId: '',
  conditionId: '',
  component: '',
  urgency: '',
  point: null,
  address: '',
  description: '',
  name: '',
  phone: '',
  email: '',
  channel: 'call',
  asks: '',
  home: '',
  anonymous: false,
  agreed: false,
  answer: true,
  voice: '',
  source: '',
  media: [],
  words: '',
};
/** Kept while the tab lives: closing the form by mistake or a reload loses nothing. */
export const form = signal<Form>(blank);
let restored = false;
function restore(): void {
  if (restored) return;
  restored = true;
  const old = keptDraft<Partial<Form>>('report');
  if (old) form.value = { ...blank, ...old };
}
// Before the form is drawn: what is typed into it at once must not meet an empty one.
effect(() => {
  if (reporting.value && phase.value === 'ready') restore();
});
effect(() => {
  const now = form.value;
  if (restored) keepDraft('report', now === blank ? null : now);
});
const key = signal(uuid());
const busy = signal(false);
const asked = signal(false);
const failure = signal('');
const located = signal<{ state: 'none' | 'asking' | 'failed' | 'there'; value: Located | null; text: string }>({
  state: 'none',
  value: null,
  text: '',
});
export const set = (part: Partial<Form>) => {
  form.value = { ...form.value, ...part };
};
/** What was typed has been used. */
export function forget(): void {
  form.value = blank;
  asked.value = false;
}
/** The person as the server takes them; null: nothing is known. */
export function reporterOf(value: Form): ReporterNew | null {
  if (value.anonymous) return { anonymous: true };
  const texts = { name: value.name, phone: value.phone, email: value.email, address: value.home, voice: value.voice };
  const given = Object.entries(texts)
    .map(([name, text]) => [name, text.trim()] as const)
    .filter(([, text]) => text);
  return given.length > 0 ? { ...Object.fromEntries(given), ...(value.agreed ? { agreed: true } : {}) } : null;
}
export const contactOf = (value: Form): ContactHow => ({
  channel: value.channel,
  wants_answer: !value.anonymous && value.answer && Boolean(value.phone.trim() || value.email.trim()),
});

/** A collector reports as one, everybody else takes down what others tell. */
function sources(): string[] {
  return city.value?.sources?.map((word) => word.code) ?? [];
}
function ownSource(): string {
  const roles = session.value?.person.roles.map((grant) => grant.role) ?? [];
  const all = sources();
  return all.find((code) => roles.includes(code)) ?? all.find((code) => code === 'hotline') ?? all[0] ?? '';
}

async function look(point: Point | null): Promise<void> {
  markedGrid.value = null;
  if (!point) {
    located.value = { state: 'none', value: null, text: '' };
    return;
  }
  located.value = { state: 'asking', value: null, text: '' };
  try {
    const value = await client.get<Located>('/locate', { lon: point.lon.toFixed(7), lat: point.lat.toFixed(7) });
    if (form.value.point !== point) return;
    located.value = { state: 'there', value, text: '' };
    markedGrid.value = value.grid?.code ?? null;
  } catch (error) {
    if (form.value.point === point) located.value = { state: 'failed', value: null, text: failureWords(error) };
  }
}

/** A successor begins where the ended case was. */
effect(() => {
  const before = following.value;
  if (!before) return;
  const address = before.address ?? '';
  form.value = { ...blank, classId: before.class ? String(before.class.id) : '', conditionId: before.condition ? String(before.condition.id) : '', point: before.point, address };
  pin.value = before.point;
  void look(before.point);
});

// ---- what is known already at the spot: the same thing is reported by many callers ----
const NEAR_MOST = 6;
const nearby = signal<NearCase[]>([]);
let nearTurn = 0;
async function lookNear(point: Point | null, classId: string): Promise<void> {
  const turn = ++nearTurn;
  if (!point || !classId) {
    nearby.value = [];
    return;
  }
  try {
    const found = await nearCases(Number(classId), point);
    if (turn === nearTurn) nearby.value = found.slice(0, NEAR_MOST);
  } catch {
    if (turn === nearTurn) nearby.value = []; // only a help; the report can be sent all the same
  }
}
effect(() => {
  const { point, classId } = form.value;
  void lookNear(point, classId);
});

/** How near a component must stand to be the one that is meant. */
const nearEnough = 30;
/** Components of the class chosen that stand at the point. */
function standing(): NearComponent[] {
  const near = form.value.point ? (located.value.value?.nearest_components ?? []) : [];
  return near.filter((one) => one.id && String(one.class_id) === form.value.classId && one.distance_m <= nearEnough);
}

function missing(): (keyof Form)[] {
  const value = form.value;
  const out: (keyof Form)[] = [];
  if (!value.classId) out.push('classId');
  if (!value.point && !value.address.trim()) out.push('address');
  if (!value.description.trim()) out.push('description');
  return out;
}

async function send(): Promise<void> {
  if (busy.value || uploading.value > 0) return;
  if (missing().length > 0) {
    asked.value = true;
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.report [aria-invalid]')?.focus());
    return;
  }
  const value = form.value;
  const reporter = reporterOf(value);
  const body: Report = {
    class: Number(value.classId),
    ...(value.conditionId ? { condition: Number(value.conditionId) } : {}),
    ...(standing().some((one) => String(one.id) === value.component) ? { component: Number(value.component) } : {}),
    ...(value.urgency ? { urgency: value.urgency } : {}),
    ...(value.point ? { point: { lon: round(value.point.lon), lat: round(value.point.lat) } } : {}),
    ...(value.address.trim() ? { address: value.address.trim() } : {}),
    description: value.description.trim(),
    source: value.source || ownSource(),
    ...(reporter ? { reporter } : {}),
    ...(calling.value ? { contact: contactOf(value) } : {}),
    ...(value.media.length > 0 ? { media: value.media } : {}),
    ...(following.value ? { follows: following.value.number } : {}),
  };
  busy.value = true;
  failure.value = '';
  try {
    const made = await client.post<CaseDetail>('/cases', body, { key: key.value });
    forget();
    key.value = uuid();
    endReport();
    notify('good', t('report.done', { number: made.number }), made.number);
    open(made.number);
    list.changed(made.number);
  } catch (error) {
    // Without an answer the report may be stored: sending again with the same key is safe.
    if (!(error instanceof LineError)) key.value = uuid();
    failure.value = failureWords(error);
  } finally {
    busy.value = false;
  }
}
const round = (degrees: number) => Math.round(degrees * 1e7) / 1e7;

/** The address that a found place gave: the next one may replace it, what was typed stays. */
let givenAddress = '';
/** A place found by words: its point, and its words as the address where none was typed. */
function takePlace(hit: PlaceHit, typed: string): void {
  // A street alone is no spot: it is shown, and the spot is taken on the map.
  const exact = hit.kind !== 'street' && hit.kind !== 'area';
  const house = hit.kind === 'street' ? /^\s*(\d+[\w-]*)\s/.exec(typed)?.[1] : undefined;
  const named = hit.kind === 'address' || hit.kind === 'crossing' || hit.kind === 'landmark' || hit.kind === 'street';
  const text = named ? (house ? `${house} ${hit.text}` : hit.text) : '';
  const own = form.value.address.trim() !== '' && form.value.address !== givenAddress;
  set({ ...(exact ? { point: hit.point } : {}), address: own ? form.value.address : text, words: hit.text });
  givenAddress = own ? givenAddress : text;
  const take = (point: Point) => {
    pin.value = point;
    set({ point });
    void look(point);
  };
  batch(() => {
    lookAt.value = hit.point; // close by, not only in sight
    if (exact) {
      picking.value = null;
      take(hit.point);
    } else picking.value = take;
  });
}

/** The part for callers is fetched when the first one calls. */
type CallModule = typeof import('./call.tsx');
const call = signal<CallModule | null>(null);
async function joinNear(number: string): Promise<void> {
  await call.value?.keepContact('joined', number, null);
}
function CallerPart() {
  useEffect(() => {
    if (call.value) return;
    import('./call.tsx')
      .then((module) => (call.value = module))
      .catch(() => notify('bad', t('slip.failed')));
  }, []);
  return call.value ? <call.value.Caller /> : <p aria-busy="true" />;
}

/** Open cases of the same class close by: perhaps it is known already. */
function Near() {
  if (nearby.value.length === 0) return null;
  return (
    <section class="near" aria-labelledby="near-title" aria-live="polite">
      <p id="near-title">
        <Icon name="warn" /> <b>{t('near.title', { n: nearby.value.length })}</b>
      </p>
      <ul>
        {nearby.value.map((one) => (
          <li key={one.case.number}>
            <button
              type="button"
              onMouseEnter={() => (hovered.value = one.case.number)}
              onMouseLeave={() => (hovered.value = null)}
              onClick={() => {
                open(one.case.number);
                notify('good', t('near.kept'));
              }}
            >
              <NearLine one={one} />
            </button>
            {calling.value && (
              <button type="button" class="join" onClick={() => void joinNear(one.case.number)}>
                {t('call.join')}
              </button>
            )}
          </li>
        ))}
      </ul>
      <p class="muted small-text">{t(calling.value ? 'near.join_hint' : 'near.hint')}</p>
    </section>
  );
}

export function ReportView() {
  const heading = useRef<HTMLHeadingElement>(null);
  const value = form.value;
  const lacks = asked.value ? missing() : [];
  useEffect(() => {
    if (!calling.value) document.querySelector<HTMLElement>('.report .place-box input')?.focus();
    pin.value = form.value.point;
    if (form.value.point) void look(form.value.point);
  }, []);
  const conditions = value.classId ? conditionChoices(Number(value.classId)) : [];
  const chosen = catalogue.value?.classes.find((one) => String(one.id) === value.classId);
  const error = (name: keyof Form, id: string) =>
    lacks.includes(name) ? { 'aria-invalid': true as const, 'aria-describedby': id } : {};

  return (
    <section class="report side" aria-labelledby="report-title">
      <div class="side-bar">
        <h2 id="report-title" ref={heading} tabIndex={-1}>
          {t(calling.value ? 'call.title' : 'report.title')}
        </h2>
        <button type="button" class="plain square" aria-label={t('form.cancel')} onClick={endReport}>
          <Icon name="close" />
        </button>
      </div>
      <form
        class="side-scroll"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {following.value && (
          <p class="block">
            <Icon name="copy" size={14} /> {t('successor.of', { number: following.value.number })}{' '}
            <button type="button" class="plain small" onClick={() => (following.value = null)}>
              {t('successor.not')}
            </button>
          </p>
        )}
        {calling.value && <CallerPart />}
        <fieldset>
          <legend>{t('report.where')}</legend>
          <PlaceBox
            labelText={t('report.find')}
            placeholder={t('report.find_hint')}
            value={value.words}
            onType={(words) => set({ words })}
            onEscape={() => heading.current?.focus()}
            onPick={takePlace}
          />
          <PointField
            value={value.point}
            onChange={(point) => {
              set({ point });
              void look(point);
            }}
          />
          <Place />
          <div class={`field${lacks.includes('address') ? ' missing' : ''}`}>
            <label class="field-name" for="report-address">
              {t('report.address')} <small class="optional">{value.point ? t('form.optional') : ''}</small>
            </label>
            <input
              id="report-address"
              type="text"
              maxLength={400}
              value={value.address}
              {...error('address', 'report-address-error')}
              onInput={(event) => set({ address: event.currentTarget.value })}
            />
            {lacks.includes('address') && (
              <p class="field-error" id="report-address-error">
                {t('report.no_place')}
              </p>
            )}
          </div>
        </fieldset>
        <fieldset>
          <legend>{t('report.what')}</legend>
          <div class={`field${lacks.includes('classId') ? ' missing' : ''}`}>
            <label class="field-name" for="report-class">
              {t('report.class')}
            </label>
            <Picker
              id="report-class"
              choices={classChoices()}
              value={value.classId}
              onChange={(classId) => {
                const only = classId ? conditionChoices(Number(classId)) : [];
                set({ classId, conditionId: only.length === 1 ? only[0]!.value : '', component: '' });
              }}
              placeholder={t('report.class_hint')}
              empty={t('form.nothing_found')}
              required
              invalid={lacks.includes('classId')}
              describedBy={lacks.includes('classId') ? 'report-class-error' : undefined}
            />
            {lacks.includes('classId') && (
              <p class="field-error" id="report-class-error">
                {t('form.missing')}
              </p>
            )}
          </div>
          {conditions.length > 0 && (
            <div class="field" role="radiogroup" aria-labelledby="report-condition">
              <span class="field-name" id="report-condition">
                {t('report.condition')} <small class="optional">{t('form.optional')}</small>
              </span>
              {conditions.map((condition) => (
                <label key={condition.value} class="radio">
                  <input
                    type="radio"
                    name="condition"
                    checked={value.conditionId === condition.value}
                    onChange={() => set({ conditionId: condition.value })}
                  />
                  <span>{condition.text}</span>
                  <small class="muted">{condition.note}</small>
                </label>
              ))}
            </div>
          )}
          <Near />
          <Component />
          <Urgency />
          {chosen && conditions.length === 0 && <p class="muted small-text">{t('limit.none')}</p>}
          <div class={`field${lacks.includes('description') ? ' missing' : ''}`}>
            <label class="field-name" for="report-description">
              {t('report.description')}
            </label>
            <TextArea
              id="report-description"
              value={value.description}
              required
              rows={4}
              invalid={lacks.includes('description')}
              describedBy={lacks.includes('description') ? 'report-description-error' : undefined}
              onChange={(description) => set({ description })}
            />
            {lacks.includes('description') && (
              <p class="field-error" id="report-description-error">
                {t('form.missing')}
              </p>
            )}
          </div>
          <div class="field" role="group" aria-labelledby="report-photos">
            <span class="field-name" id="report-photos">
              {t('case.photos')} <small class="optional">{t('form.optional')}</small>
            </span>
            <MediaField id="report-media" value={value.media} onChange={(media) => set({ media })} />
          </div>
        </fieldset>
        {!calling.value && <Who />}
        {failure.value && (
          <p class="alert bad" role="alert">
            <Icon name="warn" /> {failure.value}
          </p>
        )}
        <div class="form-end">
          <button type="submit" class="primary" disabled={busy.value || uploading.value > 0} aria-busy={busy.value}>
            {busy.value ? t('action.sending') : uploading.value > 0 ? t('media.sending') : t(calling.value ? 'call.send' : 'report.send')}
          </button>
          <button type="button" class="plain" onClick={endReport}>
            {t('form.cancel')}
          </button>
        </div>
      </form>
    </section>
  );
}

/** Which of the components at the point it is. */
function Component() {
  const near = standing();
  if (near.length === 0) return null;
  const choices = [...near.map((one) => ({ id: String(one.id), text: one.code, far: one.distance_m })), { id: '', text: t('report.component_none'), far: null }];
  return (
    <div class="field" role="radiogroup" aria-labelledby="report-component">
      <span class="field-name" id="report-component">
        {t('report.component')} <small class="optional">{t('form.optional')}</small>
      </span>
      {choices.map((one) => (
        <label key={one.id} class="radio">
          <input type="radio" name="component" checked={form.value.component === one.id} onChange={() => set({ component: one.id })} />
          <span class={one.id && 'numeric'}>{one.text}</span>
          <small class="muted">{one.far === null ? '' : `${Math.round(one.far)} m`}</small>
        </label>
      ))}
    </div>
  );
}

/** Only where the catalogue has limits by urgency. */
function Urgency() {
  const urgencies = catalogue.value?.urgencies ?? [];
  if (urgencies.length === 0) return null;
  return (
    <label class="field">
      <span class="field-name">
        {t('fact.urgency')} <small class="optional">{t('form.optional')}</small>
      </span>
      <select value={form.value.urgency} onChange={(event) => set({ urgency: event.currentTarget.value })}>
        <option value="">{t('form.pick')}</option>
        {urgencies.map((code) => (
          <option key={code} value={code}>
            {urgencyWord(code)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Who() {
  const value = form.value;
  return (
    <fieldset>
      <legend>
        {t('fact.reporter')} <small class="optional">{t('form.optional')}</small>
      </legend>
      <div class="columns">
        <label class="field">
          <span class="field-name">{t('report.source')}</span>
          <select value={value.source || ownSource()} onChange={(event) => set({ source: event.currentTarget.value })}>
            {sources().map((code) => (
              <option key={code} value={code}>
                {sourceWord(code)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span class="field-name">{t('report.name')}</span>
          <input type="text" maxLength={120} autocomplete="off" value={value.name} onInput={(event) => set({ name: event.currentTarget.value })} />
        </label>
        <label class="field">
          <span class="field-name">{t('report.phone')}</span>
          <input type="tel" maxLength={40} autocomplete="off" value={value.phone} onInput={(event) => set({ phone: event.currentTarget.value })} />
        </label>
        <label class="field">
          <span class="field-name">{t('report.email')}</span>
          <input type="email" maxLength={200} autocomplete="off" value={value.email} onInput={(event) => set({ email: event.currentTarget.value })} />
        </label>
      </div>
    </fieldset>
  );
}

/** What lies at the point, in words. */
function Place() {
  const { state, value, text } = located.value;
  return (
    <div class={`located ${state}${value && !value.inside ? ' outside' : ''}`} aria-live="polite">
      {state === 'none' && <p class="muted">{t('report.point_hint')}</p>}
      {state === 'asking' && <p class="muted">{t('list.loading')}</p>}
      {state === 'failed' && <p>{text}</p>}
      {state === 'there' && value && (
        <>
          <p>
            <b>{label(value.place) || t('place.unnamed')}</b>
          </p>
          {value.inside ? (
            <p class="muted">
              {value.grid && (
                <>
                  {t('fact.grid')} <span class="numeric">{value.grid.code}</span>
                </>
              )}
              {value.areas.map((area) => (
                <span key={area.level}> · {areaWord(area)}</span>
              ))}
            </p>
          ) : (
            <p class="alert warn">
              <Icon name="warn" /> {t('report.outside')}
              {value.outside?.nearest_grid &&
                ` ${t('report.nearest', { grid: value.outside.nearest_grid.code, m: Math.round(value.outside.distance_m ?? 0) })}`}
            </p>
          )}
          {value.nearest_components.length > 0 && (
            <p class="muted">
              {t('report.near')}{' '}
              {value.nearest_components
                .slice(0, 3)
                .map((one) => `${label(one.class)} ${one.code} (${Math.round(one.distance_m)} m)`)
                .join(', ')}
            </p>
          )}
        </>
      )}
    </div>
  );
}
