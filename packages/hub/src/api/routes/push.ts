import { pushSubscriptionSchema } from '@openmanager/alerting';
import * as v from 'valibot';
import { pushKey, pushSubscription } from '../examples.ts';
import type { Routes } from '../route.ts';

const tag = 'receivers';
const pushKeySchema = v.pipe(v.object({ publicKey: v.string() }), v.title('PushKey'));
const endpointBody = v.pipe(
  v.object({ endpoint: v.pipe(v.string(), v.minLength(1), v.maxLength(2_000)) }),
  v.title('PushEndpoint'),
);

/** Web Push subscriptions of browsers. */
export function pushRoutes(routes: Routes): void {
  const desk = routes.context.alertDesk;
  routes.define({
    id: 'getPushKey',
    method: 'GET',
    url: '/push/key',
    summary: 'Public key for subscribing a browser to Web Push, base64url',
    tag,
    action: 'push:subscribe',
    answer: pushKeySchema,
    examples: { answer: { publicKey: pushKey } },
    handle: () => ({ publicKey: desk.pushKey() }),
  });

  routes.define({
    id: 'subscribeBrowser',
    method: 'POST',
    url: '/push/subscriptions',
    summary: 'Subscribe a browser, with what its push manager gave',
    tag,
    action: 'push:subscribe',
    body: pushSubscriptionSchema,
    examples: { body: pushSubscription },
    handle: ({ body }) => desk.subscribe(body),
  });

  routes.define({
    id: 'unsubscribeBrowser',
    method: 'POST',
    url: '/push/unsubscribe',
    summary: 'End the subscription of a browser',
    tag,
    action: 'push:subscribe',
    body: endpointBody,
    examples: { body: { endpoint: pushSubscription.endpoint } },
    handle: ({ body }) => desk.unsubscribe(body.endpoint),
  });
}
