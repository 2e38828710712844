// SPDX-License-Identifier: MPL-2.0
// In whose hands a case was while its handling clock ran: each desk of a lower level and the
// unit below, with its share of the time that counts.
import type { CaseDetail, LevelShare } from '../../lib/api/types.ts';
import { showNumber } from '../../lib/i18n/index.ts';
import { t } from '../i18n.ts';
import { refWord, spanWords } from './words.ts';

const percent = (share: number) => showNumber(Math.round(share * 100));

function Row({ one }: { one: LevelShare }) {
  return (
    <tr>
      <th scope="row">
        {refWord(one.department)} {one.command > 1 && <span class="badge">{t('levels.desk', { n: one.command })}</span>}
      </th>
      <td class="right numeric">{spanWords(one.counted_ms)}</td>
      <td class="right numeric muted">{spanWords(one.elapsed_ms)}</td>
      <td class="share">
        {one.share !== null && (
          <>
            <span class="share-bar" aria-hidden="true">
              <span style={{ width: `${Math.round(one.share * 100)}%` }} />
            </span>
            <span class="numeric">{t('levels.percent', { n: percent(one.share) })}</span>
          </>
        )}
      </td>
    </tr>
  );
}

export function Levels({ found }: { found: CaseDetail }) {
  if (found.levels.length === 0) return null;
  return (
    <section class="block levels">
      <h3>{t('levels.title')}</h3>
      <p class="muted small-text">{t('levels.hint')}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('levels.who')}</th>
            <th scope="col" class="right">{t('levels.counted')}</th>
            <th scope="col" class="right">{t('levels.elapsed')}</th>
            <th scope="col">{t('levels.share')}</th>
          </tr>
        </thead>
        <tbody>
          {found.levels.map((one) => (
            <Row key={one.department?.id ?? 0} one={one} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
