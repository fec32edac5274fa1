import { useId, type ComponentProps, type JSX } from 'react';
import { Select, type SelectProps } from './choice.tsx';
import css from './field.module.css';

/** How an input looks that stands alone. */
export const inputClass: string = css['input'] ?? '';

export function Field({
  label,
  hint,
  problem,
  ...input
}: {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
} & ComponentProps<'input'>): JSX.Element {
  const id = useId();
  return (
    <div className={css['field']}>
      <label className={css['label']} htmlFor={id}>
        {label}
      </label>
      <input
        {...input}
        id={id}
        className={css['input']}
        aria-invalid={problem ? true : undefined}
        aria-describedby={hint || problem ? `${id}-hint` : undefined}
      />
      {(hint || problem) && (
        <p id={`${id}-hint`} className={css['hint']}>
          {problem ?? hint}
        </p>
      )}
    </div>
  );
}

export function Switch({
  label,
  ...input
}: { readonly label: string } & ComponentProps<'input'>): JSX.Element {
  return (
    <label className={css['switch']}>
      <input {...input} type="checkbox" role="switch" aria-checked={input.checked ?? false} />
      <span>{label}</span>
    </label>
  );
}

/** A choice with its label above it, as fields have theirs. */
export function SelectField<T extends string>(props: SelectProps<T>): JSX.Element {
  return (
    <label className={css['field']}>
      <span className={css['label']}>{props.label}</span>
      <Select {...props} />
    </label>
  );
}
