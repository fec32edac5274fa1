import { alertSchema, targetRef, type Alert, type Target } from '@openmanager/protocol';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { AlertEngine, defaultRules, ruleInfo, type Rule } from '../index.ts';

const CPU = 'system.cpu.utilization';
const MEMORY = 'system.memory.utilization';
const disk = (mountpoint: string): string =>
  `system.filesystem.inodes.utilization{system.device="sda1",system.filesystem.mountpoint="${mountpoint}"}`;
const host: Target = { id: 'web100000000', kind: 'host', name: 'web-1', labels: {} };
const INTERVAL_MS = 5_000;
const slowCpu: Rule = {
  kind: 'above',
  ruleId: 'cpu-high',
  metric: CPU,
  scope: 'total',
  threshold: 0.85,
  clear: 0.75,
  forMs: 12_000,
  severity: 'warning',
};

/** An engine that knows the host, and short calls to it; every alert it answers must be a valid one. */
function engineOf(rules: readonly Rule[] = defaultRules, restored: readonly Alert[] = []) {
  const engine = new AlertEngine(rules, restored);
  engine.targetSeen({ target: host, intervalMs: INTERVAL_MS }, 0);
  const valid = (alerts: readonly Alert[]): readonly Alert[] =>
    alerts.map((alert) => v.parse(alertSchema, alert));
  return {
    engine,
    observe: (
      timeMs: number,
      sample: Readonly<Record<string, number>>,
      nowMs = timeMs,
    ): readonly Alert[] =>
      valid(
        engine.observe(
          { target: host, timeMs, keys: Object.keys(sample), values: Object.values(sample) },
          nowMs,
        ),
      ),
    tick: (nowMs: number): readonly Alert[] => valid(engine.tick(nowMs)),
  };
}

const brief = (alerts: readonly Alert[]): string[] =>
  alerts.map(({ ruleId, state, summary }) => `${ruleId} ${state}: ${summary}`);

