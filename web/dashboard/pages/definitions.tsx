// SPDX-License-Identifier: MPL-2.0
// What every figure means: each with its formula, its conditions, the day and the deadline it
// is counted by, where it comes from, what it is now; and a dry run of another definition.
import { useSignal } from '@preact/signals';
import { label, language } from '../../lib/i18n/index.ts';
import { Head } from '../controls.tsx';
import { DefinitionFacts } from '../definition_facts.tsx';
import type { MeasureWord } from '../definition.ts';
import { figureOf, type Figures, showSpan } from '../figures.ts';
import { t } from '../i18n.ts';
import { FigureCell, Link } from '../links.tsx';
import { definitions, narrow, readDefinitions, show, view } from '../state.ts';
import { measureCodes } from '../view.ts';
import { figures, type Page, type PageRead } from './page.ts';
import { TryForm } from './try.tsx';

interface Data {
  code: string;
  today: string;
  now: Figures | null;
  before: Figures | null;
}
async function read(asked: PageRead): Promise<Data> {
  const all = await readDefinitions();
  const wanted = all.find((one) => one.code === asked.view.measure);
  const code = wanted?.code ?? '';
  if (!wanted || wanted.lacks_given) return { code, today: asked.today, now: null, before: null };
  const [now, before] = await Promise.all([figures(asked, [code], { by: 'none' }), figures(asked, [code], { by: 'none', over: asked.before })]);
  return { code, today: asked.today, now, before };
}

/** Headlines first, then the city's own, indicators, counts; by their names. */
function groupsOf(all: readonly MeasureWord[]): { key: 'measure.usual' | 'define.owns' | 'define.indicators' | 'define.counts'; of: MeasureWord[] }[] {
  const collator = new Intl.Collator(language.value);
  const byName = (list: MeasureWord[]) => list.sort((a, b) => collator.compare(label(a.label), label(b.label)));
  const usual = measureCodes.flatMap((code) => all.filter((one) => one.code === code));
  const rest = all.filter((one) => !usual.includes(one));
  return [
    { key: 'measure.usual', of: usual },
    { key: 'define.owns', of: byName(rest.filter((one) => one.own)) },
    { key: 'define.indicators', of: byName(rest.filter((one) => !one.own && !one.count)) },
    { key: 'define.counts', of: byName(rest.filter((one) => !one.own && one.count)) },
  ];
}

function Index({ code }: { code: string }) {
  const search = useSignal('');
  const wanted = search.value.trim().toLowerCase();
  const fits = (one: MeasureWord) => `${label(one.label)} ${one.code} ${one.source ?? ''}`.toLowerCase().includes(wanted);
  const groups = groupsOf(definitions.value.measures.filter(fits)).filter((group) => group.of.length > 0);
  return (
    <nav class="define-index" aria-label={t('define.all')}>
      <input type="search" name="search" aria-label={t('define.search')} placeholder={t('define.search')} value={search.value} onInput={(event) => (search.value = event.currentTarget.value)} />
      {groups.map((group) => (
        <section key={group.key}>
          <h3>
            {t(group.key)} <small class="muted">{group.of.length}</small>
          </h3>
          <ul class="plain-list">
            {group.of.map((one) => (
              <li key={one.code} data-code={one.code}>
                <Link to={{ ...view.value, measure: one.code }} stay={!narrow.value} current={one.code === code} class={one.code === code ? 'on' : ''}>
                  {label(one.label) || one.code}
                </Link>
                {one.own && group.key !== 'define.owns' && <b class="tag own">{t('define.own')}</b>}
              </li>
            ))}
          </ul>
        </section>
      ))}
      {groups.length === 0 && <p class="muted">{t('define.none')}</p>}
    </nav>
  );
}

function One({ one, data }: { one: MeasureWord; data: Data }) {
  const { now, before } = data;
  const figure = now && figureOf(now, now.totals, one.code);
  const was = before && figureOf(before, before.totals, one.code);
  const told = definitions.value.before.find((entry) => entry.code === one.code);
  return (
    <article class="define-one" aria-labelledby="define-name">
      {narrow.value && (
        <button type="button" class="back" onClick={() => show({ ...view.value, measure: '' })}>
          {t('define.all')}
        </button>
      )}
      <h3 id="define-name">{label(one.label) || one.code}</h3>
      {one.lacks_given && <p class="alert warn">{t('define.lacks')}</p>}
      {now && figure && (
        <p class="define-now">
          <span class="muted">{showSpan(now, now.today)}</span> <FigureCell figure={figure} of={now.list} />
          {before && was && (
            <>
              {' '}
              <span class="muted">{showSpan(before, now.today)}</span> <FigureCell figure={was} of={before.list} />
            </>
          )}
          {told && (
            <span class="muted">
              {' '}
              {t('define.told', { period: told.period })} <b>{told.value}</b>
            </span>
          )}
        </p>
      )}
      <DefinitionFacts one={one} />
      <TryForm key={one.code} one={one} today={data.today} />
    </article>
  );
}

function Body({ data }: { data: Data }) {
  const one = definitions.value.measures.find((measure) => measure.code === data.code);
  const both = !narrow.value;
  return (
    <>
      <Head now={data.now} before={data.before} />
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">{t('view.definitions')}</h2>
        </div>
        {!one && <p>{t('define.why')}</p>}
        <div class="define">
          {(both || !one) && <Index code={data.code} />}
          {one && <One one={one} data={data} />}
        </div>
      </section>
    </>
  );
}

export const definitionsPage: Page<Data> = { read, Body };
