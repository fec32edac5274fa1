/**
 * Inputs that are nearly right, by a seed, for every parser that a peer reaches. An input is read or refused by name, in
 * bounded time; nothing else may come of it. Over sockets, against a whole hub, it goes in fuzz.test.ts.
 */
import {
  importPrometheus,
  parseRuleFile,
  receiverInputSchema,
  ruleSchema,
  silenceInputSchema,
} from '@openmanager/alerting';
import {
  encodeBatch,
  parseInput,
  PROTOCOL_VERSION,
  ProtocolError,
  seriesSet,
} from '@openmanager/protocol';
import { Decoder } from '@openmanager/protocol/parser';
import { expect, test } from 'vitest';
import { anySeed, dice, figure, rounds } from '../../../scripts/proof/kit.ts';
import { parsePromql } from '../../promql/src/parse.ts';
import { PromqlError } from '../../promql/src/promql-error.ts';
import {
  clientHelloSchema,
  historyRequestSchema,
  subscribeRequestSchema,
  viewRequestSchema,
} from '../../protocol/src/client/up.ts';
import { outlookRequestSchema } from '../../protocol/src/model/outlook.ts';
import { StoreError } from '../../store/src/contract/store-error.ts';
import { readLine } from '../../store/src/export/openmetrics-line.ts';
import { mutateBytes, mutateText, mutateTree } from '../test/fuzz/mutate.ts';
import { facts } from '../test/kit/test-agent.ts';
import { parseAgentUp, readBatch } from './ingest/messages.ts';
import { SeriesSets } from './ingest/series-sets.ts';

const INPUTS = rounds(30_000, 300_000);
/** Of one input; generous, as other programs run beside. */
const LONGEST_MS = 1_000;

const seed = anySeed();
const set = seriesSet(['system.cpu.utilization', 'system.memory.utilization', 'system.uptime']);
const hello = {
  type: 'hello',
  version: PROTOCOL_VERSION,
  bootEpoch: 1_700_000_000_000,
  nowMs: 1_700_000_000_000,
  intervalMs: 5_000,
  facts,
  spoolDropped: 0,
  floor: { bootEpoch: 1, seq: 0 },
  acknowledged: { bootEpoch: 1, seq: 0, ranges: [{ bootEpoch: 1, first: 3, last: 5 }] },
  machine: '0'.repeat(32),
};
const batch = encodeBatch({
  bootEpoch: 1_700_000_000_000,
  seq: 1,
  setId: set.id,
  replayed: false,
  timesMs: [1_700_000_000_000, 1_700_000_005_000],
  columns: set.keys.map(() => Float64Array.of(0.5, 0.25)),
} as unknown as Parameters<typeof encodeBatch>[0]);
const subscribe = {
  topic: 'fleet',
  minPriority: 'low',
  since: { epoch: 1, offset: 2, timeMs: 3 },
  hosts: ['aaaaaaaaaaaa'],
  metrics: ['system.cpu.utilization'],
  maxRateMs: 1_000,
  chart: { spanMs: 3_600_000, widthPx: 800 },
};
const history = { hostId: 'aaaaaaaaaaaa', fromMs: 1, toMs: 2, maxPoints: 100, keys: ['a'] };
const rule = {
  kind: 'above',
  ruleId: 'busy',
  metric: 'system.cpu.utilization',
  scope: 'total',
  threshold: 0.5,
  clear: 0.4,
  forMs: 0,
  severity: 'warning',
  targets: [{ labels: [{ name: 'team', op: '~', value: 'a*|b' }] }],
};
const { ruleId: id, forMs: _, ...inFile } = rule;
const ruleFile = {
  rules: [{ ...inFile, id, for: '5m', targets: [{ kinds: ['host'], labels: ['web'] }] }],
};
const outlook = { hostId: 'aaaaaaaaaaaa', key: 'a', fromMs: 1, toMs: 2 };
const silence = {
  matchers: [{ name: 'rule', op: '=', value: 'busy' }],
  reason: 'test',
  endsAtMs: 2e12,
  windows: [{ zone: 'UTC', from: '00:00', to: '24:00' }],
};
const receiver = { kind: 'webhook', url: 'https://example.org/hook', secret: 's', template: '{}' };
const prometheus = {
  groups: [
    {
      name: 'g',
      rules: [{ alert: 'Busy', expr: 'node_load1{job="node"} > 5', for: '5m', labels: { a: 'b' } }],
    },
  ],
};
const queries = [
  'sum by (host) (rate(system_cpu_utilization{host=~"web-.*"}[5m])) > 0.5',
  'label_replace(up, "a", "$1", "b", "(.*)") and on(host) up offset 1h',
  'quantile_over_time(0.9, up[1h:1m])',
];
const line = 'system_cpu_utilization{host="a",mode="user"} 0.5 1700000000.5';
const packets = [
  `40${JSON.stringify({ version: PROTOCOL_VERSION, token: 'om_x' })}`,
  `420${JSON.stringify(['subscribe', subscribe])}`,
  '451-["frame",{"_placeholder":true,"num":0}]',
];

