import type { Matcher, Target } from '@openmanager/protocol';
import { describe, expect, test } from 'vitest';
import { AlertEngine, type Foresight, type Rule } from '../index.ts';
import { CPU, host, INTERVAL_MS, play, rig } from '../../test/kit.ts';

const base = { ruleId: 'r', severity: 'warning', forMs: 0, metric: CPU, scope: 'total' } as const;
const above = { ...base, kind: 'above', threshold: 0.85, clear: 0.75 } as const;
const device = (name: string): string => `system.disk.io_time{system.device="${name}"}`;

describe('conditions', () => {
  test('below is above seen in a mirror', () => {
    const rule: Rule = { ...base, kind: 'below', threshold: 0.1, clear: 0.2 };
    expect(play(rig([rule]), CPU, [0.1, 0.09, 0.15, 0.2, 0.21])).toEqual([
      '1 firing',
      '4 resolved',
    ]);
    expect(rig([rule]).observe(0, { [CPU]: 0.05 })[0]?.summary).toBe(
      'CPU at 5 % on web-1 (below 10 %)',
    );
  });

  test('a summary is one line whatever a machine calls its devices', () => {
    const rule: Rule = { ...above, metric: 'system.disk.io_time', scope: 'each' };
    const [alert] = rig([rule]).observe(0, { [device('a\\nb')]: 0.9 });
    expect(alert?.attributes).toEqual({ 'system.device': 'a\nb' });
    expect(alert?.summary).toMatch(/ a\\nb at 90 % on web-1/);
  });

  test('rate of change needs most of its window, and is per second', () => {
    const metric = 'system.process.count';
    const rule: Rule = {
      ...base,
      metric,
      kind: 'rate',
      direction: 'above',
      threshold: 2,
      clear: 1,
      overMs: 20_000,
    };
    const told = rig([rule]);
    expect(play(told, metric, [0, 100, 200])).toEqual([]);
    expect(told.observe(15_000, { [metric]: 300 })).toMatchObject([
      { state: 'firing', value: 20, threshold: 2 },
    ]);
    expect(
      [20_000, 25_000, 30_000, 35_000].flatMap((at) => told.observe(at, { [metric]: 300 })),
    ).toMatchObject([{ state: 'resolved', sampleTimeMs: 35_000, value: 0 }]);
  });

  test('a falling value is a rate below', () => {
    const rule: Rule = {
      ...base,
      kind: 'rate',
      direction: 'below',
      threshold: -0.01,
      clear: 0,
      overMs: 10_000,
    };
    expect(play(rig([rule]), CPU, [0.9, 0.5, 0.4, 0.4, 0.4, 0.5])).toEqual([
      '2 firing',
      '5 resolved',
    ]);
  });

  test('outside the expected band, on either side, by its half-widths', () => {
    const foresight: Foresight = {
      band: (_, key) => (key === CPU ? { lower: 0.2, upper: 0.4 } : undefined),
      crossing: () => undefined,
    };
    const rule: Rule = { ...base, kind: 'outside-band', side: 'both', threshold: 1, clear: 0 };
    const told = rig([rule], [], { foresight });
    expect(play(told, CPU, [0.3, 0.49, 0.51, 0.42, 0.39, 0.05])).toEqual([
      '2 firing',
      '4 resolved',
      '5 firing',
    ]);
    expect(told.engine.current()).toMatchObject([
      { value: 0.05, threshold: 0.2, summary: 'CPU at 5 % on web-1 (expected at least 20 %)' },
    ]);
    expect(play(rig([rule]), CPU, [0.9])).toEqual([]);
  });

  test('a forecast that crosses within the time; an unknown one decides nothing', () => {
    let inMs: number | undefined = 90_000_000;
    const foresight: Foresight = { band: () => undefined, crossing: () => inMs };
    const rule: Rule = {
      ...base,
      kind: 'forecast',
      direction: 'above',
      bound: 1,
      threshold: 86_400_000,
      clear: 100_000_000,
    };
    const { observe } = rig([rule], [], { foresight });
    expect(observe(0, { [CPU]: 0.7 })).toEqual([]);
    inMs = 14_400_000;
    expect(observe(5_000, { [CPU]: 0.71 })).toMatchObject([
      {
        state: 'firing',
        value: 0.71,
        threshold: 1,
        summary: 'CPU at 71 % on web-1 is expected to reach 100 % in 4 h',
      },
    ]);
    inMs = undefined;
    expect(observe(10_000, { [CPU]: 0.7 })).toEqual([]);
    inMs = 95_000_000;
    expect(observe(15_000, { [CPU]: 0.7 })).toEqual([]);
    inMs = Infinity;
    expect(observe(20_000, { [CPU]: 0.6 })).toMatchObject([{ state: 'resolved' }]);
  });

  test('a metric that a host stops sending', () => {
    const rule: Rule = {
      ruleId: 'no-cpu',
      severity: 'info',
      forMs: 0,
      kind: 'missing',
      metric: CPU,
      intervals: 3,
    };
    const { observe } = rig([rule]);
    observe(0, { [CPU]: 0.1 });
    expect([5_000, 10_000].flatMap((at) => observe(at, { other: 1 }))).toEqual([]);
    expect(observe(15_000, { [CPU]: Number.NaN })).toMatchObject([
      { state: 'firing', summary: 'CPU has been missing on web-1 for 15 s' },
    ]);
    expect(observe(20_000, { other: 1 })).toEqual([]);
    expect(observe(25_000, { [CPU]: 0.1 })).toMatchObject([{ state: 'resolved' }]);
  });

  test('a share of another series with the same attributes', () => {
    const metric = 'system.network.errors';
    const rule: Rule = {
      ...above,
      metric,
      scope: 'each',
      per: { metric: 'system.network.packet.count' },
      threshold: 0.01,
      clear: 0.005,
    };
    const eth = '{network.interface.name="eth0",network.io.direction="receive"}';
    const sample = (errors: number, packets: number): Record<string, number> => ({
      [metric + eth]: errors,
      [`system.network.packet.count${eth}`]: packets,
    });
    const { observe } = rig([rule]);
    expect(observe(0, sample(0, 0))).toEqual([]);
    expect(observe(5_000, sample(1, 100))).toEqual([]);
    expect(observe(10_000, sample(2, 100))).toMatchObject([
      { value: 0.02, summary: 'Network errors eth0 at 2 % on web-1 (above 1 %)' },
    ]);
    expect(observe(15_000, { [metric + eth]: 0 })).toEqual([]);
  });

  test('guards must hold too; an active alert keeps them up to their clear', () => {
    const free = 'system.memory.usage{system.memory.state="free"}';
    const rule: Rule = {
      ...above,
      guards: [
        {
          metric: 'system.memory.usage',
          attributes: { 'system.memory.state': 'free' },
          below: 100,
          clear: 200,
        },
      ],
    };
    const { observe } = rig([rule]);
    expect(observe(0, { [CPU]: 0.9, [free]: 100 })).toEqual([]);
    expect(observe(5_000, { [CPU]: 0.9 })).toEqual([]);
    expect(observe(10_000, { [CPU]: 0.9, [free]: 99 })).toHaveLength(1);
    expect(observe(15_000, { [CPU]: 0.9, [free]: 199 })).toEqual([]);
    expect(observe(20_000, { [CPU]: 0.9, [free]: 200 })).toMatchObject([
      { state: 'resolved', summary: 'CPU at 90 % on web-1, no longer of concern' },
    ]);
  });
});

