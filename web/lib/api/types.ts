// SPDX-License-Identifier: MPL-2.0
// What the server's JSON API says, as types. Words of a city (steps, actions, classes,
// departments, areas) are data: they arrive with labels and are never written here.
// Instants are ISO 8601 UTC, ids integers.

/** A text per language, by language tag. */
export type Label = Record<string, string>;
export type Light = 'green' | 'yellow' | 'red' | 'none';

export interface Problem {
  type?: string;
  title?: string;
  status: number;
  code: string;
  detail?: string;
  /** 412 only: what others did since the version the person saw. */
  changed?: HistoryRow[];
  retry_after_s?: number;
}

export interface Word {
  code: string;
  label: Label;
}
export interface Ref {
  id: number;
  name: Label;
  code?: string;
}
export interface Point {
  lon: number;
  lat: number;
}

export interface GridRef {
  id: number;
  code: string;
}
export interface Level {
  code: string;
  name: Label;
  kind: string;
}
export interface City {
  slug: string;
  name: Label | string;
  time_zone: string;
  languages: string[];
  bbox: [number, number, number, number];
  center: Point | [number, number];
  attribution: string;
  model_version: number;
  /** Of the model's tiles: another model, another word. */
  tiles_version: string;
  levels: Level[];
  demo: boolean;
  stages: Word[];
  roles: Word[];
  /** Labels of the other fixed words, where the server sends them. */
  outcomes?: Word[];
  clocks?: Word[];
  sources?: Word[];
  tasks?: Word[];
  kinds?: Word[];
}

export interface Grant {
  role: string;
  area: Ref | number | null;
  department: Ref | number | null;
}
export interface Person {
  id: number;
  name: string;
  login: string;
  roles: Grant[];
  department: Ref | number | null;
}
export interface Session {
  person: Person;
  must_change_password: boolean;
  /** Ways to start a case; the first one is taken when none is named. */
  start_actions?: AllowedAction[];
  /** What this person may do at all: "case.report", "staff.read" ... */
  rights?: string[];
  city?: City;
}

export interface Condition {
  id: number;
  code: string;
  name: Label;
  limit_text: Label | string | null;
}
export interface CaseClass {
  id: number;
  code: string;
  kind: string;
  major: Label | string | null;
  name: Label;
  /** What earlier editions of the standard call it. */
  former?: { edition: string; code: string; name: Label }[];
  conditions: Condition[];
}
export interface Catalogue {
  version: number;
  urgencies?: string[];
  classes: CaseClass[];
}

/** Words of the process vocabulary for what a field holds. */
export type InputType =
  | 'text'
  | 'department'
  | 'departments'
  | 'class'
  | 'condition'
  | 'point'
  | 'instant'
  | 'media'
  | 'choice'
  | 'number'
  | 'case'
  | 'person';
export interface Input {
  name: string;
  type: InputType;
  required: boolean;
  label: Label;
  choices?: (string | Word)[];
}
export interface Step {
  code: string;
  stage: string;
  label: Label;
}
export interface Process {
  version: number;
  steps: Step[];
  actions: { code: string; kind: string; label: Label; inputs: Input[] }[];
}

export interface Area {
  id: number;
  level: string;
  code: string;
  name: Label;
}
export interface Department {
  id: number;
  code: string;
  name: Label;
  parent: number | null;
  kind?: string;
  /** A desk of a lower level of command: it passes cases on inside its part. */
  desk?: boolean;
}

export interface Clock {
  kind: string;
  state: string;
  limit_text: Label | string | null;
  started_at: string | null;
  due_at: string | null;
  yellow_at: string | null;
  provisional?: boolean;
}

