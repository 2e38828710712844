// SPDX-License-Identifier: MPL-2.0
// What seems to be the same problem: open cases of a class close to a point.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { CaseDetail, NearCase, NearCases } from '../../lib/api/types.ts';
import { label, showTime } from '../../lib/i18n/index.ts';
import { LightIcon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { client, hovered, light } from '../state/app.ts';
import { refWord } from './words.ts';

/** Open cases of the same class close by, as the city's table says what is close. */
export async function nearCases(classId: number, point: { lon: number; lat: number }, except?: string): Promise<NearCase[]> {
  const found = await client.get<NearCases>('/duplicates', {
    class: classId,
    lon: point.lon.toFixed(7),
    lat: point.lat.toFixed(7),
    ...(except ? { except } : {}),
  });
  return found.items;
}

export function NearLine({ one }: { one: NearCase }) {
  return (
    <>
      <LightIcon light={light(one.case)} />
      <span>
        <b class="numeric">{one.case.number}</b> · {t('near.metres', { n: Math.round(one.distance_m) })} · {label(one.case.step_label)}
        {one.contacts > 0 && ` · ${t('near.told', { n: one.contacts })}`}
        <small class="muted">
          {[showTime(one.case.opened_at), refWord(one.case.department), one.case.description].filter(Boolean).join(' · ')}
        </small>
      </span>
    </>
  );
}

/** For an input that names a case: the ones that are near are offered, any may be typed. */
export function CaseChoices({ found, value, onChange }: { found: CaseDetail; value: string; onChange: (number: string) => void }) {
  const near = useSignal<NearCase[]>([]);
  useEffect(() => {
    near.value = [];
    if (!found.point || !found.class) return;
    nearCases(found.class.id, found.point, found.number)
      .then((items) => (near.value = items))
      .catch(() => undefined); // a number can be typed all the same
  }, [found.number]);
  if (near.value.length === 0) return null;
  return (
    <ul class="case-choices">
      {near.value.slice(0, 6).map((one) => (
        <li key={one.case.number}>
          <button
            type="button"
            aria-pressed={value === one.case.number}
            onMouseEnter={() => (hovered.value = one.case.number)}
            onMouseLeave={() => (hovered.value = null)}
            onClick={() => onChange(one.case.number)}
          >
            <NearLine one={one} />
          </button>
        </li>
      ))}
    </ul>
  );
}
