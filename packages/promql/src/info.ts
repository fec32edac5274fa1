/** info(): labels of info series, such as `target_info`, on the series of the same `job` and `instance`. */
import type { Matcher } from './expression.ts';
import { matcherTest, matchesEmpty } from './parse.ts';
import { PromqlError } from './promql-error.ts';
import { type Labels, labelsKey } from '@openmanager/store/contract';
import { emptySeries, type Series } from './samples.ts';

const IDENTIFYING = ['instance', 'job'];
const TARGET_INFO: Matcher = { label: '__name__', op: '=', value: 'target_info' };

function identity(labels: Labels): string {
  return IDENTIFYING.map((name) => labels.get(name) ?? '').join('\u0000');
}

/** `wanted`: which labels are taken over, and which value they must have; all when there are none. */
export async function enriched(
  series: readonly Series[],
  wanted: readonly Matcher[],
  find: (matchers: readonly Matcher[]) => Promise<readonly Series[]>,
  steps: number,
): Promise<Series[]> {
  const ofLabels = wanted.filter(({ label }) => label !== '__name__');
  const ofName = wanted.filter(({ label }) => label === '__name__');
  const infos = await find(ofName.length > 0 ? ofName : [TARGET_INFO]);
  const isInfo = new Set(infos.map(({ labels }) => labelsKey(labels)));
  const needed = ofLabels.filter((matcher) => !matchesEmpty(matcher));
  const tests = ofLabels.map((matcher) => [matcher.label, matcherTest(matcher)] as const);
  const fitting = infos.filter(({ labels }) =>
    tests.every(([label, fits]) => fits(labels.get(label) ?? '')),
  );
  const byIdentity = Map.groupBy(fitting, ({ labels }) => identity(labels));
  const made = new Map<string, Series>();
  for (const one of series) {
    const itself = isInfo.has(labelsKey(one.labels));
    const others = itself ? [] : (byIdentity.get(identity(one.labels)) ?? []);
    for (let step = 0; step < steps; step++) {
      if (!one.present[step]) continue;
      const there = others.filter(({ present }) => present[step] === 1);
      const taken = new Map(one.labels);
      for (const { labels } of there)
        for (const [name, value] of labels) {
          if (name === '__name__' || one.labels.has(name)) continue;
          if (ofLabels.length > 0 && !ofLabels.some(({ label }) => label === name)) continue;
          const before = taken.get(name);
          if (before !== undefined && before !== value)
            throw new PromqlError('execution', `conflicting label: ${name}`);
          taken.set(name, value);
        }
      if (!itself && needed.some(({ label }) => !taken.has(label))) continue;
      const key = labelsKey(taken);
      let out = made.get(key);
      if (!out) made.set(key, (out = emptySeries(taken, steps)));
      if (out.present[step])
        throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset');
      out.values[step] = one.values[step] as number;
      out.present[step] = 1;
    }
  }
  return [...made.values()];
}
