import {
  agentInfoSchema,
  enrolledSchema,
  enrolmentCodeSchema,
  enrolRequestSchema,
} from '@openmanager/protocol';
import * as v from 'valibot';
import { enrolled, agent, enrolmentCode, enrolRequest } from '../examples.ts';
import { name } from '../query.ts';
import type { Routes } from '../route.ts';

const tag = 'agents';
const agentParams = v.object({ agentId: name('Id of an agent', agent.agentId) });

export function agentRoutes(routes: Routes): void {
  const { context } = routes;
  routes.define({
    id: 'listAgents',
    method: 'GET',
    url: '/agents',
    summary: 'Enrolled agents',
    tag,
    action: 'agent:read',
    answer: v.array(agentInfoSchema),
    examples: { answer: [agent] },
    handle: () => [...context.agents()],
  });

  routes.define({
    id: 'createEnrolmentCode',
    method: 'POST',
    url: '/agents/codes',
    summary: 'Create an enrolment code, valid once and for 15 minutes',
    tag,
    action: 'code:create',
    answer: enrolmentCodeSchema,
    status: 201,
    examples: { answer: enrolmentCode },
    handle: () => context.auth.createCode(),
  });

  routes.define({
    id: 'enrolAgent',
    method: 'POST',
    url: '/agents/enroll',
    summary: 'Exchange an enrolment code for the key of a new agent',
    tag,
    action: 'open',
    body: enrolRequestSchema,
    answer: enrolledSchema,
    status: 201,
    errors: ['code-expired'],
    perMinute: 60,
    examples: { body: enrolRequest, answer: enrolled },
    async handle({ body }) {
      const made = await context.auth.enrol(body.code, body.hostname);
      context.agentEnrolled(made.agentId, body.hostname);
      return made;
    },
  });

  routes.define({
    id: 'revokeAgent',
    method: 'DELETE',
    url: '/agents/:agentId',
    summary: 'Revoke an agent: its connection ends at once, its history stays',
    tag,
    action: 'agent:revoke',
    params: agentParams,
    handle: ({ params }) => context.revokeAgent(params.agentId),
  });
}
