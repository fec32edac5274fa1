import { createClient, type OpenManagerClient } from '@openmanager/client';
import type { HubTarget } from './types.ts';

/**
 * One client per (url, token), held by the hooks that use it. It outlives its last hook by a moment, so that
 * StrictMode's double mount and a change of page do not reconnect.
 */
export interface SharedClient {
  readonly key: string;
  readonly client: OpenManagerClient;
  holders: number;
  expiry: ReturnType<typeof setTimeout> | undefined;
  /** It was ended because nobody held it, not by the user: who holds it again connects it again. */
  expired: boolean;
}

const LINGER_MS = 5_000;
const shared = new Map<string, SharedClient>();
let defaultHub: HubTarget = {};

/** The hub for hooks that name none. Call it once, before the first render. */
export function setDefaultHub(target: HubTarget): void {
  defaultHub = target;
}

/** The client for a target; safe to call while rendering: it opens nothing. */
export function sharedClient(target: HubTarget): SharedClient {
  const url = target.url ?? defaultHub.url;
  const token = target.token ?? (target.url === undefined ? defaultHub.token : undefined);
  const key = JSON.stringify([url ?? null, token ?? null]);
  const known = shared.get(key);
  if (known) return known;
  const client = createClient({
    ...(url === undefined ? {} : { url }),
    ...(token === undefined ? {} : { token }),
  });
  const entry: SharedClient = { key, client, holders: 0, expiry: undefined, expired: false };
  // On a server nothing is ever mounted, so nothing may be kept for it.
  if (typeof window === 'undefined') return entry;
  shared.set(key, entry);
  expireLater(entry);
  return entry;
}

/** Keeps the client until the returned function is called. */
export function holdClient(entry: SharedClient): () => void {
  clearTimeout(entry.expiry);
  entry.expiry = undefined;
  entry.holders++;
  if (!shared.has(entry.key)) shared.set(entry.key, entry);
  // A hidden <Activity> lets go, and is shown again without rendering anew.
  if (entry.expired) entry.client.connect();
  entry.expired = false;
  let released = false;
  return () => {
    if (released) return;
    released = true;
    entry.holders--;
    if (entry.holders === 0) expireLater(entry);
  };
}

function expireLater(entry: SharedClient): void {
  clearTimeout(entry.expiry);
  entry.expiry = setTimeout(() => {
    if (entry.holders > 0) return;
    if (shared.get(entry.key) === entry) shared.delete(entry.key);
    const { status } = entry.client.connection.getSnapshot();
    // Left as it is when nothing runs: what is only rendered yet may still be mounted.
    if (status === 'idle' || status === 'closed') return;
    entry.expired = true;
    entry.client.close();
  }, LINGER_MS);
}
