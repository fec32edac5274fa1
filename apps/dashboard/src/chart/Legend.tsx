import type { JSX } from 'react';
import { useT } from '../i18n/locale.ts';
import { extremes, type Reading } from './reading.ts';
import { Swatch } from './Swatch.tsx';
import css from './legend.module.css';

/** More names than this are left to the tip and the table. */
const LIMIT = 8;

/** Each series with its value at the cursor, or the newest. */
export function Legend({
  readings,
  text,
}: {
  readonly readings: readonly Reading[];
  readonly text: (value: number | null) => string;
}): JSX.Element {
  const t = useT();
  const named = readings.filter((one) => !one.edge);
  if (named.length > LIMIT) {
    const { least, greatest } = extremes(readings);
    return (
      <ul className={css['legend']}>
        <li>{t('chart.many', { count: named.length, min: text(least), max: text(greatest) })}</li>
      </ul>
    );
  }
  return (
    <ul className={css['legend']}>
      {named.map((one) => (
        <li key={one.key} data-ink={one.ink}>
          <Swatch dashed={one.dashed ?? false} />
          <span className={css['name']} title={one.label}>
            {one.label}
          </span>
          <span className={css['value']}>{text(one.value)}</span>
        </li>
      ))}
    </ul>
  );
}
