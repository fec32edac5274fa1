import {
  errorBodySchema,
  errors,
  laggingSchema,
  type Answer,
  type ErrorBody,
  type ErrorCode,
  type Lagging,
} from '@openmanager/protocol';
import * as v from 'valibot';
import type { ConnectionState } from '../types.ts';
import { Acknowledger } from './acknowledger.ts';
import type { Cancel, Environment } from './environment.ts';
import { HubClock } from './hub-clock.ts';
import type { Link, LinkEvent, LinkHandlers, LinkTarget } from './link.ts';
import {
  initialMachine,
  step,
  type ConnectionEvent,
  type Effect,
  type Machine,
} from './machine.ts';

export interface ConnectionTuning {
  reconnectAttempts: number;
  keepTrying: boolean;
}

/** Callbacks of the connection. */
export interface ConnectionHandlers {
  opened(): void;
  /** No longer open; requests under way are answered with an error before this. */
  closed(): void;
  stateChanged(): void;
  frame(bytes: Uint8Array): void;
  /** The hub leaves frames out for this client, or no longer. */
  lagging(lagging: Lagging): void;
}

export const PROBE_EVERY_MS = 5_000;
export const ANSWER_WITHIN_MS = 10_000;

/** Errors that a retry with the same credentials and code cannot fix. */
const terminal: ReadonlySet<ErrorCode> = new Set([
  'unauthenticated',
  'wrong-token',
  'wrong-credentials',
  'forbidden',
  'revoked',
  'protocol-version',
  'origin-not-allowed',
]);

const unanswered: ErrorBody = failure('The hub did not answer in time.');
const clockSchema = v.object({ hubTimeMs: v.number() });

/** Runs the state machine: dials, waits, probes, and passes frames of the open link to the handlers. */
export class Connection {
  readonly clock: HubClock = new HubClock();
  readonly #target: LinkTarget;
  readonly #tuning: ConnectionTuning;
  readonly #environment: Environment;
  readonly #handlers: ConnectionHandlers;
  readonly #acknowledger: Acknowledger;
  #machine: Machine = initialMachine;
  #link: Link | undefined;
  #isOpen = false;
  #cancelWait: Cancel | undefined;
  #cancelProbe: Cancel | undefined;
  #cancelWake: Cancel | undefined;
  #heardAt = 0;
  readonly #underWay = new Set<(error: ErrorBody) => void>();

  constructor(
    target: LinkTarget,
    tuning: ConnectionTuning,
    environment: Environment,
    handlers: ConnectionHandlers,
  ) {
    this.#target = target;
    this.#tuning = tuning;
    this.#environment = environment;
    this.#handlers = handlers;
    this.#acknowledger = new Acknowledger(environment, (frames) => this.#link?.progress(frames));
  }

  get state(): ConnectionState {
    return this.#machine.state;
  }

  connect(): void {
    this.#cancelWake ??= this.#environment.onWake(() => this.#on({ type: 'wake' }));
    this.#on({ type: 'connect' });
  }

  disconnect(): void {
    this.#on({ type: 'disconnect' });
  }

  /** Answers once: by the hub, or by an error when the link ends or nothing comes. */
  request<T>(
    event: LinkEvent,
    payload: unknown,
    schema: v.GenericSchema<unknown, T>,
    done: (answer: Answer<T>) => void,
  ): void {
    const link = this.#link;
    if (!link || !this.#isOpen) {
      done({ ok: false, error: failure('The hub is not connected.') });
      return;
    }
    let settled = false;
    const settle = (answer: Answer<T>): void => {
      if (settled) return;
      settled = true;
      cancel();
      this.#underWay.delete(fail);
      done(answer);
    };
    const fail = (error: ErrorBody): void => settle({ ok: false, error });
    const cancel = this.#environment.after(ANSWER_WITHIN_MS, () => fail(unanswered));
    this.#underWay.add(fail);
    link.request(event, payload, (answer) => {
      this.#heardAt = this.#environment.monotonic();
      settle(parseAnswer(answer, schema));
    });
  }

