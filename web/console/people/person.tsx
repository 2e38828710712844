// SPDX-License-Identifier: MPL-2.0
// One person: name, roles, code, open work; or the form for a new one.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { codeWords } from '../../lib/api/failure.ts';
import { label, showNumber, showTime } from '../../lib/i18n/index.ts';
import { Icon } from '../../lib/ui/icons.tsx';
import { t } from '../i18n.ts';
import { city, client, departments, may, notify, open, peopleOpen, session } from '../state/app.ts';
import { areaWord, departmentTree, failureWords, refWord, roleWord, taskWord } from '../views/words.ts';
import { ADMIT, CHANGE, CLOSE, REOPEN, ROLES, streetRole } from './commands.ts';
import { allAreas, command, departmentCode, type Grant, grantText, makeCodes, type Member, members, picked, readMembers, type WorkItem } from './state.ts';

const NEEDS_OFFICE = new Set(['department', 'company']);

function DepartmentChoice({ value, name, onChange }: { value: number | null; name: string; onChange: (id: number | null) => void }) {
  return (
    <select aria-label={name} value={value ?? ''} onChange={(event) => onChange(Number(event.currentTarget.value) || null)}>
      <option value="">—</option>
      {departmentTree(departments.value).map(({ department, depth }) => (
        <option key={department.id} value={department.id}>{'\u2003'.repeat(depth) + label(department.name)}</option>
      ))}
    </select>
  );
}

function Roles({ grants, onChange }: { grants: Grant[]; onChange: (grants: Grant[]) => void }) {
  const set = (index: number, change: Partial<Grant>) => onChange(grants.map((one, at) => (at === index ? { ...one, ...change } : one)));
  return (
    <fieldset class="people-roles">
      <legend class="field-name">{t('people.roles')}</legend>
      {grants.map((grant, index) => (
        <div key={index} class="people-role">
          <select aria-label={t('people.role')} value={grant.role} onChange={(event) => set(index, { role: event.currentTarget.value })}>
            {city.value?.roles.filter((one) => !['system', 'public'].includes(one.code)).map((one) => (
              <option key={one.code} value={one.code}>{label(one.label)}</option>
            ))}
          </select>
          <DepartmentChoice name={t('people.role_department')} value={grant.department} onChange={(department) => set(index, { department })} />
          <select aria-label={t('people.role_area')} value={grant.area ?? ''} onChange={(event) => set(index, { area: Number(event.currentTarget.value) || null })}>
            <option value="">{t('people.everywhere')}</option>
            {allAreas.value.map((area) => <option key={area.id} value={area.id}>{areaWord(area)}</option>)}
          </select>
          <button type="button" class="square plain" aria-label={t('people.role_remove')} onClick={() => onChange(grants.filter((_, at) => at !== index))}>
            <Icon name="close" size={12} />
          </button>
        </div>
      ))}
      <button type="button" class="plain" onClick={() => onChange([...grants, { role: streetRole(), area: null, department: null }])}>
        <Icon name="plus" /> {t('people.role_add')}
      </button>
    </fieldset>
  );
}

function Work({ member }: { member: Member }) {
  const found = useSignal<{ total: number; items: WorkItem[] } | null>(null);
  const to = useSignal('');
  const why = useSignal('');
  const busy = useSignal(false);
  const read = () =>
    client
      .get<{ total: number; items: WorkItem[] }>(`/staff/${member.id}/work`)
      .then((value) => (found.value = value))
      .catch((error: unknown) => notify('bad', failureWords(error)));
  useEffect(() => void read(), []);
  const work = found.value;
  if (!work || work.total === 0) return work ? <p class="muted">{t('people.no_work')}</p> : null;
  const roles = new Set(member.roles.map((grant) => grant.role));
  const others = (members.value ?? []).filter((one) => !one.closed && one.id !== member.id && one.roles.some((grant) => roles.has(grant.role)));
  const hand = async (task?: number) => {
    busy.value = true;
    try {
      const done = await client.post<{ handed: number; refused: { code: string; text: string }[]; left: number }>(`/staff/${member.id}/work`, {
        ...(to.value ? { to: to.value } : {}),
        ...(task ? { task } : {}),
        ...(why.value.trim() ? { opinion: why.value.trim() } : {}),
      });
      notify(done.refused.length > 0 ? 'bad' : 'good', done.refused[0] ? codeWords(done.refused[0].code, done.refused[0].text) : t('people.handed', { n: done.handed }));
      await Promise.all([read(), readMembers()]);
    } catch (error) {
      notify('bad', failureWords(error));
    } finally {
      busy.value = false;
    }
  };
  return (
    <>
      <ul class="people-work">
        {work.items.map((item) => (
          <li key={item.task}>
            <button type="button" class="plain" onClick={() => { peopleOpen.value = false; open(item.case.number); }}>{item.case.number}</button>
            <span>{taskWord(item.kind)} · {label(item.case.class?.name)}</span>
            <span class="muted">{item.case.clock?.due_at ? t('people.due', { at: showTime(item.case.clock.due_at) }) : showTime(item.opened_at)}</span>
            <button type="button" class="small" disabled={busy.value} onClick={() => void hand(item.task)}>{t('people.hand_one')}</button>
          </li>
        ))}
      </ul>
      <div class="people-hand">
        <label class="field">
          <span class="field-name">{t('people.hand_to')}</span>
          <select value={to.value} onChange={(event) => (to.value = event.currentTarget.value)}>
            <option value="">{t('people.hand_roster')}</option>
            {others.map((one) => <option key={one.login} value={one.login}>{one.name}</option>)}
          </select>
        </label>
        <label class="field">
          <span class="field-name">{t('people.hand_why')}</span>
          <input type="text" maxLength={100} value={why.value} onInput={(event) => (why.value = event.currentTarget.value)} />
        </label>
        <button type="button" class="primary" disabled={busy.value} aria-busy={busy.value} onClick={() => void hand()}>{t('people.hand_all', { n: work.total })}</button>
      </div>
    </>
  );
}

