// SPDX-License-Identifier: MPL-2.0
// Boston's record of 2015 as the tests read it on their own, without gridcase.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from './lib.mjs';

export const record = join(root, 'grids/boston/replay/record.csv.gz');
/** Nine months with the flag that the city itself gave each request: ONTIME, OVERDUE or nothing. */
export const flagged = join(root, 'fixtures/boston_2015/requests.csv.gz');

export function* csvRows(text) {
  let row = [], cell = '', quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\n') {
      row.push(cell.replace(/\r$/, ''));
      cell = '';
      if (c === '\n') {
        yield row;
        row = [];
      }
    } else cell += c;
  }
}

// '08/01/2015 12:16:54 AM' as text that sorts: local time, which is all that months need.
function local(text) {
  const part = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d) (AM|PM)$/.exec(text);
  if (!part) return null;
  const [, month, day, year, hour, minute, second, half] = part;
  const hours = String((Number(hour) % 12) + (half === 'PM' ? 12 : 0)).padStart(2, '0');
  return `${year}-${month}-${day} ${hours}:${minute}:${second}`;
}

export const seconds = (text) => Date.parse(`${text.replace(' ', 'T')}Z`) / 1000; // of one time zone: for differences

const objects = ([names, ...rows]) => rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
export const readCsv = (text) => objects([...csvRows(text)]);

/** Every row of a record, those that the replay refuses included. */
export const readWhole = (file) => readCsv(gunzipSync(readFileSync(file)).toString('utf8'))
  .map((row) => ({ ...row, opened: local(row.opened), closed: local(row.closed), target: local(row.target) }));

/** The rows that a replay takes: not closed before they were opened. */
export const playable = (row) => !row.closed || row.closed >= row.opened;
export const readRecord = () => readWhole(record).filter(playable);

