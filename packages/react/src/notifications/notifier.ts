import type { OpenManagerClient } from '@openmanager/client';
import type { Alert } from '@openmanager/protocol';
import { notificationText } from '@openmanager/texts';
import { seekLeadership, type Leadership, type Locks } from './leader.ts';
import { preferences } from './preferences.ts';

const active = new WeakMap<OpenManagerClient, { holders: number; stop: () => void }>();

/** Shows a notification per alert that starts firing, however many components ask for it. */
export function holdNotifier(client: OpenManagerClient): () => void {
  const entry = active.get(client) ?? { holders: 0, stop: startNotifier(client) };
  active.set(client, entry);
  entry.holders++;
  let released = false;
  return () => {
    if (released) return;
    released = true;
    if (--entry.holders > 0) return;
    active.delete(client);
    entry.stop();
  };
}

function startNotifier(client: OpenManagerClient): () => void {
  let leadership: Leadership | undefined;
  // A tab without a connection must not keep the lead: it would hear of no alert.
  const follow = (): void => {
    const connected = client.connection.getSnapshot().status === 'connected';
    if (connected)
      leadership ??= seekLeadership(`openmanager.notifications ${client.url}`, browserLocks());
    else {
      leadership?.resign();
      leadership = undefined;
    }
  };
  const stops = [
    client.subscribeTopic('alerts'),
    client.connection.subscribe(follow),
    client.onAlert((alert) => {
      const { permission, enabled } = preferences.getSnapshot();
      if (permission === 'granted' && enabled && leadership?.isLeader() === true) void show(alert);
    }),
  ];
  follow();
  return () => {
    for (const stop of stops) stop();
    leadership?.resign();
  };
}

function browserLocks(): Locks | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.locks;
}

async function show(alert: Alert): Promise<void> {
  const { title, body, lang } = notificationText(alert, navigator.language);
  const options: NotificationOptions = {
    body,
    lang,
    tag: alert.id,
    requireInteraction: alert.severity === 'critical',
  };
  try {
    const notification = new Notification(title, options);
    notification.addEventListener('click', () => {
      window.focus();
      notification.close();
    });
  } catch {
    // Chrome on Android has notifications from service workers only.
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.showNotification(title, options);
  }
}
