import {
  anomalySchema,
  limits,
  outlookRequestSchema,
  outlookSchema,
  ProtocolError,
  type Anomaly,
} from '@openmanager/protocol';
import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { ApiContext } from './context.ts';
import { defineRoute } from './route.ts';
import type { Answers } from './schemas.ts';

type Parser<T> = v.GenericSchema<unknown, T>;
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength));
const hostParams: Parser<{ hostId: string }> = v.object({ hostId: name });
const anomalyParams: Parser<{ anomalyId: string }> = v.object({ anomalyId: name });
const whole: Parser<number> = v.pipe(
  v.string(),
  v.regex(/^\d{1,16}$/, 'must be a whole number'),
  v.transform(Number),
);
const outlookQuery: Parser<{ key: string; fromMs: number; toMs: number }> = v.object({
  key: v.string(),
  fromMs: whole,
  toMs: whole,
});
const listQuery: Parser<{ limit: number }> = v.object({
  limit: v.optional(
    v.pipe(whole, v.minValue(1, 'must be at least 1'), v.maxValue(1000, 'must be at most 1000')),
    '100',
  ),
});
const anomalyList: Answers<{ anomalies: readonly Anomaly[] }> = v.object({
  anomalies: v.array(anomalySchema),
});

/** Routes about what was expected of series, what stood out, and where they are going. */
export function outlookRoutes(app: FastifyInstance, context: ApiContext): void {
  defineRoute(app, context, {
    method: 'GET',
    url: '/hosts/:hostId/outlook',
    summary: 'Expected band, anomalies and forecast of one series (`key`)',
    tag: 'hosts',
    action: 'history:read',
    params: hostParams,
    query: outlookQuery,
    answer: outlookSchema,
    handle({ params, query }) {
      const request = v.safeParse(outlookRequestSchema, { ...query, hostId: params.hostId });
      if (request.success) return context.outlooks.series(request.output);
      const issue = request.issues[0];
      const field = v.getDotPath(issue) ?? undefined;
      throw new ProtocolError('invalid-input', `${field ?? 'query'}: ${issue.message}`, field);
    },
  });

  defineRoute(app, context, {
    method: 'GET',
    url: '/anomalies',
    summary: 'What stood out, newest first',
    tag: 'hosts',
    action: 'anomaly:read',
    query: listQuery,
    answer: anomalyList,
    handle: ({ query }) => ({ anomalies: context.anomalies(query.limit) }),
  });

  for (const [method, isNormal] of [
    ['PUT', true],
    ['DELETE', false],
  ] as const)
    defineRoute<Anomaly, undefined, undefined, { anomalyId: string }>(app, context, {
      method,
      url: '/anomalies/:anomalyId/normal',
      summary: isNormal
        ? 'This is normal: the series has to stand out more from now on'
        : 'Take back that it is normal',
      tag: 'hosts',
      action: 'anomaly:judge',
      params: anomalyParams,
      answer: anomalySchema,
      handle: ({ params, subject }) => context.judgeAnomaly(params.anomalyId, isNormal, subject),
    });
}
