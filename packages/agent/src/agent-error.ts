/** Why the agent cannot continue, worded for the person who runs it. */
export type AgentErrorCode =
  | 'not-enrolled'
  | 'invalid-option'
  | 'state-unusable'
  | 'in-use'
  | 'hub-unreachable'
  | 'enrolment-refused'
  | 'collect-unsupported';

/** `message` says what is wrong, `action` what to do about it. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;
  readonly action: string;

  constructor(code: AgentErrorCode, message: string, action: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AgentError';
    this.code = code;
    this.action = action;
  }
}
