import { notificationEntrySchema } from '@openmanager/alerting';
import * as v from 'valibot';
import { notification } from '../examples.ts';
import { name, pageLimit, type Parser } from '../query.ts';
import type { Routes } from '../route.ts';

const logQuery: Parser<{ limit: number; before?: string | undefined }> = v.object({
  limit: pageLimit,
  before: v.optional(name('Only entries before the one of this id', notification.entryId)),
});

export function notificationRoutes(routes: Routes): void {
  const desk = routes.context.alertDesk;
  routes.define({
    id: 'listNotifications',
    method: 'GET',
    url: '/notifications',
    summary: 'What was sent to whom, why and with what answer, newest first',
    tag: 'receivers',
    action: 'alert:read',
    query: logQuery,
    answer: v.array(notificationEntrySchema),
    examples: { answer: [notification] },
    handle: async ({ query }) => [...(await desk.notifications(query.limit, query.before))],
  });
}
