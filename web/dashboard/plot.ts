// SPDX-License-Identifier: MPL-2.0
// Charts drawn by uPlot on a plain canvas: bars while there is room, lines where there is none.
// The y axis begins at 0, always. Loaded when the first chart is shown.
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Drawing {
  codes: readonly string[];
  /** Columns whatever the measure: what is below has names, not days. */
  bars?: boolean;
  labels: string[];
  values: (number | null)[][];
  unit: string;
  show: (value: number) => string;
  onPoint: (index: number | null) => void;
}
export interface Plot {
  remove: () => void;
}
const HEIGHT = 260;
const lines = new Set(['open', 'overdue', 'closing_rate', 'on_time_rate']);

export function draw(box: HTMLElement, drawing: Drawing): Plot {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--chart-${name}`).trim() || '#1f5fbf';
  const ink = style.getPropertyValue('--muted').trim();
  const count = drawing.labels.length;
  const asBars = drawing.bars || (count <= 40 && !drawing.codes.some((code) => lines.has(code)));
  const several = drawing.codes.length > 1;
  const width = () => Math.max(200, Math.floor(box.clientWidth));
  const series = (code: string, i: number): UPlot.Series => {
    const stroke = colour(code);
    if (asBars) {
      const align = several ? (i === 0 ? -1 : 1) : 0;
      return { stroke, fill: stroke, width: 0, points: { show: false }, paths: UPlot.paths.bars!({ size: [several ? 0.36 : 0.6, several ? 14 : 28], align }) };
    }
    return { stroke, width: 2, ...(i > 0 ? { dash: [6, 4] } : {}), points: { show: count <= 40, size: 6, fill: stroke } };
  };
  const grid = { stroke: '#e4e8ee', width: 1 };
  const options: UPlot.Options = {
    width: width(),
    height: HEIGHT,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { show: !asBars } },
    scales: {
      x: { time: false, range: () => [-0.6, count - 0.4] },
      y: { range: (_, __, max) => [0, drawing.unit === 'share' ? 1 : niceTop(max, drawing.unit)] },
    },
    axes: [
      {
        stroke: ink, grid: { show: false }, ticks: { show: false }, font: '12px system-ui, sans-serif', size: 28,
        splits: (plot) => everyNth(count, Math.max(2, Math.floor(plot.bbox.width / devicePixelRatio / 58))),
        values: (plot, splits) => splits.map((at) => (drawing.bars ? cut(drawing.labels[at] ?? '', plot.bbox.width / devicePixelRatio / Math.max(1, splits.length)) : (drawing.labels[at] ?? ''))),
      },
      {
        stroke: ink, grid, ticks: { show: false }, font: '12px system-ui, sans-serif', size: 58,
        ...(drawing.unit === 's' ? { incrs: SECOND_STEPS } : drawing.unit === 'cases' ? { incrs: COUNT_STEPS } : {}),
        values: (_, splits) => splits.map((value) => drawing.show(value).replace(/\.0(?=\s?%)/, '')),
      },
    ],
    series: [{}, ...drawing.codes.map(series)],
    hooks: { setCursor: [(plot) => drawing.onPoint(plot.cursor.idx ?? null)] },
  };
  const plot = new UPlot(options, [drawing.labels.map((_, i) => i), ...drawing.values], box);
  const watch = new ResizeObserver(() => {
    if (Math.abs(plot.width - width()) > 1) plot.setSize({ width: width(), height: HEIGHT });
  });
  watch.observe(box);
  return {
    remove: () => {
      watch.disconnect();
      plot.destroy();
    },
  };
}

/** A name in so many pixels, with dots where it does not fit; wide characters count twice. */
export function cut(name: string, px: number): string {
  let room = px / 6.6 - 1;
  let out = '';
  for (const letter of name) {
    room -= letter > '\u2e80' ? 1.9 : 1;
    if (room < 0) return `${out.trimEnd()}…`;
    out += letter;
  }
  return out;
}
const HOUR = 3600;
const DAY = 24 * HOUR;
const SECOND_STEPS = [60, 600, 1800, HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 5 * DAY, 10 * DAY, 20 * DAY, 50 * DAY, 100 * DAY, 365 * DAY];
const COUNT_STEPS = [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4, 5, 6, 7].map((power) => n * 10 ** power)).sort((a, b) => a - b);

function niceTop(max: number | null, unit: string): number {
  if (!max || max <= 0) return unit === 's' ? DAY : 4;
  return max * 1.08;
}
/** At most so many labels, the last one always among them. */
function everyNth(count: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(count / most));
  const found: number[] = [];
  for (let at = count - 1; at >= 0; at -= step) found.unshift(at);
  return found;
}
