// SPDX-License-Identifier: MPL-2.0
// A made-up town for the mock: a chessboard of unit grids, streets between them, a few
// departments and classes, a short process. Test data only.
export const box = [8.5, 47.36, 8.536, 47.384];
const columns = 12;
const rows = 10;
const [west, south, east, north] = box;
const dx = (east - west) / columns;
const dy = (north - south) / rows;
const names = (zh, en) => ({ 'zh-CN': zh, en });
const ring = (w, s, e, n) => [[[w, s], [e, s], [e, n], [w, n], [w, s]]];
const feature = (geometry, properties) => ({ type: 'Feature', geometry, properties });
const collection = (features) => ({ type: 'FeatureCollection', features, truncated: false });

export const quarters = [
  { id: 1, level: 'quarter', code: 'Q1', name: names('老城', 'Old Town') },
  { id: 2, level: 'quarter', code: 'Q2', name: names('湖滨', 'Lakeside') },
  { id: 3, level: 'quarter', code: 'Q3', name: names('磨坊', 'Mill Quarter') },
  { id: 4, level: 'quarter', code: 'Q4', name: names('车站', 'Station') },
];
const quarterAt = (c, r) => quarters[(r >= rows / 2 ? 2 : 0) + (c >= columns / 2 ? 1 : 0)];

export const grids = [];
for (let r = 0; r < rows; r++) {
  for (let c = 0; c < columns; c++) {
    const code = `TT${String(r + 1).padStart(2, '0')}${String(c + 1).padStart(2, '0')}`;
    grids.push({ id: grids.length + 1, code, c, r, quarter: quarterAt(c, r) });
  }
}
export function gridAt(lon, lat) {
  const c = Math.floor((lon - west) / dx);
  const r = Math.floor((lat - south) / dy);
  return c < 0 || r < 0 || c >= columns || r >= rows ? null : grids[r * columns + c];
}
const streetNames = ['Canal Street', 'Mill Lane', 'Station Road', 'Harbour Street', 'High Street', 'Church Lane', 'Park Row', 'Bridge Street', 'Orchard Way', 'Foundry Street', 'Lake View', 'North Road', 'Elm Street'];
export const streetAcross = (r) => streetNames[r % streetNames.length];
export const streetUp = (c) => `${c + 1}${c === 0 ? 'st' : c === 1 ? 'nd' : c === 2 ? 'rd' : 'th'} Avenue`;

export const geo = {
  areas: () =>
    collection(
      quarters.map((quarter, index) => {
        const w = index % 2 ? west + 6 * dx : west;
        const s = index >= 2 ? south + 5 * dy : south;
        return feature({ type: 'Polygon', coordinates: ring(w, s, w + 6 * dx, s + 5 * dy) }, quarter);
      }),
    ),
  grids: ([w, s, e, n]) =>
    collection(
      grids
        .filter(({ c, r }) => west + c * dx < e && west + (c + 1) * dx > w && south + r * dy < n && south + (r + 1) * dy > s)
        .map(({ id, code, c, r }) =>
          feature({ type: 'Polygon', coordinates: ring(west + c * dx, south + r * dy, west + (c + 1) * dx, south + (r + 1) * dy) }, { id, code }),
        ),
    ),
  streets: () => {
    const lines = [];
    for (let r = 0; r <= rows; r++) {
      lines.push(feature({ type: 'LineString', coordinates: [[west, south + r * dy], [east, south + r * dy]] }, { name: streetAcross(r), kind: r === 5 ? 'primary' : r % 3 ? 'residential' : 'tertiary' }));
    }
    for (let c = 0; c <= columns; c++) {
      lines.push(feature({ type: 'LineString', coordinates: [[west + c * dx, south], [west + c * dx, north]] }, { name: streetUp(c), kind: c === 6 ? 'primary' : 'residential' }));
    }
    lines.push(feature({ type: 'LineString', coordinates: [[west, south + 2 * dy], [west + 5 * dx, south + 4.6 * dy], [east, north - dy]] }, { name: 'Ring Motorway', kind: 'motorway' }));
    return collection(lines);
  },
};
export function placeAt(lon, lat) {
  const c = Math.round((lon - west) / dx);
  const r = Math.round((lat - south) / dy);
  const metres = Math.round(Math.abs((lat - south) / dy - r) * dy * 111_000);
  return names(`${streetAcross(r)} 与 ${streetUp(c)} 路口，北侧 ${metres} 米`, `${streetAcross(r)} / ${streetUp(c)}, ${metres} m north`);
}

