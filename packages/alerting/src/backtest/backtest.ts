import { MINUTE_MS } from '@openmanager/protocol/durations';
import {
  targetRef,
  type Alert,
  type Attributes,
  type Target,
  type TargetRef,
} from '@openmanager/protocol';
import { AlertEngine, type Observation } from '../engine/engine.ts';
import type { Foresight } from '../engine/foresight.ts';
import { isSeriesRule, signOf, type Rule } from '../model/rule.ts';

/** What is stored of one target, rows in time order. */
export interface TargetHistory {
  readonly target: Target;
  /** Between rows. */
  readonly intervalMs: number;
  readonly keys: readonly string[];
  readonly timesMs: ArrayLike<number>;
  /** One per key, one value per row. */
  readonly columns: readonly ArrayLike<number>[];
}

/** One time that the rule would have fired. */
export interface Fire {
  readonly target: TargetRef;
  readonly attributes: Attributes;
  readonly firedAtMs: number;
  /** Undefined while it would still fire. */
  readonly resolvedAtMs: number | undefined;
  readonly summary: string;
}

export interface BacktestResult {
  readonly fires: readonly Fire[];
  /** Times that it fired again within half an hour of its end. */
  readonly flaps: number;
  /** Sum over all fires, up to the end of the history. */
  readonly firingMs: number;
  /** The least change among those tried that leaves no flaps and still fires; undefined when none is needed or helps. */
  readonly suggestion:
    | {
        readonly clear?: number;
        readonly forMs?: number;
        readonly clearForMs?: number;
        readonly fires: number;
      }
    | undefined;
}

/** Foresight that learns from history as it passes. */
export interface LearningForesight extends Foresight {
  /** Each row, before it is judged. */
  observe(row: Observation): void;
}

export interface BacktestOptions {
  /** Made anew for each pass over a target. @default nothing is expected of any series */
  readonly foresight?: (() => LearningForesight) | undefined;
  /** Rows before are only learned from, epoch ms. @default all are judged */
  readonly fromMs?: number | undefined;
  /** A fire so soon after the last one ended is a flap. @default 30 min */
  readonly flapMs?: number | undefined;
}

const FLAP_MS = 1_800_000;

/** What a rule would have done on history, and what would have kept it from flapping. */
export function backtest(
  rule: Rule,
  histories: readonly TargetHistory[],
  options: BacktestOptions = {},
): BacktestResult {
  const fires = run(rule, histories, options);
  const flaps = flapsOf(fires, options.flapMs ?? FLAP_MS);
  const endMs = histories.reduce(
    (end, { timesMs }) => Math.max(end, timesMs[timesMs.length - 1] ?? 0),
    0,
  );
  return {
    fires,
    flaps,
    firingMs: fires.reduce(
      (sum, { firedAtMs, resolvedAtMs }) => sum + Math.max(0, (resolvedAtMs ?? endMs) - firedAtMs),
      0,
    ),
    suggestion: flaps === 0 ? undefined : suggest(rule, histories, options),
  };
}

function run(rule: Rule, histories: readonly TargetHistory[], options: BacktestOptions): Fire[] {
  return histories.flatMap((history) => replay(rule, history, options));
}

function replay(rule: Rule, history: TargetHistory, options: BacktestOptions): Fire[] {
  const foresight = options.foresight?.();
  const { fromMs = Number.NEGATIVE_INFINITY } = options;
  const engine = new AlertEngine([{ ...rule, enabled: true }], [], { foresight, flapping: false });
  const { target, intervalMs, keys, timesMs, columns } = history;
  const ref = targetRef(target);
  const open = new Map<string, Fire>();
  const fires: Fire[] = [];
  const take = (alerts: readonly Alert[]): void => {
    for (const { id, state, attributes, firedAtMs = 0, resolvedAtMs, summary } of alerts) {
      if (state === 'firing')
        open.set(id, { target: ref, attributes, firedAtMs, resolvedAtMs: undefined, summary });
      const fire = state === 'resolved' ? open.get(id) : undefined;
      if (!fire) continue;
      fires.push({ ...fire, resolvedAtMs });
      open.delete(id);
    }
  };
  let first = 0;
  while (first < timesMs.length && (timesMs[first] as number) < fromMs) first++;
  const firstMs = timesMs[first];
  if (firstMs === undefined) return [];
  engine.targetSeen({ target, intervalMs }, firstMs);
  const values = new Float64Array(keys.length);
  for (let row = 0; row < timesMs.length; row++) {
    const timeMs = timesMs[row] as number;
    for (let column = 0; column < keys.length; column++)
      values[column] = columns[column]?.[row] ?? Number.NaN;
    const sample = { target, timeMs, keys, values };
    foresight?.observe(sample);
    if (row < first) continue;
    // What time alone brought about before this row: a silence, or a `for` that passed.
    take(engine.tick(timeMs));
    take(engine.observe(sample, timeMs));
  }
  return [...fires, ...open.values()].sort((a, b) => a.firedAtMs - b.firedAtMs);
}

function flapsOf(fires: readonly Fire[], flapMs: number): number {
  const ended = new Map<string, number>();
  let flaps = 0;
  for (const { target, attributes, firedAtMs, resolvedAtMs } of fires) {
    const series = `${target.id} ${JSON.stringify(attributes)}`;
    const lastMs = ended.get(series);
    if (lastMs !== undefined && firedAtMs - lastMs <= flapMs) flaps++;
    if (resolvedAtMs !== undefined) ended.set(series, resolvedAtMs);
  }
  return flaps;
}

/** Changes in the order in which they are tried: those that tell as early as before come first. */
function* candidates(
  rule: Rule,
): Generator<{ readonly clear?: number; readonly forMs?: number; readonly clearForMs?: number }> {
  if (isSeriesRule(rule) && rule.kind !== 'outside-band') {
    const size = Math.abs(rule.threshold);
    for (const share of [0.05, 0.1, 0.2, 0.3, 0.5]) {
      const clear = Number((rule.threshold - signOf(rule) * size * share).toPrecision(6));
      if (signOf(rule) * clear < signOf(rule) * rule.clear) yield { clear };
    }
  }
  for (const minutes of [1, 5, 15, 30])
    if (minutes * MINUTE_MS > (rule.clearForMs ?? 0)) yield { clearForMs: minutes * MINUTE_MS };
  for (const minutes of [1, 2, 5, 10, 15])
    if (minutes * MINUTE_MS > rule.forMs) yield { forMs: minutes * MINUTE_MS };
}

function suggest(
  rule: Rule,
  histories: readonly TargetHistory[],
  options: BacktestOptions,
): BacktestResult['suggestion'] {
  for (const change of candidates(rule)) {
    const fires = run({ ...rule, ...change }, histories, options);
    if (fires.length > 0 && flapsOf(fires, options.flapMs ?? FLAP_MS) === 0)
      return { ...change, fires: fires.length };
  }
  return undefined;
}
