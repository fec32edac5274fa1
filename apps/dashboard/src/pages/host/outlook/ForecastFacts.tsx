import { MINUTE_MS } from '@openmanager/protocol/durations';
import type {
  Capacity,
  ForecastGrade,
  ForecastRefusal,
  SeriesForecast,
} from '@openmanager/protocol';
import type { JSX } from 'react';
import { useNow } from '../../../state/now.ts';
import { useLanguage, type MessageId } from '../../../i18n/locale.ts';
import { seriesValue } from '../../../format/anomaly-text.ts';
import css from './outlook.module.css';

/** Names as the hub sends them; others are shown as they are. */
const modelNames: Readonly<Record<string, MessageId>> = {
  'seasonal autoregression': 'model.autoregression',
  'autoregression of seasonal changes': 'model.seasonalChange',
  'profile and autoregression': 'model.profile',
  'analogs of 1 season': 'model.analog',
  'analogs of 2 seasons': 'model.analog2',
  'Holt-Winters': 'model.holtWinters',
  'level and trend': 'model.trend',
  'seasonal naive': 'model.naive',
  'long seasonal naive': 'model.longNaive',
  constant: 'model.constant',
};

/** A forecast in words: how it was made, how such forecasts did, and when the series is full. */
export function ForecastFacts({
  series,
  forecast,
  refusal,
}: {
  readonly series: string;
  readonly forecast: SeriesForecast | null;
  readonly refusal: ForecastRefusal | null;
}): JSX.Element | null {
  const { t, format } = useLanguage();
  if (!forecast)
    return refusal === null ? null : (
      <p className={css['calm']}>{t(`outlook.refusal.${refusal}`)}</p>
    );
  const { capacity, grade, models, trend } = forecast;
  return (
    <dl className={css['facts']}>
      {capacity && <CapacityFact capacity={capacity} />}
      <div>
        <dt>{t('outlook.grade')}</dt>
        <dd>{grade ? <Grade grade={grade} /> : t('outlook.ungraded')}</dd>
      </div>
      {trend &&
        seriesValue(format, series, Math.abs(trend.perDay)) !== seriesValue(format, series, 0) && (
          <div>
            <dt>{t('outlook.trend')}</dt>
            <dd>
              {t('outlook.perDay', {
                change: `${trend.perDay < 0 ? '−' : '+'}${seriesValue(format, series, Math.abs(trend.perDay))}`,
                date: format.date(trend.sinceMs),
              })}
            </dd>
          </div>
        )}
      {models.length > 0 && (
        <div>
          <dt>{t('outlook.models')}</dt>
          <dd>
            {models
              .filter(({ weight }) => weight >= 0.01)
              .map(({ name, weight }) => {
                const id = modelNames[name];
                return `${id ? t(id) : name} ${format.percent(weight, 0)}`;
              })
              .join(' · ')}
          </dd>
        </div>
      )}
    </dl>
  );
}

function Grade({ grade }: { readonly grade: ForecastGrade }): JSX.Element {
  const { t, format } = useLanguage();
  const hits = grade.hits
    .map(({ level, share }) => t('outlook.hit', { level, share: format.percent(share, 0) }))
    .join(' · ');
  return (
    <>
      {hits}
      {' · '}
      {t('outlook.skill', { skill: format.percent(grade.skill, 0) })}
      {!grade.isTrustworthy && <strong> {t('outlook.poor')}</strong>}
    </>
  );
}

function CapacityFact({ capacity }: { readonly capacity: Capacity }): JSX.Element {
  const { t, format } = useLanguage();
  const nowMs = useNow(MINUTE_MS);
  const span = (timeMs: number | null): string =>
    timeMs === null ? t('outlook.never') : format.duration(Math.max(0, timeMs - nowMs));
  const { p10Ms, p50Ms, p90Ms } = capacity;
  return (
    <div>
      <dt>{t('outlook.full')}</dt>
      <dd>
        <strong>{span(p50Ms)}</strong>{' '}
        {t('outlook.between', { soon: span(p10Ms), late: span(p90Ms) })}
      </dd>
    </div>
  );
}
