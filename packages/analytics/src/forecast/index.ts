export { Trend, trendDefaults, type TrendOptions } from './trend.ts';
export { capacity, capacityDefaults, type Capacity, type CapacityOptions } from './capacity.ts';
export { forecast } from './forecast.ts';
export { gradeForecast, storedForecast, type Grade, type StoredForecast } from './grade.ts';
export { holtWinters } from './holt-winters.ts';
export type { ForecastModel, Rolling } from './model.ts';
export { forecastDefaults, type ForecastOptions } from './options.ts';
export {
  ForecastRecord,
  forecastRecordDefaults,
  type ForecastRecordOptions,
  type ForecastRecordState,
  type ForecastRecordSummary,
} from './record.ts';
export type { Forecast, NotEnoughHistory, PredictionInterval } from './result.ts';
export {
  trendSegments,
  trendSegmentsDefaults,
  type TrendSegment,
  type TrendSegmentsOptions,
} from './trend-segments.ts';
