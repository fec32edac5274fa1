/** Streams history in formats that other programs read, in bounded buffers whatever the size of the export. */
import { metricInfo } from '@openmanager/protocol';
import type { ExportQuery, SeriesHistory, SeriesRef } from '../contract/series-history.ts';
import { showNumber } from '../contract/exposition.ts';
import { exposedLabels, hostLabels, knownMetric } from '../contract/exposed-names.ts';
import { labelText, sampleLine } from './openmetrics-line.ts';
import { parquet } from './parquet.ts';

export const exportFormats = ['csv', 'openmetrics', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exportTypes: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

type Source = Pick<SeriesHistory, 'exportRows' | 'listSeries'>;

export interface HistoryExport {
  readonly query: ExportQuery;
  readonly format: ExportFormat;
  /** Name of a host. */
  readonly instanceOf: (hostId: string) => string;
}

/** Characters per buffer, approximately. */
const PIECE = 65_536;

export function exportHistory(
  history: Source,
  { query, format, instanceOf }: HistoryExport,
): AsyncGenerator<string | Uint8Array, void> {
  if (format === 'parquet') return parquet(history, query, instanceOf);
  return format === 'csv'
    ? csv(history, query, instanceOf)
    : openMetrics(history, query, instanceOf);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line per sample, in order of host and time (RFC 4180). */
async function* csv(
  history: Source,
  query: ExportQuery,
  instanceOf: (hostId: string) => string,
): AsyncGenerator<string, void> {
  let text = 'time,host,instance,series,value\r\n';
  for await (const { hostId, keys, timesMs, columns } of history.exportRows(query)) {
    const host = `${quoted(hostId)},${quoted(instanceOf(hostId))}`;
    const series = keys.map(quoted);
    for (const [row, timeMs] of timesMs.entries()) {
      const time = new Date(timeMs).toISOString();
      for (const [place, key] of series.entries()) {
        const value = columns[place]?.[row] ?? Number.NaN;
        if (!Number.isNaN(value)) text += `${time},${host},${key},${showNumber(value)}\r\n`;
      }
      if (text.length < PIECE) continue;
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}

/** Metric by metric and series by series, as the format demands. */
async function* openMetrics(
  history: Source,
  query: ExportQuery,
  instanceOf: (hostId: string) => string,
): AsyncGenerator<string, void> {
  const byName = new Map<string, SeriesRef[]>();
  const { fromMs, toMs, signal, ...selector } = query;
  for (const ref of await history.listSeries(selector)) {
    const name = exposedLabels(ref.key).get('__name__') as string;
    const refs = byName.get(name);
    if (refs) refs.push(ref);
    else byName.set(name, [ref]);
  }
  let text = '';
  for (const [name, refs] of byName) {
    const metric = knownMetric(name);
    text += `# TYPE ${name} ${metric === undefined ? 'unknown' : 'gauge'}\n`;
    if (metric !== undefined) text += `# HELP ${name} ${metricInfo(metric).description}\n`;
    for (const ref of refs) {
      const labels = labelText(hostLabels(ref.hostId, instanceOf(ref.hostId), ref.key));
      for await (const { timesMs, columns } of history.exportRows({
        series: [ref],
        fromMs,
        toMs,
        signal,
      }))
        for (const [row, timeMs] of timesMs.entries()) {
          const value = columns[0]?.[row] ?? Number.NaN;
          if (!Number.isNaN(value)) text += sampleLine(name, labels, value, timeMs);
          if (text.length < PIECE) continue;
          yield text;
          text = '';
        }
    }
  }
  yield `${text}# EOF\n`;
}
