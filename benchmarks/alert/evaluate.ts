import { AlertEngine, type Rule } from '@openmanager/alerting';
import { quantile } from '../harness.ts';

const METRICS = 100;
const metric = (index: number): string => `bench.metric_${index}`;
const keys: readonly string[] = Array.from({ length: METRICS }, (_, index) => metric(index));

/** So many rules, spread over the hundred series of each host; none of the values reaches any. */
export function rulesFor(count: number, metrics = METRICS): Rule[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: 'above',
    ruleId: `rule-${index}`,
    severity: 'warning',
    forMs: 60_000,
    metric: metric(index % metrics),
    scope: 'total',
    threshold: 0.9 + (index % 7) / 1000,
    clear: 0.8,
  }));
}

/** µs per sample row of one host: median over `rounds` rounds of the hosts that send. */
export function rowCost(
  rules: readonly Rule[],
  hosts: number,
  sending: number,
  rounds: number,
): number {
  const engine = new AlertEngine(rules);
  const fleet = Array.from({ length: hosts }, (_, index) => ({
    target: { id: `host${index}`, kind: 'host', name: `host-${index}`, labels: {} } as const,
    // Each host has a key array of its own, as ingest has them.
    keys: [...keys],
    values: Float64Array.from({ length: METRICS }, (_value, at) => ((index + at) % 80) / 100),
  }));
  let timeMs = 0;
  const round = (count: number): number => {
    timeMs += 5_000;
    const began = performance.now();
    for (let index = 0; index < count; index++) {
      const host = fleet[index] as (typeof fleet)[number];
      host.values[timeMs % METRICS] = 0.5;
      engine.observe({ ...host, timeMs }, timeMs);
    }
    return ((performance.now() - began) * 1000) / count;
  };
  round(hosts);
  round(hosts);
  return quantile(
    Array.from({ length: rounds }, () => round(sending)),
    0.5,
  );
}
