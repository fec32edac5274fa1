/** What the buttons of a notification do at the hub, by the session of the browser. */
import { HOUR_MS } from '@openmanager/protocol/durations';
import type { Failure, NoticeData } from './notice.ts';

export type Action = 'acknowledge' | 'silence';

export interface ActContext {
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

/** Undefined when it is done. */
export async function act(
  action: Action,
  { alertIds, silence }: NoticeData,
  context: ActContext,
): Promise<Failure | undefined> {
  if (action === 'silence') {
    const endsAtMs = context.now() + HOUR_MS;
    const body = { matchers: silence ?? [], reason: 'notification', endsAtMs };
    return failureOf(await send(context, 'POST', 'silences', body));
  }
  const statuses = await Promise.all(
    alertIds.map((id) =>
      send(context, 'PUT', `alerts/${encodeURIComponent(id)}/acknowledgement`, {}),
    ),
  );
  // Some of a group may have ended meanwhile: it is done when one was there to acknowledge.
  if (statuses.some((status) => status < 300)) return failureOf(worst(statuses));
  return failureOf(statuses[0] ?? 404);
}

function worst(statuses: readonly number[]): number {
  return Math.max(...statuses.filter((status) => status !== 404));
}

function failureOf(status: number): Failure | undefined {
  if (status < 300) return undefined;
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  return status === 404 ? 'over' : 'unreachable';
}

/** Status of the answer, 599 when there is none. */
async function send(
  { fetch }: ActContext,
  method: 'POST' | 'PUT',
  path: string,
  body: object,
): Promise<number> {
  try {
    const answer = await fetch(`/api/v1/${path}`, {
      method,
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return answer.status;
  } catch {
    return 599;
  }
}
