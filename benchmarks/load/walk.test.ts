import { displayPrecision, headlineKeys, metricOfKey, quantise } from '@openmanager/protocol';
import { expect, it } from 'vitest';
import { JsonFleet, Walk } from './walk.ts';

const precisions = headlineKeys.map((key) => displayPrecision(metricOfKey(key)));

/** Share of values that look different, over an hour of ten hosts. */
function changedShare(seconds: number): number {
  let changed = 0;
  let seen = 0;
  for (let seed = 0; seed < 10; seed++) {
    const walk = new Walk(seed);
    const codes = (): number[] =>
      precisions.map((precision, key) => quantise(walk.values[key] as number, precision));
    let before = codes();
    for (let second = 0; second < 3600; second += seconds) {
      walk.step(seconds);
      const now = codes();
      changed += now.filter((code, key) => code !== before[key]).length;
      seen += now.length;
      before = now;
    }
  }
  return changed / seen;
}

it('changes about 47 % of what is shown from second to second, more in five', () => {
  expect(changedShare(1)).toBeGreaterThan(0.44);
  expect(changedShare(1)).toBeLessThan(0.5);
  expect(changedShare(5)).toBeGreaterThan(0.65);
  expect(changedShare(5)).toBeLessThan(0.85);
});

it('is the same for the same seed, and stays within its bounds', () => {
  const [one, two] = [new Walk(3), new Walk(3)];
  expect(one.step(10_000)).toEqual(two.step(10_000));
  const [cpu = 2, memory = 2] = one.values;
  for (const ratio of [cpu, memory]) {
    expect(ratio).toBeGreaterThanOrEqual(0);
    expect(ratio).toBeLessThanOrEqual(1);
  }
});

it('makes JSON that begins with its time', () => {
  const fleet = new JsonFleet(2);
  fleet.step(1);
  expect(JSON.stringify(fleet.read(1234))).toMatch(/^\{"timeMs":1234,"hosts":\[\{"id":"h0+","/);
});
