import type { Unit } from '@openmanager/protocol';
import type { JSX } from 'react';
import { useLanguage } from '../i18n/locale.ts';
import { controls } from '../ui/controls.tsx';
import { firstAtOrAfter, type Span } from './timeline.ts';
import css from './chart.module.css';

/** Rows of the table; more samples are thinned out evenly. */
const ROW_LIMIT = 60;

/** Rows to show, newest first: at most `limit`, evenly apart, the newest always among them. */
export function thinned(from: number, length: number, limit: number = ROW_LIMIT): number[] {
  const count = length - from;
  const step = Math.max(1, Math.ceil(count / limit));
  const rows: number[] = [];
  for (let row = length - 1; row >= from; row -= step) rows.push(row);
  return rows;
}

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
    <div className={css['tableBox']} tabIndex={0} role="region" aria-label={t('chart.tableOf', { title })}>
      <table className={controls['table']}>
        <thead>
          <tr>
            <th scope="col">{t('chart.time')}</th>
            {series.map((one) => (
              <th key={one.key} scope="col" className={controls['numeric']}>
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
                  <td key={one.key} className={controls['numeric']}>
                    {value == null ? t('chart.noSample') : format.value(value, unit)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
