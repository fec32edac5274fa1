import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { ApiContext } from './context.ts';
import { expositionOf } from './exposition.ts';
import { defineRoute } from './route.ts';
import * as schemas from './schemas.ts';

const PAGE_DEFAULT = '100';
const PAGE_LIMIT = 1000;

type PageQuery = { limit: number; before?: number | undefined };
const pageQuery: v.GenericSchema<unknown, PageQuery> = v.object({
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,4}$/, 'must be a whole number'),
      v.transform(Number),
      v.minValue(1),
      v.maxValue(PAGE_LIMIT),
    ),
    PAGE_DEFAULT,
  ),
  before: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,16}$/, 'must be a whole number'), v.transform(Number)),
  ),
});

/** Routes about alerts, events and the hub itself. */
export function stateRoutes(app: FastifyInstance, context: ApiContext): void {
  defineRoute(app, context, {
    method: 'GET',
    url: '/alerts',
    summary: 'Pending and firing alerts',
    tag: 'alerts',
    action: 'alert:read',
    answer: schemas.alertList,
    handle: () => ({ alerts: context.alerts() }),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/alerts/history',
    summary: 'Resolved alerts, newest first; `before` is a resolvedAtMs',
    tag: 'alerts',
    action: 'alert:read',
    query: pageQuery,
    answer: schemas.alertList,
    handle: async ({ query }) => ({
      alerts: await context.alertHistory(query.limit, query.before),
    }),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/rules',
    summary: 'Alert rules',
    tag: 'alerts',
    action: 'rule:read',
    answer: schemas.ruleList,
    handle: () => context.rules(),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/events',
    summary: 'Events, newest first; `before` is an event id',
    tag: 'events',
    action: 'event:read',
    query: pageQuery,
    answer: schemas.eventList,
    handle: ({ query }) => ({ events: context.events(query.limit, query.before) }),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/status',
    summary: 'State and delivery figures of the hub',
    tag: 'hub',
    action: 'system:read',
    answer: schemas.status,
    handle: () => context.status.status(),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/storage',
    summary: 'What history takes on disk, by tier, and what it will take',
    tag: 'hub',
    action: 'system:read',
    answer: schemas.storage,
    handle: () => context.storage(),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/health',
    summary: 'Whether everything works, without sign-in',
    tag: 'hub',
    action: 'open',
    answer: schemas.health,
    handle() {
      const problems = context.problems();
      return {
        status: problems.length === 0 ? 'ok' : 'degraded',
        version: context.version,
        uptimeSeconds: context.uptimeSeconds(),
        problems,
      } as const;
    },
  });
}

/** Outside of /api/v1, where scrapers look for it. */
export function metricsRoute(app: FastifyInstance, context: ApiContext): void {
  defineRoute<string>(app, context, {
    method: 'GET',
    url: '/metrics',
    summary: "The hub's own figures in the Prometheus text format",
    tag: 'hub',
    action: 'system:read',
    text: 'text/plain; version=0.0.4; charset=utf-8',
    handle: () => expositionOf(context),
  });
}