describe('windows', () => {
  const over = (aggregate: 'avg' | 'max' | 'min' | 'last', percentile?: number): Rule => ({
    ...above,
    window: { aggregate, overMs: 20_000, percentile },
  });

  test('an average says nothing until most of its window was watched', () => {
    expect(play(rig([over('avg')]), CPU, [1, 1, 1, 1])).toEqual(['3 firing']);
    expect(play(rig([over('avg')]), CPU, [0.5, 1, 1, 1, 1, 0, 0, 0, 0])).toEqual([
      '3 firing',
      '6 resolved',
    ]);
  });

  test('min fires when all of it is high, max resolves when none of it is', () => {
    expect(play(rig([over('min')]), CPU, [0.1, 1, 1, 1, 1, 0.1])).toEqual([
      '4 firing',
      '5 resolved',
    ]);
    expect(play(rig([over('max')]), CPU, [0.1, 0.1, 0.1, 1, 0.1, 0.1, 0.1, 0.1])).toEqual([
      '3 firing',
      '7 resolved',
    ]);
    expect(play(rig([over('last')]), CPU, [1, 0.1])).toEqual(['0 firing', '1 resolved']);
  });

  test('a percentile', () => {
    const rule: Rule = {
      ...above,
      window: { aggregate: 'percentile', percentile: 0.5, overMs: 20_000 },
    };
    expect(play(rig([rule]), CPU, [0.1, 0.1, 1, 1, 1, 0.1])).toEqual(['4 firing']);
  });

  test('after a gap longer than itself it begins anew', () => {
    const { observe } = rig([over('avg')]);
    observe(0, { [CPU]: 0 });
    expect([100_000, 105_000, 110_000].flatMap((at) => observe(at, { [CPU]: 1 }))).toEqual([]);
    expect(observe(115_000, { [CPU]: 1 })).toHaveLength(1);
  });

  test('many samples per slot cost no more memory and give the same average', () => {
    const rule: Rule = { ...above, window: { aggregate: 'avg', overMs: 600_000 } };
    const { observe } = rig([rule]);
    const changed = Array.from({ length: 1_200 }, (_, second) =>
      observe(second * 1000, { [CPU]: second % 2 === 0 ? 0.8 : 0.92 }),
    ).flat();
    expect(changed).toHaveLength(1);
    expect(changed[0]?.value).toBeCloseTo(0.86, 2);
  });
});

