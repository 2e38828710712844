// SPDX-License-Identifier: MPL-2.0
// Frozen periods: the figures of a month, quarter or year as they were told, all versions of
// them, and the roots that prove that nobody changed anything since.
import { signal } from '@preact/signals';
import { failureWords } from '../../lib/api/failure.ts';
import type { Label } from '../../lib/api/types.ts';
import { label, showNumber, showTime } from '../../lib/i18n/index.ts';
import { uuid } from '../../lib/api/client.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { showValue } from '../figures.ts';
import { t } from '../i18n.ts';
import { Link } from '../links.tsx';
import { base, client, refresh, seesAll, session, view } from '../state.ts';
import { What } from '../what.tsx';
import type { Page, PageRead } from './page.ts';
import { Reports } from './reports.tsx';

interface Frozen {
  period: string;
  version: number;
  made_at: string;
  made_by: string | null;
  reason: string;
  digest: string;
  root: number | null;
}
interface Root {
  number: number;
  made_at: string;
  rows: number;
  line: string;
}
interface Difference {
  by: string;
  code?: string;
  measure: string;
  was: number | null;
  is: number | null;
}
interface FrozenDocument {
  period: string;
  version: number;
  from: string;
  to: string;
  measures: { code: string; name: Label; unit: string }[];
  tables: { by: string; rows: { values: (number | null)[] }[] }[];
  since?: { version: number; differences: Difference[]; difference_count: number; corrections: { case: string; kind: string; at: string }[]; correction_count: number };
}
interface Data {
  today: string;
  frozen: Frozen[];
  roots: Root[];
  shown: FrozenDocument | null;
}

/** The version that the address names: p2026-10:2. */
export function askedVersion(level: string): { period: string; version: number } | null {
  const found = /^p(\d{4}(?:-(?:\d\d|Q[1-4]))?):(\d+)$/.exec(level);
  return found ? { period: found[1]!, version: Number(found[2]) } : null;
}
/** Months, quarters and years that are over, newest first. */
export function periodsOver(today: string): string[] {
  const year = Number(today.slice(0, 4));
  const month = Number(today.slice(5, 7));
  const two = (n: number) => String(n).padStart(2, '0');
  const months = Array.from({ length: 13 }, (_, i) => year * 12 + month - 2 - i).map((n) => `${Math.floor(n / 12)}-${two((n % 12) + 1)}`);
  const quarter = year * 4 + Math.floor((month - 1) / 3);
  const quarters = Array.from({ length: 5 }, (_, i) => quarter - 1 - i).map((n) => `${Math.floor(n / 4)}-Q${(n % 4) + 1}`);
  return [...months, ...quarters, String(year - 1), String(year - 2)];
}

async function read(asked: PageRead): Promise<Data> {
  const wanted = askedVersion(asked.view.level);
  const [frozen, roots, shown] = await Promise.all([
    seesAll.value ? asked.get<{ items: Frozen[] }>('/frozen') : { items: [] },
    asked.get<{ items: Root[] }>('/roots'),
    wanted && seesAll.value ? asked.get<FrozenDocument>(`/frozen/${wanted.period}?version=${wanted.version}`) : null,
  ]);
  return { today: asked.today, frozen: frozen.items, roots: roots.items, shown };
}

const busy = signal(false);
const failed = signal<unknown>(null);
const period = signal('');
const reason = signal('');

async function freeze(): Promise<void> {
  busy.value = true;
  failed.value = null;
  try {
    const words = reason.value.trim();
    await client.post('/frozen', { period: period.value, ...(words ? { reason: words } : {}) }, { key: uuid() });
    reason.value = '';
    await refresh();
  } catch (error) {
    failed.value = error;
  } finally {
    busy.value = false;
  }
}

