import {
  loginRequestSchema,
  passwordRequestSchema,
  ProtocolError,
  sessionSchema,
  setupRequestSchema,
} from '@openmanager/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SESSION_COOKIE, type Subject } from '../../ports/index.ts';
import type { ApiContext, UserSubject } from '../context.ts';
import { session } from '../examples.ts';
import type { Routes } from '../route.ts';

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

export function authRoutes(routes: Routes): void {
  const { context } = routes;
  const { auth } = context;

  routes.define({
    id: 'setUp',
    method: 'POST',
    url: '/auth/setup',
    summary: 'Exchange the one-time link for a session',
    tag,
    action: 'open',
    body: setupRequestSchema,
    answer: sessionSchema,
    errors: ['setup-link-used'],
    perMinute: 10,
    examples: {
      body: { token: 'q3Jt0vW1mXyR5cZb8KpLd2nHs7uTgAe9oFiVxYwQz4E' },
      answer: { ...session, hasPassword: false },
    },
    async handle({ body, request, reply }) {
      const { session: made, token } = await auth.signInByLink(body.token);
      setCookie(context, request, reply, token);
      return made;
    },
  });

  routes.define({
    id: 'logIn',
    method: 'POST',
    url: '/auth/login',
    summary: 'Sign in with name and password',
    tag,
    action: 'open',
    body: loginRequestSchema,
    answer: sessionSchema,
    errors: ['wrong-credentials'],
    perMinute: 20,
    examples: { body: { name: 'admin', password: 'correct horse battery' }, answer: session },
    async handle({ body, request, reply }) {
      const { session: made, token } = await auth.logIn(body.name, body.password, request.ip);
      setCookie(context, request, reply, token);
      return made;
    },
  });

  routes.define({
    id: 'logOut',
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

  routes.define({
    id: 'getSession',
    method: 'GET',
    url: '/auth/session',
    summary: 'Who is signed in',
    tag,
    action: 'session:read',
    answer: sessionSchema,
    examples: { answer: session },
    handle({ subject, request, reply }) {
      // The cookie slides with the session behind it.
      setCookie(context, request, reply, request.cookies[SESSION_COOKIE] as string);
      return auth.session(userOf(subject));
    },
  });

  routes.define({
    id: 'setPassword',
    method: 'PUT',
    url: '/auth/password',
    summary: 'Set the password; all other sessions of the user end',
    tag,
    action: 'password:change',
    body: passwordRequestSchema,
    perMinute: 20,
    examples: { body: { current: 'correct horse battery', password: 'staple of four words' } },
    handle: ({ subject, body }) =>
      auth.changePassword(userOf(subject), body.current, body.password),
  });
}
