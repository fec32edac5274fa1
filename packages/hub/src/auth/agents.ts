import { MINUTE_MS } from '@openmanager/protocol/durations';
import { ProtocolError, type Enrolled, type EnrolmentCode } from '@openmanager/protocol';
import type { AgentAccount, AgentSeen, Clock, RecordStore } from '../ports/index.ts';
import { newEnrolmentCode, normaliseCode } from './enrolment-code.ts';
import { collection, RecordMap } from '../records/index.ts';
import { digest, matchesDigest, newId, newSecret } from './secret.ts';

const CODE_LIFETIME_MS = 15 * MINUTE_MS;
const MAX_CODES = 200;
const MAX_AGENTS = 10_000;
/** Tombstones of revoked agents, so that they are told why; the oldest go first. */
const MAX_REVOKED = 1000;
/** oma_<agent id>_<secret> */
const FORM = /^oma_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

export interface AgentRecord extends AgentAccount {
  readonly keyHash: string;
}

interface CodeRecord {
  readonly expiresAtMs: number;
}

const agentRecords = collection<AgentRecord>('agents');
const codeRecords = collection<CodeRecord>('enrolment-codes');
const localAgents = collection<string>('local-agents');

/** Agents, their keys and the codes that enrol them. */
export class Agents {
  readonly #agents: RecordMap<AgentRecord>;
  readonly #codes: RecordMap<CodeRecord>;
  readonly #local: RecordMap<string>;
  readonly #clock: Clock;

  private constructor(
    agents: RecordMap<AgentRecord>,
    codes: RecordMap<CodeRecord>,
    local: RecordMap<string>,
    clock: Clock,
  ) {
    this.#agents = agents;
    this.#codes = codes;
    this.#local = local;
    this.#clock = clock;
  }

  static async open(records: RecordStore, clock: Clock): Promise<Agents> {
    return new Agents(
      await RecordMap.open(records, agentRecords),
      await RecordMap.open(records, codeRecords),
      await RecordMap.open(records, localAgents),
      clock,
    );
  }

  /** Agents that are not revoked, oldest first. */
  list(): AgentRecord[] {
    return [...this.#agents.values()]
      .filter((agent) => agent.revokedAtMs === undefined)
      .toSorted((a, b) => a.enrolledAtMs - b.enrolledAtMs);
  }

  get(agentId: string): AgentRecord | undefined {
    return this.#agents.get(agentId);
  }

  async createCode(): Promise<EnrolmentCode> {
    const now = this.#clock.now();
    const expired = [...this.#codes.entries()].filter(([, code]) => code.expiresAtMs <= now);
    if (this.#codes.size - expired.length >= MAX_CODES)
      throw new ProtocolError(
        'too-many-requests',
        `There are ${MAX_CODES} unused enrolment codes already.`,
      );
    const code = newEnrolmentCode();
    const expiresAtMs = now + CODE_LIFETIME_MS;
    await this.#codes.write([
      [digest(normaliseCode(code)), { expiresAtMs }],
      ...expired.map(([key]) => [key, undefined] as const),
    ]);
    return { code, expiresAtMs };
  }

  /** Uses a code up and makes an agent; throws `code-expired`. Of two at once exactly one succeeds. */
  async enrol(typed: string, hostname: string): Promise<Enrolled> {
    const key = digest(normaliseCode(typed));
    const code = this.#codes.get(key);
    if (!code) throw new ProtocolError('code-expired');
    if (code.expiresAtMs <= this.#clock.now()) {
      await this.#codes.remove(key);
      throw new ProtocolError('code-expired');
    }
    const { enrolled, record } = this.#make(hostname);
    await this.#codes.write([[key, undefined]], this.#agents.stage([[record.agentId, record]]));
    return enrolled;
  }

  /**
   * The key of an agent that runs beside the hub, one per hostname. Keys are stored as hashes only, so each call
   * gives the same agent a new key and the one before it ends.
   */
  async localAgentKey(hostname: string): Promise<Enrolled> {
    const known = this.#agents.get(this.#local.get(hostname) ?? '');
    const { enrolled, record } = this.#make(
      hostname,
      known?.revokedAtMs === undefined ? known : undefined,
    );
    // A hub that starts on a full disk watches its own machine, too; the next start makes another key.
    await this.#agents.hold(
      [[record.agentId, record]],
      this.#local.stage([[hostname, record.agentId]]),
    );
    return enrolled;
  }

  /** The agent of a key; throws `wrong-token` or `revoked`. */
  resolve(bearer: string): string {
    const parts = FORM.exec(bearer);
    const agent = parts ? this.#agents.get(parts[1] as string) : undefined;
    if (!parts || !agent || !matchesDigest(parts[2] as string, agent.keyHash))
      throw new ProtocolError('wrong-token');
    if (agent.revokedAtMs !== undefined) throw new ProtocolError('revoked');
    return agent.agentId;
  }

  /** Throws `not-found`. */
  async revoke(agentId: string): Promise<AgentRecord> {
    const agent = this.#agents.get(agentId);
    if (!agent || agent.revokedAtMs !== undefined) throw new ProtocolError('not-found');
    const revoked = [...this.#agents.values()].filter((other) => other.revokedAtMs !== undefined);
    revoked.sort((a, b) => (a.revokedAtMs ?? 0) - (b.revokedAtMs ?? 0));
    const forgotten = revoked.slice(0, Math.max(0, revoked.length + 1 - MAX_REVOKED));
    await this.#agents.write([
      [agentId, { ...agent, revokedAtMs: this.#clock.now() }],
      ...forgotten.map((other) => [other.agentId, undefined] as const),
    ]);
    return agent;
  }

  /** Records when an agent was seen, and what its hello said of it. */
  async seen(agentId: string, seen?: AgentSeen): Promise<void> {
    const agent = this.#agents.get(agentId);
    if (agent && agent.revokedAtMs === undefined)
      await this.#agents.put(agentId, { ...agent, ...seen, lastSeenAtMs: this.#clock.now() });
  }

  #make(hostname: string, known?: AgentRecord): { enrolled: Enrolled; record: AgentRecord } {
    if (!known && this.list().length >= MAX_AGENTS)
      throw new ProtocolError('too-many-requests', `There are ${MAX_AGENTS} agents already.`);
    const agentId = known?.agentId ?? newId();
    const secret = newSecret();
    const record: AgentRecord = {
      agentVersion: null,
      lastSeenAtMs: null,
      demo: false,
      enrolledAtMs: this.#clock.now(),
      ...known,
      // A new key is for whichever machine uses it first.
      machine: undefined,
      agentId,
      hostname,
      keyHash: digest(secret),
    };
    return { enrolled: { agentId, key: `oma_${agentId}_${secret}` }, record };
  }
}