export const departments = [
  { id: 1, code: 'CITY', name: names('市政府', 'City of Tinytown'), parent: null },
  { id: 2, code: 'PW', name: names('公共工程局', 'Public Works'), parent: 1 },
  { id: 3, code: 'PW-H', name: names('道路养护队', 'Highway Maintenance'), parent: 2 },
  { id: 4, code: 'PW-L', name: names('路灯所', 'Street Lighting'), parent: 2 },
  { id: 5, code: 'PARK', name: names('园林局', 'Parks'), parent: 1 },
  { id: 6, code: 'WATER', name: names('自来水公司', 'Water and Sewer'), parent: 1 },
  { id: 7, code: 'SAN', name: names('环卫队', 'Sanitation'), parent: 2 },
];
const condition = (id, zh, en, limitZh, limitEn, ms) => ({ id, code: `c${id}`, name: names(zh, en), limit_text: limitZh ? names(limitZh, limitEn) : null, ms });
const hour = 3_600_000;
export const classes = [
  { id: 1, code: 'pothole', kind: 'event', major: names('道路', 'Roads'), name: names('路面坑洼', 'Pothole'), department: 3, conditions: [condition(1, '影响行车安全', 'Danger to traffic', '4 小时', '4 hours', 4 * hour), condition(2, '一般破损', 'Ordinary damage', '2 个工作日', '2 working days', 48 * hour)] },
  { id: 2, code: 'lamp', kind: 'component', major: names('照明', 'Lighting'), name: names('路灯不亮', 'Street light out'), department: 4, conditions: [condition(3, '单灯不亮', 'Single lamp', '2 个工作日', '2 working days', 48 * hour)] },
  { id: 3, code: 'tree', kind: 'component', major: names('园林', 'Trees'), name: names('行道树倒伏', 'Fallen street tree'), department: 5, conditions: [condition(4, '阻碍通行', 'Blocks the way', '1 个工作日', '1 working day', 24 * hour)] },
  { id: 4, code: 'garbage', kind: 'event', major: names('市容', 'Cleanliness'), name: names('暴露垃圾', 'Exposed garbage'), department: 7, conditions: [condition(5, '堆积', 'Piled up', '4 个工作小时', '4 working hours', 6 * hour)] },
  { id: 5, code: 'hydrant', kind: 'component', major: names('供水', 'Water'), name: names('消火栓漏水', 'Leaking hydrant'), department: 6, conditions: [condition(6, '漏水', 'Leaking', '2 紧急工作时', '2 urgent hours', 2 * hour)] },
  { id: 6, code: 'general', kind: 'event', major: names('其他', 'Other'), name: names('一般意见', 'General comment'), department: 1, conditions: [] },
  { id: 7, code: 'sign', kind: 'component', major: names('道路', 'Roads'), name: names('路名牌破损', 'Broken street sign'), department: 0, conditions: [condition(7, '破损', 'Broken', '3 个工作日', '3 working days', 72 * hour)] },
];

