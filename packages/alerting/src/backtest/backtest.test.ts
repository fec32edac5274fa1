import { describe, expect, test } from 'vitest';
import {
  backtest,
  importPrometheus,
  parseRuleFile,
  runRuleTests,
  type TargetHistory,
  type Rule,
} from '../index.ts';
import { CPU } from '../../test/kit.ts';

const rule: Rule = {
  kind: 'above',
  ruleId: 'cpu',
  severity: 'warning',
  forMs: 0,
  metric: CPU,
  scope: 'total',
  threshold: 0.8,
  clear: 0.8,
};

function history(values: readonly number[], hostname = 'web-1', stepMs = 60_000): TargetHistory {
  return {
    target: { id: hostname, kind: 'host', name: hostname, labels: {} },
    intervalMs: stepMs,
    keys: [CPU],
    timesMs: values.map((_, index) => index * stepMs),
    columns: [values],
  };
}

describe('backtest', () => {
  test('tells each fire with its duration, and counts flaps', () => {
    const result = backtest(rule, [history([0.1, 0.9, 0.79, 0.9, 0.75, 0.9, 0.1, 0.1])]);
    expect(result.fires).toMatchObject([
      {
        target: { id: 'web-1', kind: 'host', name: 'web-1' },
        firedAtMs: 60_000,
        resolvedAtMs: 120_000,
      },
      { firedAtMs: 180_000, resolvedAtMs: 240_000 },
      { firedAtMs: 300_000, resolvedAtMs: 360_000 },
    ]);
    expect(result.flaps).toBe(2);
    expect(result.firingMs).toBe(180_000);
  });

  test('suggests the least distance to clear that leaves no flap', () => {
    const { suggestion } = backtest(rule, [history([0.1, 0.9, 0.75, 0.9, 0.73, 0.9, 0.1])]);
    expect(suggestion).toEqual({ clear: 0.72, fires: 1 });
    expect(
      backtest({ ...rule, clear: 0.72 }, [history([0.1, 0.9, 0.75, 0.9, 0.73, 0.9, 0.1])]).flaps,
    ).toBe(0);
  });

  test('suggests time where no distance helps', () => {
    const swings = [0.1, 0.9, 0.05, 0.9, 0.05, 0.9, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05];
    expect(backtest(rule, [history(swings)]).suggestion).toEqual({ clearForMs: 300_000, fires: 1 });
  });

  test('nothing is suggested for a rule that does not flap, or that nothing helps', () => {
    expect(backtest(rule, [history([0.1, 0.9, 0.1])]).suggestion).toBeUndefined();
    expect(backtest(rule, [history([])])).toEqual({
      fires: [],
      flaps: 0,
      firingMs: 0,
      suggestion: undefined,
    });
  });

  test('two hosts are two stories; what still fires at the end counts up to it', () => {
    const result = backtest(rule, [history([0.9, 0.1]), history([0.1, 0.9, 0.9], 'web-2')]);
    expect(result).toMatchObject({ flaps: 0, firingMs: 60_000 + 60_000 });
    expect(result.fires.map(({ target, resolvedAtMs }) => [target.name, resolvedAtMs])).toEqual([
      ['web-1', 60_000],
      ['web-2', undefined],
    ]);
  });

  test('a silence is found in a gap', () => {
    const gap = history([1, 1, 1]);
    const result = backtest(
      { kind: 'absent', ruleId: 'silent', severity: 'critical', forMs: 0, intervals: 3 },
      [{ ...gap, timesMs: [0, 60_000, 1_000_000] }],
    );
    expect(result.fires).toMatchObject([{ firedAtMs: 240_000, resolvedAtMs: 1_000_000 }]);
  });
});

