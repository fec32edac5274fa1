import { ProtocolError } from '@openmanager/protocol';
import type { FastifyInstance } from 'fastify';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Requests that change something must come from our own page or one the hub was started with: browsers say so in
 * Origin (or Sec-Fetch-Site), programs send neither. Other origins may read with a token (CORS, no cookies).
 */
export function checkOrigins(app: FastifyInstance, allowOrigins: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin, host } = request.headers;
    reply.header('vary', 'Origin');
    const own =
      origin !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
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
    if (SAFE.has(request.method) || own || allowed) return undefined;
    const site = request.headers['sec-fetch-site'];
    const foreign =
      origin !== undefined || (site !== undefined && site !== 'same-origin' && site !== 'none');
    if (foreign) throw new ProtocolError('origin-not-allowed');
    return undefined;
  });
}