const text = (name, zh, en, required) => ({ name, type: 'text', required, label: names(zh, en) });
const department = { name: 'department', type: 'department', required: true, label: names('承办部门', 'Department') };
export const steps = [
  { code: 'locating', stage: 'report', label: names('待定位', 'Waiting for a place'), queue: 'where' },
  { code: 'sorting', stage: 'dispatch', label: names('待人工派遣', 'To be routed by hand'), queue: 'manual' },
  { code: 'sending', stage: 'dispatch', label: names('待派遣', 'To be dispatched') },
  { code: 'working', stage: 'handle', label: names('处置中', 'Being worked on') },
  { code: 'looking', stage: 'check', label: names('待核查', 'To be checked') },
  { code: 'done', stage: 'ended', label: names('已结案', 'Closed'), outcome: 'closed' },
  { code: 'dropped', stage: 'ended', label: names('已作废', 'Voided'), outcome: 'voided' },
];
export const actions = [
  { code: 'place', kind: 'sorted', from: ['locating'], to: 'sending', roles: ['dispatcher', 'acceptor'], label: names('确定点位', 'Set the place'), inputs: [{ name: 'point', type: 'point', required: true, label: names('点位', 'Point') }, text('opinion', '说明', 'Note', false)] },
  { code: 'send', kind: 'sent', from: ['sending', 'sorting'], to: 'working', roles: ['dispatcher'], label: names('派遣', 'Dispatch'), inputs: [department, text('opinion', '意见', 'Note', false)] },
  { code: 'finish', kind: 'fed_back', from: ['working'], to: 'looking', roles: ['department'], label: names('处置完成', 'Report as done'), inputs: [text('opinion', '处置结果', 'What was done', true), { name: 'media', type: 'media', required: false, label: names('处置后照片', 'Photo after') }] },
  { code: 'return', kind: 'returned', from: ['working'], to: 'sending', roles: ['department', 'dispatcher'], label: names('退回', 'Send back'), inputs: [text('opinion', '退回理由', 'Reason', true)] },
  { code: 'close', kind: 'case_closed', from: ['looking'], to: 'done', roles: ['dispatcher', 'shift_leader'], label: names('结案', 'Close'), inputs: [{ name: 'result', type: 'choice', required: true, choices: ['solved', 'not found'], label: names('结果', 'Result') }, text('opinion', '意见', 'Note', false)] },
  { code: 'rework', kind: 'reworked', from: ['looking'], to: 'working', roles: ['dispatcher'], label: names('返工', 'Rework'), inputs: [text('opinion', '理由', 'Reason', true)] },
  { code: 'void', kind: 'case_voided', from: ['sending', 'sorting', 'locating'], to: 'dropped', roles: ['dispatcher', 'shift_leader'], label: names('作废', 'Void'), inputs: [text('opinion', '理由', 'Reason', true)] },
  { code: 'comment', kind: 'commented', from: ['locating', 'sorting', 'sending', 'working', 'looking', 'done'], to: null, roles: ['dispatcher', 'department', 'collector', 'shift_leader'], label: names('备注', 'Comment'), inputs: [text('opinion', '备注', 'Comment', true)] },
];
const words = (list) => list.map(([code, zh, en]) => ({ code, label: names(zh, en) }));
export const city = {
  slug: 'tinytown',
  name: names('小镇', 'Tinytown'),
  time_zone: 'Europe/Zurich',
  languages: ['zh-CN', 'en'],
  bbox: box,
  center: [(west + east) / 2, (south + north) / 2],
  attribution: 'Made-up data of Tinytown',
  model_version: 1,
  levels: [{ code: 'quarter', name: names('片区', 'Quarter'), kind: 'nesting' }],
  demo: true,
  stages: words([['report', '上报', 'Report'], ['accept', '受理', 'Accept'], ['file', '立案', 'File'], ['dispatch', '派遣', 'Dispatch'], ['handle', '处置', 'Handle'], ['check', '核查', 'Check'], ['close', '结案', 'Close'], ['ended', '已结束', 'Ended']]),
  roles: words([['collector', '信息采集员', 'Collector'], ['acceptor', '受理员', 'Acceptor'], ['shift_leader', '值班长', 'Shift leader'], ['dispatcher', '派遣员', 'Dispatcher'], ['department', '专业部门', 'Department']]),
  outcomes: words([['closed', '已结案', 'Closed'], ['voided', '作废', 'Voided']]),
  clocks: words([['handling', '处置时限', 'Handling']]),
  sources: words([['collector', '监督员上报', 'Collector'], ['hotline', '热线', 'Hotline'], ['citizen', '市民', 'Citizen']]),
  tasks: words([['sort', '整理', 'Sort'], ['dispatch', '派遣', 'Dispatch'], ['handle', '处置', 'Handle'], ['check', '核查', 'Check']]),
};
export const people = [
  { id: 1, name: 'Dora Dispatch', login: 'dora', roles: [{ role: 'dispatcher', area: null, department: null }], department: null },
  { id: 2, name: 'Carl Collector', login: 'carl', roles: [{ role: 'collector', area: null, department: null }], department: null },
  { id: 3, name: 'Hanna Highway', login: 'hanna', roles: [{ role: 'department', area: null, department: { id: 3, name: names('道路养护队', 'Highway Maintenance') } }], department: 3 },
  { id: 4, name: 'Nora New', login: 'nora', roles: [{ role: 'dispatcher', area: null, department: null }], department: null, must: true },
];
