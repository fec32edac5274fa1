/**
 * States of the connection to the hub.
 *
 *   idle ─start→ connecting ─opened→ greeting ─welcomed→ live
 *                    ↑  └──lost──┐       └──lost──┐   └─lost─┐
 *                    └──retry── waiting ←─────────┴──────────┘          any ─stop→ stopped
 */
export type Phase = 'idle' | 'connecting' | 'greeting' | 'live' | 'waiting' | 'stopped';
export type PhaseEvent = 'start' | 'opened' | 'welcomed' | 'lost' | 'retry' | 'stop';

/** null: cannot happen, or comes too late to matter; the state stays. */
export const transitions: Readonly<Record<Phase, Readonly<Record<PhaseEvent, Phase | null>>>> = {
  idle: {
    start: 'connecting',
    opened: null,
    welcomed: null,
    lost: null,
    retry: null,
    stop: 'stopped',
  },
  connecting: {
    start: null,
    opened: 'greeting',
    welcomed: null,
    lost: 'waiting',
    retry: null,
    stop: 'stopped',
  },
  greeting: {
    start: null,
    opened: null,
    welcomed: 'live',
    lost: 'waiting',
    retry: null,
    stop: 'stopped',
  },
  live: {
    start: null,
    opened: null,
    welcomed: null,
    lost: 'waiting',
    retry: null,
    stop: 'stopped',
  },
  waiting: {
    start: null,
    opened: null,
    welcomed: null,
    lost: null,
    retry: 'connecting',
    stop: 'stopped',
  },
  stopped: { start: null, opened: null, welcomed: null, lost: null, retry: null, stop: null },
};
