// SPDX-License-Identifier: MPL-2.0
// A chart of named columns beside a table that has the same numbers.
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { showValue } from '../figures.ts';
import { t } from '../i18n.ts';
import type { Plot } from '../plot.ts';

interface Series {
  /** Names its colour, like that of a measure. */
  code: string;
  name: string;
  values: (number | null)[];
}
export function Bars({ names, series, unit }: { names: string[]; series: Series[]; unit: string }) {
  const box = useRef<HTMLDivElement>(null);
  const at = useSignal<number | null>(null);
  const failed = useSignal(false);
  const empty = series.every((one) => one.values.every((value) => !value)); // nothing to draw
  const key = JSON.stringify([names, series]);
  useEffect(() => {
    let gone = false;
    let plot: Plot | null = null;
    void import('../plot.ts')
      .then(({ draw }) => {
        if (gone || !box.current) return;
        plot = draw(box.current, {
          codes: series.map((one) => one.code),
          bars: true,
          labels: names,
          values: series.map((one) => one.values),
          unit,
          show: (value) => showValue(unit, value),
          onPoint: (index) => (at.value = index),
        });
      })
      .catch(() => {
        failed.value = true; // the table says the same
      });
    return () => {
      gone = true;
      plot?.remove();
    };
  }, [key, unit]);
  if (empty) return null;
  const index = at.value !== null && at.value < names.length ? at.value : null;
  return (
    <figure class="chart">
      <figcaption>
        <span class="when muted">{index === null ? '' : names[index]}</span>
        {series.map((one) => (
          <span key={one.code} class={`key ${one.code}`}>
            {one.name}
            {index !== null && <b> {showValue(unit, one.values[index] ?? null)}</b>}
          </span>
        ))}
      </figcaption>
      {failed.value ? <p class="muted">{t('chart.failed')}</p> : <div ref={box} class="plot" role="img" aria-label={t('chart.label', { names: series.map((one) => one.name).join(', ') })} />}
    </figure>
  );
}
