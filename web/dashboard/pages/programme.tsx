// SPDX-License-Identifier: MPL-2.0
// The indicators by which the original programme told its success: before, now, and what that
// changed; with the form in which figures of before are entered once.
import { useSignal } from '@preact/signals';
import { failureWords } from '../../lib/api/failure.ts';
import { label, language } from '../../lib/i18n/index.ts';
import { Dialog } from '../../lib/ui/dialog.tsx';
import { Icon } from '../../lib/ui/icons.tsx';
import { Head } from '../controls.tsx';
import { type Before, beforeNumber, type MeasureWord } from '../definition.ts';
import { type Figure, figureOf, type Figures, roundShare, showSpan, showValue } from '../figures.ts';
import { t } from '../i18n.ts';
import { FigureCell } from '../links.tsx';
import { client, definitions, readDefinitions, refresh, session } from '../state.ts';
import { What } from '../what.tsx';
import { figures, type Page, type PageRead } from './page.ts';

/** As the programme's table had them, what became of each added: two figures of detection,
 *  three of the call back. Others follow by their source. */
const first = [
  'detection_rate',
  'detection_rate_walked',
  'creation_rate',
  'closing_rate',
  'timely_resolution_rate',
  'mean_time_to_close',
  'mean_work_time_to_close',
  'problems_a_day',
  'complaints_a_day',
  'callback_rate',
  'solved_rate',
  'satisfaction_rate',
  'survey_duration',
  'time_to_answer',
  'time_to_verify',
  'cost_per_valid',
  'missed_rate',
] as const;
const SOURCE = 'city programme';

interface Data {
  shown: MeasureWord[];
  /** What was told of before under codes that are no figures of today. */
  others: Before[];
  now: Figures | null;
}
async function read(asked: PageRead): Promise<Data> {
  const all = await readDefinitions();
  const { before } = definitions.value;
  const told = new Set(before.map((one) => one.code));
  const listed = first.flatMap((code) => all.filter((one) => one.code === code));
  const more = all.filter((one) => !listed.includes(one) && ((!one.count && one.source === SOURCE) || told.has(one.code)));
  const shown = [...listed, ...more];
  const codes = shown.filter((one) => !one.lacks_given).map((one) => one.code);
  const now = codes.length > 0 ? await figures(asked, codes, { by: 'none' }) : null;
  return { shown, others: before.filter((one) => !all.some((measure) => measure.code === one.code)), now };
}

/** How far it came since: told by numbers where both are numbers. */
function Change({ one, told, figure }: { one: MeasureWord; told: Before | undefined; figure: Figure | null }) {
  const was = told ? beforeNumber(told.value, one.unit) : null;
  if (was === null || figure === null || figure.value === null) return <span class="muted">–</span>;
  const difference = one.unit === 'share' ? roundShare(figure.value) - roundShare(was) : figure.value - was;
  if (Math.abs(difference) < (one.unit === 'share' ? 0.0005 : one.unit === 's' ? 30 : 0.005)) return <span class="muted">{t('programme.same')}</span>;
  const better = one.better === 'more' || one.better === 'less' ? (one.better === 'more') === difference > 0 : null;
  const size = Math.abs(difference);
  const n = one.unit === 'share' ? t('programme.points', { n: new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 }).format(size * 100) }) : showValue(one.unit, size);
  return (
    <span class={better === null ? '' : better ? 'good' : 'bad'}>
      <Icon name={difference > 0 ? 'rise' : 'fall'} size={13} /> {better !== null && <b>{t(better ? 'compare.good' : 'compare.bad')} </b>}
      {t(difference > 0 ? 'programme.up' : 'programme.down', { n })}
    </span>
  );
}

