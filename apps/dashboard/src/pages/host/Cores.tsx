import { parseSeriesKey } from '@openmanager/protocol';
import type { JSX } from 'react';
import { levelOf } from '../../format/headline.ts';
import { useLanguage } from '../../i18n/locale.ts';
import css from './cores.module.css';

/** Many cores as small bars: more lines than a chart can tell apart. */
const BARS_FROM = 17;

export function Cores({
  series,
}: {
  readonly series: Readonly<Record<string, number>>;
}): JSX.Element | null {
  const { t, format } = useLanguage();
  const cores = Object.entries(series)
    .filter(([key]) => key.startsWith('system.cpu.utilization{cpu.logical_number='))
    .map(([key, value]) => ({
      number: Number(parseSeriesKey(key).attributes['cpu.logical_number']),
      value,
    }))
    .sort((a, b) => a.number - b.number);
  if (cores.length < BARS_FROM) return null;
  return (
    <section className={css['cores']} aria-label={t('chart.cores')}>
      <h2>{t('chart.cores')}</h2>
      <ul>
        {cores.map(({ number, value }) => (
          <li
            key={number}
            data-level={levelOf(value)}
            title={`${t('cpu.core', { number })}: ${format.percent(value)}`}
          >
            <i style={{ scale: `1 ${Math.min(1, Math.max(0.02, value || 0))}` }} />
            <span className="visually-hidden">
              {t('cpu.core', { number })} {format.percent(value)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
