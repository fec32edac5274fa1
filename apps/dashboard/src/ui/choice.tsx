import { useId, type JSX, type ReactNode } from 'react';
import { Icon } from './icons.tsx';
import css from './choice.module.css';

export interface Choice<T extends string | number> {
  readonly value: T;
  readonly label: string;
  readonly icon?: ReactNode;
}

/** One of a few, as radio buttons: arrow keys move, the group is announced with its name. */
export function Segments<T extends string | number>({
  label,
  choices,
  value,
  onChange,
  iconsOnly = false,
}: {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T | null;
  readonly onChange: (value: T) => void;
  readonly iconsOnly?: boolean;
}): JSX.Element {
  const name = useId();
  return (
    <div className={css['segments']} role="radiogroup" aria-label={label}>
      {choices.map((choice) => (
        <label
          key={choice.value}
          className={css['segment']}
          title={iconsOnly ? choice.label : undefined}
        >
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
            // A checked radio does not report a second click, yet that click should end a zoom.
            onClick={() => choice.value === value && onChange(choice.value)}
          />
          {choice.icon}
          <span className={iconsOnly ? 'visually-hidden' : undefined}>{choice.label}</span>
        </label>
      ))}
    </div>
  );
}

export interface SelectProps<T extends string> {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

export function Select<T extends string>({
  label,
  choices,
  value,
  onChange,
}: SelectProps<T>): JSX.Element {
  return (
    <span className={css['selectWrap']}>
      <select
        className={css['select']}
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value as T)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
      <Icon name="sortDown" />
    </span>
  );
}
