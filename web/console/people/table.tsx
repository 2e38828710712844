// SPDX-License-Identifier: MPL-2.0
// The staff table of the office: checked first, every wrong cell named, applied on a word.
import { useSignal } from '@preact/signals';
import { codeWords } from '../../lib/api/failure.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { client, notify } from '../state/app.ts';
import { failureWords } from '../views/words.ts';
import { makeCodes, readMembers } from './state.ts';

interface Answer {
  applied: boolean;
  people: number;
  added: number;
  changed: number;
  same: number;
  closed: number;
  errors: { cell: string; line: number; column: string; code: string; text: string }[];
  more_errors: number;
}

export function StaffTable() {
  const file = useSignal<File | null>(null);
  const answer = useSignal<Answer | null>(null);
  const failure = useSignal('');
  const busy = useSignal(false);
  const send = async (chosen: File, apply: boolean) => {
    busy.value = true;
    failure.value = '';
    try {
      const bytes = new Blob([chosen], { type: 'application/octet-stream' });
      answer.value = await client.post<Answer>(`/staff/table?apply=${apply ? 'yes' : 'no'}`, bytes, { timeoutMs: 60_000 });
      if (answer.value.applied) {
        notify('good', t('people.table_done', { n: answer.value.added + answer.value.changed }));
        await readMembers();
      }
    } catch (error) {
      answer.value = null;
      failure.value = failureWords(error);
    } finally {
      busy.value = false;
    }
  };
  const found = answer.value;
  return (
    <section class="people-load" aria-label={t('people.table')}>
      <p>{t('people.table_text')}</p>
      <p class="muted">{t('people.table_columns')}</p>
      <div class="people-bar">
        <label class="button primary">
          <Icon name="doc" /> {t('people.table_choose')}
          <input
            class="hidden-file"
            type="file"
            accept=".xlsx,.csv,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0] ?? null;
              event.currentTarget.value = '';
              file.value = chosen;
              answer.value = null;
              if (chosen) void send(chosen, false);
            }}
          />
        </label>
        {file.value && <span>{file.value.name}</span>}
        {busy.value && <span class="muted" aria-busy="true">{t('list.loading')}</span>}
      </div>
      {failure.value && <p class="alert bad" role="alert">{failure.value}</p>}
      {found && found.errors.length > 0 && (
        <>
          <p class="alert bad" role="alert">{t('people.table_wrong', { n: found.errors.length + found.more_errors })}</p>
          <div class="people-scroll">
            <table class="people-table">
              <thead>
                <tr>
                  <th scope="col">{t('people.cell')}</th>
                  <th scope="col">{t('people.column')}</th>
                  <th scope="col">{t('people.problem')}</th>
                </tr>
              </thead>
              <tbody>
                {found.errors.map((one) => (
                  <tr key={`${one.cell}${one.code}`}>
                    <td><b>{one.cell}</b></td>
                    <td>{one.column}</td>
                    <td>{codeWords(one.code, one.text)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {found && found.errors.length === 0 && (
        <>
          <p class="alert people-good" role="status">
            {t(found.applied ? 'people.table_applied' : 'people.table_good', { added: found.added, changed: found.changed, same: found.same })}
            {found.closed > 0 && ` ${t('people.table_closed', { n: found.closed })}`}
          </p>
          <div class="form-end">
            {found.applied ? (
              <button type="button" class="primary" onClick={() => void makeCodes().catch((error: unknown) => notify('bad', failureWords(error)))}>
                <Icon name="print" /> {t('people.print_new')}
              </button>
            ) : (
              <button type="button" class="primary" disabled={busy.value || found.added + found.changed === 0} onClick={() => file.value && void send(file.value, true)}>
                {t('people.table_apply', { n: found.added + found.changed })}
              </button>
            )}
          </div>
        </>
      )}
    </section>
  );
}
