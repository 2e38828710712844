// SPDX-License-Identifier: MPL-2.0
// Who waits for an answer that can be given: cases that have ended, the longest wait first.
import { useEffect } from 'preact/hooks';
import { signal, useSignal } from '@preact/signals';
import { LineError, uuid } from '../../lib/api/client.ts';
import type { CaseDetail, Contact, WaitingList } from '../../lib/api/types.ts';
import { label, language, showTime } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { client, list, nowMs, open, showAnswers, waiting } from '../state/app.ts';
import { channelWord, purposeWord, ReporterWords } from './contacts.tsx';
import { plainWords } from './plain.ts';
import { failureWords, outcomeWord } from './words.ts';

const items = signal<Contact[]>([]);
const next = signal<string | null>(null);
const state = signal<'asking' | 'there' | 'failed'>('asking');
const failed = signal('');

async function load(more = false): Promise<void> {
  state.value = 'asking';
  try {
    const page = await client.get<WaitingList>('/contacts/waiting', { limit: 30, ...(more && next.value ? { cursor: next.value } : {}) });
    items.value = more ? [...items.value, ...page.items] : page.items;
    next.value = page.next_cursor;
    waiting.value = page.total;
    state.value = 'there';
  } catch (error) {
    state.value = 'failed';
    failed.value = failureWords(error);
  }
}

function Waiting({ one }: { one: Contact }) {
  const told = useSignal('');
  const failure = useSignal('');
  const busy = useSignal(false);
  const key = useSignal(uuid());
  const number = one.case?.number ?? null;
  useEffect(() => {
    if (!number) return;
    client
      .get<CaseDetail>(`/cases/${encodeURIComponent(number)}`)
      .then((found) => {
        if (!told.peek()) told.value = plainWords(found, nowMs.peek()).join(language.value.startsWith('zh') ? '' : ' ');
      })
      .catch(() => undefined); // words can be typed all the same
  }, [number]);
  const send = async (body: { reached: boolean; final?: boolean }) => {
    busy.value = true;
    failure.value = '';
    try {
      const words = told.value.trim().slice(0, 2000);
      const { contact } = await client.post<{ contact: Contact }>(`/contacts/${one.id}/answer`, { ...body, ...(words ? { told: words } : {}) }, { key: key.value });
      key.value = uuid();
      if (contact.answered) {
        items.value = items.value.filter((other) => other.id !== one.id);
        waiting.value = Math.max(0, (waiting.value ?? 1) - 1);
      } else items.value = items.value.map((other) => (other.id === one.id ? { ...other, tries: contact.tries } : other));
      if (number) list.changed(number);
    } catch (error) {
      if (!(error instanceof LineError)) key.value = uuid();
      failure.value = failureWords(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <li class="awaits">
      <p>
        <b>
          <ReporterWords who={one.reporter} />
        </b>
      </p>
      <p class="muted">
        {purposeWord(one.purpose)}, {channelWord(one.channel)} {showTime(one.at)} · {t('answers.since', { at: showTime(one.due_at) })}
        {one.tries > 0 && ` · ${t('contact.tries', { n: one.tries })}`}
      </p>
      {one.words && <blockquote>{one.words}</blockquote>}
      {one.case && (
        <p>
          <button type="button" class="plain numeric" onClick={() => open(one.case!.number)}>
            {one.case.number}
          </button>{' '}
          {label(one.case.class?.name)} · {one.case.outcome ? outcomeWord(one.case.outcome) : label(one.case.step_label)}
        </p>
      )}
      <label class="field">
        <span class="field-name">{t('call.told')}</span>
        <textarea rows={3} maxLength={2000} value={told.value} onInput={(event) => (told.value = event.currentTarget.value)} />
      </label>
      {failure.value && (
        <p class="alert bad" role="alert">
          <Icon name="warn" /> {failure.value}
        </p>
      )}
      <div class="form-end">
        <button type="button" class="primary" disabled={busy.value} onClick={() => void send({ reached: true })}>
          {t('answers.reached')}
        </button>
        <button type="button" disabled={busy.value} onClick={() => void send({ reached: false })}>
          {t('answers.not_reached')}
        </button>
        {one.tries > 0 && (
          <button type="button" class="plain" disabled={busy.value} onClick={() => void send({ reached: false, final: true })}>
            {t('answers.give_up')}
          </button>
        )}
      </div>
    </li>
  );
}

export function AnswersView() {
  useEffect(() => void load(), []);
  return (
    <section class="answers side" aria-labelledby="answers-title">
      <div class="side-bar">
        <h2 id="answers-title">{t('answers.title')}</h2>
        <button type="button" class="plain square" aria-label={t('case.close')} onClick={() => showAnswers(false)}>
          <Icon name="close" />
        </button>
      </div>
      <div class="side-scroll">
        {state.value === 'failed' && (
          <p class="alert bad" role="alert">
            {failed.value}{' '}
            <button type="button" onClick={() => void load()}>
              {t('error.again')}
            </button>
          </p>
        )}
        {state.value === 'there' && items.value.length === 0 && <p class="block muted">{t('answers.none')}</p>}
        <ul class="waiting-list" aria-busy={state.value === 'asking'}>
          {items.value.map((one) => (
            <Waiting key={one.id} one={one} />
          ))}
        </ul>
        {next.value && (
          <button type="button" class="more" disabled={state.value === 'asking'} onClick={() => void load(true)}>
            {t('answers.more')}
          </button>
        )}
      </div>
    </section>
  );
}
