import { seriesKey, type Alert, type Target } from '@openmanager/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AlertEngine, defaultRules, type Rule } from '../index.ts';

const INTERVAL_MS = 5_000;
const hosts = ['web100000000', 'db1000000000'] as const;
const target = (id: string): Target => ({ id, kind: 'host', name: id, labels: {} });
const keys: readonly string[] = [
  'system.cpu.utilization',
  'system.memory.utilization',
  seriesKey('system.filesystem.utilization', { 'system.filesystem.mountpoint': '/' }),
  seriesKey('system.filesystem.utilization', { 'system.filesystem.mountpoint': '/var' }),
];
/** On, around and far from every threshold. */
const ratio = fc.constantFrom(0, 0.74, 0.75, 0.79, 0.8, 0.85, 0.86, 0.88, 0.9, 0.91, 1);
const row = fc.tuple(ratio, ratio, ratio, ratio);

const sample = fc.record({
  kind: fc.constant('sample' as const),
  host: fc.constantFrom(...hosts),
  row,
});
const pause = fc.record({
  kind: fc.constant('pause' as const),
  ms: fc.constantFrom(1_000, 5_000, 14_999, 15_000, 40_000),
});
const tick = fc.record({ kind: fc.constant('tick' as const) });
type Step =
  | { readonly kind: 'sample'; readonly host: string; readonly row: readonly number[] }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'tick' };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: sample }, pause, tick),
  { maxLength: 60 },
);

/** What a hub keeps: alerts by id as last told, through JSON, and when each host was last heard. */
class Records {
  readonly alerts = new Map<string, string>();
  readonly heardMs = new Map<string, number>(hosts.map((hostId) => [hostId, 0]));

  keep(changed: readonly Alert[]): readonly Alert[] {
    for (const alert of changed) this.alerts.set(alert.id, JSON.stringify(alert));
    // Within one call the alerts come in no promised order.
    return changed.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  engine(rules: readonly Rule[]): AlertEngine {
    const alerts = [...this.alerts.values()].map((text) => JSON.parse(text) as Alert);
    // Flapping has tests of its own: how long a value has been clear is counted anew by design.
    const engine = new AlertEngine(rules, alerts, { flapping: false });
    for (const [hostId, heardMs] of this.heardMs)
      engine.targetSeen({ target: target(hostId), intervalMs: INTERVAL_MS }, heardMs);
    return engine;
  }
}

/** All changes of a run in which the engine is made anew from the records before the steps in `restarts`. */
function run(
  rules: readonly Rule[],
  script: readonly Step[],
  restarts: (index: number) => boolean,
): Alert[] {
  const records = new Records();
  let engine = records.engine(rules);
  let nowMs = 1_000;
  const told: Alert[] = [];
  for (const [index, step] of script.entries()) {
    if (restarts(index)) engine = records.engine(rules);
    if (step.kind === 'pause') nowMs += step.ms;
    else if (step.kind === 'tick') told.push(...records.keep(engine.tick(nowMs)));
    else {
      nowMs += 1;
      const observation = {
        target: target(step.host),
        timeMs: nowMs,
        keys,
        values: step.row,
      };
      told.push(...records.keep(engine.observe(observation, nowMs)));
      records.heardMs.set(step.host, nowMs);
    }
    expect(JSON.stringify(engine.current())).toBe(JSON.stringify(stillThere(records)));
  }
  return told;
}

function stillThere(records: Records): Alert[] {
  return [...records.alerts.values()]
    .map((text) => JSON.parse(text) as Alert)
    .filter(({ state }) => state === 'pending' || state === 'firing')
    .sort((a, b) => a.activeAtMs - b.activeAtMs || (a.id < b.id ? -1 : 1));
}

test('restarts at any point change nothing', () => {
  fc.assert(
    fc.property(steps, fc.func(fc.boolean()), (script, restarts) => {
      expect(run(defaultRules, script, restarts)).toEqual(run(defaultRules, script, () => false));
    }),
    { numRuns: 500 },
  );
});

const patient: readonly Rule[] = defaultRules.map((rule) => ({ ...rule, forMs: 7_000 }));

test('with `for`, restarts that are followed by samples change nothing', () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.boolean()), (script, coins) => {
      // A pending alert waits for proof that the value is still there before time alone may fire it.
      const both = script.flatMap((step): Step[] =>
        step.kind === 'sample' ? hosts.map((host) => ({ ...step, host })) : [step],
      );
      const chosen = both.map(
        (step, index) =>
          (coins.next().value ?? false) &&
          step.kind === 'sample' &&
          index % 2 === 0 &&
          bothNext(both, index),
      );
      expect(run(patient, both, (index) => chosen[index] ?? false)).toEqual(
        run(patient, both, () => false),
      );
    }),
    { numRuns: 500 },
  );
});

