/**
 * A million broken messages, bodies and files. Nothing may end the process, be answered by a fault of the hub's own,
 * hold the event loop, stay in memory, or keep a well-behaved client and agent from what is theirs. Everything follows
 * from the seed, which a failure names: `npm run test:security -- --seed N`.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { encodeBatch, ProtocolError, PROTOCOL_VERSION } from '@openmanager/protocol';
import { importText } from '@openmanager/store';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anySeed, dice, figure, rounds } from '../../../scripts/proof/kit.ts';
import { startHub, socketTo } from '../test/gateway/hub.ts';
import {
  below,
  broken,
  brokenBytes,
  brokenText,
  hostileValue,
  oneOf,
} from '../test/kit/hostile.ts';
import { HubHarness } from '../test/kit/hub-harness.ts';
import type { OpenapiDocument } from '../test/kit/openapi.ts';
import { RawPeer } from '../test/kit/raw-peer.ts';
import { facts, plainSet, TestAgent } from '../test/kit/test-agent.ts';
import { readYaml } from '../../cli/src/rules/rule-yaml.ts';
import { parseAgentUp, readBatch } from './ingest/messages.ts';

const seed = anySeed();
/** Of the million of the long form. */
const COUNTS = {
  client: rounds(6_000, 600_000),
  agent: rounds(3_000, 320_000),
  raw: rounds(200, 20_000),
  http: rounds(300, 30_000),
  file: rounds(300, 30_000),
};
const STALL_MS = 2_000;
const HEAP_BYTES = 300e6;

/** Key of an agent that does what it should. */
let wellBehaved: string;
let batches = 0;
let harness: HubHarness;
beforeAll(async () => {
  harness = await HubHarness.open({ logLevel: 'error' });
  wellBehaved = await enrolled();
});
afterAll(() => harness.close());

/** The longest stall of the event loop and the growth of the heap over `work`, both held to their bounds. */
async function bounded(work: () => Promise<void>): Promise<string> {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  const before = process.memoryUsage().heapUsed;
  delay.enable();
  await work();
  delay.disable();
  const stallMs = Math.round(delay.max / 1e6);
  const grown = process.memoryUsage().heapUsed - before;
  expect(stallMs, `seed ${seed}`).toBeLessThan(STALL_MS);
  expect(grown, `seed ${seed}`).toBeLessThan(HEAP_BYTES);
  expect(({} as { polluted?: unknown }).polluted, `seed ${seed}`).toBeUndefined();
  return `longest stall ${stallMs} ms, seed ${seed}`;
}

/** A real agent's sample and a real client's subscription still go through. */
async function stillServes(): Promise<void> {
  const { agent } = await TestAgent.open(harness.hub.url, wellBehaved);
  agent.batch(++batches);
  await agent.next('ack');
  await agent.close();
  const health = (await harness.admin.send('/api/v1/health')).body as { status: string };
  expect(health.status, `seed ${seed}`).not.toBe('down');
}

const validEvents: readonly (readonly [string, unknown])[] = [
  ['subscribe', { topic: 'fleet', minPriority: 'high', hosts: ['a', 'b'], maxRateMs: 2_000 }],
  ['subscribe', { topic: 'fleet', since: { epoch: 1, offset: 2, timeMs: 3 }, metrics: ['a.b'] }],
  ['subscribe', { topic: 'target:one', chart: { spanMs: 60_000, widthPx: 500 } }],
  ['subscribe', { topic: 'alerts', minPriority: 'low' }],
  ['subscribe', { topic: 'system' }],
  ['unsubscribe', { topic: 'fleet' }],
  ['view', { topic: 'fleet', hosts: ['a'] }],
  ['history', { hostId: 'a', keys: ['k'], fromMs: 0, toMs: 60_000, maxPoints: 100 }],
  ['outlook', { hostId: 'a', key: 'k', fromMs: 0, toMs: 60_000 }],
  ['progress', 3],
  ['clock', 3],
];