type Random = () => number;

function readSet(tree: unknown): void {
  const message = parseAgentUp(JSON.stringify(tree));
  if (message.type === 'series-set')
    new SeriesSets().declare(message.id, message.keys, () => undefined);
}

/** What reads the input; throws what it throws. */
const targets: Readonly<Record<string, (random: Random) => void>> = {
  'agent: hello': (random) => void parseAgentUp(JSON.stringify(mutateTree(hello, random))),
  'agent: text': (random) => void parseAgentUp(mutateText(JSON.stringify(hello), random)),
  'agent: series set': (random) =>
    readSet(mutateTree({ type: 'series-set', id: set.id, keys: set.keys }, random)),
  'agent: batch': (random) => {
    const taken = { setId: set.id, keys: set.keys, places: undefined };
    readBatch(mutateBytes(batch, random), () => ({ keys: set.keys, taken }));
  },
  'client: packet': (random) =>
    new Decoder().add(mutateText(packets[Math.floor(random() * 3)] ?? '', random).slice(1)),
  'client: hello': (random) =>
    parseInput(
      clientHelloSchema,
      mutateTree({ version: PROTOCOL_VERSION, token: 'x', capabilities: ['deflate'] }, random),
    ) as never,
  'client: subscribe': (random) =>
    void parseInput(subscribeRequestSchema, mutateTree(subscribe, random)),
  'client: view': (random) =>
    void parseInput(viewRequestSchema, mutateTree({ topic: 'fleet', hosts: ['a'] }, random)),
  'client: history': (random) => void parseInput(historyRequestSchema, mutateTree(history, random)),
  'client: outlook': (random) => void parseInput(outlookRequestSchema, mutateTree(outlook, random)),
  'body: rule': (random) => void parseInput(ruleSchema, mutateTree(rule, random)),
  'body: silence': (random) => void parseInput(silenceInputSchema, mutateTree(silence, random)),
  'body: receiver': (random) => void parseInput(receiverInputSchema, mutateTree(receiver, random)),
  'file: rules': (random) => void parseRuleFile(mutateTree(ruleFile, random)),
  'file: Prometheus rules': (random) => void importPrometheus(mutateTree(prometheus, random)),
  'file: OpenMetrics': (random) => void readLine(mutateText(line, random), 1, Date.now()),
  'query: PromQL': (random) =>
    void parsePromql(mutateText(queries[Math.floor(random() * 3)] ?? '', random)),
};

test('what is mutated is taken as it is, so that little is refused at the first look', () => {
  expect(parseAgentUp(JSON.stringify(hello)).type).toBe('hello');
  const taken = { setId: set.id, keys: set.keys, places: undefined };
  expect(readBatch(batch, () => ({ keys: set.keys, taken }))).toMatchObject({ ok: true });
  parseInput(subscribeRequestSchema, subscribe);
  parseInput(historyRequestSchema, history);
  parseInput(outlookRequestSchema, outlook);
  parseInput(ruleSchema, rule);
  parseInput(silenceInputSchema, silence);
  parseInput(receiverInputSchema, receiver);
  expect(parseRuleFile(ruleFile).errors).toEqual([]);
  expect(importPrometheus(prometheus).rules).toHaveLength(1);
  expect(readLine(line, 1, Date.now())).toBeDefined();
  for (const query of queries) parsePromql(query);
});

/** What an input may be refused with. */
function isRefusal(name: string, error: unknown): boolean {
  if (error instanceof ProtocolError || error instanceof PromqlError || error instanceof StoreError)
    return true;
  // The socket.io parser has no class of its own; the gateway closes the connection for any of these.
  return name === 'client: packet' && error instanceof Error && error.constructor === Error;
}

test(
  `${INPUTS.toLocaleString('en')} inputs that are nearly right: each is read or refused by name`,
  { tags: ['security'] },
  async ({ task }) => {
    const names = Object.keys(targets);
    let [refused, longest, slowest] = [0, 0, ''];
    for (let index = 0; index < INPUTS; index++) {
      const name = names[index % names.length] as string;
      // A seed for each, so that one that fails is made again alone.
      const own = (seed + index) >>> 0;
      const from = performance.now();
      try {
        targets[name]?.(dice(own));
      } catch (error) {
        if (!isRefusal(name, error))
          throw new Error(`${name}, seed ${own} (of run ${seed}): ${String(error)}`, {
            cause: error,
          });
        refused++;
      }
      const ms = performance.now() - from;
      if (ms > longest) [longest, slowest] = [ms, `${name}, seed ${own}`];
      if (index % 2_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(longest, slowest).toBeLessThan(LONGEST_MS);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    figure(
      task,
      `${refused.toLocaleString('en')} refused, longest ${Math.round(longest)} ms, seed ${seed}`,
    );
  },
);
