/**
 * Registry of every error that a peer can receive: what it means and what to do about it. `http` is the REST status,
 * `close` the WebSocket close code on the agents' connection (4000–4999).
 */
export interface ErrorEntry {
  readonly http: number;
  readonly close?: number;
  readonly message: string;
  readonly action: string;
}

export type ErrorCode =
  | 'unauthenticated'
  | 'wrong-token'
  | 'forbidden'
  | 'wrong-credentials'
  | 'origin-not-allowed'
  | 'setup-link-used'
  | 'code-expired'
  | 'revoked'
  | 'replaced-connection'
  | 'other-machine'
  | 'protocol-version'
  | 'unknown-topic'
  | 'not-found'
  | 'invalid-input'
  | 'malformed-message'
  | 'message-too-large'
  | 'too-many-subscriptions'
  | 'too-many-requests'
  | 'slow-consumer'
  | 'password-too-weak'
  | 'already-exists'
  | 'store-unavailable'
  | 'shutting-down'
  | 'internal';

export const errors: Readonly<Record<ErrorCode, ErrorEntry>> = {
  unauthenticated: {
    http: 401,
    close: 4401,
    message: 'No valid credentials were sent, or the session has ended.',
    action: 'Sign in, or send a token as "Authorization: Bearer <token>".',
  },
  'wrong-token': {
    http: 401,
    close: 4402,
    message: 'The token is not known to this hub, or it was revoked.',
    action:
      'Create a new enrolment code on the Agents page and run "openmanager agent enroll" again.',
  },
  forbidden: {
    http: 403,
    close: 4403,
    message: 'These credentials do not allow this.',
    action: 'Sign in as an administrator, or ask one.',
  },
  'wrong-credentials': {
    http: 401,
    message: 'The name or the password is wrong.',
    action: 'Check both and try again.',
  },
  'origin-not-allowed': {
    http: 403,
    message: 'Requests from this origin are not allowed.',
    action: 'Start the hub with --allow-origin and the exact origin of the page.',
  },
  'setup-link-used': {
    http: 410,
    message: 'This sign-in link was already used or has expired.',
    action: 'Sign in with your password, or restart the hub with --signin-link for a new link.',
  },
  'code-expired': {
    http: 410,
    message: 'This enrolment code was already used or has expired.',
    action: 'Create a new code on the Agents page; it is valid once, for 15 minutes.',
  },
  revoked: {
    http: 401,
    close: 4404,
    message: 'This agent was revoked on the hub.',
    action: 'Enrol it again with a new code if that was not intended.',
  },
  'replaced-connection': {
    http: 409,
    close: 4409,
    message: 'Another agent connected with the same key.',
    action: 'Run one agent per key; enrol the second host with a code of its own.',
  },
  'other-machine': {
    http: 409,
    close: 4410,
    message: 'This key belongs to another machine, which is connected.',
    action:
      'Enrol this machine anew with a code from the Agents page: openmanager agent enroll --hub URL --code CODE. If it takes the place of the other, stop the other: its key moves after 10 minutes.',
  },
  'protocol-version': {
    http: 426,
    close: 4426,
    message: 'This protocol version is not supported by the hub.',
    action: 'Update the older side; the hub names the versions it speaks.',
  },
  'unknown-topic': {
    http: 404,
    message: 'There is no such topic.',
    action: 'Use fleet, target:<id>, alerts, events or system.',
  },
  'not-found': {
    http: 404,
    message: 'There is no such object.',
    action: 'Check the identifier; it may have been removed.',
  },
  'invalid-input': {
    http: 400,
    close: 4400,
    message: 'The input does not have the expected form.',
    action: 'Fix the named field.',
  },
  'malformed-message': {
    http: 400,
    close: 4400,
    message: 'The message could not be decoded.',
    action: 'Update the sender; if it is current, report this with the hub log line.',
  },
  'message-too-large': {
    http: 413,
    close: 4413,
    message: 'The message is larger than the limit.',
    action: 'Send smaller batches or fewer series.',
  },
  'too-many-subscriptions': {
    http: 429,
    message: 'This client holds too many subscriptions.',
    action: 'Unsubscribe from topics that are not shown.',
  },
  'too-many-requests': {
    http: 429,
    close: 4429,
    message: 'Too many requests in a short time.',
    action: 'Wait a moment and try again.',
  },
  'slow-consumer': {
    http: 429,
    message: 'This client reads more slowly than its messages arrive.',
    action: 'Check its network; it can connect again at once and gets what it missed.',
  },
  'password-too-weak': {
    http: 400,
    message: 'The password is too short.',
    action: 'Use at least 10 characters.',
  },
  'already-exists': {
    http: 409,
    message: 'This already exists.',
    action: 'Choose another name, or change the existing one.',
  },
  'store-unavailable': {
    http: 503,
    close: 4503,
    message: 'The store cannot take data right now.',
    action:
      'Check the disk space and permissions of the data folder; agents keep their data meanwhile.',
  },
  'shutting-down': {
    http: 503,
    close: 4504,
    message: 'The hub is stopping.',
    action: 'Wait; connections come back by themselves.',
  },
  internal: {
    http: 500,
    close: 4500,
    message: 'Something went wrong on the hub.',
    action: 'See the hub log for this request id.',
  },
};

/** One field of the input that is wrong, by its path (`rule.clear`). */
export interface FieldIssue {
  readonly field: string;
  readonly detail: string;
}

/**
 * An error on a WebSocket: code, message, action, and the invalid field where there is one. HTTP answers carry a
 * `Problem`.
 */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly action: string;
  readonly field?: string;
}

export class ProtocolError extends Error {
  readonly code: ErrorCode;
  /** The fields that are wrong; empty where the error is not about one. */
  readonly issues: readonly FieldIssue[];
  /** When it is worth while to come again, ms; undefined where nothing is known of that. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    detail?: string,
    field?: string | readonly FieldIssue[],
    retryAfterMs?: number,
  ) {
    super(detail ?? errors[code].message);
    this.name = 'ProtocolError';
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.issues =
      typeof field === 'string'
        ? [{ field, detail: withoutField(this.message, field) }]
        : (field ?? []);
  }

  /** The first field that is wrong. */
  get field(): string | undefined {
    return this.issues[0]?.field;
  }

  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      action: errors[this.code].action,
      ...(this.field === undefined ? {} : { field: this.field }),
    };
  }
}

/** `clear: must not be above the threshold` without the name of the field in front. */
function withoutField(message: string, field: string): string {
  return message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
}

/** The error behind an agent connection's close code, or undefined for codes that are not ours. */
export function errorForClose(close: number): ErrorCode | undefined {
  for (const [code, entry] of Object.entries(errors) as [ErrorCode, ErrorEntry][])
    if (entry.close === close) return code;
  return undefined;
}
