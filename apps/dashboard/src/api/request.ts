import { readProblem, type ErrorCode } from '@openmanager/protocol';

/** `unreachable` is ours: the hub did not answer at all. */
export type FailureCode = ErrorCode | 'unreachable';

/** A request that did not succeed, with the hub's problem document. */
export class RequestFailure extends Error {
  readonly code: FailureCode;
  readonly field: string | undefined;

  constructor(code: FailureCode, message: string, field?: string) {
    super(message);
    this.name = 'RequestFailure';
    this.code = code;
    this.field = field;
  }
}

type SignedOutListener = () => void;
const signedOut = new Set<SignedOutListener>();

/** Called when any request is answered 401 because the session ended. */
export function onSignedOut(listener: SignedOutListener): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * One request to the hub's REST API on this origin; the session travels in its cookie.
 * Rejects with RequestFailure, never with anything else.
 */
export async function request<T>(
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (cause) {
    throw new RequestFailure('unreachable', cause instanceof Error ? cause.message : String(cause));
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as T;
  const problem = readProblem(answer);
  if (response.status === 401 && problem?.code !== 'wrong-credentials')
    for (const listener of signedOut) listener();
  // A proxy may answer without our body: fall back to the status code.
  throw new RequestFailure(
    problem?.code ??
      (response.status === 401
        ? 'unauthenticated'
        : response.status >= 502
          ? 'unreachable'
          : 'internal'),
    problem?.detail ?? `HTTP ${response.status}`,
    problem?.errors?.[0]?.field,
  );
}
