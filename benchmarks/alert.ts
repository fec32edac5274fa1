/**
 * What alerting costs, and how soon somebody hears of it.
 * - Telling: a sample sent by an agent → judged, stored and announced by a real hub in another process → native
 *   notification made in Chromium by the hook, all on this machine's one clock. And sample → webhook, in turns with
 *   a value that Debian's Prometheus scrapes each second and Alertmanager tells without waiting.
 * - Evaluation: 1,000 rules × 1,000 hosts of 100 series each, µs per sample row and rule; whether it grows with what
 *   changed (hosts that send, rules about what they send) or with what exists; beside the time that Prometheus takes
 *   to evaluate as many rules over as many hosts (its evaluation in all its threads; ours is one thread).
 * - A storm: 10,000 rules about one value that jumps; the messages, and the time until all states are on disk.
 */
import type { Rule } from '@openmanager/alerting';
import { rowCost, rulesFor } from './alert/evaluate.ts';
import { havePeers } from './peers.ts';
import { startPrometheus } from './alert/prometheus.ts';
import { storm } from './alert/storm.ts';
import { tellPage, tellWebhook } from './alert/tell.ts';
import { quantile, type BenchOptions, type BenchResult, type Figure } from './harness.ts';
import { pinningFact } from './load/cores.ts';
import { pause } from './load/talk.ts';

const RULES = 1_000;
const SERIES = 100;
const full = { hosts: 1_000, rounds: 20, pageHosts: 200, turns: 40, storm: 10_000, flips: 12 };
const short = { hosts: 200, rounds: 5, pageHosts: 40, turns: 6, storm: 2_000, flips: 6 };

export async function run(options: BenchOptions): Promise<BenchResult> {
  const size = options.quick ? short : full;
  const figures = [
    ...(await tellPage(size.pageHosts)),
    ...(await tellWebhook(size.turns)),
    ...(await evaluate(size.hosts, size.rounds)),
    ...(await storm(size.storm, size.flips)),
  ];
  return { bench: 'alert', facts: [pinningFact()], figures };
}

async function evaluate(hosts: number, rounds: number): Promise<Figure[]> {
  const all = rowCost(rulesFor(RULES), hosts, hosts, rounds);
  const few = rowCost(rulesFor(RULES), hosts, hosts / 10, rounds);
  const ten = rowCost(rulesFor(10, 10), hosts, hosts, rounds);
  // The other 990 rules are about metrics that nobody sends.
  const idle = rulesFor(990).map(
    (rule) => ({ ...rule, ruleId: `idle-${rule.ruleId}`, metric: 'bench.idle' }) as Rule,
  );
  const tenOfMany = rowCost([...rulesFor(10, 10), ...idle], hosts, hosts, rounds);
  const theirs = await prometheusCost(hosts);
  const name = `${RULES.toLocaleString('en')} rules × ${hosts.toLocaleString('en')} hosts`;
  return [
    {
      name: `${name}: per sample row and rule`,
      value: all / RULES,
      unit: 'µs',
      ...(theirs === undefined ? {} : { against: 'Prometheus', ratio: theirs / (all / RULES) }),
    },
    {
      name: `${name}, a tenth of the hosts send: per row and rule`,
      value: few / RULES,
      unit: 'µs',
      against: 'all of them send',
      ratio: all / few,
    },
    { name: '10 rules: per row', value: ten, unit: 'µs' },
    {
      name: '10 rules about what is sent among 1,000: per row',
      value: tenOfMany,
      unit: 'µs',
      against: '10 rules and no others',
      ratio: ten / tenOfMany,
    },
  ];
}

/** µs per rule and host of one evaluation of all of them. */
async function prometheusCost(hosts: number): Promise<number | undefined> {
  if (!(await havePeers('prometheus', 'alertmanager'))) return undefined;
  const lines = Array.from({ length: SERIES }, (_, metric) =>
    Array.from(
      { length: hosts },
      (_host, host) => `bench_metric_${metric}{host="${host}"} ${((metric + host) % 80) / 100}\n`,
    ).join(''),
  ).join('');
  const prometheus = await startPrometheus({
    exposition: () => lines,
    rules: Array.from({ length: RULES }, (_, index) => ({
      name: `Rule${index}`,
      expr: `bench_metric_${index % SERIES} > ${0.9 + (index % 7) / 1000}`,
    })),
    intervalSeconds: 5,
  });
  try {
    // Until it has scraped, and evaluated what it scraped.
    await pause(15_000);
    const seconds: number[] = [];
    for (let round = 0; round < 4; round++) {
      seconds.push((await prometheus.evaluationSeconds()) ?? Number.NaN);
      await pause(5_000);
    }
    return (quantile(seconds, 0.5) * 1e6) / (RULES * hosts);
  } finally {
    prometheus.end();
  }
}
