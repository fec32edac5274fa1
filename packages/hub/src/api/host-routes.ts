import {
  historyRequestSchema,
  limits,
  ProtocolError,
  type HistoryRequest,
} from '@openmanager/protocol';
import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { ApiContext } from './context.ts';
import { defineRoute } from './route.ts';
import * as schemas from './schemas.ts';

const tag = 'hosts';

type HostParams = { hostId: string };
const hostParams: v.GenericSchema<unknown, HostParams> = v.object({
  hostId: v.pipe(v.string(), v.maxLength(limits.nameLength)),
});

const whole: v.GenericSchema<unknown, number> = v.pipe(
  v.string(),
  v.regex(/^\d{1,16}$/, 'must be a whole number'),
  v.transform(Number),
);

type HistoryQuery = Omit<HistoryRequest, 'hostId'>;
const historyQuery: v.GenericSchema<unknown, HistoryQuery> = v.object({
  keys: v.optional(
    v.union([
      v.array(v.string()),
      v.pipe(
        v.string(),
        v.transform((key) => [key]),
      ),
    ]),
  ),
  fromMs: whole,
  toMs: whole,
  maxPoints: v.optional(whole, '1000'),
});

export function hostRoutes(app: FastifyInstance, context: ApiContext): void {
  defineRoute(app, context, {
    method: 'GET',
    url: '/hosts',
    summary: 'All hosts with their newest state',
    tag,
    action: 'host:read',
    answer: schemas.hostList,
    handle: () => context.hosts.hosts(),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/hosts/:hostId',
    summary: 'One host with its newest state',
    tag,
    action: 'host:read',
    params: hostParams,
    answer: schemas.hostSummary,
    handle({ params }) {
      const host = context.hosts.host(params.hostId);
      if (!host) throw new ProtocolError('not-found');
      return host;
    },
  });

  defineRoute<void, undefined, undefined, HostParams>(app, context, {
    method: 'DELETE',
    url: '/hosts/:hostId',
    summary: 'Forget a host, its history and its alerts, and revoke its agent',
    tag,
    action: 'host:remove',
    params: hostParams,
    handle: ({ params }) => context.removeHost(params.hostId),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/hosts/:hostId/series',
    summary: 'Series keys ever stored for a host',
    tag,
    action: 'history:read',
    params: hostParams,
    answer: schemas.seriesList,
    handle: async ({ params }) => ({ keys: await context.series(params.hostId) }),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/hosts/:hostId/history',
    summary: 'Past samples of some series of a host (`keys` may be repeated)',
    tag,
    action: 'history:read',
    params: hostParams,
    query: historyQuery,
    answer: schemas.history,
    handle({ params, query }) {
      const request = v.safeParse(historyRequestSchema, { ...query, hostId: params.hostId });
      if (request.success) return context.history.historyJson(request.output);
      const issue = request.issues[0];
      const field = v.getDotPath(issue) ?? undefined;
      throw new ProtocolError('invalid-input', `${field ?? 'query'}: ${issue.message}`, field);
    },
  });
}
