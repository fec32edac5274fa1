/** Holds the written protocol to the code: the wire's hash, its version, and the tables in PROTOCOL.md. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as v from 'valibot';
import { agentDownSchema } from './agent/down.ts';
import { encodeBatch } from './agent/batch.ts';
import { agentUpSchema } from './agent/up.ts';
import { enrolRequestSchema } from './api/agents.ts';
import {
  loginRequestSchema,
  passwordRequestSchema,
  setupRequestSchema,
  tokenRequestSchema,
} from './api/auth.ts';
import {
  clientWelcomeSchema,
  errorBodySchema,
  laggingSchema,
  messagePayloadSchema,
} from './client/down.ts';
import {
  clientHelloSchema,
  historyRequestSchema,
  progressSchema,
  subscribeRequestSchema,
  unsubscribeRequestSchema,
  viewRequestSchema,
} from './client/up.ts';
import { errors } from './errors.ts';
import { encodeBackfill } from './frame/backfill.ts';
import { encodeDelta } from './frame/delta.ts';
import { frameMetaSchema } from './frame/frame.ts';
import { encodeKeyframe } from './frame/keyframe.ts';
import { encodePart } from './frame/part.ts';
import { outlookRequestSchema, outlookSchema } from './model/outlook.ts';
import { headlineKeys, metrics } from './metrics/catalogue.ts';
import { isTopic, targetTopic, topicOf } from './topics.ts';
import { PROTOCOL_VERSION, SUPPORTED_VERSIONS, VERSION_HISTORY } from './version.ts';

/** The form of a schema without its functions: kinds, keys, bounds, literals, in order. */
function shape(schema: unknown): unknown {
  if (schema instanceof RegExp) return String(schema);
  if (Array.isArray(schema)) return schema.map(shape);
  if (typeof schema !== 'object' || schema === null)
    return typeof schema === 'function' ? 'function' : schema;
  const skipped = new Set([
    '~standard',
    '~run',
    '~types',
    'reference',
    'expects',
    'async',
    'message',
  ]);
  // A title names the schema in the OpenAPI document and is not on the wire.
  const pipe = 'pipe' in schema ? (schema.pipe as readonly { readonly type: string }[]) : [];
  const named = pipe.filter(({ type }) => type !== 'title');
  if (named.length < pipe.length)
    return shape(named.length === 1 ? named[0] : { ...schema, pipe: named });
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !skipped.has(key) && typeof value !== 'function')
      .map(([key, value]) => [key, shape(value)]),
  );
}

const schemas: Record<string, v.GenericSchema> = {
  agentUpSchema,
  agentDownSchema,
  clientHelloSchema,
  subscribeRequestSchema,
  unsubscribeRequestSchema,
  viewRequestSchema,
  progressSchema,
  historyRequestSchema,
  outlookRequestSchema,
  outlookSchema,
  clientWelcomeSchema,
  laggingSchema,
  messagePayloadSchema,
  errorBodySchema,
  frameMetaSchema,
  enrolRequestSchema,
  loginRequestSchema,
  passwordRequestSchema,
  setupRequestSchema,
  tokenRequestSchema,
};

