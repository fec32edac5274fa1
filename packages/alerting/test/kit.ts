import { alertSchema, labelsOfTags, type Alert, type Target } from '@openmanager/protocol';
import * as v from 'valibot';
import { AlertEngine, defaultRules, type EngineOptions, type Rule } from '../src/index.ts';

export const host: Target = { id: 'web100000000', kind: 'host', name: 'web-1', labels: {} };
export const INTERVAL_MS = 5_000;
export const CPU = 'system.cpu.utilization';

export interface Rig {
  readonly engine: AlertEngine;
  observe(
    timeMs: number,
    sample: Readonly<Record<string, number>>,
    nowMs?: number,
  ): readonly Alert[];
  tick(nowMs: number): readonly Alert[];
}

/** An engine that knows the host, and short calls to it; every alert it answers must be a valid one. */
export function rig(
  rules: readonly Rule[] = defaultRules,
  restored: readonly Alert[] = [],
  options: EngineOptions & { readonly tags?: readonly string[] } = {},
): Rig {
  const engine = new AlertEngine(rules, restored, options);
  const target: Target = { ...host, labels: labelsOfTags(options.tags ?? []) };
  engine.targetSeen({ target, intervalMs: INTERVAL_MS }, 0);
  const valid = (alerts: readonly Alert[]): readonly Alert[] => {
    for (const alert of alerts) v.parse(alertSchema, alert);
    return alerts;
  };
  // As an agent does it: one key array for as long as the keys are the same.
  const arrays = new Map<string, readonly string[]>();
  return {
    engine,
    observe(timeMs, sample, nowMs = timeMs) {
      const keys = Object.keys(sample);
      const name = keys.join('\n');
      if (!arrays.has(name)) arrays.set(name, keys);
      return valid(
        engine.observe(
          { target, timeMs, keys: arrays.get(name) ?? [], values: Object.values(sample) },
          nowMs,
        ),
      );
    },
    tick: (nowMs) => valid(engine.tick(nowMs)),
  };
}

/** What samples every five seconds bring about, as `time state` of each change. */
export function play(
  { observe }: Rig,
  key: string,
  values: readonly number[],
  stepMs = INTERVAL_MS,
): string[] {
  return values.flatMap((value, index) =>
    observe(index * stepMs, { [key]: value }).map(({ state }) => `${index} ${state}`),
  );
}
