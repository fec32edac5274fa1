/**
 * One machine per key. A state folder that was copied, or a virtual machine that was cloned, brings a second one: it is
 * refused while the first is there, and both are named, where otherwise the two would take turns in one host's series.
 *
 * A machine is known by its machine id and the start of its kernel. A clone may have the same machine id; a machine that
 * restarts has another start. So what decides is whether the first one still answers.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { ProtocolError, type Hello } from '@openmanager/protocol';
import type { Clock, EventLog } from '../ports/index.ts';

/** Silence after which a key moves to the next machine that has it, such as one restored from a backup. */
export const KEY_MOVES_AFTER_MS: number = 10 * MINUTE_MS;
/** A refused agent tries once a minute: when it has not for this long, the problem is over. */
const REFUSAL_HOLDS_MS = 3 * MINUTE_MS;
/** Time for the first machine to answer. */
const ANSWER_MS = 3_000;

export type MachineOfHello = Pick<Hello, 'machine' | 'boot'> & {
  readonly facts: { readonly hostname: string };
};

/** What is remembered of an agent. */
export interface KnownMachine {
  readonly hostname: string;
  readonly machine?: string | undefined;
  readonly lastSeenAtMs: number | null;
}

/** The open connection of the same agent. */
export interface FirstConnection {
  readonly hello: MachineOfHello;
  /** Whether the other side answers within the time. */
  answers(withinMs: number): Promise<boolean>;
}

export interface MachineGuardOptions {
  readonly clock: Clock;
  readonly events: EventLog;
  readonly known: (agentId: string) => KnownMachine | undefined;
  /** A sentence for as long as it lasts; undefined when it is over. */
  readonly problem: (part: string, sentence: string | undefined) => void;
}

const differ = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a !== b;

const nameOf = ({ machine, facts }: MachineOfHello): string =>
  machine === undefined ? facts.hostname : `${facts.hostname} (machine ${machine.slice(0, 8)})`;

export class MachineGuard {
  refused = 0;
  readonly #options: MachineGuardOptions;
  readonly #startedMs: number;
  /** When each agent's second machine was refused last, and told of in the log of events. */
  readonly #refusals = new Map<string, { atMs: number; toldMs: number }>();

  constructor(options: MachineGuardOptions) {
    this.#options = options;
    this.#startedMs = options.clock.now();
  }

  /** Throws `other-machine`. Answers whether the key moved. */
  async admit(agentId: string, hello: MachineOfHello, first?: FirstConnection): Promise<boolean> {
    const { clock, known } = this.#options;
    const other =
      first !== undefined &&
      (differ(first.hello.machine, hello.machine) || differ(first.hello.boot, hello.boot));
    if (other && (await first.answers(ANSWER_MS)))
      this.#refuse(agentId, hello, nameOf(first.hello));
    const before = known(agentId);
    if (before === undefined || !differ(before.machine, hello.machine)) return false;
    // A hub that has just started has not heard yet who is there.
    const heardMs = Math.max(before.lastSeenAtMs ?? 0, this.#startedMs);
    if (clock.now() - heardMs < KEY_MOVES_AFTER_MS) this.#refuse(agentId, hello, before.hostname);
    this.#options.events.record('machine-moved', agentId, { machine: nameOf(hello) });
    return true;
  }

  /** Called now and then: takes problems back that are over. */
  sweep(): void {
    const nowMs = this.#options.clock.now();
    for (const [agentId, { atMs }] of this.#refusals)
      if (Math.abs(nowMs - atMs) > REFUSAL_HOLDS_MS) {
        this.#refusals.delete(agentId);
        this.#options.problem(partOf(agentId), undefined);
      }
  }

  forget(agentId: string): void {
    if (this.#refusals.delete(agentId)) this.#options.problem(partOf(agentId), undefined);
  }

  #refuse(agentId: string, hello: MachineOfHello, firstName: string): never {
    const { clock, events, problem } = this.#options;
    const nowMs = clock.now();
    const second = nameOf(hello);
    this.refused++;
    const before = this.#refusals.get(agentId);
    const isTold = before !== undefined && nowMs - before.toldMs < KEY_MOVES_AFTER_MS;
    if (!isTold) events.record('machine-refused', agentId, { machine: second });
    this.#refusals.set(agentId, { atMs: nowMs, toldMs: isTold ? before.toldMs : nowMs });
    problem(
      partOf(agentId),
      `Two machines use the key of one agent: ${firstName} has it, ${second} is refused. On the one that is to be a host of its own, run: openmanager agent enroll --hub URL --code CODE, with a code from the Agents page, and start its agent again.`,
    );
    throw new ProtocolError(
      'other-machine',
      `This key belongs to ${firstName}; this is ${second}.`,
    );
  }
}

const partOf = (agentId: string): string => `machine:${agentId}`;