/** One of each binary message, with every field in use. */
function samples(): Uint8Array[] {
  const part = { channel: 5, offset: 70_000, span: 3, hubTimeMs: 1_700_000_000_000 };
  const state = { timeMs: 1_699_999_999_000, status: 'stale', priority: 'critical' } as const;
  const columns = [
    Float64Array.of(0.25, Number.NaN),
    Float64Array.of(Math.PI, 2),
    Float64Array.of(Number.NaN, Number.NaN),
  ];
  const timesMs = [1_700_000_000_000, 1_700_000_005_000];
  const keys = ['a', 'b', 'system.linux.cpu.load_1m'];
  const codes = Float64Array.of(0, 1, 500);
  const change = { index: 0, ...state, changed: [0, 2], codes: [7, 8] };
  const { hubTimeMs } = part;
  const size = 9;
  const facts = [{ index: 0, json: '{}' }];
  const details = { processes: { timeMs: 1, rows: [] } };
  const before = {
    status: 'online',
    priority: 'low',
    codes,
    codings: Uint8Array.of(0, 1, 1),
  } as const;
  const placed = { index: 0, hostId: 'h', keys, ...state, codes };
  const keyframe = encodeKeyframe({ hubTimeMs, size, hosts: [placed], facts, details });
  const hosts = [{ ...change, before }];
  const delta = encodeDelta({ hubTimeMs, size, hosts, facts, details });
  return [
    encodeBatch({ bootEpoch: 9, seq: 8, setId: '0123456789abcdef', timesMs, columns }),
    encodePart({ kind: 'keyframe', ...part }, keyframe, Uint8Array.of(1, 2, 3)),
    encodePart({ kind: 'delta', ...part }, delta.body() ?? new Uint8Array()),
    encodePart({ kind: 'delta', ...part }, delta.body([]) ?? new Uint8Array()),
    encodePart(
      { kind: 'backfill', ...part },
      encodeBackfill({ hostId: 'h', keys, timesMs, columns }),
    ),
  ];
}

test('the wire is what its version says it is', () => {
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify(Object.entries(schemas).map(([name, schema]) => [name, shape(schema)])),
  );
  for (const bytes of samples()) hash.update(bytes);
  hash.update(JSON.stringify(headlineKeys));
  const displays = Object.entries(metrics).map(([name, info]) => [name, info.display] as const);
  hash.update(JSON.stringify(displays.sort(([a], [b]) => (a < b ? -1 : 1))));
  // Red here means the wire changed: raise PROTOCOL_VERSION, add a line to VERSION_HISTORY, then this hash.
  expect({
    version: PROTOCOL_VERSION,
    hash: hash.digest('hex').slice(0, 16),
  }).toMatchInlineSnapshot(`
    {
      "hash": "222b7927957e7cc3",
      "version": 2,
    }
  `);
});

test('versions: the newest is in the history and is spoken', () => {
  expect(VERSION_HISTORY.at(-1)?.version).toBe(PROTOCOL_VERSION);
  expect(SUPPORTED_VERSIONS).toContain(PROTOCOL_VERSION);
});

const document = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');

test('PROTOCOL.md lists every error with its meaning', () => {
  const rows = Object.entries(errors).map(
    ([code, { http, close, message, action }]) =>
      `| \`${code}\` | ${http} | ${close ?? '–'} | ${message} | ${action} |`,
  );
  const table = [
    '| code | HTTP | close | meaning | what to do |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
  expect(document).toContain(`<!-- errors -->\n${table}\n<!-- /errors -->`);
});

test('PROTOCOL.md has a section for each message and the newest version', () => {
  for (const name of [
    'hello',
    'welcome',
    'cadence',
    'series-set',
    'ack',
    'reject',
    'unstored',
    'processes',
    'error',
    'subscribe',
    'unsubscribe',
    'history',
    'outlook',
    'clock',
    'view',
    'progress',
    'welcome',
    'lagging',
    'frame',
    'closing',
  ])
    expect(document).toContain(`\`${name}\``);
  expect(document).toContain(`# The OpenManager protocol, version ${PROTOCOL_VERSION}`);
});

test.each([
  ['fleet', 'fleet'],
  ['alerts', 'alerts'],
  ['target:abc123', 'target:abc123'],
  ['host:abc123', 'target:abc123'],
  [targetTopic('abc.docker-1:x'), 'target:abc.docker-1:x'],
  ['host:', undefined],
  ['target:', undefined],
  ['host:../x', undefined],
  ['target:../x', undefined],
  ['host:target:x', 'target:target:x'],
  ['target:Upper', undefined],
  [`target:${'x'.repeat(128)}`, `target:${'x'.repeat(128)}`],
  [`target:${'x'.repeat(129)}`, undefined],
  ['cpu', undefined],
  ['constructor', undefined],
])('topic %s: %s', (name, topic) => {
  expect(topicOf(name)).toBe(topic);
  // One topic has one name, which is the only one that channels know.
  expect(isTopic(name)).toBe(name === topic);
});
