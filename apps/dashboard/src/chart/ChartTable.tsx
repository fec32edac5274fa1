import type { Unit } from '@openmanager/protocol';
import type { JSX } from 'react';
import { useLanguage } from '../i18n/locale.ts';
import { ScrollBox, tables } from '../ui/table.tsx';
import { firstAtOrAfter, type Span } from './timeline.ts';
import { thinned } from './thinned.ts';
import css from './chart-table.module.css';

/** The chart's values as text. */
export function ChartTable({
  title,
  unit,
  series,
  timesMs,
  columns,
  span,
}: {
  readonly title: string;
  readonly unit: Unit;
  readonly series: readonly { readonly key: string; readonly label: string }[];
  readonly timesMs: readonly number[];
  readonly columns: readonly (readonly (number | null)[])[];
  readonly span: Span;
}): JSX.Element {
  const { t, format } = useLanguage();
  const rows = thinned(firstAtOrAfter(timesMs, span.fromMs), timesMs.length);
  return (
    <ScrollBox className={css['tableBox']} aria-label={t('chart.tableOf', { title })}>
      <table className={tables['table']}>
        <thead>
          <tr>
            <th scope="col">{t('chart.time')}</th>
            {series.map((one) => (
              <th key={one.key} scope="col" className={tables['numeric']}>
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={timesMs[row]}>
              <th scope="row">{format.time(timesMs[row] as number)}</th>
              {series.map((one, index) => {
                const value = columns[index]?.[row];
                return (
                  <td key={one.key} className={tables['numeric']}>
                    {typeof value !== 'number' ? t('chart.noSample') : format.value(value, unit)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
