/** Web Push in this browser, as the pages ask for it: on, off, and whether it can be. */
import { request } from '../../api/request.ts';

/**
 * unsupported: the browser has no Web Push. insecure: it needs https, or the page on localhost. denied: the person
 * denied notifications to this page.
 */
export type PushState = 'unsupported' | 'insecure' | 'denied' | 'off' | 'on';

const WORKER = '/push-worker.js';

function supported(): boolean {
  return (
    'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis
  );
}

async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  const found = await navigator.serviceWorker.getRegistration('/');
  return found?.active?.scriptURL.includes(WORKER) === true ? found : undefined;
}

/** Asks nothing and changes nothing. */
export async function pushState(): Promise<PushState> {
  if (!globalThis.isSecureContext) return 'insecure';
  if (!supported()) return 'unsupported';
  if (Notification.permission === 'denied') return 'denied';
  const subscription = await (await registration())?.pushManager.getSubscription();
  return subscription ? 'on' : 'off';
}

/**
 * Asks for permission where needed, registers the service worker and subscribes at the browser's push service and
 * the hub. To be called from a click. `lang` is the language of the notifications, `ko` or `en`. Rejects when the
 * push service or the hub refuses.
 */
export async function enablePush(lang: string): Promise<PushState> {
  if (!globalThis.isSecureContext) return 'insecure';
  if (!supported()) return 'unsupported';
  if ((await Notification.requestPermission()) !== 'granted') return pushState();
  await subscribe(lang);
  return 'on';
}

async function subscribe(lang: string): Promise<void> {
  await navigator.serviceWorker.register(`${WORKER}?lang=${encodeURIComponent(lang)}`);
  const { pushManager } = await navigator.serviceWorker.ready;
  const { publicKey } = await request<{ publicKey: string }>('GET', 'push/key');
  let subscription = await pushManager.getSubscription();
  // Made for another key, such as that of a hub with a new data folder.
  if (subscription && keyOf(subscription) !== publicKey) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: publicKey,
  });
  await request('POST', 'push/subscriptions', subscription);
}

function keyOf({ options }: PushSubscription): string | undefined {
  const key = options.applicationServerKey;
  if (!key) return undefined;
  return btoa(String.fromCharCode(...new Uint8Array(key)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Ends the subscription at the hub and in the browser. */
export async function disablePush(): Promise<PushState> {
  const subscription = await (await registration())?.pushManager.getSubscription();
  if (subscription) {
    // The hub first: while it is unreachable it goes on pushing to an endpoint that still answers.
    await request('POST', 'push/unsubscribe', { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }
  return pushState();
}

/**
 * At the start of a signed-in page, and when its language changes: keeps a subscription known to the hub and its
 * notifications in the reader's language. Does nothing while push is off.
 */
export async function refreshPush(lang: string): Promise<void> {
  if ((await pushState()) === 'on') await subscribe(lang);
}

/** Calls the listener with the path of a clicked notification while a page is open; returns the unsubscribe function. */
export function onPushOpened(listener: (path: string) => void): () => void {
  const heard = ({ data }: MessageEvent): void => {
    const message = data as { openmanager?: unknown; path?: unknown } | null;
    if (message?.openmanager === 'open' && typeof message.path === 'string') listener(message.path);
  };
  const { serviceWorker } = navigator as { serviceWorker?: ServiceWorkerContainer };
  serviceWorker?.addEventListener('message', heard);
  return () => serviceWorker?.removeEventListener('message', heard);
}
