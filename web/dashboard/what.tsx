// SPDX-License-Identifier: MPL-2.0
// "How is this counted?" beside a figure's name: opens its definition above the page.
import { Icon } from '../lib/ui/icons.tsx';
import { t } from './i18n.ts';
import { helpAt } from './state.ts';

export function What({ code, name }: { code: string; name: string }) {
  return (
    <button type="button" class="plain what" aria-label={t('help.of', { name })} title={t('help.how')} onClick={() => (helpAt.value = code)}>
      <Icon name="help" size={14} />
    </button>
  );
}
