// SPDX-License-Identifier: MPL-2.0
// The city's model for an administrator: its versions, and what a proposed one would change,
// read before it is loaded.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Model, ModelDifference, ModelLoaded, ModelProposal } from '../../lib/api/types.ts';
import { showNumber, showTime } from '../../lib/i18n/index.ts';
import { Dialog } from '../../lib/ui/dialog.tsx';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { areas, city, client, lookAt, notify, pane, tool } from '../state/app.ts';
import { label } from '../../lib/i18n/index.ts';
import { WhatIf } from './what_if.tsx';
import { failureWords } from './words.ts';
import './model.css';

const LISTED = 200;
const LOAD_MS = 600_000; // a large city takes minutes
const kinds = ['new', 'changed', 'renewed', 'closed'] as const;

const kindWord = (kind: string) =>
  kind === 'new' ? t('model.new') : kind === 'changed' ? t('model.changed') : kind === 'renewed' ? t('model.renewed') : t('model.closed');

/** "level ward" is what the city calls its wards; tables and layers keep their file's word. */
function whatWord(what: string): string {
  const [family, code = ''] = what.split(' ');
  const level = family === 'level' ? city.value?.levels.find((one) => one.code === code) : undefined;
  if (what === 'grids') return t('model.grids');
  if (what === 'components') return t('model.components');
  if (what === 'city.ini') return t('model.settings');
  if (level) return label(level.name);
  if (family === 'table') return t('model.table', { name: code });
  if (family === 'coverage') return t('model.coverage', { name: code });
  if (family === 'layer') return t('model.layer', { name: code });
  return what;
}

