import type { Dial } from './link.ts';
import { dialSocket } from './socket-link.ts';

export type Cancel = () => void;

/** Platform port: clock, timers and page visibility, injected so that tests control them. */
export interface Environment {
  /** Epoch ms. */
  readonly now: () => number;
  /** Ms that never run backwards, for measuring. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly after: (delayMs: number, run: () => void) => Cancel;
  readonly soon: (run: () => void) => void;
  /** Calls back when an immediate attempt is worthwhile: the network is back, or the page became visible. */
  readonly onWake: (listener: () => void) => Cancel;
  /** Calls back when the page is hidden, true, or seen again; at once when it is hidden already. */
  readonly onHidden: (listener: (isHidden: boolean) => void) => Cancel;
  readonly dial: Dial;
  readonly log: (message: string, detail?: unknown) => void;
}

/** The browser, or Node. Touches no global until it is used. */
export const systemEnvironment: Environment = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  soon: (run) => queueMicrotask(run),
  onWake(listener) {
    if (typeof window === 'undefined' || typeof window.addEventListener !== 'function')
      return () => undefined;
    const page = typeof document === 'undefined' ? undefined : document;
    const seen = (): void => {
      if (page?.visibilityState === 'visible') listener();
    };
    window.addEventListener('online', listener);
    page?.addEventListener('visibilitychange', seen);
    return () => {
      window.removeEventListener('online', listener);
      page?.removeEventListener('visibilitychange', seen);
    };
  },
  onHidden(listener) {
    if (typeof document === 'undefined') return () => undefined;
    const page = document;
    const report = (): void => listener(page.visibilityState === 'hidden');
    page.addEventListener('visibilitychange', report);
    if (page.visibilityState === 'hidden') listener(true);
    return () => page.removeEventListener('visibilitychange', report);
  },
  dial: dialSocket,
  log: (message, detail) =>
    // oxlint-disable-next-line no-console -- what the `debug` option is for
    console.debug(`[openmanager] ${message}`, ...(detail === undefined ? [] : [detail])),
};
