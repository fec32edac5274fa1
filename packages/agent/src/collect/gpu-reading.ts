/** Values of one processor; NaN for what it does not tell. */
export interface GpuReading {
  readonly id: string;
  readonly name: string;
  /** Shares from 0 to 1. */
  readonly utilization: number;
  readonly fan: number;
  /** Bytes. */
  readonly memoryUsed: number;
  readonly memoryTotal: number;
  readonly celsius: number;
  readonly watts: number;
  readonly hertz: number;
  /** Memory errors that could not be corrected. */
  readonly errors: number;
}

/** A processor that sleeps, does not answer or fell off the bus: still there, without values. */
export const withoutValues = (id: string, name: string): GpuReading => ({
  id,
  name,
  utilization: Number.NaN,
  fan: Number.NaN,
  memoryUsed: Number.NaN,
  memoryTotal: Number.NaN,
  celsius: Number.NaN,
  watts: Number.NaN,
  hertz: Number.NaN,
  errors: Number.NaN,
});
