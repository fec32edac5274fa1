/** Label names, label values and series, as the HTTP API lists them. */
import type { Matcher } from './expression.ts';
import { metricJson } from './json.ts';
import { parsePromql } from './parse.ts';
import { PromqlError } from './promql-error.ts';
import type { CatalogueQuestion } from './questions.ts';
import type { Labels } from '@openmanager/store/contract';
import type { FoundSeries, SeriesSource } from './series-source.ts';

function matchersOf(selector: string): readonly Matcher[] {
  const expression = parsePromql(selector);
  if (expression.kind !== 'selector')
    throw new PromqlError('bad_data', `match[]: "${selector}" is not a series selector`);
  return expression.matchers;
}

const TRUNCATED = 'results truncated due to limit';

async function found(
  source: SeriesSource,
  { selectors, startMs, endMs }: CatalogueQuestion,
  warnings: string[],
): Promise<readonly Labels[]> {
  const sets = selectors.length === 0 ? [[]] : selectors.map(matchersOf);
  const all = new Map<string, FoundSeries>();
  for (const matchers of sets)
    for (const one of await source.find(matchers)) all.set(`${one.hostId}\u0000${one.key}`, one);
  const series = [...all.values()];
  if (startMs === undefined && endMs === undefined) return series.map(({ labels }) => labels);
  try {
    const kept = await source.during(series, startMs ?? 0, endMs ?? Infinity);
    return kept.map(({ labels }) => labels);
  } catch (error) {
    if (!(error instanceof PromqlError) || error.type !== 'execution') throw error;
    warnings.push(
      'start and end were not applied: too many series and hours to look at; add match[] or shorten the span',
    );
    return series.map(({ labels }) => labels);
  }
}

function limited<T>(values: readonly T[], limit: number, warnings: string[]): readonly T[] {
  if (limit === 0 || values.length <= limit) return values;
  warnings.push(TRUNCATED);
  return values.slice(0, limit);
}

export async function answerSeries(
  source: SeriesSource,
  question: CatalogueQuestion,
  warnings: string[],
): Promise<string> {
  const series = await found(source, question, warnings);
  return `[${limited(series, question.limit, warnings).map(metricJson).join(',')}]`;
}

export async function answerLabels(
  source: SeriesSource,
  question: CatalogueQuestion,
  warnings: string[],
): Promise<string> {
  const names = new Set<string>();
  for (const labels of await found(source, question, warnings))
    for (const name of labels.keys()) names.add(name);
  return JSON.stringify(limited([...names].sort(), question.limit, warnings));
}

export async function answerValues(
  source: SeriesSource,
  question: CatalogueQuestion & { readonly label: string },
  warnings: string[],
): Promise<string> {
  const values = new Set<string>();
  for (const labels of await found(source, question, warnings)) {
    const value = labels.get(question.label);
    if (value !== undefined) values.add(value);
  }
  return JSON.stringify(limited([...values].sort(), question.limit, warnings));
}

/** What `status/tsdb` says of series. */
export async function answerCounts(source: SeriesSource, limit: number): Promise<string> {
  const [names, pairs] = [new Map<string, number>(), new Map<string, number>()];
  const values = new Map<string, Set<string>>();
  const all = await source.find([]);
  for (const { labels } of all)
    for (const [name, value] of labels) {
      if (name === '__name__') names.set(value, (names.get(value) ?? 0) + 1);
      const pair = `${name}=${value}`;
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
      const known = values.get(name);
      if (known) known.add(value);
      else values.set(name, new Set([value]));
    }
  const largest = (counts: Iterable<readonly [string, number]>): unknown =>
    [...counts]
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([name, value]) => ({ name, value }));
  const bytesOf = (texts: Set<string>): number =>
    [...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return JSON.stringify({
    headStats: { numSeries: all.length, numLabelPairs: pairs.size },
    seriesCountByMetricName: largest(names),
    labelValueCountByLabelName: largest([...values].map(([name, of]) => [name, of.size])),
    memoryInBytesByLabelName: largest([...values].map(([name, of]) => [name, bytesOf(of)])),
    seriesCountByLabelValuePair: largest(pairs),
  });
}
