import type { Schedule, Weekday } from '@openmanager/alerting/model';
import type { JSX } from 'react';
import { useT } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/icons.tsx';
import css from './manage.module.css';

const weekdays = Object.keys({
  mon: true,
  tue: true,
  wed: true,
  thu: true,
  fri: true,
  sat: true,
  sun: true,
} satisfies Record<Weekday, true>) as Weekday[];

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
          <Unshown schedule={schedule} />
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

/** What the form has no field for, by the names of the API: the hours are not all there is to it. */
function Unshown({ schedule }: { readonly schedule: Schedule }): JSX.Element | null {
  const { zone: _, from: __, to: ___, weekdays: ____, ...rest } = schedule;
  const text = Object.entries(rest).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value.join(', ')}`],
  );
  return text.length === 0 ? null : <span className={css['hint']}>{text.join(' · ')}</span>;
}
