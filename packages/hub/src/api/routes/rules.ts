import {
  backtestAnswerSchema,
  backtestInputSchema,
  ruleEntrySchema,
  ruleSchema,
  rulesSchema,
} from '@openmanager/alerting';
import { ruleInfoSchema } from '@openmanager/protocol';
import * as v from 'valibot';
import { backtest, rule, ruleInfo } from '../examples.ts';
import { name } from '../query.ts';
import type { Routes } from '../route.ts';

const tag = 'alerts';
const RULES_AT_ONCE = 10_000;
/** Ten thousand rules with everything they can say take less. */
const RULES_BYTES = 8 * 1024 * 1024;

const entry = { rule, origin: 'own', warnings: [] } as const;
const ruleParams = v.object({ ruleId: name('Id of a rule', rule.ruleId) });
const rulesBody = v.pipe(
  v.strictObject({ rules: v.pipe(rulesSchema, v.maxLength(RULES_AT_ONCE)) }),
  v.title('RulesInput'),
);

export function ruleRoutes(routes: Routes): void {
  const { context } = routes;
  const desk = context.alertDesk;
  routes.define({
    id: 'listRules',
    method: 'GET',
    url: '/rules',
    summary: 'Alert rules in short',
    tag,
    action: 'rule:read',
    answer: v.array(ruleInfoSchema),
    examples: { answer: [ruleInfo] },
    handle: () => [...context.rules()],
  });

  routes.define({
    id: 'listFullRules',
    method: 'GET',
    url: '/rules/full',
    summary: 'Alert rules with everything they say, and where each comes from',
    tag,
    action: 'rule:read',
    answer: v.array(ruleEntrySchema),
    examples: { answer: [entry] },
    handle: () => [...desk.rules()],
  });

  routes.define({
    id: 'replaceRules',
    method: 'PUT',
    url: '/rules',
    summary: 'Replace all changed default rules and own rules at once',
    tag,
    action: 'rule:write',
    body: rulesBody,
    bodyBytes: RULES_BYTES,
    answer: v.array(ruleEntrySchema),
    examples: { body: { rules: [rule] }, answer: [entry] },
    handle: async ({ body }) => [...(await desk.replaceRules(body.rules))],
  });

  routes.define({
    id: 'putRule',
    method: 'PUT',
    url: '/rules/:ruleId',
    summary: 'Make or change a rule',
    tag,
    action: 'rule:write',
    params: ruleParams,
    body: ruleSchema,
    answer: ruleEntrySchema,
    examples: { body: rule, answer: entry },
    handle: ({ params, body }) => desk.putRule(params.ruleId, body),
  });

  routes.define({
    id: 'removeRule',
    method: 'DELETE',
    url: '/rules/:ruleId',
    summary: 'Remove an own rule, or take a default rule back to what it was',
    tag,
    action: 'rule:write',
    params: ruleParams,
    handle: ({ params }) => desk.removeRule(params.ruleId),
  });

  routes.define({
    id: 'backtestRule',
    method: 'POST',
    url: '/rules/backtest',
    summary:
      'What a rule would have done on the last 1 h to 30 d of history, and what would keep it from flapping',
    tag,
    action: 'rule:read',
    perMinute: 30,
    body: backtestInputSchema,
    answer: backtestAnswerSchema,
    examples: { body: { rule, rangeMs: 86_400_000 }, answer: backtest },
    handle: ({ body }) => desk.backtest(body),
  });
}
