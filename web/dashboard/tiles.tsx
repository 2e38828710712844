// SPDX-License-Identifier: MPL-2.0
// The first screen: seven figures, each against the period before, each opening its cases.
import { Icon } from '../lib/ui/icons.tsx';
import { compare, type Figure, figureOf, type Figures, isRate, measureName, showValue } from './figures.ts';
import { DoubtCell } from './honesty.tsx';
import { t } from './i18n.ts';
import { Halves, Opens } from './links.tsx';
import { shown, view } from './state.ts';
import { What } from './what.tsx';
import { type MeasureCode, measureCodes } from './view.ts';

const turnIcon = { up: 'rise', down: 'fall', same: 'same' } as const;

export function Tiles() {
  const figures = shown.value;
  if (!figures) return <div class="tiles" aria-busy="true">{measureCodes.map((code) => <div key={code} class="tile waiting" />)}</div>;
  // The record begins later: no case had come, none was there. That is nothing to compare with.
  const zero = (code: MeasureCode) => figureOf(figures.before, figures.before.totals, code)?.value === 0;
  const empty = zero('opened') && zero('closed') && zero('open');
  return (
    <ul class="tiles">
      {measureCodes.map((code) => {
        const figure = figureOf(figures.now, figures.now.totals, code);
        const was = empty ? null : figureOf(figures.before, figures.before.totals, code);
        const live = figures.frozen && figureOf(figures.frozen.live, figures.frozen.live.totals, code);
        return figure && <Tile key={code} figure={figure} was={was} live={live} answer={figures.now} honest={code === 'closing_rate' ? figures.honest : null} />;
      })}
    </ul>
  );
}

function Tile({ figure, was, live, answer, honest }: { figure: Figure; was: Figure | null; live: Figure | null; answer: Figures; honest: Figures | null }) {
  const { code, measure, value } = figure;
  const name = measureName(figure);
  const stand = compare(figure, was, view.value.period === 'today');
  const text = showValue(measure.unit, value);
  return (
    <li class={`tile ${stand.tone}`} data-measure={code}>
      <h3>
        {name}
        <What code={code} name={name} />
      </h3>
      <p class="big">
        {value === null ? (
          <span class="muted">{t('tile.none')}</span>
        ) : (
          <Opens figure={code} of={answer.list} name={name} class="big-link">
            {text}
          </Opens>
        )}
        {value !== null && isRate(figure) && figure.numerator !== null && <Halves figure={figure} of={answer.list} />}
      </p>
      {live && showValue(measure.unit, live.value) !== text && <p class="as-now">{t('asfrozen.live', { n: showValue(measure.unit, live.value) })}</p>}
      <p class="against">
        {stand.turn !== 'unknown' && <Icon name={turnIcon[stand.turn]} size={15} />}
        <span>
          {stand.tone !== 'none' && <b>{t(stand.tone === 'good' ? 'compare.good' : 'compare.bad')} </b>}
          {stand.words}
          {code === 'closing_rate' && stand.turn !== 'unknown' && <span class="young"> {t('compare.young')}</span>}
        </span>
      </p>
      {honest && <DoubtCell answer={honest} row={{ values: honest.totals, list: honest.list }} />}
    </li>
  );
}
