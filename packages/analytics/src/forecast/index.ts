export { Trend, trendDefaults, type TrendOptions } from './trend.ts';