test(
  `${COUNTS.client.toLocaleString('en')} broken events of clients over real sockets`,
  { tags: ['security'], timeout: 300_000 },
  async ({ task }) => {
    const random = dice(seed);
    const unlimited = { requestsPerSecond: 1e9, requestBurst: 1e9 };
    const hub = await startHub({ limits: unlimited });
    const sockets = new Map<number, Socket>();
    const answers = { ok: 0, refused: 0, cut: 0 };
    const connected = async (place: number): Promise<Socket> => {
      const known = sockets.get(place);
      if (known?.connected === true) return known;
      const socket = socketTo(hub.url);
      sockets.set(place, socket);
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', reject);
      });
      return socket;
    };
    const one = async (socket: Socket): Promise<void> => {
      const [event, valid] = oneOf(random, validEvents);
      const name = random() < 0.05 ? textOf(hostileValue(random)).slice(0, 50) : event;
      const input = random() < 0.05 ? valid : broken(random, valid);
      if (reserved.has(name)) return;
      await new Promise<void>((resolve) => {
        const gone = (): void => {
          answers.cut++;
          resolve();
        };
        socket.once('disconnect', gone);
        const answered = (answer: { ok: boolean; error?: { code: string } }): void => {
          socket.off('disconnect', gone);
          if (answer.ok) answers.ok++;
          else {
            answers.refused++;
            expect(answer.error?.code, `seed ${seed}: ${event} ${JSON.stringify(input)}`).not.toBe(
              'internal',
            );
          }
          resolve();
        };
        socket.emit(name, input, answered);
        // `progress` has no answer when it is right.
        if (name === 'progress' && typeof input === 'number') answered({ ok: true });
      });
    };
    const told = await bounded(async () => {
      const AT_ONCE = 200;
      for (let left = COUNTS.client; left > 0; left -= AT_ONCE) {
        const socket = await connected(below(random, 4));
        await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, () => one(socket)));
      }
    });
    for (const socket of sockets.values()) socket.disconnect();
    expect(hub.warnings.filter((line) => line.includes('"stack"'))).toEqual([]);
    await hub.stop();
    figure(task, `${answers.ok} ok, ${answers.refused} refused, ${answers.cut} cut; ${told}`);
  },
);
const reserved = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

const hello = {
  type: 'hello',
  version: PROTOCOL_VERSION,
  bootEpoch: 1,
  facts,
  intervalMs: 5_000,
  nowMs: 1_764_547_200_000,
  spoolDropped: 0,
};
const processes = {
  type: 'processes',
  timeMs: 1_764_547_200_000,
  rows: [{ pid: 1, name: 'init', user: 'root', cpuUtilization: 0.1, memoryBytes: 1e6 }],
};
const validBatch = encodeBatch({
  bootEpoch: 1,
  seq: 1,
  setId: plainSet.id,
  timesMs: [1_764_547_200_000, 1_764_547_205_000, 1_764_547_210_000],
  columns: [0.1, 0.2, 1_000].map((value) => Float64Array.of(value, value, value + 1)),
});
const isRefusal = (error: unknown): boolean =>
  error instanceof ProtocolError && error.code !== 'internal';

