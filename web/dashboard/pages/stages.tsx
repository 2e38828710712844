// SPDX-License-Identifier: MPL-2.0
// Where time goes: how long cases stay in each stage, and who keeps the limits of it.
import { label } from '../../lib/i18n/index.ts';
import { Head } from '../controls.tsx';
import { figureOf, type Figures, showValue, sortRows } from '../figures.ts';
import { t } from '../i18n.ts';
import { Downloads } from '../tables.tsx';
import { Bars } from './bars.tsx';
import { FigureTable } from './figure_table.tsx';
import { figures, keyOf, type Page, type PageRead } from './page.ts';

/** From the report to its end, in the order in which a case goes through them. */
export const stageTimes = ['time_to_answer', 'time_to_verify', 'time_to_send', 'time_to_handle', 'time_to_check', 'mean_time_to_close'] as const;
export const stageRates = ['verify_on_time_rate', 'filed_on_time_rate', 'sent_on_time_rate', 'on_time_rate', 'check_on_time_rate', 'on_time_closing_rate'] as const;

interface Stages {
  by: string;
  now: Figures;
  before: Figures;
}
async function read(asked: PageRead): Promise<Stages> {
  const codes = [...stageTimes, ...stageRates];
  const [now, before] = await Promise.all([figures(asked, codes, { by: asked.departments }), figures(asked, codes, { over: asked.before })]);
  return { by: asked.departments, now, before };
}

function Body({ data }: { data: Stages }) {
  const { now, before } = data;
  const name = (code: string): string => label(now.measures.find((one) => one.code === code)?.label) || code;
  const times = stageTimes.map((code) => figureOf(now, now.totals, code));
  const known = times.filter((one) => one !== null && one.value !== null);
  const slowest = known.filter((one) => one?.code !== 'mean_time_to_close').reduce<(typeof times)[number]>((a, b) => (!a || (b?.value ?? 0) > (a.value ?? 0) ? b : a), null);
  const rows = sortRows(now, slowest?.code ?? stageTimes[0], false, (row) => label(row.keys[0]?.label) || keyOf(row));
  const table = (codes: readonly string[], title: string) => <FigureTable answer={now} rows={rows} codes={codes} heading={t('by.department')} title={title} totals />;
  return (
    <>
      <Head now={now} before={before} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">{t('stages.title')}</h2>
        </div>
        {known.length === 0 ? (
          <p class="muted">{t('table.empty')}</p>
        ) : (
          <>
            {slowest && <p class="words">{t('stages.slowest', { name: name(slowest.code), span: showValue('s', slowest.value) })}</p>}
            <Bars
              names={stageTimes.map(name)}
              unit="s"
              series={[
                { code: 'opened', name: t('stages.now'), values: times.map((one) => one?.value ?? null) },
                { code: 'then', name: t('stages.before'), values: stageTimes.map((code) => figureOf(before, before.totals, code)?.value ?? null) },
              ]}
            />
            {table(stageTimes, t('stages.title'))}
          </>
        )}
      </section>
      <section class="panel" aria-labelledby="rates-title">
        <div class="panel-head">
          <h2 id="rates-title">{t('stages.rates')}</h2>
        </div>
        {table(stageRates, t('stages.rates'))}
        <div class="panel-end">
          <Downloads by={data.by} over={now} measures={[...stageTimes, ...stageRates].join()} />
        </div>
      </section>
    </>
  );
}

export const stagesPage: Page<Stages> = { read, Body };