export interface CaseSummary {
  number: string;
  class: (Ref & { code: string }) | null;
  condition: (Ref & { code?: string }) | null;
  stage: string;
  step: string;
  step_label: Label | null;
  department: Ref | null;
  grid: GridRef | null;
  areas: Area[];
  point: Point | null;
  place: Label | string | null;
  description: string;
  /** The number that the system it came from gave it. */
  external_id?: string;
  opened_at: string;
  closed_at: string | null;
  outcome: string | null;
  clock: Clock | null;
  light: Light;
  source: string;
  holder: Holder | null;
  version: number;
}
/** One of the three: a department, a role (by code) or a person. */
export interface Holder {
  department?: Ref | null;
  role?: string | null;
  person?: { id: number; name: string } | null;
}
export interface Task {
  id: number;
  kind: string;
  holder: Holder | null;
  state: string;
  version: number;
  due_at: string | null;
}
export interface Actor {
  id?: number;
  name?: string | null;
  role?: string | null;
  system?: boolean;
  /** Without login: somebody spoke for it, and that is the name. */
  department?: Ref | null;
}
export interface HistoryRow {
  seq: number;
  at: string;
  received_at: string;
  /** Received longer after it was done than the city allows. */
  late?: boolean;
  action: string;
  kind: string;
  label: Label | null;
  from: string | null;
  to: string | null;
  actor: Actor | string | null;
  on_behalf_of: Actor | string | null;
  opinion: string | null;
  inputs: Record<string, unknown> | null;
  filled?: boolean;
}
export interface Media {
  sha256: string;
  /** before, after or check. */
  stage: string;
  /** False for a file that was named and is still to come. */
  received: boolean;
  /** Named by this person: theirs to send. */
  mine: boolean;
  type?: string;
  bytes?: number;
  width?: number;
  height?: number;
  /** Of the move that named it. */
  seq: number;
  added_at: string;
  /** What the camera wrote: only for those who may see originals. */
  taken?: {
    at: string | null;
    minutes_before: number | null;
    lon: number | null;
    lat: number | null;
    accuracy_m: number | null;
    distance_m: number | null;
  };
}
/** A file as a report or an action names it. */
export type MediaNamed = string | { sha256: string; stage?: 'before' | 'after' | 'check' };
export interface AllowedAction {
  action: string;
  kind: string;
  label: Label;
  task: number | null;
  task_version: number | null;
  inputs: Input[];
  /** Files it does not go without: photo, document, before, after. */
  needs?: string[];
  /** A department without login for which this person would act: who spoke is asked for. */
  on_behalf?: Ref | null;
  /** The department named must stand in this one. */
  inside?: number;
}
/** In whose hands a case was while its handling clock ran. */
export interface LevelShare {
  department: Ref | null;
  /** Level of command; 0: no desk. */
  command: number;
  elapsed_ms: number;
  counted_ms: number;
  share: number | null;
}
/** What an action would change: one row for each thing that would differ. */
export interface PreviewChange {
  what: 'step' | 'class' | 'condition' | 'grid' | 'area' | 'route' | 'department' | 'limit' | 'due';
  level?: string;
  before: Label | Ref | string | null;
  after: Label | Ref | string | null;
}
export interface Preview {
  changes: PreviewChange[];
}
export interface Reporter {
  name: string | null;
  phone: string | null;
  email: string | null;
  masked?: boolean;
  address?: string;
  agreed?: boolean;
  anonymous?: boolean;
  erased?: boolean;
  has_voice?: boolean;
  voice?: string | null;
}
export interface PersonRef {
  id: number;
  name: string;
}
export interface ContactAnswered {
  at: string;
  by: PersonRef | null;
  reached: boolean;
  told: string;
}
/** A call, a visit, a message: it opened a case, joined one, or only asked. */
export interface Contact {
  id: number;
  at: string;
  channel: string;
  purpose: string;
  /** Of the case where it is kept; another than the one named when that was merged. */
  number: string | null;
  named: string | null;
  taken_by: PersonRef | null;
  words: string;
  wants_answer: boolean;
  tries: number;
  due_at: string | null;
  answered: ContactAnswered | null;
  reporter: Reporter;
  /** In lists: the case where it lies now. */
  case: CaseSummary | null;
}
export interface ContactNew {
  purpose: string;
  number?: string;
  told?: string;
  reporter?: ReporterNew;
  contact?: ContactHow;
}
export interface ReporterNew {
  name?: string;
  phone?: string;
  email?: string;
  address?: string;
  agreed?: boolean;
  anonymous?: boolean;
  voice?: string;
}
export interface ContactHow {
  channel?: string;
  words?: string;
  wants_answer?: boolean;
}
export interface ContactList {
  items: Contact[];
  more: boolean;
}
export interface WaitingList {
  items: Contact[];
  total: number;
  next_cursor: string | null;
}
export interface NearCase {
  distance_m: number;
  contacts: number;
  case: CaseSummary;
}
export interface NearCases {
  items: NearCase[];
  near_m: number;
  near_days: number;
}
export interface Unmasking {
  id: number;
  at: string;
  number: string;
  person: string;
  reason: string;
}
export interface CaseComponent {
  id: number;
  code: string;
}
export interface CaseDetail extends CaseSummary {
  address?: string | null;
  component?: CaseComponent | null;
  urgency?: string | null;
  outside?: Outside | null;
  tasks: Task[];
  clocks: Clock[];
  /** Of a case that went through desks; else empty. */
  levels: LevelShare[];
  /** Somebody checked what they or their company handled. */
  one_sided: boolean;
  history: HistoryRow[];
  media: Media[];
  reporter: Reporter | null;
  contacts?: Contact[];
  merged_into?: string | null;
  duplicates?: string[];
  allowed_actions: AllowedAction[];
  /** The ended case that it goes on with, and those that go on with it. */
  follows?: string | null;
  successors?: string[];
}
export interface CaseList {
  /** Of words that were searched: whether the index holds every case, and how many changes it lacks. */
  search?: { complete: boolean; behind: number };
  items: CaseSummary[];
  next_cursor: string | null;
  as_of: string;
  /** Where the change stream stood when the list was read. */
  position?: string;
}

