/**
 * Browsers send the Origin of the page with every WebSocket handshake and every cross-origin request, and pages
 * cannot change it. CORS does not stop cross-site WebSockets, so the check is ours.
 */
import type { IncomingMessage } from 'node:http';

/**
 * own: the page came from this hub, its cookie counts · allowed: a page that the hub was started with ·
 * absent: not a page, or a same-origin GET of one · refused: everything else
 */
export type OriginVerdict = 'own' | 'allowed' | 'absent' | 'refused';

export function judgeOrigin(
  headers: IncomingMessage['headers'],
  allowedOrigins: readonly string[],
): OriginVerdict {
  const { origin, host } = headers;
  if (origin === undefined) return 'absent';
  if (host !== undefined && (origin === `http://${host}` || origin === `https://${host}`))
    return 'own';
  return allowedOrigins.includes(origin) ? 'allowed' : 'refused';
}

/**
 * Whether the session cookie of a handshake counts: that of our own page, never that of another, which brings a token
 * also where the hub was started with its origin. A WebSocket without Origin is no browser and must bring a
 * token. A polling GET of our own page carries no Origin; a foreign page could send it, but not read the answer,
 * and where the browser says where the request comes from, it must be from here.
 */
export function cookieCounts(request: IncomingMessage, allowedOrigins: readonly string[]): boolean {
  const verdict = judgeOrigin(request.headers, allowedOrigins);
  if (verdict !== 'absent') return verdict === 'own';
  if (request.headers.upgrade !== undefined) return false;
  const site = request.headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}
