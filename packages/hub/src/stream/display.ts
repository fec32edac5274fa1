import {
  displayPrecision,
  headlineKeys,
  metricOfKey,
  quantise,
  type Precision,
} from '@openmanager/protocol';

/** Derived data of a key array, computed once per array and garbage-collected with it. */
export interface Display {
  readonly precisions: readonly Precision[];
  /** Places of the series that set the priority; -1 where the host does not have them. */
  readonly cpu: number;
  readonly memory: number;
  /** Headline keys that the array has, with their places. */
  readonly headline: readonly (readonly [key: string, index: number])[];
}

const displays = new WeakMap<readonly string[], Display>();

export function displayOf(keys: readonly string[]): Display {
  let display = displays.get(keys);
  if (!display) {
    display = {
      precisions: keys.map((key) => displayPrecision(metricOfKey(key))),
      cpu: keys.indexOf('system.cpu.utilization'),
      memory: keys.indexOf('system.memory.utilization'),
      headline: headlineKeys
        .map((key) => [key, keys.indexOf(key)] as const)
        .filter(([, index]) => index >= 0),
    };
    displays.set(keys, display);
  }
  return display;
}

/** One display code per key, in a new array. */
export function codesOf(keys: readonly string[], values: ArrayLike<number>): Float64Array {
  const { precisions } = displayOf(keys);
  const codes = new Float64Array(keys.length);
  for (const [index, precision] of precisions.entries())
    codes[index] = quantise(values[index] ?? Number.NaN, precision);
  return codes;
}