function bothNext(script: readonly Step[], index: number): boolean {
  const [first, second] = [script[index], script[index + 1]];
  return (
    first?.kind === 'sample' &&
    second?.kind === 'sample' &&
    first.host === hosts[0] &&
    second.host === hosts[1]
  );
}

test('between clear and threshold nothing changes, however long', () => {
  const inBand = fc.double({ min: 0.75, max: 0.85, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(0, 0.9), fc.array(inBand, { maxLength: 50 }), (first, band) => {
      const engine = new AlertEngine(defaultRules);
      const told = [first, ...band].flatMap((value, index) =>
        engine.observe(
          {
            target: target(hosts[0]),
            timeMs: index * 5_000,
            keys,
            values: [value, 0, 0, 0],
          },
          index * 5_000,
        ),
      );
      expect(told.map(({ state }) => state)).toEqual(first === 0 ? [] : ['firing']);
    }),
  );
});

test('any sequence of values alerts as the plainest description of the rule says', () => {
  fc.assert(
    fc.property(fc.array(ratio, { maxLength: 80 }), (values) => {
      const engine = new AlertEngine(defaultRules, [], { flapping: false });
      let firing = false;
      for (const [index, value] of values.entries()) {
        const observation = {
          target: target(hosts[0]),
          timeMs: index * 5_000,
          keys,
          values: [value, 0, 0, 0],
        };
        const told = engine.observe(observation, index * 5_000).map(({ state }) => state);
        if (!firing && value > 0.85) {
          expect(told).toEqual(['firing']);
          firing = true;
        } else if (firing && value < 0.75) {
          expect(told).toEqual(['resolved']);
          firing = false;
        } else expect(told).toEqual([]);
        expect(engine.worstSeverity(hosts[0])).toBe(firing ? 'warning' : undefined);
      }
    }),
    { numRuns: 500 },
  );
});

test('a series that is missing at a restart resolves at most three intervals later than without one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      (missedBefore, intervals) => {
        const stepMs = intervals * 1_000;
        let engine = new AlertEngine(defaultRules);
        const observe = (timeMs: number, cpu: number): readonly Alert[] =>
          engine.observe(
            {
              target: target(hosts[0]),
              timeMs,
              keys: ['system.cpu.utilization'],
              values: [cpu],
            },
            timeMs,
          );
        observe(0, 0.9);
        let atMs = 0;
        for (let missed = 0; missed < missedBefore; missed++) observe((atMs += stepMs), Number.NaN);
        engine = new AlertEngine(defaultRules, engine.current());
        let told: readonly Alert[] = [];
        while (told.length === 0 && atMs < 60_000) told = observe((atMs += stepMs), Number.NaN);
        expect(told).toMatchObject([{ state: 'resolved' }]);
        expect(atMs).toBeGreaterThan(3 * INTERVAL_MS);
        expect(atMs).toBeLessThanOrEqual((missedBefore + 2) * stepMs + 3 * INTERVAL_MS);
      },
    ),
  );
});
