import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { ProtocolError } from '@openmanager/protocol';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './errors.ts';

/** Where the build puts files whose names carry a hash of their content. */
const HASHED = '/assets/';
/** What programs ask for is never a page: the API, probes, and what a Prometheus or an OTLP endpoint has. */
const OF_PROGRAMS = /^\/(?:api|-|v1|federate|metrics)(?:\/|$)/;
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** Serves the built dashboard; every path without a file of its own is a page of it. */
export async function serveDashboard(
  app: FastifyInstance,
  folder: string | undefined,
): Promise<void> {
  const built = folder !== undefined && existsSync(join(folder, 'index.html'));
  if (built) {
    await app.register(fastifyStatic, {
      root: folder,
      preCompressed: true,
      index: 'index.html',
      schemaHide: true,
      cacheControl: false,
      setHeaders(reply, path) {
        const hashed = path.slice(folder.length).replaceAll('\\', '/').startsWith(HASHED);
        reply.header('cache-control', hashed ? IMMUTABLE : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const isPage =
      request.method === 'GET' &&
      !OF_PROGRAMS.test(path) &&
      !path.startsWith(HASHED) &&
      !/\.[a-z0-9]+$/i.test(path);
    if (built && isPage) return reply.sendFile('index.html');
    const missing = isPage && folder !== undefined;
    const error = new ProtocolError(
      'not-found',
      missing ? 'The dashboard is not built: run "npm run build".' : undefined,
    );
    return sendProblem(reply, error);
  });
}
