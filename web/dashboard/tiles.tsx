// SPDX-License-Identifier: MPL-2.0
// The first screen: seven figures, each against the period before, each opening its cases.
import { Icon } from '../lib/ui/icons.tsx';
import { compare, type Figure, figureOf, type Figures, isRate, measureName, showValue } from './figures.ts';
import { DoubtCell } from './honesty.tsx';
import { t } from './i18n.ts';
import { Halves, Opens } from './links.tsx';
import { helpAt, shown, view } from './state.ts';
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
        return figure && <Tile key={code} figure={figure} was={was} answer={figures.now} honest={code === 'closing_rate' ? figures.honest : null} />;
      })}
    </ul>
  );
}

function Tile({ figure, was, answer, honest }: { figure: Figure; was: Figure | null; answer: Figures; honest: Figures | null }) {
  const { code, measure, value } = figure;
  const name = measureName(figure);
  const stand = compare(figure, was, view.value.period === 'today');
  const text = showValue(measure.unit, value);
  return (
    <li class={`tile ${stand.tone}`} data-measure={code}>
      <h3>
        {name}
        <button type="button" class="plain what" aria-label={t('help.of', { name })} onClick={() => (helpAt.value = code)}>
          <Icon name="help" />
        </button>
      </h3>
      <p class="big">
        {value === null ? (
          <span class="muted">{t('tile.none')}</span>
        ) : (
          <Opens figure={code} of={answer.list} name={name} class="big-link">
            {text}
          </Opens>
        )}
        {value !== null && isRate(figure) && <Halves figure={figure} of={answer.list} />}
      </p>
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