test(
  `${COUNTS.agent.toLocaleString('en')} broken messages and batches of agents`,
  { tags: ['security'], timeout: 300_000 },
  async ({ task }) => {
    const random = dice(seed);
    const declared = { type: 'series-set', id: plainSet.id, keys: plainSet.keys };
    const set = { ...plainSet, taken: { keys: plainSet.keys, setId: plainSet.id } };
    const counts = { taken: 0, refused: 0 };
    const tried = (attempt: () => unknown): void => {
      try {
        attempt();
        counts.taken++;
      } catch (error) {
        if (!isRefusal(error)) throw new Error(`seed ${seed}`, { cause: error });
        counts.refused++;
      }
    };
    const told = await bounded(async () => {
      for (let count = 0; count < COUNTS.agent; count++) {
        if (count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
        if (random() < 0.5) {
          const bytes = brokenBytes(random, validBatch);
          tried(() => {
            const read = readBatch(bytes, () => set as never);
            if (!read.ok) throw read.error;
          });
        } else {
          const message = broken(random, oneOf(random, [hello, declared, processes]));
          const text = JSON.stringify(message) ?? '';
          tried(() => parseAgentUp(random() < 0.2 ? brokenText(random, text) : text));
        }
      }
      // A share of it through a whole hub, where what is refused ends the connection.
      const key = await enrolled();
      for (let count = 0; count < 20; count++) {
        const agent = new TestAgent(harness.hub.url, key);
        if ((await Promise.race([agent.opened().then(() => 'open'), agent.closed])) !== 'open')
          break;
        agent.hello();
        agent.declare(plainSet);
        for (let index = 0; index < 50; index++)
          if (random() < 0.5) agent.bytes(brokenBytes(random, validBatch));
          else agent.json(broken(random, oneOf(random, [hello, declared, processes])));
        agent.socket.close();
        await agent.closed;
      }
    });
    await stillServes();
    figure(task, `${counts.taken} taken, ${counts.refused} refused; ${told}`);
  },
);

async function enrolled(): Promise<string> {
  const { body } = await harness.admin.send('/api/v1/agents/codes', { method: 'POST' });
  const answer = await harness.client().send('/api/v1/agents/enroll', {
    body: { code: (body as { code: string }).code, hostname: 'fuzzed' },
  });
  return (answer.body as { key: string }).key;
}

test(
  `${COUNTS.raw.toLocaleString('en')} broken frames and requests as bytes`,
  { tags: ['security'], timeout: 300_000 },
  async ({ task }) => {
    const random = dice(seed);
    const { cookie = '' } = harness.admin;
    const { host } = new URL(harness.hub.url);
    const head = (path: string): string =>
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${harness.hub.url}\r\nCookie: ${cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
    const upgrade = head('/socket.io/?EIO=4&transport=websocket');
    const requests = [
      upgrade,
      head('/api/v1/agent'),
      `GET /api/v1/hosts HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`,
      `POST /api/v1/silences HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n5\r\n{"a":\r\n0\r\n\r\n`,
    ];
    const texts = [
      '40{"version":1}',
      '2',
      '3probe',
      '42["subscribe",{"topic":"fleet"}]',
      '451-["a",{"_placeholder":true,"num":0}]',
      '41',
      '1',
      '6',
      '4',
    ];
    let count = 0;
    const told = await bounded(async () => {
      while (count < COUNTS.raw) {
        const peer = await RawPeer.connect(harness.hub.url);
        if (random() < 0.3) {
          peer.send(Buffer.from(brokenBytes(random, Buffer.from(oneOf(random, requests)))));
          count++;
        } else {
          peer.send(upgrade);
          for (let index = 0; index < 20 && !peer.isClosed; index++, count++) {
            const text = oneOf(random, texts);
            const payload = random() < 0.5 ? text : brokenText(random, text);
            peer.send(Buffer.from(frame(random, Buffer.from(payload.slice(0, 60_000)))));
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
        peer.destroy();
      }
    });
    await stillServes();
    figure(task, told);
  },
);

/** A masked frame of RFC 6455, one in three of which is none. */
function frame(random: () => number, payload: Buffer): Uint8Array {
  const opcode = random() < 0.7 ? 0x81 : below(random, 256);
  const length =
    payload.length < 126
      ? Buffer.of(0x80 | payload.length)
      : Buffer.of(0x80 | 126, payload.length >> 8, payload.length & 0xff);
  const mask = Buffer.from(Array.from({ length: 4 }, () => below(random, 256)));
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] as number));
  const whole = Buffer.concat([Buffer.of(opcode), length, mask, masked]);
  return random() < 0.3 ? brokenBytes(random, whole) : whole;
}

test(
  `${COUNTS.http.toLocaleString('en')} broken bodies and queries of every route, by an administrator`,
  { tags: ['security'], timeout: 300_000 },
  async ({ task }) => {
    const random = dice(seed);
    const { body } = await harness.admin.send('/api/v1/openapi.json');
    const operations = operationsOf(body as OpenapiDocument);
    const counts: Record<number, number> = {};
    const told = await bounded(async () => {
      for (let left = COUNTS.http; left > 0; left -= 8)
        await Promise.all(
          Array.from({ length: Math.min(8, left) }, async () => {
            const { method, path, example, query } = oneOf(random, operations);
            const address =
              path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(shortText(random))) +
              (random() < 0.7 ? queryOf(random, query) : '');
            const raw = example === undefined ? undefined : rawOf(random, example);
            const { status, text } = await harness.admin.send(address, {
              method,
              ...(raw === undefined ? {} : { raw }),
            });
            counts[status] = (counts[status] ?? 0) + 1;
            const said = `seed ${seed}: ${method} ${address} ${raw ?? ''} → ${status} ${text.slice(0, 300)}`;
            expect([500, 501, 502], said).not.toContain(status);
            expect(text, said).not.toContain(harness.folder);
          }),
        );
    });
    await stillServes();
    const said = Object.entries(counts).map(([status, count]) => `${status}: ${count}`);
    figure(task, `${said.join(', ')}; ${told}`);
  },
);

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly example: unknown;
  readonly query: readonly string[];
}

