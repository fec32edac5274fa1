import {
  loginRequestSchema,
  passwordRequestSchema,
  ProtocolError,
  setupRequestSchema,
  tokenRequestSchema,
} from '@openmanager/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { SESSION_COOKIE, type Subject } from '../ports/index.ts';
import type { ApiContext, UserSubject } from './context.ts';
import { defineRoute } from './route.ts';
import * as schemas from './schemas.ts';

const tag = 'auth';

function setCookie(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
): void {
  reply.setCookie(SESSION_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    // The header only decides about the cookie of whoever sends it.
    secure: request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https',
    maxAge: Math.floor(context.auth.sessionLifetimeMs / 1000),
  });
}

function userOf(subject: Subject): UserSubject {
  if (subject.kind !== 'user') throw new ProtocolError('forbidden');
  return subject;
}

export function authRoutes(app: FastifyInstance, context: ApiContext): void {
  const { auth } = context;

  defineRoute(app, context, {
    method: 'POST',
    url: '/auth/setup',
    summary: 'Exchange the one-time link for a session',
    tag,
    action: 'open',
    body: setupRequestSchema,
    answer: schemas.session,
    perMinute: 10,
    async handle({ body, request, reply }) {
      const { session, token } = await auth.signInByLink(body.token);
      setCookie(context, request, reply, token);
      return session;
    },
  });

  defineRoute(app, context, {
    method: 'POST',
    url: '/auth/login',
    summary: 'Sign in with name and password',
    tag,
    action: 'open',
    body: loginRequestSchema,
    answer: schemas.session,
    perMinute: 20,
    async handle({ body, request, reply }) {
      const { session, token } = await auth.logIn(body.name, body.password, request.ip);
      setCookie(context, request, reply, token);
      return session;
    },
  });

  defineRoute<void>(app, context, {
    method: 'POST',
    url: '/auth/logout',
    summary: 'End this session',
    tag,
    action: 'session:read',
    async handle({ subject, reply }) {
      await auth.logOut(userOf(subject));
      reply.clearCookie(SESSION_COOKIE, { path: '/' });
    },
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/auth/session',
    summary: 'Who is signed in',
    tag,
    action: 'session:read',
    answer: schemas.session,
    handle({ subject, request, reply }) {
      // The cookie slides with the session behind it.
      setCookie(context, request, reply, request.cookies[SESSION_COOKIE] as string);
      return auth.session(userOf(subject));
    },
  });

  defineRoute<void, v.InferOutput<typeof passwordRequestSchema>>(app, context, {
    method: 'PUT',
    url: '/auth/password',
    summary: 'Set the password; all other sessions of the user end',
    tag,
    action: 'password:change',
    body: passwordRequestSchema,
    perMinute: 20,
    handle: ({ subject, body }) =>
      auth.changePassword(userOf(subject), body.current, body.password),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/tokens',
    summary: 'Read-only API tokens',
    tag: 'tokens',
    action: 'token:read',
    answer: schemas.tokenList,
    handle: () => auth.listTokens(),
  });

  defineRoute(app, context, {
    method: 'POST',
    url: '/tokens',
    summary: 'Create a read-only API token; its secret is shown this once',
    tag: 'tokens',
    action: 'token:create',
    body: tokenRequestSchema,
    answer: schemas.createdToken,
    status: 201,
    handle: ({ body }) => auth.createToken(body.name),
  });

  defineRoute<void, undefined, undefined, { tokenId: string }>(app, context, {
    method: 'DELETE',
    url: '/tokens/:tokenId',
    summary: 'Revoke an API token',
    tag: 'tokens',
    action: 'token:revoke',
    params: v.object({ tokenId: v.pipe(v.string(), v.maxLength(64)) }),
    handle: ({ params }) => auth.revokeToken(params.tokenId),
  });
}
