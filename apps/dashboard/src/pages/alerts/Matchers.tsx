import type { Matcher, MatcherOperator } from '@openmanager/protocol';
import { useId, type JSX } from 'react';
import { useT } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Select } from '../../ui/choice.tsx';
import { Icon } from '../../ui/icons.tsx';
import css from './manage.module.css';

const operators = Object.keys({
  '=': true,
  '!=': true,
  '~': true,
  '!~': true,
} satisfies Record<MatcherOperator, true>) as MatcherOperator[];
const LABELS = [
  'rule',
  'severity',
  'target',
  'targetId',
  'kind',
  'host',
  'hostId',
  'metric',
  'system.filesystem.mountpoint',
];

export function Matchers({
  value,
  onChange,
}: {
  readonly value: readonly Matcher[];
  readonly onChange: (matchers: readonly Matcher[]) => void;
}): JSX.Element {
  const t = useT();
  const id = useId();
  const change = (at: number, part: Partial<Matcher>): void =>
    onChange(value.map((one, index) => (index === at ? { ...one, ...part } : one)));
  return (
    <fieldset className={css['parts']}>
      <legend>{t('matchers.title')}</legend>
      <datalist id={id}>
        {LABELS.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </datalist>
      {value.map((matcher, at) => (
        <div key={at} className={css['line']}>
          <input
            type="text"
            list={id}
            aria-label={t('matchers.label')}
            value={matcher.name}
            onChange={(event) => change(at, { name: event.currentTarget.value })}
          />
          <Select
            label={t('matchers.op')}
            choices={operators.map((op) => ({ value: op, label: op }))}
            value={matcher.op}
            onChange={(op) => change(at, { op })}
          />
          <input
            type="text"
            aria-label={t('matchers.value')}
            value={matcher.value}
            onChange={(event) => change(at, { value: event.currentTarget.value })}
          />
          <Button
            look="quiet"
            square
            aria-label={t('common.remove')}
            onClick={() => onChange(value.filter((_, index) => index !== at))}
          >
            <Icon name="close" />
          </Button>
        </div>
      ))}
      <p className={css['hint']}>{t('matchers.hint')}</p>
      <div>
        <Button onClick={() => onChange([...value, { name: 'host', op: '=', value: '' }])}>
          <Icon name="plus" />
          {t('matchers.add')}
        </Button>
      </div>
    </fieldset>
  );
}
