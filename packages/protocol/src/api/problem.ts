/** Errors of the REST API: RFC 9457, with `code` and `action` of the registry as members of our own. */
import * as v from 'valibot';
import { errors, type ErrorCode, type FieldIssue, type ProtocolError } from '../errors.ts';

export const PROBLEM_JSON = 'application/problem+json';

export interface Problem {
  /** `urn:openmanager:problem:<code>` */
  readonly type: string;
  /** What this kind of error means; the same for each of its occurrences. */
  readonly title: string;
  /** That of the HTTP answer. */
  readonly status: number;
  /** What is wrong in this very request. */
  readonly detail: string;
  /** `urn:openmanager:request:<id>`, by which the hub's log tells more. */
  readonly instance?: string | undefined;
  readonly code: ErrorCode;
  /** What the reader can do. */
  readonly action: string;
  /** When it is worth while to come again, ms. */
  readonly retryAfterMs?: number | undefined;
  /** The fields of the input that are wrong, the first of them in `detail`. */
  readonly errors?: readonly FieldIssue[] | undefined;
}

export const problemSchema: v.GenericSchema<unknown, Problem> = v.pipe(
  v.object({
    type: v.string(),
    title: v.string(),
    status: v.pipe(v.number(), v.integer()),
    detail: v.string(),
    instance: v.optional(v.string()),
    code: v.picklist(Object.keys(errors) as ErrorCode[]),
    action: v.pipe(v.string(), v.description('What the reader can do')),
    retryAfterMs: v.optional(
      v.pipe(v.number(), v.description('When it is worth while to come again, ms')),
    ),
    errors: v.optional(
      v.pipe(
        v.array(v.object({ field: v.string(), detail: v.string() })),
        v.description('The fields of the input that are wrong'),
      ),
    ),
  }),
  v.title('Problem'),
);

export function problemOf(error: ProtocolError, requestId?: string): Problem {
  const { http, message, action } = errors[error.code];
  return {
    type: `urn:openmanager:problem:${error.code}`,
    title: message,
    status: http,
    detail: error.message,
    ...(requestId === undefined ? {} : { instance: `urn:openmanager:request:${requestId}` }),
    code: error.code,
    action,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.issues.length === 0 ? {} : { errors: error.issues }),
  };
}

/** The problem in a parsed answer, or undefined when something else than a hub answered. */
export function readProblem(answer: unknown): Problem | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { code, detail, action, errors: issues } = answer as Readonly<Record<string, unknown>>;
  const isProblem =
    typeof code === 'string' &&
    Object.hasOwn(errors, code) &&
    typeof detail === 'string' &&
    typeof action === 'string' &&
    (issues === undefined || Array.isArray(issues));
  return isProblem ? (answer as Problem) : undefined;
}
