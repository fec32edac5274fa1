import { readFileSync } from 'node:fs';
import { errors, type ErrorBody } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import type { ConnectionState } from '../types.ts';
import { fastDelayMs, slowDelayMs } from './backoff.ts';
import {
  initialMachine,
  STANDS_AFTER_MS,
  step,
  type ConnectionEvent,
  type Machine,
  type MachineContext,
  type Status,
} from './machine.ts';

const error: ErrorBody = { code: 'protocol-version', ...pick('protocol-version') };
const context: MachineContext = {
  nowMs: 100_000,
  random: () => 0.5,
  reconnectAttempts: 5,
  keepTrying: true,
};

function pick(code: keyof typeof errors): { message: string; action: string } {
  return { message: errors[code].message, action: errors[code].action };
}

const states: { readonly [S in Status]: Extract<ConnectionState, { status: S }> } = {
  idle: { status: 'idle' },
  connecting: { status: 'connecting', attempt: 1 },
  connected: { status: 'connected', sinceMs: 0, rttMs: null },
  reconnecting: { status: 'reconnecting', attempt: 2, maxAttempts: 5, reason: 'network' },
  offline: { status: 'offline', reason: 'network', retryAtMs: 120_000 },
  closed: { status: 'closed', reason: 'user' },
};

const events: { readonly [E in ConnectionEvent['type']]: Extract<ConnectionEvent, { type: E }> } = {
  connect: { type: 'connect' },
  disconnect: { type: 'disconnect' },
  opened: { type: 'opened' },
  failed: { type: 'failed' },
  refused: { type: 'refused', error },
  lost: { type: 'lost', reason: 'network' },
  timer: { type: 'timer' },
  wake: { type: 'wake' },
  measured: { type: 'measured', rttMs: 3 },
};

type Outcome = readonly [next: Status, ...effects: string[]];
type Phase = 'waiting' | 'dialling';
type Expected = { readonly [E in ConnectionEvent['type']]: Outcome };

const same = (status: Status): Outcome => [status];
const ended: Outcome = ['closed', 'stop-waiting', 'hang-up'];
const fresh: Outcome = ['connecting', 'stop-waiting', 'dial'];
const opened: Outcome = ['connected', 'stop-waiting'];
const again: Outcome = ['reconnecting', 'hang-up', 'wait'];

/** Every state, waiting and dialling, against every event. */
const table: { readonly [S in Status]: { readonly [P in Phase]: Expected } } = {
  idle: both({
    connect: fresh,
    disconnect: ended,
    opened: same('idle'),
    failed: same('idle'),
    refused: same('idle'),
    lost: same('idle'),
    timer: same('idle'),
    wake: same('idle'),
    measured: same('idle'),
  }),
  connecting: both({
    connect: same('connecting'),
    disconnect: ended,
    opened,
    failed: again,
    refused: ended,
    lost: again,
    timer: same('connecting'),
    wake: same('connecting'),
    measured: same('connecting'),
  }),
  connected: both({
    connect: same('connected'),
    disconnect: ended,
    opened: same('connected'),
    failed: again,
    refused: ended,
    lost: again,
    timer: same('connected'),
    wake: ['connected', 'probe'],
    measured: same('connected'),
  }),
  reconnecting: {
    waiting: {
      connect: ['reconnecting', 'stop-waiting', 'dial'],
      disconnect: ended,
      opened,
      failed: same('reconnecting'),
      refused: ended,
      lost: same('reconnecting'),
      timer: ['reconnecting', 'stop-waiting', 'dial'],
      wake: ['reconnecting', 'stop-waiting', 'dial'],
      measured: same('reconnecting'),
    },
    dialling: {
      connect: same('reconnecting'),
      disconnect: ended,
      opened,
      failed: again,
      refused: ended,
      lost: again,
      timer: same('reconnecting'),
      wake: same('reconnecting'),
      measured: same('reconnecting'),
    },
  },
  offline: {
    waiting: {
      connect: fresh,
      disconnect: ended,
      opened,
      failed: same('offline'),
      refused: ended,
      lost: same('offline'),
      timer: ['offline', 'stop-waiting', 'dial'],
      wake: ['offline', 'stop-waiting', 'dial'],
      measured: same('offline'),
    },
    dialling: {
      connect: fresh,
      disconnect: ended,
      opened,
      failed: ['offline', 'hang-up', 'wait'],
      refused: ended,
      lost: ['offline', 'hang-up', 'wait'],
      timer: same('offline'),
      wake: same('offline'),
      measured: same('offline'),
    },
  },
  closed: both({
    connect: fresh,
    disconnect: same('closed'),
    opened: same('closed'),
    failed: same('closed'),
    refused: same('closed'),
    lost: same('closed'),
    timer: same('closed'),
    wake: same('closed'),
    measured: same('closed'),
  }),
};

