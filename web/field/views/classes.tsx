// SPDX-License-Identifier: MPL-2.0
// What it is, in one or two taps: what this person reported lately and what stands near-by
// first; all others by their group, or by any word in any language.
import { useSignal } from '@preact/signals';
import type { CaseClass, Located } from '../../lib/api/types.ts';
import { type Choice, findChoices } from '../../lib/form/picker.tsx';
import { label } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { reports } from '../state/lists.ts';
import { catalogue } from '../state/session.ts';
import { formerWords } from '../../lib/form/former.ts';
import { classOf, conditionOf, everyName, farWord, majorWord } from './words.ts';

export interface Chosen {
  classId: number;
  conditionId: number | null;
  component?: { id: number; code: string } | null;
}
interface Near {
  chosen: Chosen;
  name: string;
  note: string;
}
const RECENT_MOST = 6;
const NEAR_M = 30;

/** What stands at the point, each class once, nearest first. */
export function nearBy(located: Located | null): Near[] {
  const out: Near[] = [];
  for (const one of located?.nearest_components ?? []) {
    const found = classOf(one.class_id ?? null);
    if (!found || one.distance_m > NEAR_M || out.some((other) => other.chosen.classId === found.id)) continue;
    out.push({
      chosen: { classId: found.id, conditionId: onlyCondition(found), component: one.id ? { id: one.id, code: one.code } : null },
      name: label(found.name),
      note: `${one.code} · ${farWord(one.distance_m)}`,
    });
  }
  return out.slice(0, 3);
}
const onlyCondition = (found: CaseClass) => (found.conditions.length === 1 ? found.conditions[0]!.id : null);

/** Of this person's own last reports: most often first, class and condition together. */
export function recent(): Near[] {
  const counts = new Map<string, { chosen: Chosen; n: number }>();
  for (const item of reports.value?.items ?? []) {
    if (!item.class || !classOf(item.class.id)) continue;
    const chosen = { classId: item.class.id, conditionId: item.condition?.id ?? null };
    const key = `${chosen.classId}:${chosen.conditionId}`;
    const known = counts.get(key);
    if (known) known.n++;
    else counts.set(key, { chosen, n: 1 });
  }
  return [...counts.values()]
    .sort((a, b) => b.n - a.n)
    .slice(0, RECENT_MOST)
    .map(({ chosen }) => {
      const found = classOf(chosen.classId)!;
      return { chosen, name: label(found.name), note: label(conditionOf(found, chosen.conditionId)?.name) };
    });
}

export function ClassChooser({ located, onChoose }: { located: Located | null; onChoose: (chosen: Chosen) => void }) {
  const all = useSignal(false);
  const typed = useSignal('');
  const group = useSignal('');
  const near = nearBy(located);
  const lately = recent();
  if (!catalogue.value) return <p class="muted">{t('class.not_read')}</p>;
  const browse = all.value || near.length + lately.length === 0;
  return (
    <div class="classes">
      {near.length > 0 && <Tiles title={t('class.near')} list={near} onChoose={onChoose} />}
      {lately.length > 0 && <Tiles title={t('class.recent')} list={lately} onChoose={onChoose} />}
      {browse ? (
        <Browse typed={typed} group={group} onChoose={onChoose} />
      ) : (
        <button type="button" class="wide" onClick={() => (all.value = true)}>
          <Icon name="search" size={20} /> {t('class.all')}
        </button>
      )}
    </div>
  );
}

function Tiles({ title, list, onChoose }: { title: string; list: Near[]; onChoose: (chosen: Chosen) => void }) {
  return (
    <>
      <h3>{title}</h3>
      <ul class="tiles">
        {list.map((one) => (
          <li key={`${one.chosen.classId}:${one.chosen.conditionId}`}>
            <button type="button" onClick={() => onChoose(one.chosen)}>
              <b>{one.name}</b>
              {one.note && <small>{one.note}</small>}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

const SHOWN = 40;
function Browse({ typed, group, onChoose }: {
  typed: { value: string };
  group: { value: string };
  onChoose: (chosen: Chosen) => void;
}) {
  const classes = catalogue.value!.classes;
  const groups = new Map<string, number>();
  for (const one of classes) groups.set(majorWord(one), (groups.get(majorWord(one)) ?? 0) + 1);
  const choices: Choice[] = classes
    .filter((one) => typed.value !== '' || majorWord(one) === group.value)
    .map((one) => ({
      value: String(one.id),
      text: label(one.name),
      note: majorWord(one),
      words: `${everyName(one.name)} ${everyName(one.major)} ${one.code} ${formerWords(one)} ${one.conditions.map((c) => everyName(c.name)).join(' ')}`,
    }));
  const found = typed.value === '' ? choices : findChoices(choices, typed.value);
  const choose = (id: number) => onChoose({ classId: id, conditionId: onlyCondition(classOf(id)!), component: null });
  return (
    <div class="browse">
      <label class="search-field">
        <span class="field-name">{t('class.search')}</span>
        <input
          type="search"
          inputMode="search"
          autocomplete="off"
          enterKeyHint="search"
          value={typed.value}
          placeholder={t('class.search_hint')}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
      </label>
      {typed.value === '' && group.value === '' ? (
        <ul class="rows">
          {[...groups].sort((a, b) => a[0].localeCompare(b[0])).map(([name, n]) => (
            <li key={name}>
              <button type="button" onClick={() => (group.value = name)}>
                <span>{name}</span> <small>{t('class.kinds', { n })}</small>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <>
          {typed.value === '' && (
            <button type="button" class="wide" onClick={() => (group.value = '')}>
              <Icon name="back" size={20} /> {group.value}
            </button>
          )}
          <ul class="rows" aria-live="polite">
            {found.slice(0, SHOWN).map((choice) => (
              <li key={choice.value}>
                <button type="button" onClick={() => choose(Number(choice.value))}>
                  <span>{choice.text}</span> {typed.value !== '' && <small>{choice.note}</small>}
                </button>
              </li>
            ))}
            {found.length === 0 && <li class="muted">{t('form.nothing_found')}</li>}
            {found.length > SHOWN && <li class="muted">{t('class.more', { n: found.length - SHOWN })}</li>}
          </ul>
        </>
      )}
    </div>
  );
}
