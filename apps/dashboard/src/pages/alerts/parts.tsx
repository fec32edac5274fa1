/** Pieces that the forms about alerts share. */
import { useId, type JSX } from 'react';
import { useT } from '../../i18n/locale.ts';
import { Button, Field, Select } from '../../ui/controls.tsx';
import { Icon } from '../../ui/icons.tsx';
import { matcherOps, weekdays, type Matcher, type Schedule } from './model.ts';
import { spanMs, spanText } from './spans.ts';
import css from './manage.module.css';

/** A span of time; `onChange` hears only what is one. */
export function SpanField({
  label,
  value,
  onChange,
  hint,
}: {
  readonly label: string;
  readonly value: number;
  readonly onChange: (ms: number) => void;
  readonly hint?: string;
}): JSX.Element {
  const t = useT();
  return (
    <Field
      label={label}
      hint={hint ?? t('form.span')}
      defaultValue={spanText(value)}
      key={value}
      onBlur={(event) => {
        const ms = spanMs(event.currentTarget.value);
        if (ms === undefined) event.currentTarget.value = spanText(value);
        else if (ms !== value) onChange(ms);
      }}
    />
  );
}

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
            choices={matcherOps.map((op) => ({ value: op, label: op }))}
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

export function Schedules({
  title,
  value,
  onChange,
}: {
  readonly title: string;
  readonly value: readonly Schedule[];
  readonly onChange: (schedules: readonly Schedule[]) => void;
}): JSX.Element {
  const t = useT();
  const change = (at: number, part: Partial<Schedule>): void =>
    onChange(value.map((one, index) => (index === at ? { ...one, ...part } : one)));
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <fieldset className={css['parts']}>
      <legend>{title}</legend>
      {value.map((schedule, at) => (
        <div key={at} className={css['line']}>
          <input
            type="time"
            aria-label={t('schedule.from')}
            value={schedule.from}
            onChange={(event) => change(at, { from: event.currentTarget.value })}
          />
          –
          <input
            type="time"
            aria-label={t('schedule.to')}
            value={schedule.to === '24:00' ? '00:00' : schedule.to}
            onChange={(event) =>
              change(at, {
                to: event.currentTarget.value === '00:00' ? '24:00' : event.currentTarget.value,
              })
            }
          />
          <input
            type="text"
            aria-label={t('schedule.zone')}
            value={schedule.zone}
            onChange={(event) => change(at, { zone: event.currentTarget.value })}
          />
          <span className={css['checks']} role="group" aria-label={t('schedule.days')}>
            {weekdays.map((day) => {
              const days = schedule.weekdays ?? weekdays;
              return (
                <label key={day}>
                  <input
                    type="checkbox"
                    checked={days.includes(day)}
                    onChange={(event) => {
                      const next = event.currentTarget.checked
                        ? weekdays.filter((one) => one === day || days.includes(one))
                        : days.filter((one) => one !== day);
                      if (next.length > 0) change(at, { weekdays: next });
                    }}
                  />
                  {t(`weekday.${day}`)}
                </label>
              );
            })}
          </span>
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
      <div>
        <Button onClick={() => onChange([...value, { zone, from: '22:00', to: '06:00' }])}>
          <Icon name="plus" />
          {t('schedule.add')}
        </Button>
      </div>
    </fieldset>
  );
}