function FreezeForm({ data }: { data: Data }) {
  const offered = periodsOver(data.today);
  if (!offered.includes(period.value)) period.value = offered[0]!;
  const again = data.frozen.some((one) => one.period === period.value);
  return (
    <form
      class="freeze"
      onSubmit={(event) => {
        event.preventDefault();
        void freeze();
      }}
    >
      <label class="pick">
        <span>{t('frozen.period')}</span>
        <select id="freeze-period" value={period.value} onChange={(event) => (period.value = event.currentTarget.value)}>
          {offered.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      {again && (
        <label class="pick">
          <span>{t('frozen.reason')}</span>
          <input id="freeze-reason" required maxLength={400} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />
        </label>
      )}
      <button type="submit" class="primary" disabled={busy.value}>
        {again ? t('frozen.again') : t('frozen.freeze')}
      </button>
      {failed.value !== null && (
        <p class="alert bad" role="alert">
          <Icon name="warn" /> {failureWords(failed.value)}
        </p>
      )}
    </form>
  );
}

function Versions({ list }: { list: Frozen[] }) {
  if (list.length === 0) return <p class="muted">{t('frozen.none')}</p>;
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={t('frozen.title')}>
      <table class="cards">
        <caption class="hidden">{t('frozen.title')}</caption>
        <thead>
          <tr data-frozen="">
            <th scope="col">{t('frozen.period')}</th>
            <th scope="col">{t('frozen.version')}</th>
            <th scope="col">{t('frozen.made')}</th>
            <th scope="col">{t('frozen.by')}</th>
            <th scope="col">{t('frozen.reason')}</th>
            <th scope="col">{t('frozen.root')}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((one) => (
            <tr key={`${one.period}:${one.version}`} data-frozen={`${one.period}:${one.version}`}>
              <th scope="row">
                <Link to={{ ...view.value, level: `p${one.period}:${one.version}` }} class="narrows">
                  {one.period}
                </Link>
              </th>
              <td data-name={t('frozen.version')}>{one.version}</td>
              <td data-name={t('frozen.made')}>{showTime(one.made_at)}</td>
              <td data-name={t('frozen.by')}>{one.made_by ?? t('frozen.system')}</td>
              <td data-name={t('frozen.reason')}>{one.reason}</td>
              <td data-name={t('frozen.root')} title={one.digest}>{one.root ?? t('frozen.tonight')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Document({ shown }: { shown: FrozenDocument }) {
  const values = shown.tables.find((one) => one.by === '')?.rows[0]?.values ?? [];
  const nameOf = (code: string) => label(shown.measures.find((one) => one.code === code)?.name) || code;
  const unitOf = (code: string) => shown.measures.find((one) => one.code === code)?.unit ?? 'number';
  const since = shown.since;
  return (
    <section class="panel" aria-labelledby="frozen-shown">
      <div class="panel-head">
        <h2 id="frozen-shown">{t('frozen.shown', { period: shown.period, version: shown.version })}</h2>
        <a class="button" href={`${base}/api/v1/frozen/${shown.period}?version=${shown.version}`} download={`${shown.period}-v${shown.version}.json`}>
          {t('frozen.whole')}
        </a>
      </div>
      {since && (
        <>
          <p>{t('frozen.since', { version: since.version, n: showNumber(since.difference_count), cases: showNumber(since.correction_count) })}</p>
          <ul class="plain">
            {since.differences
              .filter((one) => one.by === '')
              .map((one) => (
                <li key={one.measure}>
                  {nameOf(one.measure)}: <s>{showValue(unitOf(one.measure), one.was)}</s> → <b>{showValue(unitOf(one.measure), one.is)}</b>
                </li>
              ))}
          </ul>
          <p>
            {since.corrections.map((one) => (
              <a key={`${one.case} ${one.at}`} href={`${base}/console/?case=${encodeURIComponent(one.case)}`}>
                {one.case}{' '}
              </a>
            ))}
          </p>
        </>
      )}
      <div class="table-box" tabIndex={0} role="region" aria-label={t('frozen.figures')}>
        <table>
          <caption class="hidden">{t('frozen.figures')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('frozen.measure')}</th>
              <th scope="col">{t('frozen.value')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.measures.map((one, at) => (
              <tr key={one.code} data-measure={one.code}>
                <th scope="row">
                  {label(one.name)} <What code={one.code} name={label(one.name)} />
                </th>
                <td data-value={values[at] ?? ''}>{showValue(one.unit, values[at] ?? null)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Roots({ roots }: { roots: Root[] }) {
  return (
    <section class="panel" aria-labelledby="roots-title">
      <div class="panel-head">
        <h2 id="roots-title">{t('frozen.roots')}</h2>
      </div>
      <p>{t('frozen.roots_why')}</p>
      {roots.length === 0 ? (
        <p class="muted">{t('frozen.no_root')}</p>
      ) : (
        <>
          <pre class="root-line" tabIndex={0}>
            {roots
              .slice(0, 10)
              .map((one) => one.line)
              .join('\n')}
          </pre>
          <p class="muted">
            <code>gridcase verify --root</code> · <a href={`${base}/api/v1/roots`}>{t('frozen.roots_all')}</a>
          </p>
        </>
      )}
    </section>
  );
}

function Body({ data }: { data: Data }) {
  const may = session.value?.rights?.includes('figures.freeze') ?? false;
  return (
    <>
      <section class="panel" aria-labelledby="page-title">
        <div class="panel-head">
          <h2 id="page-title">{t('frozen.title')}</h2>
        </div>
        <p>{t('frozen.why')}</p>
        {!seesAll.value && <p class="alert part">{t('frozen.whole_city')}</p>}
        {may && seesAll.value && <FreezeForm data={data} />}
        {seesAll.value && <Versions list={data.frozen} />}
      </section>
      <Reports offered={periodsOver(data.today)} running={data.today.slice(0, 7)} />
      <Roots roots={data.roots} />
      {data.shown && <Document shown={data.shown} />}
    </>
  );
}
export const frozenPage: Page<Data> = { read, Body };
