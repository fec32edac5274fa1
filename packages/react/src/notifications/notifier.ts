import type { OpenManagerClient } from '@openmanager/client';
import type { Alert } from '@openmanager/protocol';
import { notificationText } from '@openmanager/texts';
import { seekLeadership, type Leadership, type Locks } from './leader.ts';
import { preferences } from './preferences.ts';
import { answerPushes, Rung } from './pushed.ts';

const SHOWN_KEPT = 100;

const active = new WeakMap<OpenManagerClient, { holders: number; stop: () => void }>();

/**
 * Shows a notification per firing that browsers are to be told of, however many components ask for it. Whether and when
 * is the hub's decision (`Alert.notify`), which the client follows.
 */
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
  const rung = new Rung();
  /** By alert, at most `SHOWN_KEPT`: those that this page can still close. */
  const shown = new Map<string, Notification>();
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
      if (permission !== 'granted' || !enabled) return;
      // Tabs that do not lead know that the one that does rings.
      if (rung.page(alert.id) && leadership?.isLeader() === true) void show(alert, shown);
    }),
    answerPushes((alertIds) => {
      // The push shows them again, with its buttons.
      for (const id of alertIds) shown.get(id)?.close();
      return rung.pushed(alertIds);
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

async function show(alert: Alert, shown: Map<string, Notification>): Promise<void> {
  const { title, body, lang } = notificationText(alert, navigator.language);
  const options: NotificationOptions = {
    body,
    lang,
    tag: alert.id,
    requireInteraction: alert.severity === 'critical',
  };
  try {
    const notification = new Notification(title, options);
    shown.set(alert.id, notification);
    for (const oldest of shown.keys()) {
      if (shown.size <= SHOWN_KEPT) break;
      shown.delete(oldest);
    }
    notification.addEventListener('close', () => {
      if (shown.get(alert.id) === notification) shown.delete(alert.id);
    });
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