function Summary({ proposal, chosen, choose }: { proposal: ModelProposal; chosen: string; choose: (what: string) => void }) {
  return (
    <div class="model-scroll">
      <table class="model-table">
        <thead>
          <tr>
            <th>{t('model.what')}</th>
            {kinds.map((kind) => (
              <th key={kind} class="number">{kindWord(kind)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {proposal.summary.map((row) => (
            <tr key={row.what}>
              <th scope="row">
                <button type="button" class="plain" aria-pressed={chosen === row.what} onClick={() => choose(chosen === row.what ? '' : row.what)}>
                  {whatWord(row.what)}
                </button>
              </th>
              {kinds.map((kind) => (
                <td key={kind} class={`number${row[kind] ? '' : ' muted'}`}>{showNumber(row[kind])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Surface before and after, and how much of it is common: what a person checks first. */
function surface(one: ModelDifference): string {
  const before = one.before_m2 ? showNumber(Math.round(one.before_m2)) : '';
  const after = one.after_m2 ? showNumber(Math.round(one.after_m2)) : '';
  if (before && after && before !== after) return `${before} → ${after} m²`;
  return before || after ? `${after || before} m²` : '';
}

/** In the page's language where there are words for it; classes and areas are codes. */
function detailWord(one: ModelDifference): string {
  if (one.reason === 'moved') return t('model.moved');
  if (one.reason === 'returned') return t('model.returned');
  if (one.reason === 'taken') return t('model.taken');
  if (one.reason === 'lines') return t('model.lines', { fresh: one.lines_new ?? 0, gone: one.lines_gone ?? 0 });
  return one.detail;
}

function Row({ one }: { one: ModelDifference }) {
  const show = () => {
    tool.value = null;
    pane.value = 'map';
    lookAt.value = { lon: one.lon!, lat: one.lat! };
  };
  return (
    <tr>
      <td class="what">{whatWord(one.what)}</td>
      <td><span class={`badge model-${one.kind}`}>{kindWord(one.kind)}</span></td>
      <td class="code">{one.kind === 'renewed' ? `${one.code} → ${one.new_code}` : one.code}</td>
      <td class="number">{surface(one)}</td>
      <td class="number">{one.kind === 'renewed' ? `${showNumber(Math.round(one.common * 100))} %` : ''}</td>
      <td class="number">{one.open_cases ? showNumber(one.open_cases) : ''}</td>
      <td class="muted">{detailWord(one)}</td>
      <td>
        {one.lon !== undefined && (
          <button type="button" class="plain square" aria-label={t('model.show', { code: one.code })} onClick={show}>
            <Icon name="map" />
          </button>
        )}
      </td>
    </tr>
  );
}

function Differences({ rows }: { rows: readonly ModelDifference[] }) {
  const all = useSignal(false);
  const shown = all.value ? rows : rows.slice(0, LISTED);
  return (
    <div class="model-scroll">
      <table class="model-table">
        <thead>
          <tr>
            <th>{t('model.what')}</th>
            <th>{t('model.kind')}</th>
            <th>{t('model.code')}</th>
            <th class="number">{t('model.surface')}</th>
            <th class="number">{t('model.common')}</th>
            <th class="number">{t('model.open_cases')}</th>
            <th>{t('model.detail')}</th>
            <th>{t('tabs.map')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <Row key={`${one.what} ${one.kind} ${one.code}`} one={one} />
          ))}
        </tbody>
      </table>
      {shown.length < rows.length && (
        <button type="button" onClick={() => (all.value = true)}>{t('model.more', { n: rows.length - shown.length })}</button>
      )}
    </div>
  );
}

function Proposal({ proposal, again }: { proposal: ModelProposal; again: () => void }) {
  const chosen = useSignal('');
  const sure = useSignal(false);
  const busy = useSignal(false);
  const rows = proposal.differences.filter((one) => !chosen.value || one.what === chosen.value);
  const answer = (work: Promise<string>) => {
    busy.value = true;
    work
      .then((text) => notify('good', text))
      .catch((error: unknown) => notify('bad', failureWords(error)))
      .finally(() => {
        busy.value = sure.value = false;
        again();
      });
  };
  const load = () =>
    answer(
      client
        .post<ModelLoaded>('/model/load', { tag: proposal.tag }, { timeoutMs: LOAD_MS })
        .then((done) => t('model.loaded', { version: done.version, fresh: done.grids_new, closed: done.grids_closed })),
    );
  const decline = () => answer(client.post('/model/decline', { tag: proposal.tag }).then(() => t('model.declined')));
  return (
    <section class="model-proposal">
      <h3>{t('model.proposal')}</h3>
      <p>
        {t('model.made', { at: showTime(proposal.made_at), version: proposal.version })} <code>{proposal.folder}</code>
      </p>
      {proposal.count === 0 ? <p>{t('model.nothing')}</p> : <Summary proposal={proposal} chosen={chosen.value} choose={(what) => (chosen.value = what)} />}
      {proposal.open_cases > 0 && <p class="model-cases">{t('model.cases_keep', { n: proposal.open_cases })}</p>}
      {proposal.warnings > 0 && (
        <details>
          <summary>{t('model.warnings', { n: proposal.warnings })}</summary>
          <ul>
            {proposal.warning_texts.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </details>
      )}
      <div class="model-word">
        <button type="button" class="primary" disabled={busy.value} onClick={() => (sure.value = true)}>{t('model.load')}</button>
        <button type="button" disabled={busy.value} onClick={decline}>{t('model.decline')}</button>
        {busy.value && <span class="muted" role="status">{t('model.working')}</span>}
      </div>
      {proposal.count > 0 && <WhatIf tag={proposal.tag} />}
      {rows.length > 0 && <Differences key={chosen.value} rows={rows} />}
      {proposal.count > proposal.differences.length && <p class="muted">{t('model.cut', { n: proposal.differences.length, all: proposal.count })}</p>}
      {sure.value && (
        <Dialog title={t('model.load')} onClose={() => (sure.value = false)} closeLabel={t('model.back')} className="narrow">
          <p>{t('model.sure')}</p>
          <button type="button" class="primary" data-first disabled={busy.value} onClick={load}>{t('model.load_now')}</button>
        </Dialog>
      )}
    </section>
  );
}

export function Page() {
  const model = useSignal<Model | null>(null);
  const failure = useSignal<unknown>(null);
  const read = () => {
    client
      .get<Model>('/model')
      .then((found) => {
        model.value = found;
        failure.value = null;
      })
      .catch((error: unknown) => (failure.value = error));
  };
  useEffect(read, [areas.value]); // tables are read anew when a version is loaded
  if (failure.value) {
    return (
      <p class="bad" role="alert">
        {failureWords(failure.value)} <button type="button" onClick={read}>{t('model.again')}</button>
      </p>
    );
  }
  const found = model.value;
  if (!found) return <p class="muted">{t('tools.wait')}</p>;
  return (
    <div class="model">
      {found.proposal ? (
        <Proposal key={found.proposal.tag} proposal={found.proposal} again={read} />
      ) : (
        <section>
          <h3>{t('model.proposal')}</h3>
          <p>{t('model.none')}</p>
          <pre>gridcase city diff {city.value?.slug ?? 'CITY'} FOLDER --propose</pre>
        </section>
      )}
      <section>
        <h3>{t('model.versions')}</h3>
        <ol class="model-versions plain-list">
          {found.versions.map((_, i, all) => all[all.length - 1 - i]!).map((one) => (
            <li key={one.version}>
              <span class="muted">{one.version}.</span> <b>{showTime(one.loaded_at)}</b> {one.version === found.version && <span class="badge">{t('model.in_force')}</span>}{' '}
              <span class="muted">{one.note}</span>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}