describe('rule files', () => {
  test('durations and shares as people write them', () => {
    const { rules, errors } = parseRuleFile({
      rules: [
        {
          id: 'cpu',
          kind: 'above',
          severity: 'warning',
          metric: CPU,
          scope: 'total',
          threshold: '85%',
          clear: '75 %',
          for: '1m30s',
          clearFor: '5m',
          window: { aggregate: 'avg', over: '10m' },
          guards: [{ metric: CPU, above: '1%' }],
        },
        {
          id: 'eta',
          kind: 'forecast',
          severity: 'info',
          metric: CPU,
          scope: 'total',
          direction: 'above',
          bound: '100%',
          threshold: '24h',
          clear: '36h',
          for: 0,
        },
      ],
    });
    expect(errors).toEqual([]);
    expect(rules).toMatchObject([
      {
        ruleId: 'cpu',
        threshold: 0.85,
        clear: 0.75,
        forMs: 90_000,
        clearForMs: 300_000,
        window: { overMs: 600_000 },
        guards: [{ above: 0.01 }],
      },
      { bound: 1, threshold: 86_400_000, clear: 129_600_000 },
    ]);
  });

  test('errors name the rule and the field as it is written', () => {
    const { errors } = parseRuleFile([
      { id: 'A', kind: 'absent', severity: 'info', for: 'soon', intervals: 3 },
      { id: 'b', kind: 'absent', severity: 'info', for: '0s', intervals: 3 },
      { id: 'b', kind: 'absent', severity: 'info', for: '0s', intervals: 3 },
    ]);
    expect(errors).toEqual([
      'rules.0.id: must be lower-case words joined by hyphens',
      expect.stringMatching(/^rules\.0\.for: /),
      'rules.2.id: is there twice',
    ]);
    expect(parseRuleFile('x').errors).toEqual(['rules: must be a list']);
  });

  test('cases run in virtual time, flapping included', () => {
    const cases = (series: (number | string)[], expected: object[]): unknown => ({
      tests: [{ name: 'one', interval: '1m', series: { [CPU]: series }, expect: expected }],
    });
    const good = cases(
      ['0.1 x 5', '0.9 x 5', '0.1 x 2'],
      [
        { at: '4m', rule: 'cpu', state: 'inactive' },
        { at: '9m', rule: 'cpu', state: 'firing' },
        { at: '11m', rule: 'cpu', state: 'inactive' },
      ],
    );
    expect(runRuleTests([rule], good)).toEqual({
      results: [{ name: 'one', failures: [] }],
      errors: [],
    });
    const wrong = cases([0.9], [{ at: '0s', rule: 'cpu', state: 'inactive' }]);
    expect(runRuleTests([rule], wrong).results[0]?.failures).toEqual([
      'at 0 s cpu is firing, not inactive',
    ]);
    const turns = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 0.9 : 0.1));
    const flap = cases(turns, [{ at: '8m', rule: 'cpu', state: 'flapping' }]);
    expect(runRuleTests([rule], flap).results[0]?.failures).toEqual([]);
    expect(
      runRuleTests([rule], cases([1], [{ at: '0s', rule: 'cup', state: 'firing' }])).results[0]
        ?.failures,
    ).toEqual(['there is no rule “cup”']);
    expect(runRuleTests([rule], { tests: [{ name: 'x' }] }).errors[0]).toContain('tests.0.');
  });
});

