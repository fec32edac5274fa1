import { healthSchema, storageFiguresSchema, systemStatusSchema } from '@openmanager/protocol';
import type { FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { health, status, storage } from '../examples.ts';
import { expositionOf } from '../exposition.ts';
import { authenticate, type Routes } from '../route.ts';

const tag = 'hub';

export function hubRoutes(routes: Routes): void {
  const { context } = routes;
  routes.define({
    id: 'getStatus',
    method: 'GET',
    url: '/status',
    summary: 'State and delivery figures of the hub',
    tag,
    action: 'system:read',
    answer: systemStatusSchema,
    examples: { answer: status },
    handle: () => context.status.status(),
  });

  routes.define({
    id: 'getStorage',
    method: 'GET',
    url: '/storage',
    summary: 'What history takes on disk, by tier, and what it will take',
    tag,
    action: 'system:read',
    answer: storageFiguresSchema,
    examples: { answer: storage },
    handle: () => context.storage(),
  });

  routes.define({
    id: 'trustClock',
    method: 'POST',
    url: '/storage/trust-clock',
    summary: "The hub's clock is right although it jumped: history ages by it again",
    tag,
    action: 'store:trust-clock',
    handle: () => context.trustClock(),
  });

  routes.define({
    id: 'getHealth',
    method: 'GET',
    url: '/health',
    summary: 'Whether the hub works; what does not, for who is signed in. 503 while it is down',
    tag,
    action: 'open',
    answer: healthSchema,
    otherStatus: 503,
    examples: { answer: health },
    async handle({ request, reply }) {
      const status = context.health();
      if (status === 'down') reply.code(503);
      if (!(await mayReadStatus(context, request))) return { status };
      return {
        status,
        version: context.version,
        uptimeSeconds: context.uptimeSeconds(),
        problems: context.problems(),
        parts: context.problemParts(),
      };
    },
  });
}

/** A probe is answered whatever it sends: credentials that do not count are none. */
async function mayReadStatus(context: ApiContext, request: FastifyRequest): Promise<boolean> {
  try {
    context.authorize(await authenticate(context, request), 'system:read');
    return true;
  } catch {
    return false;
  }
}

/** Outside of /api/v1, where scrapers look for it. */
/** What probes of a Prometheus ask; open, as they send no credentials, and without a word of what is wrong. */
export function probeRoutes(routes: Routes): void {
  for (const [id, url, state] of [
    ['getReady', '/-/ready', 'ready'],
    ['getHealthy', '/-/healthy', 'healthy'],
  ] as const)
    routes.define<string>({
      id,
      method: 'GET',
      url,
      summary: `Whether the hub is ${state}, in words. 503 while it is down`,
      tag,
      action: 'open',
      files: ['text/plain; charset=utf-8'],
      otherStatus: 503,
      handle({ reply }) {
        const isDown = routes.context.health() === 'down';
        if (isDown) reply.code(503);
        return `The hub is ${isDown ? 'not ' : ''}${state}.\n`;
      },
    });
}

export function metricsRoute(routes: Routes): void {
  routes.define<string>({
    id: 'getMetrics',
    method: 'GET',
    url: '/metrics',
    summary: "The hub's own figures in the Prometheus text format",
    tag,
    action: 'system:read',
    files: ['text/plain; version=0.0.4; charset=utf-8'],
    handle: () => expositionOf(routes.context),
  });
}
