/** Runs in a browser: shows native notifications by the hook, and notes when each was made. */
import { useNotifications, useWebSocket } from '@openmanager/react';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const parameters = new URLSearchParams(location.search);
const target = { url: parameters.get('hub') ?? '', token: parameters.get('token') ?? '' };

/** Text of a notification and when it was made, epoch ms. */
export type Shown = readonly [text: string, atMs: number];
const shown: Shown[] = [];

const Native = globalThis.Notification;
class Noted extends Native {
  constructor(title: string, options?: NotificationOptions) {
    super(title, options);
    shown.push([`${title} ${options?.body ?? ''}`, Date.now()]);
  }
}
globalThis.Notification = Noted;

function Page(): ReturnType<typeof createElement> {
  const { isConnected } = useWebSocket({ ...target, topics: ['alerts'] });
  const { permission } = useNotifications(target);
  Object.assign(globalThis, { shown, ready: isConnected && permission === 'granted' });
  return createElement('p', null, String(isConnected));
}

createRoot(document.querySelector('#root') as HTMLElement).render(createElement(Page));
