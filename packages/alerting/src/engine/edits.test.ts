/** Rules that are edited, and hosts that are renamed, while alerts are pending or fire; and restarts in between. */
import type { Alert } from '@openmanager/protocol';
import { describe, expect, test } from 'vitest';
import type { Rule } from '../index.ts';
import { CPU, host, INTERVAL_MS, rig } from '../../test/kit.ts';

const rule: Rule = {
  kind: 'above',
  ruleId: 'cpu-high',
  metric: CPU,
  scope: 'total',
  threshold: 0.85,
  clear: 0.75,
  forMs: 0,
  severity: 'warning',
};
const at = (value: number) => ({ [CPU]: value });
const brief = (alerts: readonly Alert[]): string[] =>
  alerts.map(({ state, severity, summary }) => `${state} ${severity}: ${summary}`);

describe('while an alert fires', () => {
  test('another severity is told with the next sample, and nothing else changes', () => {
    const { engine, observe } = rig([rule]);
    const [fired] = observe(5_000, at(0.9));
    expect(engine.replaceRules([{ ...rule, severity: 'critical' }], 6_000)).toEqual([]);
    const [again] = observe(10_000, at(0.9));
    expect(again).toEqual({ ...fired, severity: 'critical', sampleTimeMs: 10_000 });
    expect(observe(15_000, at(0.9))).toEqual([]);
    expect(engine.worstSeverity(host.id)).toBe('critical');
  });

  test('another sentence is told, also of a host that sends nothing', () => {
    const silence: Rule = {
      kind: 'absent',
      ruleId: 'host-silent',
      intervals: 3,
      forMs: 0,
      severity: 'critical',
    };
    const { engine, observe, tick } = rig([silence]);
    observe(0, at(0.1));
    tick(15_000);
    engine.replaceRules([{ ...silence, summary: 'call {{target}}', severity: 'info' }], 16_000);
    expect(brief(tick(17_000))).toEqual(['firing info: call web-1']);
    expect(tick(18_000)).toEqual([]);
  });

  test('another sentence is told, too, when a restart came before it could be; the same one is not', () => {
    const fired = rig([rule]).observe(5_000, at(0.9));
    const { observe } = rig([{ ...rule, summary: 'look at {{host}}' }], fired);
    expect(brief(observe(10_000, at(0.9)))).toEqual(['firing warning: look at web-1']);
    expect(observe(15_000, at(0.9))).toEqual([]);
    expect(rig([rule], fired).observe(10_000, at(0.9))).toEqual([]);
  });

  test('so is another severity after a restart, and another name of the host', () => {
    const { observe } = rig([rule]);
    const fired = observe(5_000, at(0.9));
    const critical: Rule = { ...rule, severity: 'critical' };
    const next = rig([critical], fired);
    expect(brief(next.observe(10_000, at(0.9)))).toEqual([
      'firing critical: CPU at 90 % on web-1 (above 85 %)',
    ]);
    const renamed = { ...host, name: 'shop-1' };
    const keys = [CPU];
    const sample = (timeMs: number): readonly Alert[] =>
      next.engine.observe({ target: renamed, timeMs, keys, values: [0.9] }, timeMs);
    const [told] = sample(15_000);
    expect(told).toMatchObject({
      id: fired[0]?.id,
      target: { name: 'shop-1' },
      summary: 'CPU at 90 % on shop-1 (above 85 %)',
    });
    expect(sample(20_000)).toEqual([]);
  });

  test('a threshold above the value ends it with the next sample, wherever `clear` is', () => {
    const { engine, observe } = rig([rule]);
    observe(5_000, at(0.9));
    engine.replaceRules([{ ...rule, threshold: 0.95 }], 6_000);
    expect(brief(observe(10_000, at(0.9)))).toEqual([
      'resolved warning: CPU on web-1 at 90 % is within the rule as it is now',
    ]);
    expect(observe(15_000, at(0.9))).toEqual([]);
    expect(observe(20_000, at(0.96))).toHaveLength(1);
  });

  test('a threshold that the value is still above is told, and the alert goes on', () => {
    const { engine, observe } = rig([rule]);
    const [fired] = observe(5_000, at(0.9));
    engine.replaceRules([{ ...rule, threshold: 0.8, clear: 0.7 }], 6_000);
    expect(observe(10_000, at(0.9))).toMatchObject([
      { id: fired?.id, state: 'firing', threshold: 0.8 },
    ]);
  });

  test('over a restart, too', () => {
    const fired = rig([rule]).observe(5_000, at(0.9));
    const { observe } = rig([{ ...rule, threshold: 0.95 }], fired);
    expect(observe(10_000, at(0.9))).toMatchObject([{ state: 'resolved' }]);
  });

  test('a longer `for` begins it anew, unless it lasted that long', () => {
    const { engine, observe } = rig([rule]);
    observe(5_000, at(0.9));
    engine.replaceRules([{ ...rule, forMs: 60_000 }], 6_000);
    expect(observe(10_000, at(0.9)).map(({ state }) => state)).toEqual(['resolved', 'pending']);
    expect(observe(65_000, at(0.9))).toEqual([]);
    expect(observe(70_000, at(0.9))).toMatchObject([{ state: 'firing', firedAtMs: 70_000 }]);
    engine.replaceRules([{ ...rule, forMs: 30_000 }], 71_000);
    expect(observe(75_000, at(0.9)).map(({ state }) => state)).toEqual(['firing']);
  });

  test('more intervals until a host counts as silent end the alert of one that is not', () => {
    const silence = {
      kind: 'absent',
      ruleId: 'host-silent',
      forMs: 0,
      severity: 'critical',
    } as const;
    const { engine, observe, tick } = rig([{ ...silence, intervals: 3 }]);
    observe(0, at(0.1));
    expect(tick(15_000)).toHaveLength(1);
    engine.replaceRules([{ ...silence, intervals: 12 }], 16_000);
    expect(tick(17_000)).toMatchObject([{ state: 'resolved' }]);
    expect(tick(59_000)).toEqual([]);
    expect(tick(60_000)).toMatchObject([{ state: 'firing' }]);
  });

  test('a rule that is saved as it was changes nothing', () => {
    const { engine, observe, tick } = rig([rule]);
    observe(5_000, at(0.9));
    engine.replaceRules([{ ...rule }], 6_000);
    expect([...observe(10_000, at(0.9)), ...tick(11_000)]).toEqual([]);
  });
});

describe('pending over a restart', () => {
  const slow: Rule = { ...rule, forMs: 300_000 };
  const pending = (): readonly Alert[] => rig([slow]).observe(5_000, at(0.9));

  test.each([
    // Left at 60 s; the first sample after it, when it fires by then.
    ['a short one counts as if there was none', 80_000, 305_000],
    ['one of 100 min, longer than `for`, begins it anew', 6_060_000, 6_360_000],
  ])('%s', (_, backMs, firesMs) => {
    const { observe, tick } = rig([slow], pending(), { leftMs: 60_000 });
    const seen: string[] = [];
    for (let ms = backMs; ms <= firesMs; ms += INTERVAL_MS)
      for (const { state } of [...observe(ms, at(0.9)), ...tick(ms)]) seen.push(`${ms} ${state}`);
    expect(seen.at(-1)).toBe(`${firesMs} firing`);
    expect(seen.filter((text) => text.endsWith('firing'))).toHaveLength(1);
  });
});