function Form({ member }: { member: Member | null }) {
  const login = useSignal(member?.login ?? '');
  const name = useSignal(member?.name ?? '');
  const home = useSignal<number | null>(member?.department ?? null);
  const grants = useSignal<Grant[]>(member?.roles ?? [{ role: streetRole(), area: null, department: null }]);
  const failure = useSignal('');
  const busy = useSignal(false);
  const save = async () => {
    if (busy.value) return;
    const lacking = grants.value.find((grant) => NEEDS_OFFICE.has(grant.role) && !grant.department);
    if (lacking) {
      failure.value = t('people.role_needs', { role: roleWord(lacking.role) });
      return;
    }
    busy.value = true;
    failure.value = '';
    const office = departmentCode(home.value);
    const base = { login: login.value.trim(), name: name.value.trim(), ...(office ? { department: office } : {}) };
    const roles = grants.value.map(grantText);
    try {
      if (member) {
        await command({ command: CHANGE, ...base });
        await command({ command: ROLES, login: member.login, roles });
        notify('good', t('people.saved'));
      } else {
        const done = await command({ command: ADMIT, ...base, roles });
        await makeCodes([done.login]); // the one to print, with its end
        picked.value = done.login;
      }
    } catch (error) {
      failure.value = failureWords(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="people-form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <label class="field">
        <span class="field-name">{t('people.login')}</span>
        <input type="text" required minLength={2} maxLength={64} autocapitalize="none" spellcheck={false} disabled={member !== null} value={login.value} onInput={(event) => (login.value = event.currentTarget.value)} />
      </label>
      <label class="field">
        <span class="field-name">{t('people.name')}</span>
        <input type="text" required maxLength={200} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />
      </label>
      <label class="field">
        <span class="field-name">{t('people.home')}</span>
        <DepartmentChoice name={t('people.home')} value={home.value} onChange={(id) => (home.value = id)} />
      </label>
      <Roles grants={grants.value} onChange={(next) => (grants.value = next)} />
      <p class="field-error" role="alert">{failure.value}</p>
      <div class="form-end">
        <button type="submit" class="primary" disabled={busy.value}>{t(member ? 'people.save' : 'people.admit')}</button>
      </div>
    </form>
  );
}

export function Person({ login }: { login: string }) {
  const member = members.value?.find((one) => one.login === login) ?? null;
  const sure = useSignal(false);
  if (login !== '' && !member) return null;
  const run = (body: Record<string, unknown>, done: string) =>
    void command(body)
      .then(() => notify('good', done))
      .catch((error: unknown) => notify('bad', failureWords(error)));
  const write = may('staff.write');
  return (
    <section class="people-person" aria-label={member?.name ?? t('people.add')}>
      <div class="people-person-head">
        <h3>{member?.name ?? t('people.add')}</h3>
        <button type="button" class="square plain" aria-label={t('case.close')} onClick={() => (picked.value = null)}>
          <Icon name="close" size={12} />
        </button>
      </div>
      {member?.closed && <p class="alert warn">{t('people.closed_text')}</p>}
      {write && !member?.closed ? (
        <Form member={member} />
      ) : (
        member && (
          <p>
            {member.login} · {refWord(member.department)}
            <br />
            {member.roles.map((grant) => [roleWord(grant.role), refWord(grant.department)].filter(Boolean).join(' · ')).join('; ')}
          </p>
        )
      )}
      {member && may('work.hand_on') && (
        <>
          <h3>{t('people.work', { n: showNumber(member.open_tasks) })}</h3>
          <Work member={member} />
        </>
      )}
      {member && write && (
        <div class="people-end">
          {!member.closed && (
            <button type="button" onClick={() => void makeCodes([member.login]).catch((error: unknown) => notify('bad', failureWords(error)))}>
              <Icon name="print" /> {t('people.new_code')}
            </button>
          )}
          {member.closed ? (
            <button type="button" onClick={() => run({ command: REOPEN, login: member.login }, t('people.reopened'))}>{t('people.reopen')}</button>
          ) : sure.value ? (
            <span class="people-sure">
              {t(member.open_tasks > 0 ? 'people.close_with_work' : 'people.close_sure')}
              <button type="button" class="danger" onClick={() => { sure.value = false; run({ command: CLOSE, login: member.login }, t('people.closed_done')); }}>{t('people.close')}</button>
              <button type="button" class="plain" onClick={() => (sure.value = false)}>{t('form.cancel')}</button>
            </span>
          ) : (
            <button type="button" disabled={member.id === session.value?.person.id} onClick={() => (sure.value = true)}>{t('people.close')}</button>
          )}
        </div>
      )}
    </section>
  );
}
