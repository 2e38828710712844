// SPDX-License-Identifier: MPL-2.0
// How a clock stands, in words.
import type { Clock, Light } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { leftMs, runs, span } from './light.ts';

const lightKey = { green: 'light.green', yellow: 'light.yellow', red: 'light.red', none: 'light.none' } as const;
export const lightWord = (light: Light) => t(lightKey[light]);

export function spanWords(ms: number): string {
  const { big, bigUnit, small, smallUnit } = span(ms);
  const first = t(`span.${bigUnit}`, { n: big });
  if (!smallUnit || small === 0) return first;
  return t('span.both', { first, second: t(`span.${smallUnit}`, { n: small }) });
}
/** "2 h 5 min left", "3 d over"; nothing without a running clock. */
export function leftWords(clock: Clock | null, nowMs: number): string {
  const left = leftMs(clock, nowMs);
  if (left === null) return '';
  return t(left < 0 ? 'clock.over' : 'clock.left', { span: spanWords(left) });
}
export const paused = (clock: Clock | null): boolean =>
  clock !== null && !runs(clock) && clock.state === 'paused';