/** All but those that end the session that asks, or stream for long. */
function operationsOf({ paths }: OpenapiDocument): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      if (/auth|backup|export|import|tokens/.test(path)) return [];
      const { requestBody, parameters = [] } = operation as unknown as {
        readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> };
        readonly parameters?: readonly { readonly name: string; readonly in: string }[];
      };
      const example = requestBody?.content['application/json']?.example;
      const query = parameters.filter((each) => each.in === 'query').map(({ name }) => name);
      return [{ method: method.toUpperCase(), path, example, query }];
    }),
  );
}

const shortText = (random: () => number): string =>
  random() < 0.5 ? 'abc' : textOf(hostileValue(random)).slice(0, 100).toWellFormed();

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

function queryOf(random: () => number, names: readonly string[]): string {
  const pairs = names
    .filter(() => random() < 0.7)
    .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(shortText(random))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function rawOf(random: () => number, example: unknown): string {
  const text = JSON.stringify(broken(random, example)) ?? '';
  return random() < 0.1 ? brokenText(random, text) : text;
}

const validText = `# TYPE node_load1 gauge
# UNIT http_request_seconds seconds
node_load1{instance="web-1",job="node"} 0.5 1764547200
node_load1{instance="web-1",job="node"} 0.6 1764547205
http_requests_total{host="web-2",path="/a b",method="GET"} 1e3 1764547200.5
# EOF
`;

const validRules = `rules:
  - ruleId: cpu-high
    kind: threshold
    severity: critical
    metric: system.cpu.utilization
    when: { above: 0.9 }
    for: 5m
    labels: &labels { team: web, tier: "1" }
  - ruleId: memory-high
    labels: *labels
`;

test(
  `${COUNTS.file.toLocaleString('en')} broken files: samples to import, rules in YAML`,
  { tags: ['security'], timeout: 300_000 },
  async ({ task }) => {
    const random = dice(seed);
    let [read, refused] = [0, 0];
    const store = {
      importRows: async () => 0,
      write: async () => undefined,
    } as never;
    const told = await bounded(async () => {
      for (let count = 0; count < COUNTS.file; count++) {
        if (count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
        const isRules = random() < 0.5;
        const text = brokenText(random, isRules ? validRules : validText);
        try {
          if (isRules) readYaml(text);
          else await importText(store, () => linesOf(text));
          read++;
        } catch (error) {
          const said = `seed ${seed}: ${JSON.stringify(text)} ${String(error)}`;
          // What the parser says of the text, never that it ran out of stack.
          if (isRules) expect(error, said).not.toBeInstanceOf(RangeError);
          else expect((error as { code?: string }).code, said).toBe('invalid');
          refused++;
        }
      }
    });
    figure(task, `${read} read, ${refused} refused; ${told}`);
  },
);

async function* linesOf(text: string): AsyncGenerator<string> {
  yield text.slice(0, 100);
  yield text.slice(100);
}
