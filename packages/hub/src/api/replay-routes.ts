import { DAY_MS } from '@openmanager/protocol/durations';
import { isFrameTopic, limits, topicOf, type FrameTopic } from '@openmanager/protocol';
import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { ReplayRequest } from '../ports/index.ts';
import type { ApiContext } from './context.ts';
import { defineRoute } from './route.ts';

const whole = (most: number): v.GenericSchema<unknown, number> =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,16}$/, 'must be a whole number'),
    v.transform(Number),
    v.maxValue(most, `must be at most ${most}`),
  );

const names = (most: number): v.GenericSchema<unknown, readonly string[] | undefined> =>
  v.optional(
    v.pipe(
      v.union([v.array(v.string()), v.string()]),
      v.transform((given) => (typeof given === 'string' ? [given] : given)),
      v.array(v.string()),
      v.maxLength(most),
    ),
  );

const topic: v.GenericSchema<unknown, FrameTopic> = v.pipe(
  v.string(),
  v.transform((name) => topicOf(name) ?? name),
  v.check(isFrameTopic, 'must be fleet or target:<id>'),
  v.transform((name) => name as FrameTopic),
);
const replayQuery: v.GenericSchema<unknown, ReplayRequest> = v.object({
  topic,
  fromMs: whole(Number.MAX_SAFE_INTEGER),
  toMs: whole(Number.MAX_SAFE_INTEGER),
  stepMs: v.pipe(whole(DAY_MS), v.minValue(100, 'must be at least 100')),
  channel: v.optional(whole(65_535), '0'),
  offset: v.optional(whole(Number.MAX_SAFE_INTEGER), '0'),
  hosts: names(limits.selection),
  metrics: names(limits.selection),
});

export function replayRoutes(app: FastifyInstance, context: ApiContext): void {
  defineRoute(app, context, {
    method: 'GET',
    url: '/replay',
    summary: 'A span of history as frames, each after its length (4 bytes, little-endian)',
    tag: 'hosts',
    action: 'history:read',
    query: replayQuery,
    text: 'application/octet-stream',
    handle: ({ query }) => context.replay.frames(query),
  });
}
