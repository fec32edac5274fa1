/** Exchanges a one-time code for a key of this agent's own. */
import { hostname as osHostname } from 'node:os';
import { readProblem } from '@openmanager/protocol';
import * as v from 'valibot';
import { AgentError } from '../agent-error.ts';
import { enrolUrl, hubOrigin } from '../uplink/hub-url.ts';
import { type Identity, saveIdentity } from './identity.ts';
import { defaultStateFolder } from './state-folder.ts';

export interface EnrollOptions {
  /** Address of the hub. */
  readonly hub: string;
  /** From the Agents page; valid once. */
  readonly code: string;
  /** @default the name of this machine */
  readonly hostname?: string;
  /** @default `defaultStateFolder()` */
  readonly stateFolder?: string;
  /** @default 10_000 */
  readonly timeoutMs?: number;
}

const enrolledSchema = v.object({
  agentId: v.pipe(v.string(), v.regex(/^[a-z0-9]{12}$/)),
  key: v.pipe(v.string(), v.minLength(1), v.maxLength(2048)),
});

const TIMEOUT_MS = 10_000;

/** Stores the identity in the state folder, readable by its owner only. Throws AgentError. */
export async function enroll(options: EnrollOptions): Promise<Identity> {
  const url = enrolUrl(options.hub);
  const body = JSON.stringify({
    code: options.code.trim(),
    hostname: options.hostname ?? osHostname(),
  });
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
    });
    answer = await response.json().catch(() => undefined);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AgentError(
      'hub-unreachable',
      `The hub at ${hubOrigin(options.hub)} cannot be reached: ${reason}`,
      'Check the address and that the hub is running.',
      error,
    );
  }
  if (!response.ok) throw refused(response.status, answer);
  const enrolled = v.safeParse(enrolledSchema, answer);
  if (!enrolled.success) throw refused(response.status, answer);
  const identity = { ...enrolled.output, hubUrl: hubOrigin(options.hub) };
  saveIdentity(options.stateFolder ?? defaultStateFolder(), identity);
  return identity;
}

function refused(status: number, answer: unknown): AgentError {
  const problem = readProblem(answer);
  if (problem) return new AgentError('enrolment-refused', problem.detail, problem.action);
  return new AgentError(
    'enrolment-refused',
    `What answers there is no OpenManager hub (HTTP ${status}).`,
    'Check the address given with --hub.',
  );
}
