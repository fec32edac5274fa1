import type { Readable } from '@openmanager/client';
import type { NotificationPermissionState } from '../types.ts';

export interface NotificationPreferences {
  readonly permission: NotificationPermissionState;
  readonly enabled: boolean;
}

const STORAGE_KEY = 'openmanager.notifications';

export const serverPreferences: NotificationPreferences = {
  permission: 'unsupported',
  enabled: true,
};

const listeners = new Set<() => void>();
let current: NotificationPreferences | undefined;
let watching = false;

/** The browser's permission and the user's switch, shared by all hooks and, through storage, by all tabs. */
export const preferences: Readable<NotificationPreferences> = {
  subscribe(listener) {
    listeners.add(listener);
    watch();
    // The permission may have changed while nobody listened.
    refresh();
    return () => {
      listeners.delete(listener);
    };
  },
  getSnapshot: () => (current ??= readNow()),
};

/** Asks the user; browsers want this called from a click or key press. */
export async function requestPermission(): Promise<NotificationPermissionState> {
  if (permission() === 'default') await Notification.requestPermission();
  refresh();
  return permission();
}

export function setEnabled(enabled: boolean): void {
  try {
    localStorage.setItem(STORAGE_KEY, enabled ? 'on' : 'off');
  } catch {
    // Storage may be forbidden or full; the switch then holds for this page only.
  }
  publish({ permission: permission(), enabled });
}

function permission(): NotificationPermissionState {
  return typeof Notification === 'undefined' ? 'unsupported' : Notification.permission;
}

function stored(): boolean | undefined {
  try {
    const text = localStorage.getItem(STORAGE_KEY);
    return text === null ? undefined : text !== 'off';
  } catch {
    return undefined;
  }
}

function readNow(): NotificationPreferences {
  return { permission: permission(), enabled: stored() ?? current?.enabled ?? true };
}

function refresh(): void {
  publish(readNow());
}

function publish(next: NotificationPreferences): void {
  if (current?.permission === next.permission && current.enabled === next.enabled) return;
  current = next;
  for (const listener of listeners) listener();
}

function watch(): void {
  if (watching || typeof window === 'undefined' || typeof window.addEventListener !== 'function')
    return;
  watching = true;
  window.addEventListener('storage', (event) => {
    if (event.key === STORAGE_KEY) refresh();
  });
  // Permission is changed in the browser's own settings too. Not every browser can tell.
  navigator.permissions?.query({ name: 'notifications' }).then(
    (status) => status.addEventListener('change', refresh),
    () => undefined,
  );
}