describe('default rules', () => {
  test('CPU fires at once above 85 % and resolves below 75 %', () => {
    const { engine, observe } = engineOf();
    expect(observe(5_000, { [CPU]: 0.85 })).toEqual([]);
    const [fired] = observe(10_000, { [CPU]: 0.93 });
    expect(fired).toMatchObject({
      target: targetRef(host),
      ruleId: 'cpu-high',
      state: 'firing',
      severity: 'warning',
      metric: CPU,
      attributes: {},
      value: 0.93,
      threshold: 0.85,
      activeAtMs: 10_000,
      firedAtMs: 10_000,
      sampleTimeMs: 10_000,
      summary: 'CPU at 93 % on web-1 (above 85 %)',
    });
    expect(engine.current()).toEqual([fired]);
    expect(observe(15_000, { [CPU]: 0.75 })).toEqual([]);
    const [resolved] = observe(20_000, { [CPU]: 0.7499 });
    expect(resolved).toEqual({
      ...fired,
      state: 'resolved',
      value: 0.7499,
      resolvedAtMs: 20_000,
      sampleTimeMs: 20_000,
      summary: 'CPU back to 75 % on web-1 (below 75 %)',
    });
    expect(engine.current()).toEqual([]);
  });

  test('memory fires above 90 % and is critical; the worst firing severity counts', () => {
    const { engine, observe } = engineOf();
    expect(engine.worstSeverity(host.id)).toBeUndefined();
    observe(5_000, { [CPU]: 0.9, [MEMORY]: 0.9 });
    expect(engine.worstSeverity(host.id)).toBe('warning');
    const risen = observe(10_000, { [CPU]: 0.9, [MEMORY]: 0.901 });
    expect(brief(risen.filter(({ state }) => state === 'firing'))).toEqual([
      'memory-high firing: Memory at 90.1 % on web-1 (above 90 %)',
    ]);
    expect(engine.worstSeverity(host.id)).toBe('critical');
    observe(15_000, { [CPU]: 0.1, [MEMORY]: 0.85 });
    expect(engine.worstSeverity(host.id)).toBe('critical');
    observe(20_000, { [CPU]: 0.1, [MEMORY]: 0.79 });
    expect(engine.worstSeverity(host.id)).toBeUndefined();
  });

  test('each filesystem alerts for itself, the headline over all of them does not', () => {
    const { observe } = engineOf();
    const changed = observe(5_000, {
      'system.filesystem.inodes.utilization': 0.97,
      [disk('/')]: 0.5,
      [disk('/var')]: 0.91,
      [disk('/srv')]: 0.97,
    });
    expect(brief(changed)).toEqual([
      'inodes-full firing: Inodes /var at 91 % on web-1 (above 90 %)',
      'inodes-full firing: Inodes /srv at 97 % on web-1 (above 90 %)',
    ]);
    expect(new Set(changed.map(({ id }) => id)).size).toBe(2);
    expect(changed[0]?.attributes).toEqual({
      'system.device': 'sda1',
      'system.filesystem.mountpoint': '/var',
    });
  });

  test('modes and cores of the CPU are not judged by the rule for all of it', () => {
    const { observe } = engineOf();
    expect(
      observe(5_000, {
        [CPU]: 0.1,
        [`${CPU}{cpu.mode="user"}`]: 1,
        [`${CPU}{cpu.logical_number="0"}`]: 1,
      }),
    ).toEqual([]);
  });

  test('a host that is silent for three intervals alerts until its next sample', () => {
    const { engine, observe, tick } = engineOf();
    observe(5_000, { [CPU]: 0.1 }, 5_100);
    expect(tick(20_099)).toEqual([]);
    const [silent] = tick(20_700);
    expect(silent).toMatchObject({
      ruleId: 'host-silent',
      state: 'firing',
      severity: 'critical',
      metric: 'host.silence',
      value: 15_600,
      threshold: 15_000,
      activeAtMs: 20_100,
      firedAtMs: 20_100,
      sampleTimeMs: 5_100,
      summary: 'web-1 has been silent for 16 s',
    });
    expect(tick(21_700)).toEqual([]);
    engine.targetSeen({ target: host, intervalMs: INTERVAL_MS }, 22_000);
    expect(tick(22_700)).toEqual([]);
    expect(engine.worstSeverity(host.id)).toBe('critical');
    expect(observe(305_100, { [CPU]: 0.1 })).toEqual([
      {
        ...silent,
        state: 'resolved',
        resolvedAtMs: 305_100,
        sampleTimeMs: 305_100,
        value: 300_000,
        summary: 'web-1 sends samples again after 5 min',
      },
    ]);
    expect(tick(305_200)).toEqual([]);
  });

  test('a host that never sent anything is silent too, from when it was to be expected', () => {
    const { engine, tick } = engineOf();
    engine.targetSeen(
      { target: { ...host, id: 'db1000000000', name: 'db-1' }, intervalMs: 1_000 },
      30_000,
    );
    expect(brief(tick(14_999))).toEqual([]);
    expect(brief(tick(32_999))).toEqual(['host-silent firing: web-1 has been silent for 33 s']);
    expect(brief(tick(33_000))).toEqual(['host-silent firing: db-1 has been silent for 3 s']);
  });

  test('a shorter interval holds from the next sample on, a longer one at once', () => {
    const { engine, observe, tick } = engineOf();
    engine.targetSeen({ target: host, intervalMs: 1_000 }, 0);
    expect(tick(14_999)).toEqual([]);
    observe(14_999, {});
    expect(tick(17_999)).toHaveLength(1);
    observe(18_000, {});
    engine.targetSeen({ target: host, intervalMs: 10_000 }, 0);
    expect(tick(47_999)).toEqual([]);
    expect(tick(48_000)).toHaveLength(1);
  });

  test('time in which nobody listened is no silence', () => {
    const { engine, observe, tick } = engineOf();
    observe(5_000, {});
    engine.paused(3_600_000, 3_605_000);
    expect(tick(3_619_999)).toEqual([]);
    expect(tick(3_620_000)).toHaveLength(1);
  });

  test('a pause does not lie ahead of who was heard since', () => {
    const { engine, observe, tick } = engineOf();
    observe(3_605_000, {});
    engine.paused(3_600_000, 3_606_000);
    expect(tick(3_620_999)).toEqual([]);
    expect(tick(3_621_000)).toHaveLength(1);
  });

  test('are listed with their figures', () => {
    expect(defaultRules.map(ruleInfo).filter(({ ruleId }) => ruleId.startsWith('host'))).toEqual([
      {
        ruleId: 'host-silent',
        metric: 'host.silence',
        condition: 'absent',
        threshold: 3,
        clear: 0,
        forMs: 0,
        severity: 'critical',
      },
    ]);
    expect(defaultRules.map(ruleInfo)).toContainEqual({
      ruleId: 'cpu-high',
      metric: CPU,
      condition: 'above',
      threshold: 0.85,
      clear: 0.75,
      forMs: 0,
      severity: 'warning',
    });
  });
});

