// SPDX-License-Identifier: MPL-2.0
// Words for codes: always the server's label where it sends one; a code as it is otherwise.
import type { Actor, Area, Department, Holder, Label, Ref, Word } from '../../lib/api/types.ts';
import { has, label } from '../../lib/i18n/index.ts';
import { t } from '../i18n.ts';
import { city, departments } from '../state/app.ts';

export { leftWords, lightWord, paused, spanWords } from '../../lib/clock/words.ts';
export { failureWords } from '../../lib/api/failure.ts';

function of(list: Word[] | undefined, code: string): string {
  const found = list?.find((word) => word.code === code);
  return found ? label(found.label) : code.replaceAll('_', ' ');
}
export const stageWord = (code: string) => of(city.value?.stages, code);
export const roleWord = (code: string) => of(city.value?.roles, code);
export const outcomeWord = (code: string) => of(city.value?.outcomes, code);
export const clockWord = (code: string) => of(city.value?.clocks, code);
export const sourceWord = (code: string) => of(city.value?.sources, code);
export const taskWord = (code: string) => of(city.value?.tasks, code);

export function refWord(ref: Ref | number | null | undefined): string {
  if (ref === null || ref === undefined) return '';
  if (typeof ref !== 'number') return label(ref.name);
  const found = departments.value.find((one) => one.id === ref);
  return found ? label(found.name) : String(ref);
}
/** "Riverwest", but "Ward 4": a bare number says nothing without its level. */
export function areaWord(area: Area): string {
  const name = label(area.name) || area.code;
  if (!/\d/.test(name)) return name;
  const level = city.value?.levels.find((one) => one.code === area.level);
  return level ? t('area.named', { level: label(level.name), name }) : name;
}
export function holderWord(holder: Holder | null): string {
  if (!holder) return '';
  if (holder.person) return holder.person.name;
  if (holder.department) {
    const who = refWord(holder.department);
    return holder.role && holder.role !== 'department' ? t('holder.of', { who, role: roleWord(holder.role) }) : who;
  }
  return holder.role ? roleWord(holder.role) : '';
}
export function actorWord(actor: Actor | string | null): string {
  if (actor === null) return '';
  if (typeof actor === 'string') return actor;
  if (actor.system) return t('actor.system');
  if (actor.department) return actor.name ? t('actor.spoke', { who: refWord(actor.department), name: actor.name }) : refWord(actor.department);
  return actor.name ?? (actor.role ? roleWord(actor.role) : '');
}

/** An urgency is a code of the city's catalogue; usual ones have a text. */
export function urgencyWord(code: string): string {
  const key = `urgency.${code.toLowerCase()}`;
  return has(key) ? t(key as 'urgency.urgent') : code.replaceAll('_', ' ');
}

/** Departments in the order of their tree, with their depth. */
export function departmentTree(all: readonly Department[], inside?: number): { department: Department; depth: number }[] {
  const children = new Map<number | null, Department[]>();
  const known = new Set(all.map((one) => one.id));
  for (const one of all) {
    const parent = one.parent !== null && known.has(one.parent) ? one.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const out: { department: Department; depth: number }[] = [];
  const walk = (parent: number | null, depth: number) => {
    for (const one of children.get(parent) ?? []) {
      out.push({ department: one, depth });
      walk(one.id, depth + 1);
    }
  };
  if (inside === undefined) walk(null, 0);
  else {
    const top = all.find((one) => one.id === inside);
    if (top) out.push({ department: top, depth: 0 });
    walk(inside, 1);
  }
  return out;
}
/** All languages of a label, so that a thing is found by any of its names. */
export const everyName = (text: Label | string | null | undefined): string =>
  typeof text === 'string' ? text : Object.values(text ?? {}).join(' ');
