// SPDX-License-Identifier: MPL-2.0
// Tinytown with people on duty: rosters of its two beats, a collection company, duty
// officers, vehicles, and words of its own (verify and check swapped).
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyModel } from './lib.mjs';

// collector1 walks the south (P1) day and night, collector3 backs them up there; collector2
// has the north (P2) by day, which nobody has by night.
const rosters = `person,duty_grid,shift,from,to,weekdays,backup
collector1,P1,day,,,,
collector1,P1,night,,,,
collector2,P2,day,,,,
collector3,P1,day,,,,yes
collector3,P1,night,,,,yes
`;

const tables = {
  shifts: 'code,starts,ends,name_zh,name_en\nday,06:00,18:00,白班,Day\nnight,18:00,06:00,夜班,Night\n',
  rosters,
  duty_officers: 'department,name,phone,night_phone,note\nroads,何工,0571-5550 1201,0571-5550 1299,gate 3\n',
  vehicles: 'code,department,name_en,kind_en,plate,phone,state\nR1,roads,Truck 1,Truck,AB 123,0571 1,\nR2,roads,Roller,Roller,,,out\n',
  labels: 'list,code,name_zh,name_en\ntask,verify,核查,Check on site\ntask,check,核实,Verify the repair\nrole,collector,信息采集员,Field officer\n',
};

/** As copyModel: remove() it later. */
export function rosterModel() {
  const sections = Object.keys(tables).map((name) => `[table ${name}]\nsource = tables/${name}.csv\n`).join('');
  const model = copyModel('tinytown', (ini) => `${ini}\n[roster]\nlevel = patrol\n${sections}`);
  for (const [name, text] of Object.entries(tables)) writeFileSync(join(model.path, 'tables', `${name}.csv`), text);
  appendFileSync(join(model.path, 'tables/departments.csv'), 'clear,centre,company,清洁采集公司,Clearview Ltd\n');
  appendFileSync(join(model.path, 'tables/staff.csv'), 'collector3,何三,collector,,,clear\ncvdesk,采集公司值班,company,,clear,\n');
  return model;
}
