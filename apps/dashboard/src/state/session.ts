import type { Session } from '@openmanager/protocol';
import { useSyncExternalStore } from 'react';
import { onSignedOut, request, RequestFailure } from '../api/request.ts';

export type SessionState =
  | { readonly status: 'loading' }
  | { readonly status: 'signed-in'; readonly session: Session }
  | { readonly status: 'signed-out' }
  /** The hub does not answer; asked again by itself. */
  | { readonly status: 'unreachable' };

const RETRY_MS = 2000;

let state: SessionState = { status: 'loading' };
let retry: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function set(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

/** Asks the hub who we are. */
export async function checkSession(): Promise<void> {
  clearTimeout(retry);
  try {
    set({ status: 'signed-in', session: await request<Session>('GET', 'auth/session') });
  } catch (cause) {
    if (
      cause instanceof RequestFailure &&
      (cause.code === 'unauthenticated' || cause.code === 'wrong-token')
    ) {
      set({ status: 'signed-out' });
      return;
    }
    // A page that is already showing data stays: the live connection recovers by itself.
    if (state.status !== 'signed-in') set({ status: 'unreachable' });
    retry = setTimeout(() => void checkSession(), RETRY_MS);
  }
}

export function signedIn(session: Session): void {
  set({ status: 'signed-in', session });
}

export async function signOut(): Promise<void> {
  try {
    await request('POST', 'auth/logout');
  } finally {
    set({ status: 'signed-out' });
  }
}

onSignedOut(() => {
  if (state.status === 'signed-in') set({ status: 'signed-out' });
});

export function useSession(): SessionState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
