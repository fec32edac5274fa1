/** docs/guide/metrics.md says of each source and metric what the catalogue and the collectors say. */
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { metricOfKey, metrics, type MetricName } from '@openmanager/protocol';
import { machine, MACHINE_STEP_MS } from '../../test/machine.ts';
import { readers, sourceNames } from './linux.ts';
import { ReaderSource } from './readings.ts';

const page = readFileSync(new URL('../../../../docs/guide/metrics.md', import.meta.url), 'utf8');
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
);
const metricsOf = (section: string): string[] =>
  [...(sections.get(section) ?? '').matchAll(/^\| `([\w.]+)` \|/gm)].map(
    ([, name]) => name as string,
  );

const made = machine();
afterAll(() => made.remove());

test('each source has a section, in the order in which they are read', () => {
  expect([...sections.keys()]).toEqual([...sourceNames, 'agent']);
});

test.each(Object.keys(metrics) as MetricName[])('%s', (metric) => {
  const { unit, attributes, description } = metrics[metric];
  const names = attributes.map((name) => `\`${name}\``).join(', ');
  expect(page).toContain(`\n| \`${metric}\` | ${unit} | ${names} | ${description} |\n`);
});

test('no metric is in the guide that the catalogue does not have', () => {
  const unknown = [...sections.keys()].flatMap(metricsOf).filter((name) => !(name in metrics));
  expect(unknown).toEqual([]);
});

test.each(Object.entries(readers))('%s tells what its section says, as often', (name, reader) => {
  const source = reader(made.root);
  const told = new ReaderSource(source);
  told.read(0);
  told.read(MACHINE_STEP_MS * 2);
  told.close();
  expect([...new Set(told.keys.map(metricOfKey))].toSorted()).toEqual(metricsOf(name).toSorted());
  // Read with each sample, in which it takes its turn.
  const everyMs = name === 'cpu-frequency' ? 30_000 : source.everyMs;
  const often = everyMs === 0 ? 'each sample' : `${everyMs / 1000} s`;
  expect(sections.get(name)).toContain(`; ${often}`);
});
