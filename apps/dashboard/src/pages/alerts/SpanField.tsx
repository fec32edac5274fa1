import type { JSX } from 'react';
import { useT } from '../../i18n/locale.ts';
import { Field } from '../../ui/Field.tsx';
import { spanMs, spanText } from './spans.ts';

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
