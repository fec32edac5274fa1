import type { OpenManagerClient } from '@openmanager/client';
import { useEffect, useSyncExternalStore } from 'react';
import type { HubTarget, UseNotificationsResult } from '../types.ts';
import { useClient } from '../use-client.ts';
import { holdNotifier } from './notifier.ts';
import { preferences, requestPermission, serverPreferences, setEnabled } from './preferences.ts';

/**
 * Browser notifications: one per alert that starts firing, in one tab only, while the component is mounted,
 * permitted and switched on. Nothing is asked of the user until `request` is called from a click.
 */
export function useNotifications(target: HubTarget = {}): UseNotificationsResult {
  const client = useClient(target);
  useAlertNotifications(client, true);
  const { permission, enabled } = useSyncExternalStore(
    preferences.subscribe,
    preferences.getSnapshot,
    () => serverPreferences,
  );
  return { permission, enabled, request: requestPermission, setEnabled };
}

export function useAlertNotifications(client: OpenManagerClient, wanted: boolean): void {
  useEffect(() => (wanted ? holdNotifier(client) : undefined), [client, wanted]);
}
