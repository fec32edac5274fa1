import { outcomeSchema } from '@openmanager/alerting';
import { receiverInfoSchema, receiverInputSchema } from '@openmanager/alerting';
import * as v from 'valibot';
import { receiver, receiverInput } from '../examples.ts';
import { name } from '../query.ts';
import type { Routes } from '../route.ts';

const tag = 'receivers';
const receiverParams = v.object({ receiverId: name('Name of a receiver', receiver.receiverId) });

export function receiverRoutes(routes: Routes): void {
  const desk = routes.context.alertDesk;
  routes.define({
    id: 'listReceivers',
    method: 'GET',
    url: '/receivers',
    summary: 'Receivers without their secrets; `secretsSet` names those that are set',
    tag,
    action: 'receiver:read',
    answer: v.array(receiverInfoSchema),
    examples: { answer: [receiver] },
    handle: () => [...desk.receivers()],
  });

  routes.define({
    id: 'putReceiver',
    method: 'PUT',
    url: '/receivers/:receiverId',
    summary: 'Make or change a receiver; a secret that is left out stays as it is',
    tag,
    action: 'receiver:write',
    params: receiverParams,
    body: receiverInputSchema,
    answer: receiverInfoSchema,
    examples: { body: receiverInput, answer: receiver },
    handle: ({ params, body }) => desk.putReceiver(params.receiverId, body),
  });

  routes.define({
    id: 'removeReceiver',
    method: 'DELETE',
    url: '/receivers/:receiverId',
    summary: 'Remove a receiver that the routing does not use',
    tag,
    action: 'receiver:write',
    params: receiverParams,
    handle: ({ params }) => desk.removeReceiver(params.receiverId),
  });

  routes.define({
    id: 'testReceiver',
    method: 'POST',
    url: '/receivers/:receiverId/test',
    summary:
      'Send a test message, by the settings in the body when there are any (without saving them); answers with what the far side said',
    tag,
    action: 'receiver:write',
    params: receiverParams,
    perMinute: 20,
    body: v.optional(receiverInputSchema),
    answer: outcomeSchema,
    examples: { body: receiverInput, answer: { kind: 'delivered', answer: '200 ok' } },
    handle: ({ params, body }) => desk.testReceiver(params.receiverId, body),
  });
}
