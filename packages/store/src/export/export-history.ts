/** Streams history in formats that other programs read, in bounded buffers whatever the size of the export. */
import { metricInfo } from '@openmanager/protocol';
import type { RecordStore } from '../contract/records.ts';
import type { ExportQuery, SeriesHistory, SeriesRef } from '../contract/series-history.ts';
import { familyOf, IMPORTED_METRICS, type MetricFact } from '../contract/metric-facts.ts';
import { samplesOf } from '../contract/not-numbers.ts';
import { showNumber } from '../contract/exposition.ts';
import { exposedLabels, hostLabels, knownMetric } from '../contract/exposed-names.ts';
import { escaped, labelText, sampleLine } from './openmetrics-line.ts';
import { parquet } from './parquet.ts';

export const exportFormats = ['csv', 'openmetrics', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exportTypes: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

type Source = Pick<SeriesHistory, 'exportRows' | 'listSeries'> & Pick<RecordStore, 'entries'>;

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
  for await (const rows of history.exportRows(query)) {
    const { hostId, timesMs } = rows;
    const host = `${quoted(hostId)},${quoted(instanceOf(hostId))}`;
    const series = rows.keys.map(quoted);
    let [shown, time] = [-1, ''];
    for (const [row, place, value] of samplesOf(rows)) {
      if (row !== shown) time = new Date(timesMs[row] as number).toISOString();
      shown = row;
      text += `${time},${host},${series[place] as string},${showNumber(value)}\r\n`;
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
  const facts = new Map(await history.entries(IMPORTED_METRICS)) as ReadonlyMap<string, MetricFact>;
  let text = '';
  const families = Map.groupBy(byName, ([name]) => familyOf(name, facts));
  for (const [family, names] of families) {
    text += factLines(family, facts);
    for (const [name, refs] of names) yield* samples(name, refs);
  }
  yield `${text}# EOF\n`;

  async function* samples(name: string, refs: readonly SeriesRef[]): AsyncGenerator<string, void> {
    for (const ref of refs) {
      const labels = labelText(hostLabels(ref.hostId, instanceOf(ref.hostId), ref.key));
      for await (const rows of history.exportRows({
        series: [ref],
        fromMs,
        toMs,
        signal,
      }))
        for (const [row, , value] of samplesOf(rows)) {
          text += sampleLine(name, labels, value, rows.timesMs[row] as number);
          if (text.length < PIECE) continue;
          yield text;
          text = '';
        }
    }
  }
}

/** What is known of a family: of our own metrics the catalogue says it, of others the import they came with. */
function factLines(family: string, facts: ReadonlyMap<string, MetricFact>): string {
  const metric = knownMetric(family);
  const fact = facts.get(family);
  const help = metric === undefined ? fact?.help : metricInfo(metric).description;
  let text = `# TYPE ${family} ${metric === undefined ? (fact?.type ?? 'unknown') : 'gauge'}\n`;
  if (fact?.unit) text += `# UNIT ${family} ${fact.unit}\n`;
  if (help) text += `# HELP ${family} ${escaped(help)}\n`;
  return text;
}
