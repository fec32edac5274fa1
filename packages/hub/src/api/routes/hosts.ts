import {
  historyRequestSchema,
  historySchema,
  hostSummarySchema,
  hostTagsSchema,
  limits,
  outlookRequestSchema,
  outlookSchema,
  parseInput,
  ProtocolError,
  seriesListSchema,
  tagsRequestSchema,
} from '@openmanager/protocol';
import * as v from 'valibot';
import { history, host, hostTags, outlook, seriesKey } from '../examples.ts';
import { fromMs, hostParams, name, names, toMs, whole, type Parser } from '../query.ts';
import type { Routes } from '../route.ts';

const tag = 'hosts';
const historyQuery: Parser<{
  keys?: readonly string[] | undefined;
  fromMs: number;
  toMs: number;
  maxPoints: number;
}> = v.object({
  keys: v.optional(
    names(limits.historySeries, 'Series keys; all series of the host when left out', [seriesKey]),
  ),
  fromMs,
  toMs,
  maxPoints: v.optional(
    whole({
      min: 1,
      max: limits.historyPoints,
      description: 'Points per series; more are reduced to the mean of each step',
      example: 500,
    }),
    '1000',
  ),
});
const outlookQuery = v.object({ key: name('Key of a series', seriesKey), fromMs, toMs });

export function hostRoutes(routes: Routes): void {
  const { context } = routes;
  routes.define({
    id: 'listHosts',
    method: 'GET',
    url: '/hosts',
    summary: 'All hosts with their newest state',
    tag,
    action: 'host:read',
    answer: v.array(hostSummarySchema),
    examples: { answer: [host] },
    handle: () => [...context.hosts.hosts()],
  });

  routes.define({
    id: 'getHost',
    method: 'GET',
    url: '/hosts/:hostId',
    summary: 'One host with its newest state',
    tag,
    action: 'host:read',
    params: hostParams,
    answer: hostSummarySchema,
    examples: { answer: host },
    handle({ params }) {
      const found = context.hosts.host(params.hostId);
      if (!found) throw new ProtocolError('not-found');
      return found;
    },
  });

  routes.define({
    id: 'removeHost',
    method: 'DELETE',
    url: '/hosts/:hostId',
    summary: 'Forget a host, its history and its alerts, and revoke its agent',
    tag,
    action: 'host:remove',
    params: hostParams,
    handle: ({ params }) => context.removeHost(params.hostId),
  });

  routes.define({
    id: 'listHostTags',
    method: 'GET',
    url: '/hosts/tags',
    summary: 'Hosts that carry tags, for rules about all hosts with one of them',
    tag,
    action: 'host:read',
    answer: v.array(hostTagsSchema),
    examples: { answer: [hostTags] },
    handle: () => [...context.alertDesk.hostTags()],
  });

  routes.define({
    id: 'setHostTags',
    method: 'PUT',
    url: '/hosts/:hostId/tags',
    summary: 'Set the tags of a host',
    tag,
    action: 'host:tag',
    params: hostParams,
    body: tagsRequestSchema,
    answer: hostTagsSchema,
    examples: { body: { tags: hostTags.tags }, answer: hostTags },
    handle: ({ params, body }) => context.alertDesk.setHostTags(params.hostId, body.tags),
  });

  routes.define({
    id: 'listSeries',
    method: 'GET',
    url: '/hosts/:hostId/series',
    summary: 'Series keys ever stored for a host',
    tag,
    action: 'history:read',
    params: hostParams,
    answer: seriesListSchema,
    examples: { answer: { keys: [seriesKey] } },
    handle: async ({ params }) => ({ keys: await context.series(params.hostId) }),
  });

  routes.define({
    id: 'getHistory',
    method: 'GET',
    url: '/hosts/:hostId/history',
    summary: 'Past samples of some series of a host',
    tag,
    action: 'history:read',
    params: hostParams,
    query: historyQuery,
    answer: historySchema,
    examples: { answer: history },
    handle: ({ params, query }) =>
      context.history.historyJson(parseInput(historyRequestSchema, { ...query, ...params })),
  });

  routes.define({
    id: 'getOutlook',
    method: 'GET',
    url: '/hosts/:hostId/outlook',
    summary: 'Expected band, anomalies and forecast of one series',
    tag,
    action: 'history:read',
    params: hostParams,
    query: outlookQuery,
    answer: outlookSchema,
    examples: { answer: outlook },
    handle: ({ params, query }) =>
      context.outlooks.series(parseInput(outlookRequestSchema, { ...query, ...params })),
  });
}
