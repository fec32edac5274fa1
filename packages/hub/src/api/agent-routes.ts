import { enrolRequestSchema } from '@openmanager/protocol';
import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { ApiContext } from './context.ts';
import { defineRoute } from './route.ts';
import * as schemas from './schemas.ts';

const tag = 'agents';

export function agentRoutes(app: FastifyInstance, context: ApiContext): void {
  defineRoute(app, context, {
    method: 'GET',
    url: '/agents',
    summary: 'Enrolled agents',
    tag,
    action: 'agent:read',
    answer: schemas.agentList,
    handle: () => context.agents(),
  });

  defineRoute(app, context, {
    method: 'POST',
    url: '/agents/codes',
    summary: 'Create an enrolment code, valid once and for 15 minutes',
    tag,
    action: 'code:create',
    answer: schemas.enrolmentCode,
    status: 201,
    handle: () => context.auth.createCode(),
  });

  defineRoute(app, context, {
    method: 'POST',
    url: '/agents/enroll',
    summary: 'Exchange an enrolment code for the key of a new agent',
    tag,
    action: 'open',
    body: enrolRequestSchema,
    answer: schemas.enrolled,
    status: 201,
    perMinute: 60,
    async handle({ body }) {
      const enrolled = await context.auth.enrol(body.code, body.hostname);
      context.agentEnrolled(enrolled.agentId, body.hostname);
      return enrolled;
    },
  });

  defineRoute<void, undefined, undefined, { agentId: string }>(app, context, {
    method: 'DELETE',
    url: '/agents/:agentId',
    summary: 'Revoke an agent: its connection ends at once, its history stays',
    tag,
    action: 'agent:revoke',
    params: v.object({ agentId: v.pipe(v.string(), v.maxLength(64)) }),
    handle: ({ params }) => context.revokeAgent(params.agentId),
  });
}
