import {
  isFrameTopic,
  limits,
  targetOfTopic,
  topicOf,
  unknownHost,
  type FrameTopic,
} from '@openmanager/protocol';
import { DAY_MS } from '@openmanager/protocol/durations';
import * as v from 'valibot';
import type { ReplayRequest } from '../../ports/index.ts';
import { host, seriesKey } from '../examples.ts';
import { fromMs, names, toMs, whole, type Parser } from '../query.ts';
import type { Routes } from '../route.ts';

const topic: Parser<FrameTopic> = v.pipe(
  v.string(),
  v.transform((name) => topicOf(name) ?? name),
  v.string(),
  v.check(isFrameTopic, 'must be fleet or target:<id>'),
  v.transform((name) => name as FrameTopic),
  v.description('`fleet` or `target:<id>`'),
  v.examples(['fleet' as FrameTopic]),
);
const replayQuery: Parser<ReplayRequest> = v.object({
  topic,
  fromMs,
  toMs,
  stepMs: whole({
    min: 100,
    max: DAY_MS,
    description: 'Time between two frames, milliseconds',
    example: 5_000,
  }),
  channel: v.optional(whole({ max: 65_535, description: 'Number of the channel in frames' }), '0'),
  offset: v.optional(whole({ description: 'Offset before the first frame' }), '0'),
  hosts: v.optional(
    names(limits.selection, 'Hosts of the fleet; all when left out', [host.hostId]),
  ),
  metrics: v.optional(
    names(limits.selection, 'Metric names or series keys; all when left out', [seriesKey]),
  ),
});

export function replayRoutes(routes: Routes): void {
  const { context } = routes;
  routes.define<Uint8Array, undefined, ReplayRequest>({
    id: 'replay',
    method: 'GET',
    url: '/replay',
    summary: 'A span of history as frames, each after its length (4 bytes, little-endian)',
    tag: 'hosts',
    action: 'history:read',
    query: replayQuery,
    object: ({ topic: asked }, { target }) => {
      const id = targetOfTopic(asked);
      if (id === undefined) return { kind: 'topic', topic: 'fleet' };
      return { kind: 'target', target: target(id) ?? unknownHost(id) };
    },
    files: ['application/octet-stream'],
    errors: ['not-found'],
    handle: ({ query }) => context.replay.frames(query),
  });
}