describe('rules of Prometheus', () => {
  const one = (expr: string, more: object = {}) =>
    importPrometheus({
      groups: [
        {
          name: 'g',
          rules: [{ alert: 'HostHighLoad', expr, labels: { severity: 'warning' }, ...more }],
        },
      ],
    });

  test.each([
    [
      'node_load15 > 8',
      { kind: 'above', metric: 'system.linux.cpu.load_15m', scope: 'total', threshold: 8 },
    ],
    ['8 < node_load15{job="node"}', { kind: 'above', threshold: 8 }],
    [
      '(node_filesystem_avail_bytes{mountpoint="/",fstype!="tmpfs"} / node_filesystem_size_bytes) * 100 < 10',
      {
        kind: 'above',
        metric: 'system.filesystem.utilization',
        scope: 'each',
        threshold: 0.9,
        where: { 'system.filesystem.mountpoint': '/', 'system.filesystem.type': '!tmpfs' },
      },
    ],
    [
      'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05',
      { kind: 'above', metric: 'system.memory.utilization', threshold: 0.95 },
    ],
    [
      'node_filesystem_avail_bytes / 1e9 < 5',
      {
        kind: 'below',
        metric: 'system.filesystem.usage',
        threshold: 5e9,
        where: { 'system.filesystem.state': 'free' },
      },
    ],
    ['system_memory_utilization > 0.9', { metric: 'system.memory.utilization' }],
    ['up == 0', { kind: 'absent', intervals: 3 }],
  ])('%s', (expr, expected) => {
    const { rules, notImported } = one(expr);
    expect(notImported).toEqual([]);
    expect(rules).toMatchObject([{ ruleId: 'host-high-load', ...expected }]);
  });

  test.each([
    ['rate(node_cpu_seconds_total[5m]) > 1', 'more than a metric'],
    ['node_load1 > node_load5', 'not a comparison of a metric with a number'],
    ['node_load1 > bool 1', 'not a comparison'],
    ['node_load1 > 1 and node_load5 > 1', 'not a comparison'],
    ['node_boot_time_seconds > 1', 'no metric “node_boot_time_seconds”'],
    ['node_load1{instance="a"} > 1', 'no label “instance”'],
    ['node_filesystem_size_bytes{mountpoint=~"/.*"} > 1', 'not plain text'],
    ['node_load1 == 1', 'other than'],
    ['node_load1 / on (x) node_load5 > 1', 'matches labels'],
    ['1 / node_load1 > 1', 'more than a metric'],
    ['node_load1 >', 'not understood'],
    ['constructor > 1', 'not understood'],
    ['toString > 1', 'no metric “toString”'],
  ])('%s is listed: %s', (expr, reason) => {
    const { rules, notImported } = one(expr);
    expect(rules).toEqual([]);
    expect(notImported).toMatchObject([{ name: 'HostHighLoad' }]);
    expect(notImported[0]?.reason).toContain(reason);
  });

  test.each([
    ['up{job="clickhouse"} == 0', 'about one job'],
    ['node_load1{job="db"} > 5', 'about one job'],
    ['up{env="prod"} == 0', 'no label “env”'],
    ['up == 1', 'about scrapes'],
    ['up > 0', 'about scrapes'],
    [
      'node_filesystem_avail_bytes{mountpoint="/a"} / node_filesystem_size_bytes{mountpoint="/b"} < 0.1',
      'one series by another',
    ],
  ])('%s would have another meaning here, and is refused: %s', (expr, reason) => {
    const { rules, notImported } = one(expr);
    expect(rules).toEqual([]);
    expect(notImported[0]?.reason).toContain(reason);
  });

  test.each<[string, object, string[]]>([
    ['up < 1', {}, ['up == 0 is a host that was silent for three of its intervals']],
    ['node_load1{job="node"} > 5', {}, ['job="node" is left out: all series here are of hosts']],
    ['node_load1{instance="db1:9100"} > 5', {}, ['instance="db1:9100" is the host “db1”']],
    ['node_load1 > 5', { labels: { severity: 'error' } }, ['severity “error” is critical here']],
    [
      'node_load1 > 5',
      { annotations: { description: 'x' } },
      ['the annotation description is left out'],
    ],
    ['node_load1 > 5', { labels: {} }, ['it has no severity: warning here']],
    ['node_load1 > 5', { exemplar: 1 }, ['the field exemplar is left out']],
    ['node_load1 > 5', { for: 0 }, []],
    ['node_load1 > 5', { for: '1w' }, []],
  ])('%s with %o is taken, and each change is named', (expr, more, changes) => {
    const { rules, changed } = one(expr, more);
    expect(rules).toHaveLength(1);
    expect(changed.flatMap((rule) => rule.changes)).toEqual(changes);
  });

  test('labels of a group are those of its rules, its other fields are named; a template in a label is refused', () => {
    const severity = { severity: 'info' };
    const { rules, changed, notImported } = importPrometheus({
      groups: [
        null,
        {
          name: 'g',
          interval: '1m',
          labels: { team: 'shop', tier: 'a' },
          rules: [
            { alert: 'One', expr: 'node_load1 > 5', labels: { ...severity, tier: 'b' } },
            { alert: 'Two', expr: 'node_load1 > 5', labels: { ...severity, x: '{{ $labels.x }}' } },
          ],
        },
      ],
    });
    expect(rules).toMatchObject([{ ruleId: 'one', labels: { team: 'shop', tier: 'b' } }]);
    expect(changed.map(({ changes }) => changes)).toEqual([['interval of the group is left out']]);
    expect(notImported.map(({ name }) => name)).toEqual(['', 'Two']);
  });

  test('each entry stands for itself, whatever stands beside it', () => {
    const { rules, notImported } = importPrometheus({
      groups: [
        { name: 'empty', rules: null },
        { rules: [{ alert: 'Bad', expr: {} }, null, 7, { alert: '부하', expr: 'node_load1 > 5' }] },
      ],
    });
    expect(rules).toMatchObject([{ ruleId: expect.stringMatching(/^rule-[0-9a-f]{16}$/) }]);
    expect(notImported.map(({ name }) => name)).toEqual(['Bad', '', '']);
  });

  test('takes over times, severity, labels and the runbook; a bound that counts itself still does', () => {
    const { rules } = one('node_load15 >= 8', {
      for: '5m',
      keep_firing_for: '10m',
      labels: { severity: 'page', team: 'ops' },
      annotations: {
        summary: 'Load of {{ $labels.instance }}',
        runbook_url: 'https://run.example/x',
      },
    });
    expect(rules).toMatchObject([
      {
        forMs: 300_000,
        keepFiringForMs: 600_000,
        severity: 'critical',
        labels: { team: 'ops' },
        runbookUrl: 'https://run.example/x',
      },
    ]);
    expect(rules[0]).not.toHaveProperty('summary');
    const [imported] = rules;
    expect(
      backtest({ ...(imported as Rule), forMs: 0 }, [
        { ...history([8]), keys: ['system.linux.cpu.load_15m'] },
      ]).fires,
    ).toHaveLength(1);
    expect(
      importPrometheus({ groups: [{ rules: [{ record: 'x', expr: '1' }] }] }).notImported,
    ).toEqual([{ name: 'x', reason: 'it records, it does not alert' }]);
    expect(importPrometheus([]).notImported).toHaveLength(1);
  });
});