const unitKey: Record<string, 'programme.unit.h' | 'programme.unit.d' | 'programme.unit.min'> = { h: 'programme.unit.h', d: 'programme.unit.d', min: 'programme.unit.min' };
const units: Record<string, readonly string[]> = { share: ['%'], s: ['h', 'd', 'min'], money: [''], number: [''], cases: [''] };
function EnterDialog({ one, told, onDone }: { one: MeasureWord; told: Before | undefined; onDone: () => void }) {
  const offered = units[one.unit] ?? [''];
  const had = /^\s*([\d,.]+)\s*(\S*)\s*$/.exec(told?.value ?? '');
  const value = useSignal(had ? had[1]!.replaceAll(',', '') : '');
  const unit = useSignal(had && offered.includes(had[2]!) ? had[2]! : offered[0]!);
  const period = useSignal(told?.period ?? '');
  const source = useSignal(told?.source ?? '');
  const failed = useSignal<unknown>(null);
  const send = async (event: Event) => {
    event.preventDefault();
    try {
      const text = value.value.trim();
      await client.post('/indicators/before', { code: one.code, value: text === '' ? '' : `${text} ${unit.value}`.trim(), period: period.value.trim(), source: source.value.trim() });
      await readDefinitions({ anew: true });
      onDone();
      await refresh();
    } catch (error) {
      failed.value = error;
    }
  };
  return (
    <Dialog title={t('programme.enter', { name: label(one.label) })} closeLabel={t('help.close')} onClose={onDone}>
      <form class="give" onSubmit={(event) => void send(event)}>
        <label>
          <span>{t('programme.value')}</span>
          <span class="with-unit">
            <input type="number" name="value" step="any" min={0} value={value.value} onInput={(event) => (value.value = event.currentTarget.value)} data-first />
            {offered.length > 1 ? (
              <select aria-label={t('define.unit')} value={unit.value} onChange={(event) => (unit.value = event.currentTarget.value)}>
                {offered.map((word) => (
                  <option key={word} value={word}>
                    {t(unitKey[word] ?? 'programme.unit.h')}
                  </option>
                ))}
              </select>
            ) : (
              <span>{unit.value}</span>
            )}
          </span>
        </label>
        <label>
          <span>{t('programme.period')}</span>
          <input name="period" maxLength={60} required={value.value.trim() !== ''} value={period.value} onInput={(event) => (period.value = event.currentTarget.value)} />
        </label>
        <label>
          <span>{t('programme.source')}</span>
          <input name="source" maxLength={300} value={source.value} onInput={(event) => (source.value = event.currentTarget.value)} />
        </label>
        <p class="muted">{t('programme.rule')}</p>
        {failed.value !== null && (
          <p class="alert bad" role="alert">
            {failureWords(failed.value)}
          </p>
        )}
        <button type="submit" class="primary">
          {t('scores.give_send')}
        </button>
      </form>
    </Dialog>
  );
}

function Row({ one, now }: { one: MeasureWord; now: Figures | null }) {
  const entering = useSignal(false);
  const told = definitions.value.before.find((entry) => entry.code === one.code);
  const figure = now ? figureOf(now, now.totals, one.code) : null;
  const name = label(one.label) || one.code;
  const may = session.value?.rights?.includes('figures.freeze') ?? false;
  return (
    <tr data-key={one.code} data-value={figure?.value ?? ''}>
      <th scope="row">
        {name} <What code={one.code} name={name} />
      </th>
      <td data-name={t('programme.before')} data-before={told?.value ?? ''}>
        {told ? (
          <>
            <b>{told.value}</b>
            <small class="points">{[told.period, told.source].filter(Boolean).join(', ')}</small>
          </>
        ) : (
          <span class="muted">{t('programme.unknown')}</span>
        )}
        {may && (
          <button type="button" class="plain give-button" onClick={() => (entering.value = true)}>
            {told ? t('programme.correct') : t('scores.give_send')}
            <span class="hidden"> {name}</span>
          </button>
        )}
        {entering.value && <EnterDialog one={one} told={told} onDone={() => (entering.value = false)} />}
      </td>
      <td data-name={t('programme.now')}>{one.lacks_given ? <span class="muted">{t('programme.lacks')}</span> : figure && now ? <FigureCell figure={figure} of={now.list} /> : '–'}</td>
      <td data-name={t('compare.change')} class="change">
        <Change one={one} told={told} figure={figure} />
      </td>
    </tr>
  );
}

function Body({ data }: { data: Data }) {
  const { shown, others, now } = data;
  return (
    <>
      <Head now={now} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">
            {t('programme.title')} {now && <small class="muted">{showSpan(now, now.today)}</small>}
          </h2>
        </div>
        <p class="muted">{t('programme.why')}</p>
        <div class="table-box" tabIndex={0} role="region" aria-label={t('programme.title')}>
          <table class="programme cards">
            <caption class="hidden">{t('programme.title')}</caption>
            <thead>
              <tr>
                {[t('frozen.measure'), t('programme.before'), t('programme.now'), t('compare.change')].map((word, at) => (
                  <th key={word} scope="col" class={at === 3 ? 'change' : ''}>
                    {word}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <Row key={one.code} one={one} now={now} />
              ))}
              {others.map((one) => (
                <tr key={one.code} data-key={one.code}>
                  <th scope="row">{label(one.label) || one.code}</th>
                  <td data-name={t('programme.before')}>
                    <b>{one.value}</b>
                    <small class="points">{[one.period, one.source].filter(Boolean).join(', ')}</small>
                  </td>
                  <td data-name={t('programme.now')}>
                    <span class="muted">{t('programme.not_counted')}</span>
                  </td>
                  <td class="change">–</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <p class="muted">{t('programme.detection')}</p>
      </section>
    </>
  );
}

export const programmePage: Page<Data> = { read, Body };
