import type { JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import css from './manage.module.css';

/** Web Push to everyone who turned it on; it is always there. */
export const BROWSERS = 'browsers';

/** Which receivers are notified. */
export function ReceiverChoice({
  title,
  all,
  value,
  inherited,
  onChange,
}: {
  readonly title: string;
  readonly all: readonly string[];
  readonly value: readonly string[] | undefined;
  /** Whether leaving it out means what the branch above has. */
  readonly inherited: boolean;
  readonly onChange: (value: readonly string[] | undefined) => void;
}): JSX.Element {
  const { t } = useLanguage();
  const chosen = value ?? [];
  return (
    <div className={css['checks']} role="group" aria-label={title}>
      <span className={css['hint']}>{title}</span>
      {inherited && (
        <label>
          <input
            type="checkbox"
            checked={value === undefined}
            onChange={(event) => onChange(event.currentTarget.checked ? undefined : [])}
          />
          {t('routing.asAbove')}
        </label>
      )}
      {(value !== undefined || !inherited) &&
        [...new Set([...all, ...chosen])].map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) =>
                onChange(
                  event.currentTarget.checked
                    ? [...chosen, name]
                    : chosen.filter((one) => one !== name),
                )
              }
            />
            {name === BROWSERS ? t('receivers.browsers') : name}
          </label>
        ))}
    </div>
  );
}
