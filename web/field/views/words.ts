// SPDX-License-Identifier: MPL-2.0
// Words for what the server sends, and for how long ago and how far away things are.
import type { Actor, Area, CaseClass, CaseSummary, Condition, Input, Label, Word } from '../../lib/api/types.ts';
import { has, label, language, showClock, showTime, localDay } from '../../lib/i18n/index.ts';
import { type FieldKey, t } from '../i18n.ts';
import { fix, metres } from '../state/position.ts';
import { catalogue, city } from '../state/session.ts';

const of = (list: Word[] | undefined, code: string) => {
  const found = list?.find((word) => word.code === code);
  return found ? label(found.label) : code.replaceAll('_', ' ');
};
export const stageWord = (code: string) => of(city.value?.stages, code);
export const outcomeWord = (code: string) => of(city.value?.outcomes, code);
export const roleWord = (code: string) => of(city.value?.roles, code);

export const classOf = (id: number | null): CaseClass | undefined => catalogue.value?.classes.find((one) => one.id === id);
export const conditionOf = (found: CaseClass | undefined, id: number | null): Condition | undefined =>
  found?.conditions.find((one) => one.id === id);
export const majorWord = (one: CaseClass) => (label(one.major) || one.kind).replaceAll('_', ' ');
export const everyName = (text: Label | string | null | undefined): string =>
  typeof text === 'string' ? text : Object.values(text ?? {}).join(' ');

export function choiceWord(choice: string | Word): string {
  if (typeof choice !== 'string') return label(choice.label);
  const key = `choice.${choice}`;
  return has(key) ? t(key) : choice.replaceAll('_', ' ');
}
export const choiceCode = (choice: string | Word) => (typeof choice === 'string' ? choice : choice.code);
export const inputName = (input: Input) => label(input.label) || input.name.replaceAll('_', ' ');

export function actorWord(actor: Actor | string | null): string {
  if (actor === null) return '';
  if (typeof actor === 'string') return actor;
  if (actor.system) return t('actor.system');
  return actor.name ?? (actor.role ? roleWord(actor.role) : '');
}

/** "Riverwest", but "Ward 4": a bare number says nothing without its level. */
export function areaWord(area: Area): string {
  const name = label(area.name) || area.code;
  const level = /\d/.test(name) ? city.value?.levels.find((one) => one.code === area.level) : undefined;
  return level ? t('area.named', { level: label(level.name), name }) : name;
}
export function placeWord(item: CaseSummary & { address?: string | null }): string {
  const parts = [item.address || label(item.place), item.grid?.code ?? '', item.areas[0] ? areaWord(item.areas[0]) : ''];
  return parts.filter(Boolean).join(' · ') || t('place.unnamed');
}

/** "14:05" today, "Mar 4, 14:05" on other days. */
export const when = (at: number | string, now = Date.now()): string => {
  const instant = typeof at === 'number' ? new Date(at).toISOString() : at;
  return localDay(instant) === localDay(new Date(now).toISOString()) ? showClock(instant) : showTime(instant);
};
export function farWord(far: number): string {
  if (far < 1000) return t('far.m', { n: far < 20 ? Math.round(far) : Math.round(far / 10) * 10 });
  return t('far.km', { n: new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 }).format(far / 1000) });
}
/** How far a case is from where the phone is now; null when one of both is not known. */
export const farOf = (item: CaseSummary): number | null => (item.point && fix.value ? metres(item.point, fix.value) : null);

const STAGES: Record<string, FieldKey> = {
  accept: 'became.accept',
  file: 'became.file',
  dispatch: 'became.dispatch',
  check: 'became.check',
  close: 'became.close',
};
/** What became of a report, in one short line. */
export function became(item: CaseSummary & { queue?: string }): string {
  if (item.closed_at) return item.outcome ? outcomeWord(item.outcome) : stageWord(item.stage);
  if (item.queue === 'where') return t('became.where');
  if (item.stage === 'handle') return item.department ? t('became.handle', { department: label(item.department.name) }) : t('became.handle_nobody');
  const key = STAGES[item.stage];
  return key ? t(key) : label(item.step_label) || stageWord(item.stage);
}
