// SPDX-License-Identifier: MPL-2.0
// Every figure that the city counts, to choose one.
import { label, language } from '../../lib/i18n/index.ts';
import { t } from '../i18n.ts';
import { type MeasureWord, readDefinitions, show, view } from '../state.ts';
import { measureCodes } from '../view.ts';

export type { MeasureWord };
/** Those that can be shown. */
export const measureList = async (): Promise<MeasureWord[]> => (await readDefinitions()).filter((one) => !one.lacks_given);

export function MeasurePicker({ measures, code, only }: { measures: MeasureWord[]; code: string; only?: (one: MeasureWord) => boolean }) {
  const offered = only ? measures.filter(only) : measures;
  const usual = measureCodes.flatMap((one) => offered.filter((measure) => measure.code === one));
  const collator = new Intl.Collator(language.value);
  const others = offered.filter((one) => !usual.includes(one)).sort((a, b) => collator.compare(label(a.label), label(b.label)));
  const option = (one: MeasureWord) => (
    <option key={one.code} value={one.code}>
      {label(one.label) || one.code}
    </option>
  );
  return (
    <label class="pick">
      <span>{t('split.figure')}</span>
      <select id="measure" value={code} onChange={(event) => show({ ...view.value, measure: event.currentTarget.value }, { stay: true })}>
        <optgroup label={t('measure.usual')}>{usual.map(option)}</optgroup>
        <optgroup label={t('measure.others')}>{others.map(option)}</optgroup>
      </select>
    </label>
  );
}
