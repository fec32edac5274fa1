/** The engine and targets of other kinds than hosts, which nothing collects yet. */
import type { Alert, Target } from '@openmanager/protocol';
import { describe, expect, test } from 'vitest';
import { AlertEngine, type Rule } from '../index.ts';

const keys = ['container.memory.utilization'];
const host: Target = { id: 'web100000000', kind: 'host', name: 'web-1', labels: { zone: 'a' } };
const pod: Target = { id: 'pod', kind: 'pod', name: 'shop-1', parent: host.id, labels: {} };
const container: Target = {
  id: 'box',
  kind: 'container',
  name: 'nginx',
  parent: 'pod',
  labels: {},
};
const rule: Rule = {
  ruleId: 'full',
  kind: 'above',
  severity: 'warning',
  forMs: 0,
  metric: 'container.memory.utilization',
  scope: 'total',
  threshold: 0.9,
  clear: 0.8,
};
const onWeb: Rule = { ...rule, targets: [{ labels: [{ name: 'host', op: '=', value: 'web-1' }] }] };

function sample(
  engine: AlertEngine,
  target: Target,
  value: number,
  timeMs: number,
): readonly Alert[] {
  return engine.observe({ target, timeMs, keys, values: [value] }, timeMs);
}

describe('a container', () => {
  test('has alerts of its own, with words about itself and its host', () => {
    const summary = '{{kind}} {{target}} ({{targetId}}) on {{host}}, {{labels.team}}';
    const engine = new AlertEngine([{ ...rule, summary }]);
    engine.targetSeen({ target: host, intervalMs: 5_000 }, 0);
    engine.targetSeen({ target: pod, intervalMs: 5_000 }, 0);
    const [fired] = sample(engine, { ...container, labels: { team: 'shop' } }, 0.95, 5_000);
    expect(fired).toMatchObject({
      target: { id: 'box', kind: 'container', name: 'nginx' },
      state: 'firing',
      summary: 'container nginx (box) on web-1, shop',
    });
    expect(fired?.target).not.toHaveProperty('labels');
    expect(sample(engine, container, 0.5, 10_000)[0]?.summary).toMatch(/ on nginx \(below/);
    expect(engine.worstSeverity('web100000000')).toBeUndefined();
  });

  test('is reached by rules about its host, whichever of them is known first', () => {
    const engine = new AlertEngine([onWeb]);
    expect(sample(engine, container, 0.95, 0)).toEqual([]);
    expect(sample(engine, pod, 0.95, 0)).toEqual([]);
    engine.targetSeen({ target: host, intervalMs: 5_000 }, 0);
    expect(sample(engine, container, 0.95, 5_000)).toMatchObject([{ target: { id: 'box' } }]);
    expect(sample(engine, pod, 0.95, 5_000)).toMatchObject([{ target: { id: 'pod' } }]);
  });

  test('follows its host: to another name, to another parent, and when it goes', () => {
    const engine = new AlertEngine([onWeb]);
    for (const target of [{ ...host, name: 'old' }, pod])
      engine.targetSeen({ target, intervalMs: 5_000 }, 0);
    expect(sample(engine, container, 0.95, 0)).toEqual([]);
    engine.targetSeen({ target: host, intervalMs: 5_000 }, 0);
    expect(sample(engine, container, 0.95, 5_000)).toHaveLength(1);
    sample(engine, container, 0.1, 10_000);
    const moved: Target = { ...container, parent: 'elsewhere' };
    expect(sample(engine, moved, 0.95, 15_000)).toEqual([]);
    sample(engine, container, 0.1, 20_000);
    engine.targetRemoved(host.id, 25_000);
    expect(sample(engine, container, 0.95, 25_000)).toEqual([]);
  });

  test('of parents in a circle is judged as any other', () => {
    const engine = new AlertEngine([rule]);
    const [left, right] = [
      { ...container, id: 'left', parent: 'right' },
      { ...container, id: 'right', parent: 'left' },
    ] as const;
    expect(sample(engine, left, 0.95, 0)).toHaveLength(1);
    expect(sample(engine, right, 0.95, 0)).toHaveLength(1);
    expect(sample(engine, { ...left, name: 'new' }, 0.1, 5_000)).toHaveLength(1);
  });
});

test('an alert of a rule about labels survives a restart, and does not end and fire anew', () => {
  const byZone: Rule = { ...rule, targets: [{ labels: [{ name: 'zone', op: '=', value: 'a' }] }] };
  const before = new AlertEngine([byZone]);
  const [fired] = sample(before, host, 0.95, 0);
  const after = new AlertEngine([byZone], [fired as Alert], {
    target: (id) => (id === host.id ? host : undefined),
  });
  expect(after.tick(1_000)).toEqual([]);
  expect(sample(after, host, 0.95, 5_000)).toEqual([]);
  expect(after.current()).toEqual([fired]);
});
