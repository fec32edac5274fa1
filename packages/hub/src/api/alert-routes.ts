import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { Document } from '../ports/index.ts';
import type { ApiContext } from './context.ts';
import { defineRoute } from './route.ts';
import type { Answers } from './schemas.ts';

const tag = 'alerts';
const RULES_AT_ONCE = 10_000;
/** Ten thousand rules with everything they can say take less. */
const RULES_BYTES = 8 * 1024 * 1024;
const LOG_PAGE = 1_000;

type Parser<T> = v.GenericSchema<unknown, T>;
const document: Parser<Document> = v.record(v.string(), v.unknown());
const documents: Answers<readonly Document[]> = v.array(v.record(v.string(), v.unknown()));
const answered: Answers<Document> = v.record(v.string(), v.unknown());
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(255));

const ruleParams: Parser<{ ruleId: string }> = v.object({ ruleId: name });
const alertParams: Parser<{ alertId: string }> = v.object({ alertId: name });
const silenceParams: Parser<{ silenceId: string }> = v.object({ silenceId: name });
const receiverParams: Parser<{ receiverId: string }> = v.object({ receiverId: name });
const noteBody: Parser<{ note: string }> = v.object({
  note: v.optional(v.pipe(v.string(), v.maxLength(1_000)), ''),
});
const rulesBody: Parser<{ rules: Document[] }> = v.object({
  rules: v.pipe(v.array(v.record(v.string(), v.unknown())), v.maxLength(RULES_AT_ONCE)),
});
const logQuery: Parser<{ limit: number; before?: string | undefined }> = v.object({
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,4}$/, 'must be a whole number'),
      v.transform(Number),
      v.minValue(1),
      v.maxValue(LOG_PAGE),
    ),
    '100',
  ),
  before: v.optional(name),
});
const tagsBody: Parser<{ tags: string[] }> = v.object({ tags: v.array(v.string()) });
const hostParams: Parser<{ hostId: string }> = v.object({ hostId: name });
const endpointBody: Parser<{ endpoint: string }> = v.object({
  endpoint: v.pipe(v.string(), v.minLength(1), v.maxLength(2_000)),
});

/** Routes about rules, silences, receivers and notifications. */
export function alertRoutes(app: FastifyInstance, context: ApiContext): void {
  ruleRoutes(app, context);
  tagRoutes(app, context);
  alertStateRoutes(app, context);
  silenceRoutes(app, context);
  receiverRoutes(app, context);
  pushRoutes(app, context);
}

function ruleRoutes(app: FastifyInstance, context: ApiContext): void {
  const desk = context.alertDesk;
  defineRoute(app, context, {
    method: 'GET',
    url: '/rules/full',
    summary: 'Alert rules with everything they say, and where each comes from',
    tag,
    action: 'rule:read',
    answer: documents,
    handle: () => desk.rules(),
  });

  defineRoute(app, context, {
    method: 'PUT',
    url: '/rules',
    summary: 'Replace all changed default rules and own rules at once',
    tag,
    action: 'rule:write',
    body: rulesBody,
    bodyBytes: RULES_BYTES,
    answer: documents,
    handle: ({ body }) => desk.replaceRules(body.rules),
  });

  defineRoute(app, context, {
    method: 'PUT',
    url: '/rules/:ruleId',
    summary: 'Make or change a rule',
    tag,
    action: 'rule:write',
    params: ruleParams,
    body: document,
    answer: answered,
    handle: ({ params, body }) => desk.putRule(params.ruleId, body),
  });

  defineRoute(app, context, {
    method: 'DELETE',
    url: '/rules/:ruleId',
    summary: 'Remove an own rule, or take a default rule back to what it was',
    tag,
    action: 'rule:write',
    params: ruleParams,
    handle: ({ params }) => desk.removeRule(params.ruleId),
  });

  defineRoute(app, context, {
    method: 'POST',
    url: '/rules/backtest',
    summary:
      'What a rule would have done on the last 1 h to 30 d of history, and what would keep it from flapping',
    tag,
    action: 'rule:read',
    perMinute: 30,
    body: document,
    answer: answered,
    handle: ({ body }) => desk.backtest(body),
  });
}

function tagRoutes(app: FastifyInstance, context: ApiContext): void {
  const desk = context.alertDesk;
  defineRoute(app, context, {
    method: 'GET',
    url: '/hosts/tags',
    summary: 'Hosts that carry tags, for rules about all hosts with one of them',
    tag,
    action: 'host:read',
    answer: documents,
    handle: () => desk.hostTags(),
  });

  defineRoute(app, context, {
    method: 'PUT',
    url: '/hosts/:hostId/tags',
    summary: 'Set the tags of a host',
    tag,
    action: 'host:tag',
    params: hostParams,
    body: tagsBody,
    answer: answered,
    handle: ({ params, body }) => desk.setHostTags(params.hostId, body.tags),
  });
}

