/**
 * The service worker: shows what the hub pushes, also while no page is open, and does what the buttons say. It
 * keeps no copies of pages. Built by itself into /push-worker.js, so that its scope is the whole hub.
 */
import { preferredLanguage } from '@openmanager/texts';
import { act, type Action } from './act.ts';
import { failureNotice, noticeOf, pathOf, type Notice, type NoticeData } from './notice.ts';
import { spareSound, type Page } from './pages.ts';
import { parsePayload } from './payload.ts';

/** The part of ServiceWorkerGlobalScope that is used; the DOM's types do not have it. */
interface Scope {
  readonly location: { readonly href: string };
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    matchAll(options: object): Promise<readonly WindowClient[]>;
    openWindow(path: string): Promise<unknown>;
    claim(): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void;
}
interface WindowClient extends Page {
  focus(): Promise<unknown>;
}
interface WorkerEvent {
  waitUntil(work: Promise<unknown>): void;
  readonly data?: { text(): string } | null;
  readonly action?: string;
  readonly notification?: Notification;
  readonly oldSubscription?: PushSubscription | null;
}

const scope = globalThis as unknown as Scope;
// Which language the reader chose is part of the worker's address: it can read no page's settings.
const lang = preferredLanguage([new URL(scope.location.href).searchParams.get('lang') ?? '']);

async function show({ title, options }: Notice): Promise<void> {
  await scope.registration.showNotification(title, options);
}

const windows = { type: 'window', includeUncontrolled: true } as const;

async function pushed(text: string): Promise<void> {
  const payload = await spareSound(parsePayload(text), await scope.clients.matchAll(windows));
  // The page's own notifications of the same alerts: this one has the buttons.
  for (const tag of payload?.newIds ?? [])
    for (const shown of await scope.registration.getNotifications({ tag })) shown.close();
  await show(noticeOf(payload, lang));
}

async function clicked(action: string | undefined, notification: Notification): Promise<void> {
  notification.close();
  const data = notification.data as NoticeData | undefined;
  if (action !== 'acknowledge' && action !== 'silence') return openPage(pathOf(data));
  const failure = await perform(action, data as NoticeData);
  if (failure) await show(failureNotice(action, failure, lang));
}

function perform(action: Action, data: NoticeData): ReturnType<typeof act> {
  return act(action, data, { fetch: (...input) => fetch(...input), now: () => Date.now() });
}

/** The open page navigates by itself: a reload would discard its state. */
async function openPage(path: string): Promise<void> {
  const [client] = await scope.clients.matchAll(windows);
  if (!client) {
    await scope.clients.openWindow(path);
    return;
  }
  client.postMessage({ openmanager: 'open', path }, []);
  await client.focus();
}

/** The push service gave the browser another address. */
async function renew(old: PushSubscription | null | undefined): Promise<void> {
  const key = old?.options.applicationServerKey;
  if (!key) return;
  const subscription = await scope.registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key,
  });
  await fetch('/api/v1/push/subscriptions', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(subscription),
  });
}

scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener('push', (event) => event.waitUntil(pushed(event.data?.text() ?? '')));
scope.addEventListener('notificationclick', (event) => {
  if (event.notification) event.waitUntil(clicked(event.action, event.notification));
});
scope.addEventListener('pushsubscriptionchange', (event) =>
  event.waitUntil(renew(event.oldSubscription)),
);
