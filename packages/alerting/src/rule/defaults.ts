import type { Rule } from './rule.ts';

/**
 * What everybody wants to hear of without setting anything up. Memory is critical because the kernel starts to
 * kill processes soon after; a full CPU or a filling disk leaves time. The distance between threshold and clear
 * keeps a value that hovers at the threshold from alerting again and again.
 */
export const defaultRules: readonly Rule[] = [
  {
    kind: 'above',
    ruleId: 'cpu-high',
    metric: 'system.cpu.utilization',
    scope: 'total',
    threshold: 0.85,
    clear: 0.75,
    forMs: 0,
    severity: 'warning',
  },
  {
    kind: 'above',
    ruleId: 'memory-high',
    metric: 'system.memory.utilization',
    scope: 'total',
    threshold: 0.9,
    clear: 0.8,
    forMs: 0,
    severity: 'critical',
  },
  {
    kind: 'above',
    ruleId: 'disk-full',
    metric: 'system.filesystem.utilization',
    scope: 'each',
    threshold: 0.9,
    clear: 0.88,
    forMs: 0,
    severity: 'warning',
  },
  { kind: 'absent', ruleId: 'host-silent', intervals: 3, forMs: 0, severity: 'critical' },
];
