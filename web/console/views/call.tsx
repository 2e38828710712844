// SPDX-License-Identifier: MPL-2.0
// A citizen is on the line: who it is, who called before from that number, what became of it.
// Nothing is typed twice: whatever stands in the form serves to open a case, to join one or to
// ask about one.
import { useEffect, useRef } from 'preact/hooks';
import { batch, effect, signal } from '@preact/signals';
import { ApiError, LineError, uuid } from '../../lib/api/client.ts';
import type { CaseDetail, CaseSummary, Contact, ContactList } from '../../lib/api/types.ts';
import { label, language, showTime } from '../../lib/i18n/index.ts';
import { Icon, LightIcon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { client, endReport, light, list, notify, nowMs, open } from '../state/app.ts';
import { channelWord, purposeWord } from './contacts.tsx';
import { MediaField } from './fields.tsx';
import { plainWords } from './plain.ts';
import { contactOf, forget, form, reporterOf, set } from './report.tsx';
import { failureWords, outcomeWord } from './words.ts';

interface Known {
  /** The case where it lies now, and what led there. */
  item: CaseSummary;
  contact: Contact | null;
}
type Search = { state: 'none' | 'asking' | 'there' | 'failed'; words: string; known: Known[]; loose: Contact[] };
const nothing: Search = { state: 'none', words: '', known: [], loose: [] };
const search = signal<Search>(nothing);
const chosen = signal<CaseDetail | null>(null);
const told = signal('');
const key = signal(uuid());
const busy = signal(false);
const failure = signal('');
let turn = 0;

const digits = (text: string) => text.normalize('NFKC').replace(/\D/g, '').length;

/** Each case once, the latest contact first; questions about no case apart. */
function sorted(contacts: Contact[]): Pick<Search, 'known' | 'loose'> {
  const known: Known[] = [];
  for (const contact of contacts) {
    if (contact.case && !known.some((one) => one.item.number === contact.case!.number)) known.push({ item: contact.case, contact });
  }
  return { known, loose: contacts.filter((one) => !one.case) };
}

/** What the person said of themselves last time need not be asked again. What was filled in
 * for another number goes; what was typed stays. */
let filled = { name: '', email: '', home: '' };
function fill(contacts: Contact[]): void {
  if (form.value.anonymous) return;
  const last = contacts.find((one) => !one.reporter.masked && one.reporter.name)?.reporter;
  const next = { name: last?.name ?? '', email: last?.email ?? '', home: last?.address ?? '' };
  const own = (name: keyof typeof filled) => form.value[name] !== '' && form.value[name] !== filled[name];
  set({
    name: own('name') ? form.value.name : next.name,
    email: own('email') ? form.value.email : next.email,
    home: own('home') ? form.value.home : next.home,
  });
  filled = next;
}

async function look(phone: string, number: string): Promise<void> {
  const mine = ++turn;
  if (!number && digits(phone) < 5) {
    search.value = nothing;
    fill([]);
    return;
  }
  search.value = { ...search.peek(), state: 'asking', words: '' };
  try {
    if (number) {
      const found = await client.get<CaseDetail>(`/cases/${encodeURIComponent(number)}`);
      const lies = found.merged_into ? await client.get<CaseDetail>(`/cases/${encodeURIComponent(found.merged_into)}`) : found;
      if (mine !== turn) return;
      search.value = { ...nothing, state: 'there', known: [{ item: lies, contact: null }] };
      take(lies);
      return;
    }
    const { items } = await client.post<ContactList>('/contacts/find', { phone });
    if (mine !== turn) return;
    search.value = { ...nothing, ...sorted(items), state: 'there' };
    fill(items);
  } catch (error) {
    if (mine !== turn) return;
    const unknown = error instanceof ApiError && error.status === 404;
    search.value = { ...nothing, state: 'failed', words: unknown ? t('call.no_case') : failureWords(error) };
  }
}

let timer: ReturnType<typeof setTimeout> | undefined;
let asked = '';
effect(() => {
  const { phone, asks, anonymous } = form.value;
  const wanted = JSON.stringify([anonymous ? '' : phone.trim(), asks.trim()]);
  if (wanted === asked) return;
  asked = wanted;
  clearTimeout(timer);
  timer = setTimeout(() => void look(anonymous ? '' : phone.trim(), asks.trim()), 300);
});

function take(found: CaseDetail): void {
  batch(() => {
    chosen.value = found;
    told.value = plainWords(found, nowMs.value).join(language.value.startsWith('zh') ? '' : ' ');
    failure.value = '';
  });
}
async function choose(number: string): Promise<void> {
  try {
    take(await client.get<CaseDetail>(`/cases/${encodeURIComponent(number)}`));
  } catch (error) {
    failure.value = failureWords(error);
  }
}

export async function keepContact(purpose: 'joined' | 'asked', number: string, words: string | null): Promise<void> {
  if (busy.value) return;
  busy.value = true;
  failure.value = '';
  try {
    const reporter = reporterOf(form.value);
    const { contact } = await client.post<{ contact: Contact }>(
      '/contacts',
      {
        purpose,
        number,
        ...(words ? { told: words } : {}),
        ...(reporter ? { reporter } : {}),
        contact: { ...contactOf(form.value), ...(form.value.description.trim() ? { words: form.value.description.trim() } : {}) },
      },
      { key: key.value },
    );
    const at = contact.number ?? number;
    key.value = uuid();
    done();
    forget();
    endReport();
    notify('good', t(purpose === 'joined' ? 'call.joined' : 'call.asked', { number: at }), at);
    list.changed(at);
    open(at);
  } catch (error) {
    // Without an answer it may be kept: sending again with the same key is safe.
    if (!(error instanceof LineError)) key.value = uuid();
    failure.value = failureWords(error);
  } finally {
    busy.value = false;
  }
}
/** The call is over: the next one begins with nothing. */
export function done(): void {
  batch(() => {
    chosen.value = null;
    search.value = nothing;
    told.value = '';
    failure.value = '';
  });
}

/** Arrows lead from the number to the cases found and between them. */
function walk(event: KeyboardEvent): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const box = (event.currentTarget as HTMLElement).closest('.caller');
  const buttons = [...(box?.querySelectorAll<HTMLElement>('.known button') ?? [])];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  const next = buttons[at + (event.key === 'ArrowDown' ? 1 : -1)];
  event.preventDefault();
  if (next) next.focus();
  else if (event.key === 'ArrowUp') box?.querySelector<HTMLElement>('#call-phone')?.focus();
}

