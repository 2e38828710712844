// SPDX-License-Identifier: MPL-2.0
// The place of a chart; what draws it comes in a chunk of its own, after the figures.
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { label, language } from '../lib/i18n/index.ts';
import { type Figures, showKey, showValue } from './figures.ts';
import type { TimeUnit } from './days.ts';
import { t } from './i18n.ts';
import type { Plot } from './plot.ts';
import { today } from './state.ts';
import type { MeasureCode } from './view.ts';

export function Chart({ figures, unit, codes }: { figures: Figures; unit: TimeUnit; codes: readonly MeasureCode[] }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const at = useSignal<number | null>(null);
  const failed = useSignal(false);
  const measures = codes.map((code) => figures.measures.findIndex((one) => one.code === code));
  const tag = language.value;
  useEffect(() => {
    let gone = false;
    void import('./plot.ts')
      .then(({ draw }) => {
        if (gone || !box.current) return;
        plot.current?.remove();
        plot.current = draw(box.current, {
          codes,
          labels: figures.rows.map((row) => showKey(unit, row.keys[0]!, today.value, true)),
          values: measures.map((index) => figures.rows.map((row) => row.values[index] ?? null)),
          unit: figures.measures[measures[0] ?? 0]?.unit ?? 'cases',
          show: (value) => showValue(figures.measures[measures[0] ?? 0]?.unit ?? 'cases', value),
          onPoint: (index) => (at.value = index),
        });
      })
      .catch(() => {
        failed.value = true; // the table below says the same
      });
    return () => {
      gone = true;
      plot.current?.remove();
      plot.current = null;
    };
  }, [figures, unit, codes.join(), tag]);
  const row = at.value === null ? null : figures.rows[at.value];
  const names = measures.map((index) => label(figures.measures[index]?.label));
  return (
    <figure class="chart">
      <figcaption>
        <span class="when muted">{row ? showKey(unit, row.keys[0]!, today.value) : ''}</span>
        {codes.map((code, i) => (
          <span key={code} class={`key ${code}`}>
            {names[i]}
            {row && <b> {showValue(figures.measures[measures[i]!]!.unit, row.values[measures[i]!] ?? null)}</b>}
          </span>
        ))}
      </figcaption>
      {failed.value ? <p class="muted">{t('chart.failed')}</p> : <div ref={box} class="plot" role="img" aria-label={t('chart.label', { names: names.join(', ') })} />}
    </figure>
  );
}
