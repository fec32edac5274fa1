import type { Override } from '@openmanager/alerting/model';
import type { JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { WhereFields } from './WhereFields.tsx';
import { targetsInput, targetsOf } from './target-text.ts';
import css from './manage.module.css';

/** Other limits for some hosts or resources; the first that fits counts. */
export function Overrides({
  value,
  ratio,
  onChange,
}: {
  readonly value: readonly Override[];
  readonly ratio: boolean;
  readonly onChange: (overrides: readonly Override[]) => void;
}): JSX.Element {
  const { t } = useLanguage();
  const scale = ratio ? 100 : 1;
  const change = (at: number, next: Override): void =>
    onChange(value.map((one, index) => (index === at ? next : one)));
  return (
    <fieldset className={css['parts']}>
      <legend>{t('overrides.title')}</legend>
      {value.map((override, at) => {
        return (
          <div key={at} className={css['line']}>
            <input
              type="text"
              aria-label={t('rules.hosts')}
              placeholder={t('rules.hostsHint')}
              defaultValue={targetsInput(override.targets)}
              onBlur={(event) => {
                const text = event.currentTarget.value;
                if (text !== targetsInput(override.targets))
                  change(at, { ...override, targets: targetsOf(text) });
              }}
            />
            <WhereFields
              value={override.where}
              onChange={(where) => {
                const { where: _, ...rest } = override;
                change(at, where === undefined ? rest : { ...rest, where });
              }}
            />
            <input
              type="number"
              step="any"
              aria-label={t('rules.threshold')}
              placeholder={t('rules.threshold') + (ratio ? ' (%)' : '')}
              value={
                override.threshold === undefined
                  ? ''
                  : Number((override.threshold * scale).toPrecision(12))
              }
              onChange={(event) => {
                const { threshold: _, ...rest } = override;
                const read = event.currentTarget.valueAsNumber;
                change(at, Number.isNaN(read) ? rest : { ...rest, threshold: read / scale });
              }}
            />
            <label>
              <input
                type="checkbox"
                checked={override.enabled !== false}
                onChange={(event) =>
                  change(at, { ...override, enabled: event.currentTarget.checked })
                }
              />{' '}
              {t('rules.isOn')}
            </label>
            <Button
              look="quiet"
              square
              aria-label={t('common.remove')}
              onClick={() => onChange(value.filter((_, index) => index !== at))}
            >
              <Icon name="close" />
            </Button>
          </div>
        );
      })}
      <div>
        <Button onClick={() => onChange([...value, { targets: 'all' }])}>
          <Icon name="plus" />
          {t('overrides.add')}
        </Button>
      </div>
    </fieldset>
  );
}