describe('for', () => {
  test('pends first and fires with the sample at which it has passed', () => {
    const { engine, observe } = engineOf([slowCpu]);
    const [pending] = observe(5_000, { [CPU]: 0.9 });
    expect(pending).toMatchObject({ state: 'pending', activeAtMs: 5_000 });
    expect(pending).not.toHaveProperty('firedAtMs');
    expect(engine.worstSeverity(host.id)).toBeUndefined();
    expect(observe(10_000, { [CPU]: 0.8 })).toEqual([]);
    expect(observe(16_999, { [CPU]: 0.9 })).toEqual([]);
    expect(observe(17_000, { [CPU]: 0.95 })).toEqual([
      {
        ...pending,
        state: 'firing',
        firedAtMs: 17_000,
        sampleTimeMs: 17_000,
        value: 0.95,
        summary: 'CPU at 95 % on web-1 (above 85 %)',
      },
    ]);
  });

  test('fires between samples, in the time of the host', () => {
    const { observe, tick } = engineOf([slowCpu]);
    observe(5_000, { [CPU]: 0.9 }, 25_000);
    observe(10_000, { [CPU]: 0.9 }, 30_000);
    expect(tick(36_999)).toEqual([]);
    expect(tick(37_400)).toMatchObject([{ state: 'firing', activeAtMs: 5_000, firedAtMs: 17_000 }]);
  });

  test('does not fire for a host that fell silent, nor before the first sample after a restart', () => {
    const { engine, observe, tick } = engineOf([{ ...slowCpu, forMs: 60_000 }]);
    observe(5_000, { [CPU]: 0.9 });
    expect(tick(70_000)).toEqual([]);
    const again = engineOf([{ ...slowCpu, forMs: 60_000 }], engine.current());
    expect(again.tick(14_000)).toEqual([]);
    expect(again.observe(70_000, { [CPU]: 0.9 })).toMatchObject([
      { state: 'firing', activeAtMs: 5_000 },
    ]);
  });

  test('that ends early leaves nothing behind', () => {
    const { engine, observe, tick } = engineOf([slowCpu]);
    const [pending] = observe(5_000, { [CPU]: 0.9 });
    expect(observe(10_000, { [CPU]: 0.7 })).toMatchObject([
      { id: pending?.id, state: 'inactive', activeAtMs: 5_000 },
    ]);
    expect([engine.current(), tick(60_000)]).toEqual([[], []]);
  });

  test('of silence counts from when the host was overdue', () => {
    const { tick } = engineOf([
      { kind: 'absent', ruleId: 'host-silent', intervals: 3, forMs: 30_000, severity: 'info' },
    ]);
    expect(tick(16_000)).toMatchObject([{ state: 'pending', activeAtMs: 15_000 }]);
    expect(tick(44_999)).toEqual([]);
    expect(tick(45_500)).toMatchObject([
      { state: 'firing', activeAtMs: 15_000, firedAtMs: 45_000, value: 45_500 },
    ]);
  });
});