export interface ExplainInterval {
  from: string;
  to: string;
  counted_ms: number;
  /** A word of the clock, with the calendar's own name behind a colon: "holiday: ...". */
  why: string;
  /** How many days are drawn together, or which step of a stepped limit. */
  number?: number;
}
export interface ExplainedClock {
  kind: string;
  limit_text: Label | string | null;
  rule: string;
  calendar_version: number | null;
  provisional?: boolean;
  intervals: ExplainInterval[];
  due_at: string | null;
}
export interface Explanation {
  clocks: ExplainedClock[];
}

export interface NearComponent {
  code: string;
  class: Label | string;
  id?: number;
  class_id?: number;
  distance_m: number;
}
/** A point in no unit grid: the nearest one, if one is near. */
export interface Outside {
  nearest_grid: GridRef | null;
  distance_m: number | null;
}
export interface Located {
  outside?: Outside | null;
  grid: GridRef | null;
  areas: Area[];
  place: Label | string | null;
  nearest_components: NearComponent[];
  inside: boolean;
}
export interface Report {
  class: number;
  condition?: number;
  component?: number | string;
  urgency?: string;
  point?: Point & { accuracy_m?: number; datum?: string };
  address?: string;
  description: string;
  reporter?: ReporterNew;
  contact?: ContactHow;
  source?: string;
  media?: MediaNamed[];
  done_at?: string;
  device?: DeviceTime;
  /** A way to start other than the first. */
  action?: string;
  follows?: string;
}
export interface StoredMedia {
  sha256: string;
  type: string;
  bytes: number;
  stored: boolean;
  width?: number;
  height?: number;
}
export interface ModelDifference {
  kind: 'new' | 'changed' | 'renewed' | 'closed';
  what: string;
  code: string;
  new_code: string;
  reason: '' | 'moved' | 'returned' | 'taken' | 'lines';
  detail: string;
  lines_new?: number;
  lines_gone?: number;
  before_m2: number;
  after_m2: number;
  common: number;
  lon?: number;
  lat?: number;
  open_cases: number;
}
/** A changed model that waits for an administrator. */
export interface ModelProposal {
  tag: string;
  folder: string;
  made_at: string;
  version: number;
  count: number;
  warnings: number;
  warning_texts: string[];
  summary: ({ what: string } & Record<'new' | 'changed' | 'renewed' | 'closed', number>)[];
  differences: ModelDifference[];
  open_cases: number;
}
export interface Model {
  version: number;
  versions: { version: number; loaded_at: string; note: string }[];
  proposal: ModelProposal | null;
}
export interface ModelLoaded {
  version: number;
  grids_new: number;
  grids_closed: number;
}

export interface Summary {
  open: number;
  overdue: number;
  opened_today: number;
  closed_today: number;
  mine?: number;
  /** There are more than were counted. */
  mine_more?: boolean;
  /** Cases in which this person is asked for something. */
  asked?: number;
  where?: number;
  manual?: number;
  sees_all?: boolean;
}
export interface StaffMember {
  id: number;
  name: string;
  login?: string;
  department: Ref | number | null;
}
export interface CaseChange {
  number: string;
  version?: number;
  kind?: string;
}

/** When it was done by the device's own clock, and what the device knows of that clock. */
export interface DeviceTime {
  done_at: string;
  sent_at?: string;
  skew_ms?: number;
  seen_at?: string;
}
export interface TimeOrder {
  id: number;
  what: 'pause' | 'extend';
  scope: 'handling' | 'all';
  state: 'working' | 'in_force' | 'lifting' | 'done';
  title: string;
  reason: string;
  filter: string;
  amount: Label | null;
  until: string | null;
  signed_by: string | null;
  signed_at: string;
  lifted_by: string | null;
  lifted_at: string | null;
  ended_at: string | null;
  digest: string;
  listed: number;
  next: number;
  worked: number;
  moved: number;
  skipped: number;
}
export interface TimeOrderCase {
  number: string;
  why: string;
  at: string;
}
export interface TimeOrderTold {
  order: TimeOrder;
  told: TimeOrderCase[];
  next_after: number | null;
}
export interface CalendarChange {
  version: number;
  began_at: string;
  last_at: string;
  looked: number;
  moved: number;
  earlier: number;
  later: number;
}
export interface CalendarMoved {
  change: CalendarChange;
  items: { number: string; clock: string; department: number; due_before: string | null; due_after: string | null }[];
  next_after: number | null;
}
