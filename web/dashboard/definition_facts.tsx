// SPDX-License-Identifier: MPL-2.0
// All that is to be said of one definition: in words, as a formula, by which day and which
// deadline, what over nothing gives, and where it comes from.
import type { ComponentChildren } from 'preact';
import { label } from '../lib/i18n/index.ts';
import { deadlinesOf, formulaNamer, joinSaid, type MeasureWord, namer, type Said, sayExpression, usedBy } from './definition.ts';
import { showValue } from './figures.ts';
import { t } from './i18n.ts';
import { Link } from './links.tsx';
import { city, definitions, view } from './state.ts';

/** Figures that every city has, each in whole sentences. */
const sentences = {
  opened: 'def.opened',
  closed: 'def.closed',
  open: 'def.open',
  overdue: 'def.overdue',
  closing_rate: 'def.closing_rate',
  on_time_rate: 'def.on_time_rate',
  mean_time_to_close: 'def.mean_time_to_close',
} as const;
const unitKey = { cases: 'unit.cases', share: 'unit.share', s: 'unit.time', number: 'unit.number', money: 'unit.money' } as const;
const has = <T extends object>(table: T, key: string): key is Extract<keyof T, string> => Object.hasOwn(table, key);

const toDefinition = (code: string) => ({ ...view.value, page: 'definitions' as const, measure: code, list: null });
function Pieces({ said }: { said: readonly Said[] }) {
  return (
    <>
      {said.map((one, at) => (
        <span key={`${at} ${one.text}`}>
          {one.code ? <Link to={toDefinition(one.code)}>{one.text}</Link> : one.text}{' '}
        </span>
      ))}
    </>
  );
}
const wordOf = (word: string): string => label(definitions.value.words.find((one) => one.word === word)?.label) || word;

/** A count in one sentence: which cases, and on which day they count. */
export function countWords(one: MeasureWord): string {
  const all = definitions.value;
  const on = wordOf(one.on ?? '');
  const when = one.when ? joinSaid(sayExpression(one.when, namer(all, city.value?.sources ?? []))) : '';
  const day = one.until ? t('say.stock', { on, until: wordOf(one.until) }) : t('say.on', { on });
  return when ? t('say.count_when', { day, when }) : t('say.count', { day });
}
/** What it is, in words: the city's own sentence where there is one. */
export function sentenceOf(one: MeasureWord): string {
  const known = !one.own && has(sentences, one.code) ? t(sentences[one.code]) : '';
  return [known, label(one.note)].filter(Boolean).join(' ') || (one.count ? countWords(one) : '');
}

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
function Counts({ codes }: { codes: readonly string[] }) {
  const all = definitions.value.measures;
  return (
    <ul class="plain-list counts">
      {codes.flatMap((code) => {
        const one = all.find((measure) => measure.code === code);
        if (!one) return [];
        return (
          <li key={code}>
            <Link to={toDefinition(code)}>{label(one.label) || code}</Link>
            <span class="muted"> {one.count ? countWords(one) : one.formula}</span>
          </li>
        );
      })}
    </ul>
  );
}

export function DefinitionFacts({ one }: { one: MeasureWord }) {
  const all = definitions.value;
  const deadlines = deadlinesOf(all, one.code);
  const users = usedBy(all, one.code);
  const sentence = sentenceOf(one);
  const parts = one.parts ?? [];
  const zero = one.if_zero === null || one.if_zero === undefined ? t('define.blank') : showValue(one.unit, one.if_zero);
  return (
    <dl class="facts" data-definition={one.code}>
      {sentence && <Row name={t('define.words')}>{sentence}</Row>}
      {one.count ? (
        <>
          <Row name={t('define.day')}>{one.until ? t('say.stock', { on: wordOf(one.on ?? ''), until: wordOf(one.until) }) : t('say.on', { on: wordOf(one.on ?? '') })}</Row>
          <Row name={t('define.when')}>
            {one.when ? <Pieces said={sayExpression(one.when, namer(all, city.value?.sources ?? []))} /> : t('define.every')} {one.when && <code>{one.when}</code>}
          </Row>
          {one.value && (
            <Row name={t('define.value')}>
              <Pieces said={sayExpression(one.value, namer(all, []))} /> <code>{one.value}</code>
            </Row>
          )}
        </>
      ) : (
        <>
          <Row name={t('define.formula')}>
            <Pieces said={sayExpression(one.formula ?? '', formulaNamer(all))} /> <code>{one.formula}</code>
          </Row>
          {(one.above?.length ?? 0) > 0 && (
            <Row name={t('define.above')}>
              <Counts codes={one.above!} />
            </Row>
          )}
          {(one.below?.length ?? 0) > 0 && (
            <Row name={t('define.below')}>
              <Counts codes={one.below!} />
            </Row>
          )}
          {!one.above && parts.length > 0 && (
            <Row name={t('define.parts')}>
              <Counts codes={parts} />
            </Row>
          )}
          {one.formula?.includes('/') && <Row name={t('define.zero')}>{zero}</Row>}
        </>
      )}
      <Row name={t('define.deadline')}>{deadlines.length > 0 ? deadlines.map((word) => label(word.label)).join('; ') : t('define.no_deadline')}</Row>
      <Row name={t('define.unit')}>
        {has(unitKey, one.unit) ? t(unitKey[one.unit]) : one.unit}
        {' · '}
        {t(one.better === 'more' ? 'define.more' : one.better === 'less' ? 'define.less' : 'define.neither')}
      </Row>
      <Row name={t('define.origin')}>
        {one.own ? <b class="tag own">{t('define.own')}</b> : null} {[one.source, one.version && t('define.version', { version: one.version })].filter(Boolean).join(' · ')} <code>{one.code}</code>
      </Row>
      {users.length > 0 && (
        <Row name={t('define.used')}>
          <Pieces said={users.map((user, at) => ({ text: `${label(user.label) || user.code}${at < users.length - 1 ? ' ·' : ''}`, code: user.code }))} />
        </Row>
      )}
    </dl>
  );
}
