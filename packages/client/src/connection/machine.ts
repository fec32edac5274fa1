/**
 * The connection's states and what moves between them; the runner (connection.ts) carries out the effects.
 *
 *   idle ──connect──▶ connecting ──opened──▶ connected ──lost──▶ reconnecting ──attempts spent──▶ offline
 *                        │ failed               ▲                  │  ▲ failed                    │ ▲ failed
 *                        └──────────────────────┼──▶ reconnecting  │  └──────┘                    │ └────┘
 *                                               └───────opened─────┴──────────────────────────────┘
 *   any ──disconnect | refused──▶ closed ──connect──▶ connecting
 *
 * A timer or a wake (network back, page visible) dials; failures wait again.
 */
import type { ErrorBody } from '@openmanager/protocol';
import type { CloseReason, ConnectionState } from '../types.ts';
import { fastDelayMs, slowDelayMs } from './backoff.ts';

export interface Machine {
  readonly state: ConnectionState;
  /** Attempts since a connection last stood. */
  readonly spent: number;
  /** An attempt is under way; otherwise a timer runs, where the state has one. */
  readonly dialling: boolean;
}

export type LossReason = 'network' | 'hub-stopping' | 'heartbeat-timeout';

export type ConnectionEvent =
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  | { readonly type: 'opened' }
  | { readonly type: 'failed' }
  | { readonly type: 'refused'; readonly error: ErrorBody }
  | { readonly type: 'lost'; readonly reason: LossReason }
  | { readonly type: 'timer' }
  | { readonly type: 'wake' }
  | { readonly type: 'measured'; readonly rttMs: number };

export type Effect =
  | { readonly type: 'dial' }
  | { readonly type: 'hang-up' }
  | { readonly type: 'wait'; readonly delayMs: number }
  | { readonly type: 'stop-waiting' }
  | { readonly type: 'probe' };

export interface MachineContext {
  /** Epoch ms. */
  readonly nowMs: number;
  readonly random: () => number;
  readonly reconnectAttempts: number;
  readonly keepTrying: boolean;
}

export interface Step {
  readonly machine: Machine;
  readonly effects: readonly Effect[];
}

export type Status = ConnectionState['status'];
type StateOf<S extends Status> = Extract<ConnectionState, { status: S }>;
type EventOf<E extends ConnectionEvent['type']> = Extract<ConnectionEvent, { type: E }>;
type Cell<S extends Status, E extends ConnectionEvent['type']> = (
  machine: Machine & { readonly state: StateOf<S> },
  event: EventOf<E>,
  context: MachineContext,
) => Step;
type Table = { readonly [S in Status]: { readonly [E in ConnectionEvent['type']]: Cell<S, E> } };

/** A connection that ends sooner than this did not stand: its attempts keep counting, so flapping backs off. */
export const STANDS_AFTER_MS = 5_000;

export const initialMachine: Machine = { state: { status: 'idle' }, spent: 0, dialling: false };

const stay = (machine: Machine): Step => ({ machine, effects: [] });

const start = (): Step => ({
  machine: { state: { status: 'connecting', attempt: 1 }, spent: 0, dialling: true },
  effects: [{ type: 'stop-waiting' }, { type: 'dial' }],
});

const close = (reason: CloseReason, error?: ErrorBody): Step => ({
  machine: {
    state: { status: 'closed', reason, ...(error === undefined ? {} : { error }) },
    spent: 0,
    dialling: false,
  },
  effects: [{ type: 'stop-waiting' }, { type: 'hang-up' }],
});

const end = (): Step => close('user');
const refuse = (_machine: Machine, event: EventOf<'refused'>): Step =>
  close('refused', event.error);

const open = (machine: Machine, _event: unknown, context: MachineContext): Step => ({
  machine: {
    state: { status: 'connected', sinceMs: context.nowMs, rttMs: null },
    spent: machine.spent,
    dialling: false,
  },
  effects: [{ type: 'stop-waiting' }],
});

function retry(spentBefore: number, reason: CloseReason, context: MachineContext): Step {
  const spent = spentBefore + 1;
  const { reconnectAttempts: maxAttempts, random } = context;
  if (spent <= maxAttempts)
    return {
      machine: {
        state: { status: 'reconnecting', attempt: spent, maxAttempts, reason },
        spent,
        dialling: false,
      },
      effects: [{ type: 'hang-up' }, { type: 'wait', delayMs: fastDelayMs(spent, random) }],
    };
  if (!context.keepTrying) return close('attempts-exhausted');
  const delayMs = slowDelayMs(spent - maxAttempts, random);
  return {
    machine: {
      state: { status: 'offline', reason, retryAtMs: context.nowMs + delayMs },
      spent,
      dialling: false,
    },
    effects: [{ type: 'hang-up' }, { type: 'wait', delayMs }],
  };
}

const lose = (
  machine: Machine & { state: StateOf<'connected'> },
  reason: LossReason,
  context: MachineContext,
): Step =>
  retry(
    context.nowMs - machine.state.sinceMs >= STANDS_AFTER_MS ? 0 : machine.spent,
    reason,
    context,
  );

const dialNow = (machine: Machine): Step => {
  if (machine.dialling) return stay(machine);
  const { state } = machine;
  return {
    machine: {
      ...machine,
      state: state.status === 'offline' ? { ...state, retryAtMs: null } : state,
      dialling: true,
    },
    effects: [{ type: 'stop-waiting' }, { type: 'dial' }],
  };
};

type Waiting = Machine & { readonly state: StateOf<'reconnecting'> | StateOf<'offline'> };

const failAgain = (machine: Waiting, _event: unknown, context: MachineContext): Step =>
  machine.dialling ? retry(machine.spent, machine.state.reason, context) : stay(machine);

const table: Table = {
  idle: {
    connect: start,
    disconnect: end,
    opened: stay,
    failed: stay,
    refused: stay,
    lost: stay,
    timer: stay,
    wake: stay,
    measured: stay,
  },
  connecting: {
    connect: stay,
    disconnect: end,
    opened: open,
    failed: (machine, _event, context) => retry(machine.spent, 'never-connected', context),
    refused: refuse,
    lost: (machine, event, context) => retry(machine.spent, event.reason, context),
    timer: stay,
    wake: stay,
    measured: stay,
  },
  connected: {
    connect: stay,
    disconnect: end,
    opened: stay,
    failed: (machine, _event, context) => lose(machine, 'network', context),
    refused: refuse,
    lost: (machine, event, context) => lose(machine, event.reason, context),
    timer: stay,
    wake: (machine) => ({ machine, effects: [{ type: 'probe' }] }),
    measured: (machine, event) =>
      stay({ ...machine, state: { ...machine.state, rttMs: event.rttMs } }),
  },
  reconnecting: {
    connect: dialNow,
    disconnect: end,
    opened: open,
    failed: failAgain,
    refused: refuse,
    lost: failAgain,
    timer: dialNow,
    wake: dialNow,
    measured: stay,
  },
  offline: {
    connect: start,
    disconnect: end,
    opened: open,
    failed: failAgain,
    refused: refuse,
    lost: failAgain,
    timer: dialNow,
    wake: dialNow,
    measured: stay,
  },
  closed: {
    connect: start,
    disconnect: stay,
    opened: stay,
    failed: stay,
    refused: stay,
    lost: stay,
    timer: stay,
    wake: stay,
    measured: stay,
  },
};

export function step(machine: Machine, event: ConnectionEvent, context: MachineContext): Step {
  const cell = table[machine.state.status][event.type] as (
    machine: Machine,
    event: ConnectionEvent,
    context: MachineContext,
  ) => Step;
  return cell(machine, event, context);
}