function both(expected: Expected): { readonly [P in Phase]: Expected } {
  return { waiting: expected, dialling: expected };
}

const cells = (Object.keys(table) as Status[]).flatMap((status) =>
  (['waiting', 'dialling'] as const).flatMap((phase) =>
    (Object.keys(events) as ConnectionEvent['type'][]).map((type) => ({ status, phase, type })),
  ),
);

test.each(cells)('$status ($phase) on $type', ({ status, phase, type }) => {
  const [next, ...effects] = table[status][phase][type];
  const spent = status === 'offline' ? 6 : status === 'reconnecting' ? 2 : 0;
  const result = step(
    { state: states[status], spent, dialling: phase === 'dialling' },
    events[type],
    context,
  );
  expect([result.machine.state.status, ...result.effects.map((effect) => effect.type)]).toEqual([
    next,
    ...effects,
  ]);
});

const run = (
  machine: Machine,
  types: readonly ConnectionEvent['type'][],
  over: Partial<MachineContext> = {},
): Machine =>
  types.reduce(
    (before, type) => step(before, events[type], { ...context, ...over }).machine,
    machine,
  );

const failOnce = ['timer', 'failed'] as const;

test('five fast attempts, then offline with the time of the next, then connected again', () => {
  let machine = run(initialMachine, ['connect', 'opened']);
  machine = run(machine, ['lost'], { nowMs: context.nowMs + STANDS_AFTER_MS });
  expect(machine.state).toEqual({
    status: 'reconnecting',
    attempt: 1,
    maxAttempts: 5,
    reason: 'network',
  });
  for (let attempt = 2; attempt <= 5; attempt++) {
    machine = run(machine, failOnce);
    expect(machine.state).toMatchObject({ status: 'reconnecting', attempt });
  }
  machine = run(machine, failOnce);
  expect(machine.state).toEqual({
    status: 'offline',
    reason: 'network',
    retryAtMs: 100_000 + 500,
  });
  machine = run(machine, ['wake']);
  expect(machine.state).toEqual({ status: 'offline', reason: 'network', retryAtMs: null });
  expect(run(machine, ['opened']).state.status).toBe('connected');
});

test('without slow attempts the last failure ends it', () => {
  const options = { reconnectAttempts: 1, keepTrying: false };
  const machine = run(initialMachine, ['connect', 'failed', ...failOnce], options);
  expect(machine.state).toEqual({ status: 'closed', reason: 'attempts-exhausted' });
});

test('a connection that flaps keeps counting its attempts; one that stood starts afresh', () => {
  const flapped = run(initialMachine, ['connect', 'failed', 'timer', 'opened', 'lost']);
  expect(flapped.state).toMatchObject({ status: 'reconnecting', attempt: 2 });
  const stood = run(run(initialMachine, ['connect', 'failed', 'timer', 'opened']), ['lost'], {
    nowMs: context.nowMs + STANDS_AFTER_MS,
  });
  expect(stood.state).toMatchObject({ status: 'reconnecting', attempt: 1 });
});

test('a refusal keeps the error for whoever can act on it', () => {
  expect(run(initialMachine, ['connect', 'refused']).state).toEqual({
    status: 'closed',
    reason: 'refused',
    error,
  });
});

test('fast delays double up to a bound and are jittered from zero; slow ones go on from there to 10 s', () => {
  expect([1, 2, 3, 10].map((attempt) => fastDelayMs(attempt, () => 1))).toEqual([
    250, 500, 1000, 1000,
  ]);
  expect(fastDelayMs(4, () => 0)).toBe(0);
  expect([1, 2, 3, 4, 5, 6, 7, 50].map((attempt) => slowDelayMs(attempt, () => 1))).toEqual([
    1_000, 1_000, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
  ]);
  expect(slowDelayMs(4, () => 0)).toBe(0);
  const protocol = readFileSync(new URL('../../../../PROTOCOL.md', import.meta.url), 'utf8');
  expect(protocol.replaceAll(/\s+/g, ' ')).toContain(
    `five attempts below a bound that doubles from 0.25 s to 1 s, then slow ones below a bound that stays at 1 s for three attempts and doubles to 10 s`,
  );
});
