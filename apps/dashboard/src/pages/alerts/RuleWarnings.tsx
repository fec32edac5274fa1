import type { RuleWarning } from '@openmanager/alerting/model';
import type { JSX } from 'react';
import { useT } from '../../i18n/locale.ts';
import { Icon } from '../../ui/icons.tsx';
import css from './manage.module.css';

/** What of a rule is hardly meant; nothing where all is well. */
export function RuleWarnings({
  warnings,
}: {
  readonly warnings: readonly RuleWarning[];
}): JSX.Element | null {
  const t = useT();
  if (warnings.length === 0) return null;
  return (
    <ul className={css['warnings']} aria-label={t('rules.warnings')}>
      {warnings.map(({ code, ...values }) => (
        <li key={`${code} ${values.field}`}>
          <Icon name="alert" size={13} /> {t(`ruleWarning.${code}`, values)}
        </li>
      ))}
    </ul>
  );
}
