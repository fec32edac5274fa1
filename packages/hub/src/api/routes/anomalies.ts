import { anomalyListSchema, anomalySchema } from '@openmanager/protocol';
import * as v from 'valibot';
import { anomaly } from '../examples.ts';
import { name, pageLimit } from '../query.ts';
import type { Routes } from '../route.ts';

const tag = 'hosts';
const anomalyParams = v.object({ anomalyId: name('Id of an anomaly', anomaly.id) });
const listQuery = v.object({ limit: pageLimit });

/** What stood out, and what people say of it. */
export function anomalyRoutes(routes: Routes): void {
  const { context } = routes;
  routes.define({
    id: 'listAnomalies',
    method: 'GET',
    url: '/anomalies',
    summary: 'What stood out, newest first',
    tag,
    action: 'anomaly:read',
    query: listQuery,
    answer: anomalyListSchema,
    examples: { answer: { anomalies: [anomaly] } },
    handle: ({ query }) => ({ anomalies: context.anomalies(query.limit) }),
  });

  routes.define({
    id: 'acceptAnomaly',
    method: 'PUT',
    url: '/anomalies/:anomalyId/normal',
    summary: 'This is normal: the series has to stand out more from now on',
    tag,
    action: 'anomaly:judge',
    params: anomalyParams,
    answer: anomalySchema,
    examples: {
      answer: { ...anomaly, normal: { by: 'admin', timeMs: anomaly.timeMs + 60_000 } },
    },
    handle: ({ params, subject }) => context.judgeAnomaly(params.anomalyId, true, subject),
  });

  routes.define({
    id: 'rejectAnomaly',
    method: 'DELETE',
    url: '/anomalies/:anomalyId/normal',
    summary: 'Take back that it is normal',
    tag,
    action: 'anomaly:judge',
    params: anomalyParams,
    answer: anomalySchema,
    examples: { answer: anomaly },
    handle: ({ params, subject }) => context.judgeAnomaly(params.anomalyId, false, subject),
  });
}
