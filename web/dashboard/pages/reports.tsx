// SPDX-License-Identifier: MPL-2.0
// The bulletin of a period as a file, and the payment sheet for whoever may close a period.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { language } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { client, session } from '../state.ts';

const period = signal('');
/** Whether the city's model says how companies are paid. */
const hasPayment = signal(false);

function Files({ of, endings }: { of: 'report' | 'payment'; endings: readonly string[] }) {
  const query = `period=${period.value}&language=${language.value}`;
  return (
    <p class="report-files" id={`files-${of}`}>
      <strong>{t(of === 'report' ? 'reports.bulletin' : 'reports.payment')}</strong>
      {endings.map((ending) => (
        <a key={ending} class="button" href={client.url(`/${of}.${ending}?${query}`)} download>
          <Icon name="down_to" /> {ending.toUpperCase()}
        </a>
      ))}
      {of === 'report' && (
        <a class="button" href={client.url(`/report.pdf?${query}&paper=phone`)} download>
          <Icon name="down_to" /> {t('reports.phone')}
        </a>
      )}
    </p>
  );
}

/** offered: periods, newest first; running: the month that is not over. */
export function Reports({ offered, running }: { offered: readonly string[]; running: string }) {
  if (!period.value) period.value = offered[0]!;
  const may = session.value?.rights?.includes('figures.freeze') ?? false;
  useEffect(() => {
    if (!may) return;
    client.get(`/payment.json?period=${running}`).then(
      () => (hasPayment.value = true),
      () => (hasPayment.value = false), // no table of rules, or no way to ask: nothing is offered
    );
  }, [may, running]);
  return (
    <section class="panel" aria-labelledby="reports-title">
      <div class="panel-head">
        <h2 id="reports-title">{t('reports.title')}</h2>
        <label class="pick">
          <span>{t('frozen.period')}</span>
          <select id="report-period" value={period.value} onChange={(event) => (period.value = event.currentTarget.value)}>
            {[running, ...offered].map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p>{t('reports.why')}</p>
      <Files of="report" endings={['pdf', 'docx', 'xlsx', 'csv']} />
      {may && hasPayment.value && <Files of="payment" endings={['pdf', 'xlsx', 'csv']} />}
    </section>
  );
}
