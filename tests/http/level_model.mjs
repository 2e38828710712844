// SPDX-License-Identifier: MPL-2.0
// A made-up town with levels of command: a desk, a desk below it, a company with crews, an
// office without login. The model is a copy of tinytown with these two tables.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyModel } from './lib.mjs';

export const departments = `code,parent,kind,name_zh,name_en,command,supervision,desk_limit,inner_limit,company,login
centre,,centre,指挥中心,Centre,1,1,,,,
north,centre,desk,北片指挥分中心,North Desk,2,,2工作时,50%,,
sweep,north,department,北片保洁队,Sweepers,,,,,,
street,north,desk,学院街道分中心,College Street Desk,3,,,,,
team,street,department,街道综合队,Street Team,,,,,,
clean,centre,department,洁城公司,Cleaning Company,,,,,yes,
crew1,clean,crew,一班,First Crew,,,,,,
crew2,clean,crew,二班,Second Crew,,,,,,
parks,centre,department,园林处,Parks,,,,,,
roads,centre,department,道路处,Roads,,,,,,
water,centre,department,供水公司,Water Company,,,,,,no
enforcement,centre,department,执法大队,Enforcement,,,,,,
squad1,enforcement,squad,一中队,First Squad,,,,,,
squad2,enforcement,squad,二中队,Second Squad,,,,,,
`;
export const staff = `login,name,role,area,department,home
collector1,陈晓,collector,,,
collector.clean,洪亮,collector,,,clean
acceptor1,王敏,acceptor,,,centre
leader1,李强,shift_leader,,,centre
dispatcher1,赵静,dispatcher,,,centre
north1,钱进,dispatcher,,north,north
street1,孙丽,dispatcher,,street,street
sweep1,周平,department,,sweep,
team1,吴刚,department,,team,
clean1,郑爽,department,,clean,
crew1,王五,department,,crew1,
crew2,赵六,department,,crew2,
parks1,周芳,department,,parks,
admin1,卫平,administrator,,,centre
`;

export function model(slug, edit = () => {}) {
  const copy = copyModel(slug);
  writeFileSync(join(copy.path, 'tables', 'departments.csv'), departments);
  writeFileSync(join(copy.path, 'tables', 'staff.csv'), staff);
  const actions = join(copy.path, '../../grids/standard/process/actions.csv');
  edit(actions);
  return copy;
}
