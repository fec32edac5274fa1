/** Why a connection ended, in words for the log. */
import { type ErrorCode, errorForClose, errors, readProblem } from '@openmanager/protocol';

export interface Ending {
  /** What the hub said, when it said something. */
  readonly code?: ErrorCode;
  readonly message: string;
  readonly action: string;
  /** The hub asked not to come again before, ms. */
  readonly retryAfterMs?: number | undefined;
}

const KEEP_WAITING = 'Samples are kept and sent when the hub is back.';

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (is the hub running?)',
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved now',
  ECONNRESET: 'the connection was reset',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'the network is down',
  EPIPE: 'the connection broke',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is self-signed (set NODE_EXTRA_CA_CERTS to trust it)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is not trusted (set NODE_EXTRA_CA_CERTS to trust it)',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};

export function endingOfError(error: Error & { code?: string }): Ending {
  // Several addresses of one name give one error with the others inside.
  const inner =
    error instanceof AggregateError ? (error.errors[0] as Error & { code?: string }) : error;
  const known = inner.code === undefined ? undefined : causes[inner.code];
  return {
    message: `The hub cannot be reached: ${known ?? (inner.message || String(inner.code))}.`,
    action: KEEP_WAITING,
  };
}

/** The hub answered the upgrade with an HTTP status. */
export function endingOfResponse(status: number, body: string): Ending {
  try {
    const problem = readProblem(JSON.parse(body));
    if (problem) {
      const { code, detail: message, action, retryAfterMs } = problem;
      return { code, message, action, retryAfterMs: Number(retryAfterMs) || undefined };
    }
  } catch {
    // Not our JSON: something else answers there.
  }
  if (status === 401 || status === 403) return { code: 'wrong-token', ...textOf('wrong-token') };
  return {
    message: `What answers there does not accept agents (HTTP ${status}).`,
    action: 'Check the address given with --hub, and that a proxy in between passes WebSockets.',
  };
}

/** The connection was closed; `reported` is the error message that came before, if any. */
export function endingOfClose(close: number, reported: Ending | undefined): Ending {
  if (reported) return reported;
  const code = errorForClose(close);
  if (code) return { code, ...textOf(code) };
  return { message: `The connection to the hub ended (${close}).`, action: KEEP_WAITING };
}

export const heartbeatLost: Ending = {
  message: 'The hub has been silent for too long.',
  action: KEEP_WAITING,
};
export const noWelcome: Ending = {
  message: 'The hub did not answer the greeting.',
  action: 'Check that the address is that of a hub of the same version.',
};

function textOf(code: ErrorCode): { message: string; action: string } {
  return { message: errors[code].message, action: errors[code].action };
}