describe('which hosts and series', () => {
  test('by label, by kind, by id or name, and all', () => {
    const fires = (targets: Rule['targets'], tags: readonly string[] = []): number =>
      play(rig([{ ...above, targets }], [], { tags }), CPU, [1]).length;
    const has = (name: string): Matcher => ({ name, op: '~', value: '*' });
    expect(fires('all')).toBe(1);
    expect(fires([{ labels: [has('db')] }, { labels: [has('prod')] }], ['prod'])).toBe(1);
    expect(fires([{ labels: [has('db'), has('prod')] }], ['prod'])).toBe(0);
    expect(fires([{ labels: [has('db')] }], ['prod'])).toBe(0);
    expect(fires([{ labels: [{ name: 'team', op: '=', value: 'shop' }] }], ['team=shop'])).toBe(1);
    expect(fires([{ labels: [{ name: 'team', op: '!=', value: 'shop' }] }], ['team=shop'])).toBe(0);
    expect(fires([{ labels: [{ name: 'host', op: '~', value: 'web-*' }] }])).toBe(1);
    expect(fires([{ kinds: ['host', 'pod'] }])).toBe(1);
    expect(fires([{ kinds: ['pod'] }])).toBe(0);
    expect(fires([{ target: 'web-1' }])).toBe(1);
    expect(fires([{ target: host.id }])).toBe(1);
    expect(fires([{ target: 'web-2' }])).toBe(0);
    expect(fires([{ target: 'web-1', kinds: ['pod'] }])).toBe(0);
  });

  test('a tag that is added counts from the next sample on', () => {
    const { engine } = rig([
      { ...above, targets: [{ labels: [{ name: 'prod', op: '~', value: '*' }] }] },
    ]);
    const keys = [CPU];
    const observe = (target: Target, timeMs: number): number =>
      engine.observe({ target, timeMs, keys, values: [1] }, timeMs).length;
    const tagged: Target = { ...host, labels: { prod: '' } };
    expect(observe(host, 0)).toBe(0);
    expect(observe(tagged, 5_000)).toBe(1);
    // By what is expected of it, too.
    engine.targetSeen({ target: host, intervalMs: INTERVAL_MS }, 0);
    expect(engine.current()).toHaveLength(1);
  });

  test('patterns choose series, overrides change the rule for some of them', () => {
    const rule: Rule = {
      ...above,
      metric: 'system.disk.io_time',
      scope: 'each',
      where: { 'system.device': ['sd*', '!sdz'] },
      overrides: [
        { where: { 'system.device': 'sdb' }, threshold: 0.95, clear: 0.9, severity: 'critical' },
        { where: { 'system.device': 'sdc' }, enabled: false },
      ],
    };
    const { observe } = rig([rule]);
    const at = (value: number): Record<string, number> =>
      Object.fromEntries(
        ['sda', 'sdb', 'sdc', 'sdz', 'nvme0n1'].map((name) => [device(name), value]),
      );
    expect(observe(0, at(0.9)).map(({ attributes }) => attributes['system.device'])).toEqual([
      'sda',
    ]);
    expect(observe(5_000, at(0.96))).toMatchObject([{ severity: 'critical', threshold: 0.95 }]);
  });

  test('a rule that is switched off says nothing', () => {
    expect(play(rig([{ ...above, enabled: false }]), CPU, [1])).toEqual([]);
  });
});

describe('time', () => {
  test('clearFor must pass without interruption', () => {
    expect(play(rig([{ ...above, clearForMs: 10_000 }]), CPU, [1, 0, 0, 0.8, 0, 0, 0, 0])).toEqual([
      '0 firing',
      '6 resolved',
    ]);
  });

  test('clearFor ends between samples too, but not while the host is silent', () => {
    const { observe, tick } = rig([{ ...above, clearForMs: 10_000 }]);
    observe(0, { [CPU]: 1 });
    observe(5_000, { [CPU]: 0.5 });
    expect(tick(14_999)).toEqual([]);
    expect(tick(15_000)).toMatchObject([{ state: 'resolved', resolvedAtMs: 15_000, value: 0.5 }]);
    observe(20_000, { [CPU]: 1 });
    observe(25_000, { [CPU]: 0.5 });
    expect(tick(60_000)).toEqual([]);
  });

  test('keepFiringFor counts from when the condition last held, also for a series that is gone', () => {
    expect(
      play(rig([{ ...above, keepFiringForMs: 20_000 }]), CPU, [1, 0, 1, 0, 0, 0, 0, 0]),
    ).toEqual(['0 firing', '6 resolved']);
    const { observe } = rig([{ ...above, keepFiringForMs: 60_000 }]);
    observe(0, { [CPU]: 1 });
    expect([30_000, 59_000].flatMap((at) => observe(at, { other: 1 }))).toEqual([]);
    expect(observe(60_000, { other: 1 })).toHaveLength(1);
  });
});