function Found() {
  const { state, words, known, loose } = search.value;
  return (
    <div class="known" aria-live="polite" aria-busy={state === 'asking'}>
      {state === 'failed' && (
        <p class="alert warn" role="alert">
          <Icon name="warn" /> {words}
        </p>
      )}
      {state === 'there' && known.length + loose.length === 0 && <p class="muted">{t('call.first_time')}</p>}
      {known.length > 0 && (
        <>
          <p class="field-name">{t('call.before', { n: known.length })}</p>
          <ul>
            {known.map(({ item, contact }) => (
              <li key={item.number}>
                <button type="button" aria-pressed={chosen.value?.number === item.number} onKeyDown={walk} onClick={() => void choose(item.number)}>
                  <LightIcon light={light(item)} />
                  <span>
                    <b>{label(item.class?.name)}</b> · {item.outcome ? outcomeWord(item.outcome) : label(item.step_label)}
                    <small class="muted">
                      <span class="numeric">{item.number}</span>
                      {contact && ` · ${purposeWord(contact.purpose)}, ${channelWord(contact.channel)} ${showTime(contact.at)}`}
                      {contact?.number && contact.number !== item.number && ` · ${t('call.led_from', { number: contact.number })}`}
                      {contact?.due_at && ` · ${t('contact.due')}`}
                    </small>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {loose.length > 0 && <p class="muted small-text">{t('call.loose', { n: loose.length })}</p>}
    </div>
  );
}

/** The case that the caller means: what to tell, and what the call is to it. */
function About() {
  const found = chosen.value;
  if (!found) return null;
  const ended = found.closed_at !== null;
  return (
    <section class="about" aria-labelledby="call-about">
      <p id="call-about">
        <b>{t('call.about', { number: found.number })}</b>
        <button type="button" class="plain square" aria-label={t('call.other')} title={t('call.other')} onClick={() => (chosen.value = null)}>
          <Icon name="close" size={12} />
        </button>
      </p>
      <label class="field" for="call-told">
        <span class="field-name">{t('call.told')}</span>
        <textarea id="call-told" rows={4} maxLength={2000} value={told.value} onInput={(event) => (told.value = event.currentTarget.value)} />
      </label>
      {failure.value && (
        <p class="alert bad" role="alert">
          <Icon name="warn" /> {failure.value}
        </p>
      )}
      <div class="form-end">
        <button type="button" class="primary" disabled={busy.value || !told.value.trim()} onClick={() => void keepContact('asked', found.number, told.value.trim())}>
          {t('call.tell')}
        </button>
        {!ended && (
          <button type="button" disabled={busy.value} onClick={() => void keepContact('joined', found.number, null)}>
            {t('call.join')}
          </button>
        )}
        <button type="button" disabled={busy.value} onClick={() => void keepContact('asked', found.number, null)}>
          {t('call.later')}
        </button>
        <button type="button" class="plain" onClick={() => open(found.number)}>
          {t('call.open')}
        </button>
      </div>
      <p class="muted small-text">{t(ended ? 'call.ended_hint' : 'call.join_hint')}</p>
    </section>
  );
}

export function Caller() {
  const phone = useRef<HTMLInputElement>(null);
  const value = form.value;
  useEffect(() => {
    phone.current?.focus();
    return done;
  }, []);
  const field = (name: 'name' | 'email' | 'home', text: string, most: number, mode: 'text' | 'email' = 'text') => (
    <label class="field">
      <span class="field-name">{text}</span>
      <input type="text" inputMode={mode} maxLength={most} autocomplete="off" disabled={value.anonymous} value={value[name]} onInput={(event) => set({ [name]: event.currentTarget.value })} />
    </label>
  );
  return (
    <fieldset class="caller">
      <legend>
        {t('call.who')}
        <button
          type="button"
          class="plain small"
          onClick={() => {
            forget();
            done();
            phone.current?.focus();
          }}
        >
          {t('call.afresh')}
        </button>
      </legend>
      <div class="channels" role="radiogroup" aria-label={t('call.channel')}>
        {['call', 'visit', 'message'].map((code) => (
          <label key={code} class="chip-radio">
            <input type="radio" name="channel" checked={value.channel === code} onChange={() => set({ channel: code })} />
            <span>{channelWord(code)}</span>
          </label>
        ))}
      </div>
      <div class="columns">
        <label class="field" for="call-phone">
          <span class="field-name">{t('report.phone')}</span>
          <input id="call-phone" ref={phone} type="tel" inputMode="tel" maxLength={40} autocomplete="off" disabled={value.anonymous} value={value.phone} onKeyDown={walk} onInput={(event) => set({ phone: event.currentTarget.value })} />
        </label>
        <label class="field" for="call-number">
          <span class="field-name">{t('call.number')}</span>
          <input id="call-number" type="text" spellcheck={false} maxLength={39} autocomplete="off" value={value.asks} onKeyDown={walk} onInput={(event) => set({ asks: event.currentTarget.value })} />
        </label>
      </div>
      <Found />
      <About />
      <div class="columns">
        {field('name', t('report.name'), 120)}
        {field('home', t('call.home'), 400)}
        {field('email', t('report.email'), 200, 'email')}
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={value.anonymous}
          onChange={(event) =>
            set(event.currentTarget.checked ? { anonymous: true, agreed: false, name: '', phone: '', email: '', home: '', voice: '' } : { anonymous: false })
          }
        />
        <span>{t('call.anonymous')}</span>
      </label>
      {!value.anonymous && (
        <>
          <label class="check">
            <input type="checkbox" checked={value.agreed} onChange={(event) => set({ agreed: event.currentTarget.checked })} />
            <span>{t('call.agreed')}</span>
          </label>
          <label class="check">
            <input type="checkbox" checked={value.answer} onChange={(event) => set({ answer: event.currentTarget.checked })} />
            <span>{t('call.answer')}</span>
          </label>
          <details>
            <summary>{t('contact.voice')}</summary>
            <MediaField id="call-voice" value={value.voice ? [value.voice] : []} onChange={(media) => set({ voice: media.at(-1) ?? '' })} />
          </details>
        </>
      )}
    </fieldset>
  );
}
