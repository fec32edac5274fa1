/** Label names, label values and series, as the HTTP API lists them. */
import type { Matcher } from './expression.ts';
import { metricJson } from './json.ts';
import { parsePromql } from './parse.ts';
import { PromqlError } from './promql-error.ts';
import type { CatalogueQuestion } from './questions.ts';
import { labelsKey, type Labels } from '@openmanager/store/contract';
import type { SeriesSource } from './series-source.ts';

function matchersOf(selector: string): readonly Matcher[] {
  const expression = parsePromql(selector);
  if (expression.kind !== 'selector')
    throw new PromqlError('bad_data', `match[]: "${selector}" is not a series selector`);
  return expression.matchers;
}

async function found(
  source: SeriesSource,
  { selectors }: CatalogueQuestion,
): Promise<readonly Labels[]> {
  const sets = selectors.length === 0 ? [[]] : selectors.map(matchersOf);
  const all = new Map<string, Labels>();
  for (const matchers of sets)
    for (const { labels } of await source.find(matchers))
      if (sets.length === 1) all.set(String(all.size), labels);
      else all.set(labelsKey(labels), labels);
  return [...all.values()];
}

function limited<T>(values: readonly T[], { limit }: CatalogueQuestion): readonly T[] {
  return limit > 0 ? values.slice(0, limit) : values;
}

export async function answerSeries(
  source: SeriesSource,
  question: CatalogueQuestion,
): Promise<string> {
  const parts = limited(await found(source, question), question).map(metricJson);
  return `[${parts.join(',')}]`;
}

export async function answerLabels(
  source: SeriesSource,
  question: CatalogueQuestion,
): Promise<string> {
  const names = new Set<string>();
  for (const labels of await found(source, question))
    for (const name of labels.keys()) names.add(name);
  return JSON.stringify(limited([...names].sort(), question));
}

export async function answerValues(
  source: SeriesSource,
  question: CatalogueQuestion & { readonly label: string },
): Promise<string> {
  const values = new Set<string>();
  for (const labels of await found(source, question)) {
    const value = labels.get(question.label);
    if (value !== undefined) values.add(value);
  }
  return JSON.stringify(limited([...values].sort(), question));
}
