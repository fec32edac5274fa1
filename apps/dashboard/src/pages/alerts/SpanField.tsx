import { durationText } from '@openmanager/protocol/durations';
import type { JSX } from 'react';
import { useT } from '../../i18n/locale.ts';
import { Field } from '../../ui/Field.tsx';
import { spanMs } from './spans.ts';

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
      defaultValue={durationText(value)}
      key={value}
      onBlur={(event) => {
        const ms = spanMs(event.currentTarget.value);
        if (ms === undefined) event.currentTarget.value = durationText(value);
        else if (ms !== value) onChange(ms);
      }}
    />
  );
}
