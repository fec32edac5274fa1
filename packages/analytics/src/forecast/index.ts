export { Trend, trendDefaults, type TrendOptions } from './trend.ts';
export { forecast } from './forecast.ts';
export { holtWinters } from './holt-winters.ts';
export type { ForecastModel, Rolling } from './model.ts';
export { forecastDefaults, type ForecastOptions } from './options.ts';
export type { Forecast, NotEnoughHistory, PredictionInterval } from './result.ts';
