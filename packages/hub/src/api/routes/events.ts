import { eventListSchema } from '@openmanager/protocol';
import * as v from 'valibot';
import { event } from '../examples.ts';
import { pageLimit, whole, type Parser } from '../query.ts';
import type { Routes } from '../route.ts';

const eventQuery: Parser<{ limit: number; before?: number | undefined }> = v.object({
  limit: pageLimit,
  before: v.optional(whole({ description: 'Only events with a smaller id', example: event.id })),
});

export function eventRoutes(routes: Routes): void {
  const { context } = routes;
  routes.define({
    id: 'listEvents',
    method: 'GET',
    url: '/events',
    summary: 'Events, newest first',
    tag: 'events',
    action: 'event:read',
    query: eventQuery,
    answer: eventListSchema,
    examples: { answer: { events: [event] } },
    handle: ({ query }) => ({ events: context.events(query.limit, query.before) }),
  });
}