describe('flapping', () => {
  const flapping = {
    limits: [{ fires: 3, withinMs: 60_000 }],
    quietMs: 15_000,
    quietMostMs: 15_000,
  };
  const turns = [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0];

  test('is named at the third time and held until it is quiet, instead of told each time', () => {
    const told = rig([above], [], { flapping });
    expect(play(told, CPU, turns)).toEqual([
      '0 firing',
      '1 resolved',
      '2 firing',
      '3 resolved',
      '4 firing',
      '12 resolved',
    ]);
    expect(told.observe(65_000, { [CPU]: 1 })[0]).not.toHaveProperty('flapping');
    const named = rig([above], [], { flapping });
    play(named, CPU, turns.slice(0, 5));
    expect(named.engine.current()[0]).toMatchObject({
      flapping: 3,
      summary: 'CPU at 100 % on web-1 (above 85 %); flapping, fired 3 times lately',
    });
  });

  test('survives a restart when the resolved alerts are handed on', () => {
    const first = new AlertEngine([above], [], { flapping });
    const told = [0, 1, 2, 3].flatMap((index) =>
      first.observe(
        { target: host, timeMs: index * 5_000, keys: [CPU], values: [index % 2 === 0 ? 1 : 0] },
        index * 5_000,
      ),
    );
    const ended = told.filter(({ state }) => state === 'resolved');
    expect(rig([above], ended, { flapping }).observe(20_000, { [CPU]: 1 })).toMatchObject([
      { flapping: 3 },
    ]);
    expect(rig([above], [], { flapping }).observe(20_000, { [CPU]: 1 })[0]).not.toHaveProperty(
      'flapping',
    );
  });
});

describe('flapping by default', () => {
  /** Minutes on, minutes off, all day: how often it is told, and whether it was named. */
  const day = (on: number, off: number): { fired: number; named: boolean } => {
    const { observe, engine } = rig([above]);
    let fired = 0;
    let named = false;
    for (let at = 0; at < 24 * 60 * 12; at++) {
      const atMs = at * 5_000;
      const isOn = (at / 12) % (on + off) < on;
      for (const alert of [...observe(atMs, { [CPU]: isOn ? 1 : 0 }), ...engine.tick(atMs)]) {
        if (alert.state === 'firing') fired++;
        named ||= alert.flapping !== undefined;
      }
    }
    return { fired, named };
  };

  test.each([
    [1, 7, 5],
    [1, 10, 5],
    [2, 13, 10],
    [5, 25, 10],
  ])('on %d min, off %d min, all day: named, and told %d times', (on, off, most) => {
    const { fired, named } = day(on, off);
    expect(named).toBe(true);
    expect(fired).toBeLessThanOrEqual(most);
  });

  test('once an hour is no flapping', () => {
    expect(day(5, 55)).toEqual({ fired: 24, named: false });
  });
});

describe('rules that change while alerts fire', () => {
  test('one that is unchanged keeps its alert, one that is gone ends it, one with another bound goes on', () => {
    const cpu = { ...above, ruleId: 'cpu' };
    const swap: Rule = { ...above, ruleId: 'swap', metric: 'system.paging.utilization' };
    const memory: Rule = { ...above, ruleId: 'memory', metric: 'system.memory.utilization' };
    const { engine, observe } = rig([cpu, swap, memory]);
    const sample = {
      [CPU]: 0.9,
      'system.paging.utilization': 0.9,
      'system.memory.utilization': 0.9,
    };
    expect(observe(0, sample)).toHaveLength(3);
    const ended = engine.replaceRules([cpu, { ...memory, threshold: 0.95, clear: 0.92 }], 1_000);
    expect(ended).toMatchObject([{ ruleId: 'swap', state: 'resolved', resolvedAtMs: 1_000 }]);
    expect(observe(5_000, sample)).toMatchObject([{ ruleId: 'memory', state: 'resolved' }]);
    expect(engine.current()).toMatchObject([{ ruleId: 'cpu', state: 'firing' }]);
    expect(() => engine.replaceRules([cpu, cpu], 6_000)).toThrow();
    expect(engine.current()).toMatchObject([{ ruleId: 'cpu', state: 'firing' }]);
  });
});
