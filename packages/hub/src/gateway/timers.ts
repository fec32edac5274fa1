/** Cancels what was scheduled; harmless when it has already run. */
export type Cancel = () => void;

/** Delays as an argument, so that tests own them. */
export interface Timers {
  after(delayMs: number, run: () => void): Cancel;
  /** After what waits on the event loop has had its turn. */
  soon(run: () => void): void;
}

export const systemTimers: Timers = {
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    // Timers must not keep a stopped hub alive.
    handle.unref();
    return () => {
      clearTimeout(handle);
    };
  },
  soon(run) {
    setImmediate(run);
  },
};
