/** Answers in the form of Prometheus's HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/). */
import { showNumber, type Labels } from '@openmanager/store/contract';
import type { Series } from './samples.ts';

export function metricJson(labels: Labels): string {
  const parts = [...labels.keys()]
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(labels.get(name))}`);
  return `{${parts.join(',')}}`;
}

/** `[1700000000.123,"1.5"]` */
export function pointJson(timeMs: number, value: number): string {
  return `[${timeMs / 1000},"${showNumber(value)}"]`;
}

export function matrixJson(series: readonly Series[], timesMs: Float64Array): string {
  const seconds = Array.from(timesMs, (time) => String(time / 1000));
  const parts: string[] = [];
  for (const { labels, values, present } of series) {
    const points: string[] = [];
    for (let step = 0; step < values.length; step++)
      if (present[step])
        points.push(`[${seconds[step] as string},"${showNumber(values[step] as number)}"]`);
    if (points.length > 0)
      parts.push(`{"metric":${metricJson(labels)},"values":[${points.join(',')}]}`);
  }
  return `{"resultType":"matrix","result":[${parts.join(',')}]}`;
}

export function vectorJson(series: readonly Series[], timeMs: number): string {
  const parts = series
    .filter(({ present }) => present[0] === 1)
    .map(
      ({ labels, values }) =>
        `{"metric":${metricJson(labels)},"value":${pointJson(timeMs, values[0] as number)}}`,
    );
  return `{"resultType":"vector","result":[${parts.join(',')}]}`;
}
