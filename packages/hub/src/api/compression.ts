/**
 * Answers that gain by it are compressed: texts from 2 kB on, which are there as a whole. What is streamed is sent as it
 * comes, and files of the dashboard lie compressed on disk.
 */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

/** Below it the headers and the turn through a thread cost more than is saved. */
const LEAST_BYTES = 2_048;
const TEXT = /^(?:application\/(?:[\w.+-]*json|[\w.+-]*yaml)|text\/)/;

/** Levels at which a megabyte takes some ten milliseconds, in a thread of zlib. */
const encoders: Readonly<Record<'br' | 'gzip', (body: Buffer) => Promise<Buffer>>> = {
  br: (body) =>
    promisify(brotliCompress)(body, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 3,
        [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
      },
    }),
  gzip: (body) => promisify(gzip)(body, { level: 4 }),
};

/** The better one of those that the client takes. */
export function encodingFor(accepted: string | undefined): 'br' | 'gzip' | undefined {
  const taken = new Map(
    (accepted ?? '').split(',').map((part) => {
      const [name = '', ...parameters] = part.toLowerCase().split(';');
      const weight = parameters.map((one) => /^\s*q=([\d.]+)\s*$/.exec(one)?.[1]).find(Boolean);
      return [name.trim(), Number(weight ?? 1)] as const;
    }),
  );
  const takes = (name: string): boolean => (taken.get(name) ?? taken.get('*') ?? 0) > 0;
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : undefined;
}

export function compressAnswers(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) return payload;
    const type = String(reply.getHeader('content-type') ?? '');
    if (payload.length < LEAST_BYTES || !TEXT.test(type)) return payload;
    if (reply.hasHeader('content-encoding')) return payload;
    const vary = reply.getHeader('vary');
    reply.header(
      'vary',
      vary === undefined ? 'accept-encoding' : `${String(vary)}, accept-encoding`,
    );
    const encoding = encodingFor(request.headers['accept-encoding']);
    if (encoding === undefined || request.method === 'HEAD') return payload;
    const body =
      typeof payload === 'string'
        ? Buffer.from(payload)
        : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    const compressed = await encoders[encoding](body);
    if (compressed.length >= body.length) return payload;
    reply.header('content-encoding', encoding);
    reply.removeHeader('content-length');
    return compressed;
  });
}
