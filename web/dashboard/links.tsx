// SPDX-License-Identifier: MPL-2.0
// Links within the page: real addresses, so that they can be copied and opened in a new tab.
import type { ComponentChildren } from 'preact';
import { showValue, type Figure, isRate, measureName } from './figures.ts';
import { showNumber } from '../lib/i18n/index.ts';
import { t } from './i18n.ts';
import { addressOf, show, view } from './state.ts';
import type { FigureList, View } from './view.ts';

interface LinkProps {
  to: View;
  stay?: boolean;
  children: ComponentChildren;
  class?: string;
  label?: string;
  title?: string;
  current?: boolean;
}
export function Link({ to, stay = false, children, label, title, current, class: className }: LinkProps) {
  return (
    <a
      href={addressOf(to)}
      class={className}
      aria-label={label}
      title={title}
      aria-current={current ? 'true' : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        show(to, { stay });
      }}
    >
      {children}
    </a>
  );
}

/** A number that opens its cases; one of a frozen period, which no list is kept of, does not. */
export function Opens({ figure, of, part = 'numerator', children, name, class: className }: { figure: string; of: string; part?: FigureList['part']; children: ComponentChildren; name: string; class?: string }) {
  if (of === '') return <span class={className?.includes('big') ? 'big-link' : 'told-only'}>{children}</span>;
  return (
    <Link to={{ ...view.value, list: { figure, part, of } }} class={className ?? 'opens'} title={t('list.open', { name })}>
      {children}
    </Link>
  );
}

/** A figure in a cell: a rate shows both halves, each opens its own cases. */
export function FigureCell({ figure, of }: { figure: Figure; of: string }) {
  const name = measureName(figure);
  const text = showValue(figure.measure.unit, figure.value);
  if (figure.value === null) return <span class="muted">{text}</span>;
  if (!isRate(figure)) {
    return (
      <Opens figure={figure.code} of={of} name={name}>
        {text}
      </Opens>
    );
  }
  return (
    <span class="rate">
      <b>{text}</b>
      {(figure.numerator !== null || figure.denominator !== null) && <Halves figure={figure} of={of} />}
    </span>
  );
}
/** A half that is made of several counts has no number of its own: its cases open all the same. */
export function Halves({ figure, of }: { figure: Figure; of: string }) {
  const name = measureName(figure);
  const [first, between, last] = t('rate.halves').split('|');
  return (
    <span class="halves">
      {first}
      <Opens figure={figure.code} of={of} name={name}>
        {figure.numerator === null ? t('rate.part') : showNumber(figure.numerator)}
      </Opens>
      {between}
      <Opens figure={figure.code} of={of} part="denominator" name={t('rate.all', { name })}>
        {figure.denominator === null ? t('rate.several') : showNumber(figure.denominator)}
      </Opens>
      {last}
    </span>
  );
}