function alertStateRoutes(app: FastifyInstance, context: ApiContext): void {
  const desk = context.alertDesk;
  defineRoute(app, context, {
    method: 'GET',
    url: '/alerts/facts',
    summary: 'Which current alerts are acknowledged, silenced or inhibited, and by what',
    tag,
    action: 'alert:read',
    answer: documents,
    handle: () => desk.facts(),
  });

  defineRoute(app, context, {
    method: 'PUT',
    url: '/alerts/:alertId/acknowledgement',
    summary: 'Acknowledge a firing alert',
    tag,
    action: 'alert:acknowledge',
    params: alertParams,
    body: noteBody,
    handle: ({ params, body, subject }) => desk.acknowledge(params.alertId, subject, body.note),
  });

  defineRoute(app, context, {
    method: 'DELETE',
    url: '/alerts/:alertId/acknowledgement',
    summary: 'Take an acknowledgement back',
    tag,
    action: 'alert:acknowledge',
    params: alertParams,
    handle: ({ params }) => desk.unacknowledge(params.alertId),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/notifications',
    summary:
      'What was sent to whom, why and with what answer, newest first; `before` is an entryId',
    tag,
    action: 'alert:read',
    query: logQuery,
    answer: documents,
    handle: ({ query }) => desk.notifications(query.limit, query.before),
  });
}

function silenceRoutes(app: FastifyInstance, context: ApiContext): void {
  const desk = context.alertDesk;
  defineRoute(app, context, {
    method: 'GET',
    url: '/silences',
    summary: 'Silences, also those that are over',
    tag,
    action: 'silence:read',
    answer: documents,
    handle: () => desk.silences(),
  });

  defineRoute(app, context, {
    method: 'POST',
    url: '/silences',
    summary: 'Make a silence',
    tag,
    action: 'silence:write',
    body: document,
    answer: answered,
    status: 201,
    handle: ({ body, subject }) => desk.putSilence(undefined, body, subject),
  });

  defineRoute(app, context, {
    method: 'POST',
    url: '/silences/preview',
    summary: 'Ids of the current alerts that a silence would mute',
    tag,
    action: 'silence:read',
    body: document,
    answer: v.array(v.string()),
    handle: ({ body }) => desk.previewSilence(body),
  });

  defineRoute(app, context, {
    method: 'PUT',
    url: '/silences/:silenceId',
    summary: 'Change a silence',
    tag,
    action: 'silence:write',
    params: silenceParams,
    body: document,
    answer: answered,
    handle: ({ params, body, subject }) => desk.putSilence(params.silenceId, body, subject),
  });

  defineRoute(app, context, {
    method: 'DELETE',
    url: '/silences/:silenceId',
    summary: 'Remove a silence',
    tag,
    action: 'silence:write',
    params: silenceParams,
    handle: ({ params }) => desk.removeSilence(params.silenceId),
  });
}

function receiverRoutes(app: FastifyInstance, context: ApiContext): void {
  const desk = context.alertDesk;
  defineRoute(app, context, {
    method: 'GET',
    url: '/receivers',
    summary: 'Receivers without their secrets; `secretsSet` names those that are set',
    tag,
    action: 'receiver:read',
    answer: documents,
    handle: () => desk.receivers(),
  });

  defineRoute(app, context, {
    method: 'PUT',
    url: '/receivers/:receiverId',
    summary: 'Make or change a receiver; a secret that is left out stays as it is',
    tag,
    action: 'receiver:write',
    params: receiverParams,
    body: document,
    answer: answered,
    handle: ({ params, body }) => desk.putReceiver(params.receiverId, body),
  });

  defineRoute(app, context, {
    method: 'DELETE',
    url: '/receivers/:receiverId',
    summary: 'Remove a receiver that the routing does not use',
    tag,
    action: 'receiver:write',
    params: receiverParams,
    handle: ({ params }) => desk.removeReceiver(params.receiverId),
  });

  defineRoute(app, context, {
    method: 'POST',
    url: '/receivers/:receiverId/test',
    summary:
      'Send a test message, by the settings in the body when there are any (without saving them); answers with what the far side said',
    tag,
    action: 'receiver:write',
    params: receiverParams,
    perMinute: 20,
    body: document,
    answer: answered,
    handle: ({ params, body }) => desk.testReceiver(params.receiverId, body),
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/routing',
    summary: 'Who is told of which alerts',
    tag,
    action: 'receiver:read',
    answer: answered,
    handle: () => desk.routing(),
  });

  defineRoute(app, context, {
    method: 'PUT',
    url: '/routing',
    summary: 'Change who is told of which alerts',
    tag,
    action: 'receiver:write',
    body: document,
    answer: answered,
    handle: ({ body }) => desk.setRouting(body),
  });
}

function pushRoutes(app: FastifyInstance, context: ApiContext): void {
  const desk = context.alertDesk;
  defineRoute(app, context, {
    method: 'GET',
    url: '/push/key',
    summary: 'Public key for subscribing a browser to Web Push, base64url',
    tag,
    action: 'push:subscribe',
    answer: v.object({ publicKey: v.string() }),
    handle: () => ({ publicKey: desk.pushKey() }),
  });

  defineRoute(app, context, {
    method: 'POST',
    url: '/push/subscriptions',
    summary: 'Subscribe a browser, with what its push manager gave',
    tag,
    action: 'push:subscribe',
    body: document,
    handle: ({ body }) => desk.subscribe(body),
  });

  defineRoute(app, context, {
    method: 'POST',
    url: '/push/unsubscribe',
    summary: 'End the subscription of a browser',
    tag,
    action: 'push:subscribe',
    body: endpointBody,
    handle: ({ body }) => desk.unsubscribe(body.endpoint),
  });
}
