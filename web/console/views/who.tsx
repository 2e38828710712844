// SPDX-License-Identifier: MPL-2.0
// Who told of a case: masked for whoever does not need it, opened with a reason that is kept.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { uuid } from '../../lib/api/client.ts';
import type { CaseDetail, Contact, Reporter, Unmasking } from '../../lib/api/types.ts';
import { showTime } from '../../lib/i18n/index.ts';
import { Dialog } from '../../lib/ui/dialog.tsx';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { client, may, notify, readDetail } from '../state/app.ts';
import { channelWord, purposeWord, ReporterWords } from './contacts.tsx';
import { TextArea } from './fields.tsx';
import { failureWords } from './words.ts';

function AnswerWords({ one }: { one: Contact }) {
  if (one.answered) {
    return (
      <small class="muted">
        <Icon name="check" size={12} /> {t(one.answered.reached ? 'contact.answered' : 'contact.given_up', { at: showTime(one.answered.at) })}
        {one.answered.told && <> “{one.answered.told}”</>}
      </small>
    );
  }
  if (!one.wants_answer) return <small class="muted">{t('contact.no_answer')}</small>;
  return (
    <small class={one.due_at ? 'due-answer' : 'muted'}>
      {t(one.due_at ? 'contact.due' : 'contact.waits')}
      {one.tries > 0 && ` · ${t('contact.tries', { n: one.tries })}`}
    </small>
  );
}

const hidden = (who: Reporter) => who.masked && Boolean(who.name || who.phone || who.email || who.address || who.has_voice);

function Unmask({ number, onSeen, onClose }: { number: string; onSeen: (contacts: Contact[]) => void; onClose: () => void }) {
  const reason = useSignal('');
  const failure = useSignal('');
  const key = useSignal(uuid());
  const send = async () => {
    try {
      const seen = await client.post<{ contacts: Contact[] }>(`/cases/${encodeURIComponent(number)}/unmask`, { reason: reason.value.trim() }, { key: key.value });
      onSeen(seen.contacts);
      onClose();
    } catch (error) {
      failure.value = failureWords(error);
    }
  };
  return (
    <Dialog title={t('contact.unmask')} onClose={onClose} closeLabel={t('form.cancel')} className="narrow">
      <form
        class="unmask"
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.value.trim()) void send();
        }}
      >
        <p class="muted">{t('contact.unmask_note')}</p>
        <label class="field" for="unmask-reason">
          <span class="field-name">{t('contact.reason')}</span>
          <TextArea id="unmask-reason" value={reason.value} rows={2} required focusFirst onChange={(text) => (reason.value = text)} />
        </label>
        {failure.value && (
          <p class="alert bad" role="alert">
            {failure.value}
          </p>
        )}
        <div class="form-end">
          <button type="submit" class="primary" disabled={!reason.value.trim()}>
            {t('contact.unmask_do')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Erase({ one, onDone, onClose }: { one: Contact; onDone: () => void; onClose: () => void }) {
  const everywhere = useSignal(true);
  const failure = useSignal('');
  const send = async () => {
    try {
      const { erased } = await client.post<{ erased: number }>(`/contacts/${one.id}/erase`, { everywhere: everywhere.value });
      notify('good', t('contact.erase_done', { n: erased }));
      onDone();
      onClose();
    } catch (error) {
      failure.value = failureWords(error);
    }
  };
  return (
    <Dialog title={t('contact.erase')} onClose={onClose} closeLabel={t('form.cancel')} className="narrow">
      <p>{t('contact.erase_note')}</p>
      <label class="check">
        <input type="checkbox" checked={everywhere.value} onChange={(event) => (everywhere.value = event.currentTarget.checked)} />
        <span>{t('contact.erase_all')}</span>
      </label>
      {failure.value && (
        <p class="alert bad" role="alert">
          {failure.value}
        </p>
      )}
      <div class="form-end">
        <button type="button" class="primary" onClick={() => void send()}>
          {t('contact.erase_do')}
        </button>
      </div>
    </Dialog>
  );
}

/** Who looked behind the mask of this case, for whoever watches over it. */
function Looks({ number, version }: { number: string; version: number }) {
  const looks = useSignal<Unmasking[]>([]);
  useEffect(() => {
    client
      .get<{ items: Unmasking[] }>('/unmaskings', { number })
      .then((value) => (looks.value = value.items))
      .catch(() => (looks.value = []));
  }, [number, version]);
  if (looks.value.length === 0) return null;
  return (
    <details>
      <summary>{t('contact.looks', { n: looks.value.length })}</summary>
      <ul class="plain-list">
        {looks.value.map((look) => (
          <li key={look.id}>
            {showTime(look.at)} · {look.person} · {look.reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

export function Who({ found }: { found: CaseDetail }) {
  const seen = useSignal<Contact[]>([]);
  const asking = useSignal(false);
  const erasing = useSignal<Contact | null>(null);
  useEffect(() => {
    seen.value = [];
  }, [found.number]);
  const contacts = (found.contacts ?? []).map((one) => seen.value.find((other) => other.id === one.id) ?? one);
  if (contacts.length === 0) return null;
  return (
    <section class="block contacts" aria-labelledby="contacts-title">
      <h3 id="contacts-title">{t('contact.title', { n: contacts.length })}</h3>
      <ul>
        {contacts.map((one) => (
          <li key={one.id}>
            <p>
              <b>{purposeWord(one.purpose)}</b> · {channelWord(one.channel)} · {showTime(one.at)}
              {one.number && one.number !== found.number && <span class="numeric"> · {one.number}</span>}
            </p>
            <p>
              <ReporterWords who={one.reporter} />
              {one.reporter.masked && !one.reporter.anonymous && <small class="muted"> {t('case.masked')}</small>}
            </p>
            {one.words && <blockquote>{one.words}</blockquote>}
            {one.reporter.voice && (
              <audio controls preload="none" src={client.url(`/media/${one.reporter.voice}`)} aria-label={t('contact.voice')} />
            )}
            {one.reporter.has_voice && !one.reporter.voice && <small class="muted">{t('contact.voice_masked')}</small>}
            <AnswerWords one={one} />
            {may('reporter.erase') && !one.reporter.erased && !one.reporter.anonymous && (
              <button type="button" class="plain small" onClick={() => (erasing.value = one)}>
                {t('contact.erase')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {may('reporter.unmask') && contacts.some((one) => hidden(one.reporter)) && (
        <button type="button" onClick={() => (asking.value = true)}>
          <Icon name="eye" /> {t('contact.unmask')}
        </button>
      )}
      {may('unmasking.read') && <Looks number={found.number} version={found.version + seen.value.length} />}
      {asking.value && <Unmask number={found.number} onSeen={(list) => (seen.value = list)} onClose={() => (asking.value = false)} />}
      {erasing.value && (
        <Erase one={erasing.value} onDone={() => void readDetail(found.number)} onClose={() => (erasing.value = null)} />
      )}
    </section>
  );
}