  #on(event: ConnectionEvent): void {
    const environment = this.#environment;
    const tuning = this.#tuning;
    const before = this.#machine;
    const { machine, effects } = step(before, event, {
      nowMs: environment.now(),
      random: environment.random,
      reconnectAttempts: tuning.reconnectAttempts,
      keepTrying: tuning.keepTrying,
    });
    this.#machine = machine;
    const changed = machine.state !== before.state;
    if (changed && machine.state.status !== before.state.status)
      environment.log(`connection ${machine.state.status}`, machine.state);
    for (const effect of effects) this.#carryOut(effect);
    if (event.type === 'opened' && machine.state.status === 'connected' && !this.#isOpen)
      this.#open();
    if (changed) this.#handlers.stateChanged();
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'dial':
        this.#dial();
        break;
      case 'hang-up':
        this.#hangUp();
        break;
      case 'wait':
        this.#cancelWait?.();
        this.#cancelWait = this.#environment.after(effect.delayMs, () =>
          this.#on({ type: 'timer' }),
        );
        break;
      case 'stop-waiting':
        this.#cancelWait?.();
        this.#cancelWait = undefined;
        break;
      case 'probe':
        this.#probe();
        break;
    }
  }

  #dial(): void {
    this.#hangUp();
    let alive = true;
    // Ignore events of a link that was replaced.
    const only = (run: () => void): void => {
      if (alive) run();
    };
    const handlers: LinkHandlers = {
      opened: () => only(() => this.#on({ type: 'opened' })),
      failed: (error) =>
        only(() =>
          this.#on(
            error && terminal.has(error.code) ? { type: 'refused', error } : { type: 'failed' },
          ),
        ),
      lost: (reason) => only(() => this.#on({ type: 'lost', reason })),
      frame: (bytes) =>
        only(() => {
          this.#heardAt = this.#environment.monotonic();
          this.#handlers.frame(bytes);
          this.#acknowledger.received(bytes.length);
        }),
      lagging: (lagging) =>
        only(() => {
          const parsed = v.safeParse(laggingSchema, lagging);
          if (!parsed.success) return;
          // Acknowledge at once: the hub waits for it.
          if (parsed.output.lagging) this.#link?.progress(this.#acknowledger.take());
          this.#handlers.lagging(parsed.output);
        }),
      closing: (error) => only(() => this.#closing(error)),
    };
    const link = this.#environment.dial(this.#target, handlers);
    this.#link = {
      request: link.request.bind(link),
      progress: link.progress.bind(link),
      close: () => {
        alive = false;
        link.close();
      },
    };
  }

  #closing(raw: unknown): void {
    const parsed = v.safeParse(errorBodySchema, raw);
    this.#environment.log('the hub ends the connection', raw);
    if (parsed.success && terminal.has(parsed.output.code))
      this.#on({ type: 'refused', error: parsed.output });
    else
      this.#on({
        type: 'lost',
        reason:
          parsed.success && parsed.output.code === 'shutting-down' ? 'hub-stopping' : 'network',
      });
  }

  #open(): void {
    this.#isOpen = true;
    this.clock.reset();
    this.#acknowledger.reset();
    this.#probe();
    this.#handlers.opened();
  }

  #hangUp(): void {
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
    const link = this.#link;
    const isOpen = this.#isOpen;
    this.#link = undefined;
    this.#isOpen = false;
    this.#acknowledger.reset();
    link?.close();
    if (this.#machine.state.status === 'closed') {
      this.#cancelWake?.();
      this.#cancelWake = undefined;
    }
    for (const fail of this.#underWay)
      fail(failure('The connection ended before the hub answered.'));
    if (isOpen) this.#handlers.closed();
  }

  /** Round trip and clock; a probe without an answer means the connection is dead, whatever TCP believes. */
  #probe(): void {
    this.#cancelProbe?.();
    const sentAt = this.#environment.monotonic();
    const link = this.#link;
    this.#cancelProbe = this.#environment.after(PROBE_EVERY_MS, () => this.#probe());
    this.request('clock', this.#acknowledger.take(), clockSchema, (answer) => {
      if (link !== this.#link) return;
      if (!answer.ok) {
        // Busy with a large frame is not dead.
        if (answer.error === unanswered && this.#heardAt <= sentAt)
          this.#on({ type: 'lost', reason: 'heartbeat-timeout' });
        return;
      }
      const rttMs = this.#environment.monotonic() - sentAt;
      this.clock.measured(answer.hubTimeMs, rttMs, this.#environment.now());
      this.#on({ type: 'measured', rttMs });
    });
  }
}

function parseAnswer<T>(raw: unknown, schema: v.GenericSchema<unknown, T>): Answer<T> {
  if (typeof raw === 'object' && raw !== null && 'ok' in raw) {
    if (raw.ok === true) {
      const parsed = v.safeParse(schema, raw);
      if (parsed.success) return { ok: true, ...parsed.output };
    } else if ('error' in raw) {
      const parsed = v.safeParse(errorBodySchema, raw.error);
      if (parsed.success) return { ok: false, error: parsed.output };
    }
  }
  return { ok: false, error: failure('The answer of the hub has an unknown form.') };
}

function failure(message: string): ErrorBody {
  return { code: 'internal', message, action: errors['shutting-down'].action };
}
