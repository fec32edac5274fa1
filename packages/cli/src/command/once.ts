/** `openmanager agent --once`: one sample of this machine as a table or as JSON, without a hub. */
import { sampleOnce, type OneSample } from '@openmanager/agent';
import { metricInfo, parseSeriesKey, visible } from '@openmanager/protocol';
import { createFormat } from '@openmanager/texts';
import { agentLog, type agentOptions } from '../agent-settings.ts';
import { endHard } from '../last-resort.ts';
import { spokenLanguage, text } from '../text.ts';

export async function runOnce(
  wanted: ReturnType<typeof agentOptions>,
  json: boolean,
  logLevel: string | undefined,
): Promise<void> {
  // Standard output is the sample's alone.
  const log = agentLog(logLevel ?? 'warn');
  const sample = await sampleOnce({
    ...wanted,
    log: (level, message, fields) =>
      log(level === 'info' || level === 'debug' ? 'warn' : level, message, fields),
  });
  console.log(json ? asJson(sample, wanted) : asTable(sample, wanted));
  if (sample.stuck > 0) endHard();
}

type Wanted = ReturnType<typeof agentOptions>;

function asJson({ facts, timeMs, values, collectMs }: OneSample, { name, labels }: Wanted): string {
  const samples = Object.entries(values).map(([key, value]) => {
    const { metric, attributes } = parseSeriesKey(key);
    return { metric, attributes, value, unit: metricInfo(metric).unit };
  });
  const named = { ...facts, hostname: name ?? facts.hostname, labels: labels ?? {} };
  return JSON.stringify({ host: named, timeMs, samples, collectMs }, undefined, 2);
}

function asTable({ facts, values, collectMs }: OneSample, { name, labels }: Wanted): string {
  const format = createFormat(spokenLanguage());
  const rows = Object.entries(values).map(([key, value]) => {
    const { metric, attributes } = parseSeriesKey(key);
    const of = Object.entries(attributes).map(
      ([attribute, said]) => `${attribute}=${visible(said)}`,
    );
    return [metric, plain(format.value(value, metricInfo(metric).unit)), of.join(' ')] as const;
  });
  const costs = Object.entries(collectMs)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, SLOWEST)
    .map(([source, ms]) => `${source} ${format.number(ms, 1)} ms`);
  const labelled = Object.entries(labels ?? {}).map(([label, value]) =>
    value === '' ? label : `${label}=${value}`,
  );
  return [
    [name ?? facts.hostname, facts.osName, facts.kernel, ...labelled].map(visible).join(' · '),
    '',
    ...columns([[text('once.metric'), text('once.value'), text('once.of')], ...rows]),
    '',
    text('once.series', { count: rows.length }),
    text('once.slowest', { sources: costs.join(', ') }),
  ].join('\n');
}

const SLOWEST = 5;

function columns(rows: readonly (readonly [string, string, string])[]): string[] {
  const width = (at: 0 | 1): number => Math.max(...rows.map((row) => row[at].length));
  const [first, second] = [width(0), width(1)];
  return rows.map(([metric, value, of]) =>
    `${metric.padEnd(first)}  ${value.padStart(second)}  ${of}`.trimEnd(),
  );
}

/** Screens keep a number and its unit together by a space that tools such as grep do not take for one. */
const plain = (said: string): string => said.replaceAll('\u00a0', ' ');
