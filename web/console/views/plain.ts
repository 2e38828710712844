// SPDX-License-Identifier: MPL-2.0
// A case in plain words: what one says to a caller who asks what became of it.
import type { CaseDetail, HistoryRow } from '../../lib/api/types.ts';
import { leftMs } from '../../lib/clock/light.ts';
import { label, showFull, showTime } from '../../lib/i18n/index.ts';
import { t } from '../i18n.ts';
import { holderWord, outcomeWord, paused, refWord, spanWords, stageWord } from './words.ts';

/** The last move that led on, not what somebody remarked. */
function lastMove(rows: readonly HistoryRow[]): HistoryRow | undefined {
  return rows
    .filter((row) => row.to !== null && row.to !== row.from)
    .sort((a, b) => b.seq - a.seq)[0];
}

export function plainWords(found: CaseDetail, nowMs: number): string[] {
  const words = [t('plain.reported', { at: showFull(found.opened_at), what: label(found.class?.name) || t('class.none') })];
  const move = lastMove(found.history);
  if (found.closed_at) {
    words.push(
      t('plain.ended', {
        at: showFull(found.closed_at),
        outcome: found.outcome ? outcomeWord(found.outcome) : stageWord(found.stage),
        who: refWord(found.department) || t('plain.the_city'),
      }),
    );
    if (move?.opinion) words.push(t('plain.said', { words: move.opinion }));
    return words;
  }
  // The step's own task: a notice or a request beside it moves nothing on.
  const holder = holderWord(found.holder) || refWord(found.department);
  const since = move ? showTime(move.at) : showTime(found.opened_at);
  const step = label(found.step_label) || stageWord(found.stage);
  words.push(t(holder ? 'plain.now' : 'plain.now_nobody', { step, who: holder, since }));
  const left = leftMs(found.clock, nowMs);
  if (paused(found.clock)) words.push(t('plain.paused'));
  else if (left !== null) {
    words.push(t(left < 0 ? 'plain.over' : 'plain.due', { at: showFull(found.clock?.due_at), span: spanWords(left) }));
  }
  return words;
}
