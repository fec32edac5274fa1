import type { Server } from 'node:http';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { ProtocolError } from '@openmanager/protocol';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
} from 'fastify';
import { compressAnswers } from './compression.ts';
import type { ApiContext } from './context.ts';
import { serveDashboard } from './dashboard.ts';
import { answerErrors, sendProblem } from './errors.ts';
import { documentRoute } from './openapi.ts';
import { checkOrigins } from './origins.ts';
import { refuseOtherRoutes, Routes, type Operation } from './route.ts';
import { metricsRoute, probeRoutes } from './routes/hub.ts';
import { resources } from './routes/index.ts';
import { peerOf, refuse } from '../ports/index.ts';

const API_PREFIX = '/api/v1';
/** Where bodies may be long. */
export const IMPORT_PATH: string = `${API_PREFIX}/import`;

/** Largest request body. Nothing the API takes comes near it. */
const BODY_LIMIT_BYTES = 64 * 1024;

export interface Api {
  readonly app: FastifyInstance;
}

/**
 * REST, OpenAPI, /metrics and the dashboard, on an HTTP server that others share. It is not listening yet: whoever
 * wires the hub adds the WebSockets first.
 */
export async function createApi(context: ApiContext, httpServer: Server): Promise<Api> {
  const logger: FastifyBaseLogger = context.log;
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    serverFactory: (handler) => httpServer.on('request', handler),
    clientErrorHandler(error, socket) {
      if (error.code === 'ECONNRESET') socket.destroy();
      if (!socket.writable || socket.destroyed) return;
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
        refuse(socket, new ProtocolError('malformed-message', 'No request came in time.'), 408);
      else refuse(socket, new ProtocolError('malformed-message', 'The request is not HTTP.'));
    },
    frameworkErrors(error, _request, reply) {
      void sendProblem(reply as FastifyReply, new ProtocolError('invalid-input', error.message));
    },
  });
  // Input is parsed by its valibot schema in the route.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeContentTypeParser('text/plain');
  answerErrors(app, (error) => context.knownError(error));
  checkOrigins(app, context.allowOrigins);
  logRequests(app);
  compressAnswers(app);

  await app.register(cookie);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        manifestSrc: ["'self'"],
        workerSrc: ["'self'"],
        // Also this hub's WebSocket: 'self' covers ws: of the same host and port.
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // The hub itself speaks HTTP; a proxy with a certificate may add it.
    strictTransportSecurity: false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
  });
  await app.register(rateLimit, {
    global: false,
    // Of IPv6 everybody has more addresses than could be counted.
    keyGenerator: (request) => peerOf(request.ip),
    errorResponseBuilder: () => new ProtocolError('too-many-requests'),
  });
  refuseOtherRoutes(app);
  const operations: Operation[] = [];
  await app.register(
    async (api) => {
      const routes = new Routes(api, context, operations);
      for (const define of resources) await define(routes);
      documentRoute(routes, operations);
    },
    { prefix: API_PREFIX },
  );
  const root = new Routes(app, context, operations);
  metricsRoute(root);
  probeRoutes(root);
  await serveDashboard(app, context.dashboardFolder);
  await app.ready();
  return { app };
}

function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, ip } = request;
    const path = request.url.split('?', 1)[0];
    const { statusCode: status } = reply;
    // 503 says what is said elsewhere already, to each probe and page that asks.
    const level = status >= 500 && status !== 503 ? 'error' : status >= 400 ? 'info' : 'debug';
    request.log[level](
      { method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime), ip },
      'request',
    );
  });
}
