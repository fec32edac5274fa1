import { routingSchema } from '@openmanager/alerting';
import { routing } from '../examples.ts';
import type { Routes } from '../route.ts';

const tag = 'receivers';

export function routingRoutes(routes: Routes): void {
  const desk = routes.context.alertDesk;
  routes.define({
    id: 'getRouting',
    method: 'GET',
    url: '/routing',
    summary: 'Who is told of which alerts',
    tag,
    action: 'receiver:read',
    answer: routingSchema,
    examples: { answer: routing },
    handle: () => desk.routing(),
  });

  routes.define({
    id: 'setRouting',
    method: 'PUT',
    url: '/routing',
    summary: 'Change who is told of which alerts',
    tag,
    action: 'receiver:write',
    body: routingSchema,
    answer: routingSchema,
    examples: { body: routing, answer: routing },
    handle: ({ body }) => desk.setRouting(body),
  });
}
