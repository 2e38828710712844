// SPDX-License-Identifier: MPL-2.0
// One definition above the page, with what holds for all figures below it; or, from the menu,
// only the latter with the way to all of them.
import { useEffect } from 'preact/hooks';
import { label } from '../lib/i18n/index.ts';
import { Dialog } from '../lib/ui/dialog.tsx';
import { DefinitionFacts } from './definition_facts.tsx';
import { t } from './i18n.ts';
import { Link } from './links.tsx';
import { definitions, helpAt, readDefinitions, view } from './state.ts';

const general = ['def.days', 'def.before', 'def.none', 'def.lists', 'def.department', 'def.fresh'] as const;

export function Help() {
  const wanted = helpAt.value;
  useEffect(() => {
    if (wanted !== null) void readDefinitions();
  }, [wanted]);
  if (wanted === null) return null;
  const one = definitions.value.measures.find((measure) => measure.code === wanted);
  const close = () => (helpAt.value = null);
  return (
    <Dialog title={one ? label(one.label) || one.code : t('help.figures')} closeLabel={t('help.close')} onClose={close} className="help">
      <div class="definitions" tabIndex={0} role="region" aria-label={t('help.figures')} data-first>
        {one && <DefinitionFacts one={one} />}
        <p>
          <Link to={{ ...view.value, page: 'definitions', measure: one?.code ?? '', list: null }} class="button">
            {one ? t('help.whole') : t('help.all')}
          </Link>
        </p>
        <h3>{t('help.general')}</h3>
        <ul>
          {general.map((key) => (
            <li key={key}>{t(key)}</li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}