describe('what goes away', () => {
  test('a series that is missing for more than three intervals resolves its alert', () => {
    const { observe } = engineOf();
    observe(5_000, { [CPU]: 0.1, [disk('/mnt')]: 0.95 });
    observe(10_000, { [CPU]: 0.1 });
    observe(15_000, { [CPU]: 0.1, [disk('/mnt')]: Number.NaN });
    expect(observe(20_000, { [CPU]: 0.1 })).toEqual([]);
    expect(observe(20_001, { [CPU]: 0.1 })).toMatchObject([
      { state: 'resolved', resolvedAtMs: 20_001, summary: 'Inodes /mnt is gone from web-1' },
    ]);
  });

  test('a series that comes back in time keeps its alert', () => {
    const { observe } = engineOf();
    observe(5_000, { [disk('/mnt')]: 0.95 });
    observe(19_000, { [CPU]: 0.1 });
    expect(observe(20_000, { [disk('/mnt')]: 0.95 })).toEqual([]);
    expect(observe(34_000, { [CPU]: 0.1 })).toEqual([]);
  });

  test('a removed host ends its alerts and is forgotten', () => {
    const { engine, observe, tick } = engineOf();
    observe(5_000, { [CPU]: 0.9 });
    expect(engine.targetRemoved(host.id, 6_000)).toMatchObject([
      { state: 'resolved', resolvedAtMs: 6_000, summary: 'web-1 was removed' },
    ]);
    expect([engine.current(), tick(60_000), engine.targetRemoved(host.id, 6_000)]).toEqual([
      [],
      [],
      [],
    ]);
  });

  test('an alert whose rule is gone ends with the first tick', () => {
    const { engine, observe } = engineOf();
    const fired = observe(5_000, { [CPU]: 0.9 });
    const without = engineOf(defaultRules.slice(1), engine.current());
    expect(without.engine.current()).toEqual(fired);
    expect(without.tick(6_000)).toMatchObject([
      { id: fired[0]?.id, state: 'resolved', resolvedAtMs: 6_000 },
    ]);
    expect([without.engine.current(), without.tick(7_000)]).toEqual([[], []]);
  });
});

describe('bad input', () => {
  test('rules that cannot work are refused', () => {
    const bad: Rule[][] = [
      [{ ...slowCpu, clear: 0.9 }],
      [{ ...slowCpu, threshold: Number.NaN }],
      [{ ...slowCpu, ruleId: 'Not an id' }],
      [slowCpu, slowCpu],
      [{ kind: 'absent', ruleId: 'silent', intervals: 0, forMs: 0, severity: 'info' }],
    ];
    for (const rules of bad) expect(() => new AlertEngine(rules)).toThrow(v.ValiError);
  });

  test('values that are no numbers and keys that are no series change nothing', () => {
    const { observe } = engineOf();
    const odd = {
      [CPU]: Number.NaN,
      [MEMORY]: Number.POSITIVE_INFINITY,
      'system.filesystem.utilization{x=}': 1,
      [disk('/')]: 0.93,
    };
    expect(brief(observe(5_000, odd))).toEqual([
      'inodes-full firing: Inodes / at 93 % on web-1 (above 90 %)',
    ]);
    expect(
      new AlertEngine(defaultRules).observe(
        { target: host, timeMs: 1, keys: [CPU, MEMORY], values: [0.1] },
        1,
      ),
    ).toEqual([]);
  });
});

test('a second alert of the same series has an id of its own', () => {
  const { observe } = engineOf();
  const ids = [5_000, 10_000, 15_000, 20_000]
    .flatMap((timeMs, index) => observe(timeMs, { [CPU]: index % 2 === 0 ? 0.9 : 0.1 }))
    .map(({ id }) => id);
  expect(ids[0]).toBe(ids[1]);
  expect(ids[2]).toBe(ids[3]);
  expect(ids[0]).not.toBe(ids[2]);
});
