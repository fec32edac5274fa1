import type { Server } from 'node:http';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { errors, ProtocolError, type ErrorBody } from '@openmanager/protocol';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
} from 'fastify';
import { agentRoutes } from './agent-routes.ts';
import { authRoutes } from './auth-routes.ts';
import { alertRoutes } from './alert-routes.ts';
import type { ApiContext } from './context.ts';
import { serveDashboard } from './dashboard.ts';
import { answerErrors } from './errors.ts';
import { hostRoutes } from './host-routes.ts';
import { outlookRoutes } from './outlook-routes.ts';
import { promqlRoutes } from './promql-routes.ts';
import { replayRoutes } from './replay-routes.ts';
import { transferRoutes } from './transfer-routes.ts';
import { checkOrigins } from './origins.ts';
import { metricsRoute, stateRoutes } from './state-routes.ts';

export const API_PREFIX = '/api/v1';

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
      if (!socket.writable || error.code === 'ECONNRESET') return;
      const body = JSON.stringify({
        error: new ProtocolError('malformed-message', 'The request is not HTTP.').toBody(),
      });
      socket.end(
        'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n' +
          `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    },
    frameworkErrors(error, _request, reply) {
      const body: ErrorBody = new ProtocolError('invalid-input', error.message).toBody();
      void (reply as FastifyReply).code(errors['invalid-input'].http).send({ error: body });
    },
  });
  // Input is parsed by its valibot schema in the route; the JSON schemas are for the document only.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeContentTypeParser('text/plain');
  answerErrors(app, (error) => context.knownError(error));
  checkOrigins(app, context.allowOrigins);
  logRequests(app);

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
    errorResponseBuilder: () => new ProtocolError('too-many-requests'),
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'OpenManager hub', version: context.version },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'openmanager_session' },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ session: [] }, { token: [] }],
    },
  });
  await app.register(
    async (api) => {
      authRoutes(api, context);
      hostRoutes(api, context);
      replayRoutes(api, context);
      outlookRoutes(api, context);
      await promqlRoutes(api, context);
      await transferRoutes(api, context);
      stateRoutes(api, context);
      alertRoutes(api, context);
      agentRoutes(api, context);
      api.get(
        '/openapi.json',
        {
          schema: {
            summary: 'This document',
            tags: ['hub'],
            security: [],
            response: { 200: { description: 'OpenAPI 3.1', type: 'object' } },
          },
        },
        () => app.swagger(),
      );
    },
    { prefix: API_PREFIX },
  );
  metricsRoute(app, context);
  await serveDashboard(app, context.dashboardFolder);
  await app.ready();
  return { app };
}

function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, ip } = request;
    const path = request.url.split('?', 1)[0];
    const level = reply.statusCode >= 500 ? 'error' : reply.statusCode >= 400 ? 'info' : 'debug';
    request.log[level](
      { method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime), ip },
      'request',
    );
  });
}
