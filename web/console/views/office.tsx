// SPDX-License-Identifier: MPL-2.0
// Whom to telephone in a department, and what it can send: shown where a dispatcher chooses
// one, or looks at who has a case.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Label } from '../../lib/api/types.ts';
import { label } from '../../lib/i18n/index.ts';
import { t } from '../i18n.ts';
import { client, may } from '../state/app.ts';

interface Officer {
  name: string;
  phone: string;
  night_phone: string;
  note: string;
}
interface Vehicle {
  code: string;
  name: Label;
  kind: Label;
  plate: string;
  phone: string;
  note: string;
  out: boolean;
}
interface Offices {
  night: boolean;
  items: { officers: Officer[]; vehicles: Vehicle[] }[];
}

const AGAIN_MS = 5 * 60_000;
const known = new Map<number, { at: number; found: Offices }>();

async function read(id: number): Promise<Offices> {
  const last = known.get(id);
  if (last && Date.now() - last.at < AGAIN_MS) return last.found;
  const found = await client.get<Offices>('/offices', { department: id });
  known.set(id, { at: Date.now(), found });
  return found;
}
const call = (number: string) => <a href={`tel:${number.replaceAll(/[^\d+]/g, '')}`}>{number}</a>;

export function Office({ department }: { department: number | null | undefined }) {
  const shown = useSignal<Offices | null>(null);
  useEffect(() => {
    shown.value = null;
    let gone = false;
    // Beside the case, never in its way: without an answer there is nothing to show.
    if (department && may('office.read'))
      read(department)
        .then((found) => {
          if (!gone) shown.value = found;
        })
        .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [department]);
  const office = shown.value?.items[0];
  if (!office) return null;
  const night = shown.value!.night;
  const ready = office.vehicles.filter((one) => !one.out);
  return (
    <div class="office">
      {office.officers.map((one) => {
        const first = night && one.night_phone ? one.night_phone : one.phone || one.night_phone;
        const other = first === one.phone ? one.night_phone : one.phone;
        return (
          <div key={`${one.name}${one.phone}`}>
            {one.name || t('office.duty')} {call(first)}
            {night && one.night_phone === first && <span class="badge">{t('office.night')}</span>}
            {other && <span class="muted"> · {t(first === one.phone ? 'office.night' : 'office.day')} {call(other)}</span>}
            {one.note && <span class="muted"> · {one.note}</span>}
          </div>
        );
      })}
      {office.vehicles.length > 0 && (
        <details>
          <summary>{t('office.vehicles', { n: ready.length, all: office.vehicles.length })}</summary>
          <ul class="plain-list">
            {office.vehicles.map((one) => (
              <li key={one.code} class={one.out ? 'muted' : ''}>
                {label(one.name) || one.code} {[label(one.kind), one.plate].filter(Boolean).join(' · ')} {one.phone && call(one.phone)}
                {one.out && <span class="badge yellow">{t('office.out')}</span>}
                {one.note && <span class="muted"> · {one.note}</span>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
