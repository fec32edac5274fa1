import { healthSchema, storageFiguresSchema, systemStatusSchema } from '@openmanager/protocol';
import { health, status, storage } from '../examples.ts';
import { expositionOf } from '../exposition.ts';
import type { Routes } from '../route.ts';

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
    id: 'getHealth',
    method: 'GET',
    url: '/health',
    summary: 'Whether everything works',
    tag,
    action: 'open',
    answer: healthSchema,
    examples: { answer: health },
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
