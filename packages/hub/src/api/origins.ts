import { ProtocolError } from '@openmanager/protocol';
import type { FastifyInstance } from 'fastify';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a page of this origin came from the host that it now asks. */
export function isOwn(origin: string, host: string | undefined): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/**
 * Requests that change something come from our own page or from no page: browsers say which in Origin (or
 * Sec-Fetch-Site), programs send neither. A page that the hub was started with brings a token; its cookies count for
 * nothing, so that who breaks into that page has no administrator's rights here.
 */
export function checkOrigins(app: FastifyInstance, allowOrigins: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin, host } = request.headers;
    reply.header('vary', 'Origin');
    const own = origin !== undefined && isOwn(origin, host);
    const allowed = origin !== undefined && allowOrigins.includes(origin);
    if (allowed) {
      reply.header('access-control-allow-origin', origin);
      if (request.method === 'OPTIONS') {
        return reply
          .header('access-control-allow-methods', 'GET')
          .header('access-control-allow-headers', 'Authorization, Content-Type')
          .header('access-control-max-age', '600')
          .code(204)
          .send();
      }
    }
    const hasToken = request.headers.authorization !== undefined;
    if (SAFE.has(request.method) || own || (allowed && hasToken)) return undefined;
    const site = request.headers['sec-fetch-site'];
    const foreign =
      origin !== undefined || (site !== undefined && site !== 'same-origin' && site !== 'none');
    if (foreign) throw new ProtocolError('origin-not-allowed');
    return undefined;
  });
}
