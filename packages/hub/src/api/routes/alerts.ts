import { alertFactsSchema } from '@openmanager/alerting';
import { alertListSchema } from '@openmanager/protocol';
import * as v from 'valibot';
import { alert, facts } from '../examples.ts';
import { name, pageLimit, whole, type Parser } from '../query.ts';
import type { Routes } from '../route.ts';

const tag = 'alerts';
const alertParams = v.object({ alertId: name('Id of an alert', alert.id) });
const historyQuery: Parser<{ limit: number; before?: number | undefined }> = v.object({
  limit: pageLimit,
  before: v.optional(
    whole({ description: 'Only alerts that resolved before, epoch ms', example: alert.activeAtMs }),
  ),
});
const noteBody: Parser<{ note: string }> = v.optional(
  v.pipe(
    v.object({ note: v.optional(v.pipe(v.string(), v.maxLength(1_000)), '') }),
    v.title('AcknowledgementInput'),
  ),
  {},
);

export function alertRoutes(routes: Routes): void {
  const { context } = routes;
  const desk = context.alertDesk;
  routes.define({
    id: 'listAlerts',
    method: 'GET',
    url: '/alerts',
    summary: 'Pending and firing alerts',
    tag,
    action: 'alert:read',
    answer: alertListSchema,
    examples: { answer: { alerts: [alert] } },
    handle: () => ({ alerts: context.alerts() }),
  });

  routes.define({
    id: 'listResolvedAlerts',
    method: 'GET',
    url: '/alerts/history',
    summary: 'Resolved alerts, newest first',
    tag,
    action: 'alert:read',
    query: historyQuery,
    answer: alertListSchema,
    examples: {
      answer: {
        alerts: [{ ...alert, state: 'resolved', resolvedAtMs: alert.sampleTimeMs, value: 0.42 }],
      },
    },
    handle: async ({ query }) => ({
      alerts: await context.alertHistory(query.limit, query.before),
    }),
  });

  routes.define({
    id: 'listAlertFacts',
    method: 'GET',
    url: '/alerts/facts',
    summary: 'Which current alerts are acknowledged, silenced or inhibited, and by what',
    tag,
    action: 'alert:read',
    answer: v.array(alertFactsSchema),
    examples: { answer: [facts] },
    handle: () => [...desk.facts()],
  });

  routes.define({
    id: 'acknowledgeAlert',
    method: 'PUT',
    url: '/alerts/:alertId/acknowledgement',
    summary: 'Acknowledge a firing alert',
    tag,
    action: 'alert:acknowledge',
    params: alertParams,
    body: noteBody,
    examples: { body: { note: 'on it' } },
    handle: ({ params, body, subject }) => desk.acknowledge(params.alertId, subject, body.note),
  });

  routes.define({
    id: 'unacknowledgeAlert',
    method: 'DELETE',
    url: '/alerts/:alertId/acknowledgement',
    summary: 'Take an acknowledgement back',
    tag,
    action: 'alert:acknowledge',
    params: alertParams,
    handle: ({ params }) => desk.unacknowledge(params.alertId),
  });
}
