/** The same samples in our store and in Debian's Prometheus answer the same queries alike. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seriesKey, seriesSetId } from '@openmanager/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type EmbeddedStore } from '@openmanager/store';
import { complianceQueries, probes, refusedProbes } from '../test/compliance.ts';
import { PromqlEngine, PromqlError } from './index.ts';
import { parsePromql } from './parse.ts';
import { pretty } from './print.ts';
import { needs } from '../../../scripts/peers/needs.ts';
import { Prometheus } from '../../../scripts/peers/prometheus.ts';

/** Off the grid of the queries' times: at a boundary Prometheus 2 includes one sample more than 3 and we do. */
const START_MS = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3 * 3_600_000;
const INTERVAL_MS = 15_000;
const ROWS = 360;
const OFFSET_MS = 1_237;

interface Given {
  readonly hostId: string;
  readonly instance: string;
  readonly key: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: (row: number) => number;
}

function noise(seed: number): (row: number) => number {
  return (row) => {
    const x = Math.sin(row * 12.9898 + seed * 78.233) * 43758.5453;
    return x - Math.floor(x);
  };
}

type Make = (
  metric: string,
  name: string,
  attributes: Record<string, string>,
  labels: Record<string, string>,
  value: (row: number) => number,
) => Given;

/** The metrics that the compliance tester asks for. */
function demo(host: number, make: Make): Given[] {
  const plain = (
    metric: string,
    labels: Record<string, string>,
    value: (row: number) => number,
  ): Given => make(metric, metric.replaceAll('.', '_'), labels, labels, value);
  return [
    ...['free', 'used', 'cached'].map((type, at) =>
      plain('demo.memory.usage.bytes', { type }, (row) =>
        Math.round(1e9 * (at + 1) + 1e8 * noise(host + at * 3)(row)),
      ),
    ),
    plain('demo.num.cpus', {}, () => 4 + host),
    ...['user', 'idle'].map((mode, at) =>
      plain('demo.cpu.usage.seconds.total', { mode }, (row) =>
        Number(((row % 170) * (3 + at + host) + noise(at)(row)).toFixed(3)),
      ),
    ),
    plain('demo.disk.usage.bytes', {}, (row) => 1e9 + row * 12_345 + Math.sin(row) * 1e5),
    plain('demo.batch.last.success.timestamp.seconds', {}, (row) =>
      Math.floor(START_MS / 1000 + Math.floor(row / 20) * 300),
    ),
    plain('demo.intermittent.metric', {}, (row) => (row % 60 < 25 ? Number.NaN : row)),
    plain('job:requests:rate5m', {}, (row) => row / 7),
    plain('demo.big', {}, () => 1.7e308),
    ...['/a', '/b'].flatMap((path, at) =>
      ['0.1', '0.5', '1', '+Inf'].map((le, place) =>
        plain('demo.api.request.duration.seconds.bucket', { le, path }, (row) =>
          Math.floor(row * (place + 1) * (1 + at + host / 2)),
        ),
      ),
    ),
    plain('demo.api.request.duration.seconds.count', { path: '/a' }, (row) => row * 4),
  ];
}

const given: readonly Given[] = ['h1', 'h2', 'h3'].flatMap((hostId, host) => {
  const instance = `web-${host + 1}.example`;
  const make = (
    metric: string,
    name: string,
    attributes: Record<string, string>,
    labels: Record<string, string>,
    value: (row: number) => number,
  ): Given => ({ hostId, instance, key: seriesKey(metric, attributes), name, labels, value });
  return [
    ...['user', 'system', 'iowait'].map((mode, at) =>
      make(
        'system.cpu.utilization',
        'system_cpu_utilization_ratio',
        { 'cpu.mode': mode },
        { cpu_mode: mode },
        (row) => Math.round(noise(host * 7 + at)(row) * 1e4) / 1e4,
      ),
    ),
    make('system.memory.limit', 'system_memory_limit_bytes', {}, {}, () => 8e9 * (host + 1)),
    make('system.linux.memory.available', 'system_linux_memory_available_bytes', {}, {}, (row) =>
      Math.round(4e9 + 3e9 * Math.sin(row / 40 + host)),
    ),
    ...['receive', 'transmit'].map((direction, at) =>
      make(
        'system.network.io',
        'system_network_io_bytes_per_second',
        { 'network.interface.name': 'eth0', 'network.io.direction': direction },
        { network_interface_name: 'eth0', network_io_direction: direction },
        (row) => Math.round(1e5 * (1 + noise(host * 3 + at + 50)(row))),
      ),
    ),
    // A counter that starts again, and one with a gap of six minutes.
    ...['200', '500'].map((code, at) =>
      make('app.requests', 'app_requests', { code }, { code }, (row) => {
        const since = row % (100 + 40 * host);
        return Math.floor(since * (3 + at) + 5 * noise(at)(since)) + (row < 100 ? 12 : 0);
      }),
    ),
    make('app.gap', 'app_gap', {}, {}, (row) => (row > 150 && row < 176 ? Number.NaN : row - 180)),
    ...demo(host, make),
    ...(host === 1
      ? [
          make(
            'app.late',
            'app_late',
            { why: 'a "b" \\ c' },
            { why: 'a "b" \\ c' },
            (row: number) => (row < 200 ? Number.NaN : row),
          ),
        ]
      : []),
  ];
});

const timeOf = (row: number): number => START_MS + OFFSET_MS + row * INTERVAL_MS;

function openMetrics(): string {
  const byName = Map.groupBy(given, ({ name }) => name);
  const lines: string[] = [];
  for (const [name, all] of byName) {
    lines.push(`# TYPE ${name} gauge`);
    for (const { labels, instance, hostId, value } of all) {
      const text = Object.entries({ ...labels, instance, host: hostId, job: 'openmanager' })
        .map(([label, of]) => `${label}="${of.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)
        .join(',');
      for (let row = 0; row < ROWS; row++)
        if (!Number.isNaN(value(row)))
          lines.push(`${name}{${text}} ${value(row)} ${(timeOf(row) / 1000).toFixed(3)}`);
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

const cpu = 'system_cpu_utilization_ratio';
const net = 'system_network_io_bytes_per_second';
const free = 'system_linux_memory_available_bytes';
const limit = 'system_memory_limit_bytes';

const queries: readonly string[] = [
  // Selectors.
  cpu,
  `${cpu}{cpu_mode="user"}`,
  `${cpu}{cpu_mode!="user"}`,
  `${cpu}{cpu_mode=~"us.*|sys.*", host!~"h[23]"}`,
  `{__name__=~"app_.*", instance="web-2.example"}`,
  `{host="h1", __name__!="app_gap"}`,
  `${cpu}{nothing=""}`,
  `${cpu}{cpu_mode="nothing"}`,
  `${cpu} offset 10m`,
  `${cpu} offset -3m`,
  `app_gap`,
  `app_late`,
  `app_late{why="a \\"b\\" \\\\ c"}`,
  // Ranges.
  ...['rate', 'increase', 'delta', 'irate', 'idelta', 'deriv', 'changes', 'resets'].flatMap(
    (name) => [`${name}(app_requests[5m])`, `${name}(app_gap[4m])`, `${name}(app_late[10m])`],
  ),
  'rate(app_requests[1m] offset 7m)',
  'rate(app_requests[20s])',
  'predict_linear(app_gap[10m], 3600)',
  `predict_linear(${free}[15m], 600)`,
  ...['sum', 'avg', 'min', 'max', 'count', 'last', 'present', 'stddev', 'stdvar'].flatMap(
    (name) => [`${name}_over_time(${cpu}[3m])`, `${name}_over_time(app_gap[5m])`],
  ),
  `quantile_over_time(0.9, ${cpu}[5m])`,
  `quantile_over_time(1.5, app_gap[5m])`,
  'absent_over_time(app_gap[1m])',
  'absent_over_time(nothing{a="b",c=~"d"}[1m])',
  // Subqueries and fixed times.
  `max_over_time(rate(app_requests[2m])[10m:1m])`,
  `avg_over_time(${cpu}[11m:])`,
  `min_over_time((${free} / ${limit})[20m:90s] offset 5m)`,
  `${cpu} @ ${START_MS / 1000 + 3000}`,
  `rate(app_requests[5m] @ ${START_MS / 1000 + 2000.5})`,
  `${free} - ${free} @ end()`,
  // Aggregation.
  ...['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'].flatMap((op) => [
    `${op}(${cpu})`,
    `${op} by (host) (${cpu})`,
    `${op} without (cpu_mode, host) (${cpu})`,
  ]),
  `sum(app_gap) by (nothing)`,
  `quantile(0.75, ${cpu})`,
  `quantile by (cpu_mode) (0.5, ${cpu})`,
  `quantile(-1, ${cpu})`,
  `topk(2, ${cpu})`,
  `bottomk by (host) (1, ${net})`,
  `topk(time() % 4, ${cpu})`,
  `topk(0, ${cpu})`,
  `count_values("v", ${limit})`,
  // Arithmetic and comparison.
  '1 + 2 * 3 - 4 / 5 % 3',
  '-2 ^ 2',
  '2 ^ 3 ^ 0.5',
  '1 / 0',
  '0 / 0',
  '-1 / 0',
  '5 % -3',
  '1 > bool 2',
  `1 - ${cpu}`,
  `${cpu} * 100 > 50`,
  `${cpu} > bool 0.5`,
  `0.5 < ${cpu}`,
  `${limit} == 8e9`,
  `-${cpu}`,
  `${free} / ${limit}`,
  `${free} / on (host) ${limit}`,
  `${free} / ignoring (job) ${limit}`,
  `${cpu} * on (host) group_left ${limit}`,
  `${limit} * on (instance) group_right (nothing) ${cpu}`,
  `${cpu} + on (host) group_left (instance, nothing) ${limit}`,
  `${cpu} / ignoring (cpu_mode) group_left sum without (cpu_mode) (${cpu})`,
  `${free} > ${limit} / 2`,
  `${free} >= bool on (host) ${limit} / 2`,
  `-app_gap atan2 -app_gap`,
  // Sets.
  `app_gap and app_requests`,
  `app_requests and on (host) app_late`,
  `app_requests unless on (host) app_late`,
  `app_gap or app_late`,
  `app_late or on (host) app_gap`,
  `app_gap > 0 or app_gap < -100`,
  // Functions.
  ...[
    'abs',
    'ceil',
    'floor',
    'exp',
    'ln',
    'log2',
    'log10',
    'sqrt',
    'sgn',
    'sin',
    'atan',
    'tanh',
    'deg',
    'rad',
  ].map((name) => `${name}(app_gap / 50)`),
  `round(${cpu}, 0.05)`,
  'round(app_gap / 7)',
  'clamp(app_gap, -50, 50)',
  'clamp(app_gap, 50, -50)',
  'clamp_min(app_gap, 3)',
  'clamp_max(app_gap, 3)',
  `sort(${cpu})`,
  `sort_desc(${cpu})`,
  'time()',
  'pi()',
  'vector(7)',
  'scalar(app_late)',
  'scalar(app_gap)',
  'timestamp(app_gap)',
  'timestamp(abs(app_gap))',
  'absent(app_gap)',
  'absent(nothing{a="b", c!="d"})',
  'absent(sum(nothing))',
  ...[
    'minute',
    'hour',
    'day_of_week',
    'day_of_month',
    'day_of_year',
    'days_in_month',
    'month',
    'year',
  ].flatMap((name) => [`${name}()`, `${name}(vector(1709164800 + time() % 7 * 40000000))`]),
  `label_replace(${cpu}, "mode", "$1-$2", "cpu_mode", "(..)(.*)")`,
  `label_replace(${cpu}, "host", "", "host", "h1")`,
  `label_replace(${cpu}, "x", "$0", "instance", "web-(?P<n>\\\\d).*")`,
  `label_join(${cpu}, "all", "/", "host", "cpu_mode", "nothing")`,
  // As dashboards have them.
  `100 * (1 - ${free} / ${limit})`,
  `sum by (instance) (rate(app_requests{code=~"5.."}[5m])) / sum by (instance) (rate(app_requests[5m])) > 0.1`,
  `avg without (cpu_mode) (${cpu}) * on (host) group_left () (${limit} > 1e10)`,
  `sum(1 - ${cpu}{cpu_mode="user"}) / count(${cpu}{cpu_mode="user"}) # a comment`,
  '"text"',
];

/** Both refuse these, of the same kind. */
const refused: readonly string[] = [
  ...refusedProbes,
  '',
  'sum(',
  `${cpu}[5m]`,
  `rate(${cpu})`,
  `${cpu} and 1`,
  '1 > 2',
  '{}',
  '{a=~".*"}',
  `${cpu} + on (host) ${limit}`,
  `${limit} + on (job) ${free}`,
  `abs({host="h1"})`,
  `label_replace(${cpu}, "1x", "", "host", "")`,
  `${cpu} * on (host) group_left (host) ${limit}`,
  'nosuch(app_gap)',
  `topk("a", ${cpu})`,
  'app_gap offset 5m [3m]',
];

type Point = readonly [number, string];
interface Data {
  readonly resultType: string;
  readonly result: readonly {
    readonly metric: Record<string, string>;
    readonly value?: Point;
    readonly values?: readonly Point[];
  }[];
}

let folder = '';
let store: EmbeddedStore;
let engine: PromqlEngine;
let peer: Prometheus;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-promql-'));
  store = await openStore({ folder });
  for (const [hostId, all] of Map.groupBy(given, (one) => one.hostId)) {
    const keys = all.map(({ key }) => key);
    const timesMs = Array.from({ length: ROWS }, (_, row) => timeOf(row));
    const columns = all.map(({ value }) => Float64Array.from(timesMs, (_, row) => value(row)));
    const rows = { setId: seriesSetId(keys), keys, timesMs, columns };
    await store.append(hostId, { bootEpoch: 1, seq: 1 }, rows);
  }
  const instances = new Map(given.map(({ hostId, instance }) => [hostId, instance]));
  const hosts = [...instances].map(([hostId, instance]) => ({ hostId, instance }));
  engine = new PromqlEngine({ history: store, hosts: () => hosts });
  peer = await Prometheus.start(openMetrics());
}, 120_000);

afterAll(async () => {
  engine?.stop();
  await store?.close();
  await peer?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function theirs(path: string, parameters: Record<string, string>): Promise<Data> {
  const answer = await fetch(`${peer.url}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  });
  const { status, data, errorType, error } = (await answer.json()) as {
    status: string;
    data: Data;
    errorType: string;
    error: string;
  };
  if (status !== 'success') throw new PromqlError(errorType as 'bad_data', error);
  return data;
}

async function ours(question: Parameters<PromqlEngine['ask']>[0]): Promise<Data> {
  return JSON.parse(new TextDecoder().decode(await engine.ask(question))) as Data;
}

const close = (a: number, b: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

const number = (text: string): number => Number(text.replace('Inf', 'Infinity'));

/** Values that differ by rounding only become those of the other side. */
function expectAlike(our: Data, their: Data, inOrder: boolean): void {
  expect(our.resultType).toBe(their.resultType);
  if (our.resultType === 'scalar' || our.resultType === 'string') {
    const [a, b] = [our.result, their.result] as unknown as [Point, Point];
    expect(a[0]).toBe(b[0]);
    if (a[1] !== b[1]) expect(close(number(a[1]), number(b[1])), `${a[1]} for ${b[1]}`).toBe(true);
    return;
  }
  const shown = (metric: Record<string, string>): string =>
    JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
  const entries = ({ result }: Data): (readonly [string, readonly Point[]])[] => {
    const all = result.map(
      ({ metric, value, values }) => [shown(metric), values ?? [value as Point]] as const,
    );
    return inOrder ? all : all.toSorted(([a], [b]) => (a < b ? -1 : 1));
  };
  const [a, b] = [entries(our), entries(their)];
  expect(a.map(([metric]) => metric)).toEqual(b.map(([metric]) => metric));
  for (const [at, [metric, points]] of a.entries()) {
    const others = b[at]?.[1] ?? [];
    expect(
      points.map(([time]) => time),
      metric,
    ).toEqual(others.map(([time]) => time));
    const wrong = points.filter(
      ([, text], place) => !close(number(text), number(others[place]?.[1] ?? '')),
    );
    expect(wrong, `${metric}: ${JSON.stringify(others.slice(0, 3))}`).toEqual([]);
  }
}

describe('against Prometheus', needs('prometheus', 'promtool'), () => {
  // Neither on the grid of the samples nor on that of a subquery.
  const at = [0.5, 31, 45.25, 89, 96].map((minutes) => START_MS + minutes * 60_000 + 333);

  it.each(queries)('instant: %s', async (text) => {
    for (const timeMs of at)
      expectAlike(
        await ours({ kind: 'instant', text, timeMs }),
        await theirs('query', { query: text, time: String(timeMs / 1000) }),
        /^(sort|topk)/.test(text),
      );
  });

  it.each(queries.filter((text) => text !== '"text"'))('range: %s', async (text) => {
    const spans = [
      [START_MS - 599_667, START_MS + 100 * 60_000, 61_000],
      [START_MS + 1_500_500, START_MS + 2_100_000, 7_300],
    ] as const;
    for (const [startMs, endMs, stepMs] of spans)
      expectAlike(
        await ours({ kind: 'range', text, startMs, endMs, stepMs }),
        await theirs('query_range', {
          query: text,
          start: String(startMs / 1000),
          end: String(endMs / 1000),
          step: String(stepMs / 1000),
        }),
        false,
      );
  });

  it.each([...new Set([...complianceQueries, ...probes])])('compliance: %s', async (text) => {
    const timeMs = START_MS + 50 * 60_000 + 333;
    expectAlike(
      await ours({ kind: 'instant', text, timeMs }),
      await theirs('query', { query: text, time: String(timeMs / 1000) }),
      /^(sort|topk *\()/.test(text),
    );
    if (/^['"`]/.test(text)) return;
    const [startMs, endMs, stepMs] = [START_MS + 60_333, START_MS + 90 * 60_000, 131_000];
    expectAlike(
      await ours({ kind: 'range', text, startMs, endMs, stepMs }),
      await theirs('query_range', {
        query: text,
        start: String(startMs / 1000),
        end: String(endMs / 1000),
        step: String(stepMs / 1000),
      }),
      false,
    );
  });

  it('have the same usual form', async () => {
    // Of version 2 the lines of short subqueries have no indent.
    const plain = (text: unknown): string => String(text).replaceAll(/^ +/gm, '');
    const all = new Set([...queries, ...complianceQueries, ...probes]);
    const long = `sum by (instance) (rate(demo_cpu_usage_seconds_total{mode=~"user|idle",instance!="x"}[5m] offset 1d1h)) / on (instance) group_left (job) (avg_over_time(demo_num_cpus[1h:30s] @ end()) + -topk(3, label_join(demo_num_cpus, "all", "/", "instance", "job", "nothing", "nothing at all")))`;
    await Promise.all(
      [...all, long].map(async (text) => {
        const their = await theirs('format_query', { query: text });
        expect(plain(pretty(parsePromql(text))), text).toBe(plain(their));
      }),
    );
  });

  it('are five hundred queries and more', () => {
    expect(new Set([...queries, ...complianceQueries, ...probes]).size).toBeGreaterThan(500);
  });

  it('a range vector by itself', async () => {
    const timeMs = START_MS + 3_000_000;
    expectAlike(
      await ours({ kind: 'instant', text: 'app_requests[2m] offset 30s', timeMs }),
      await theirs('query', { query: 'app_requests[2m] offset 30s', time: String(timeMs / 1000) }),
      false,
    );
  });

  it.each(refused)('refuses: %s', async (text) => {
    const startMs = START_MS + 600_000;
    const question = {
      kind: 'range',
      text,
      startMs,
      endMs: startMs + 60_000,
      stepMs: 15_000,
    } as const;
    const kind = async (answer: Promise<unknown>): Promise<string> => {
      const error: unknown = await answer.then(
        () => 'it answered',
        (reason: unknown) => reason,
      );
      return error instanceof PromqlError ? error.type : String(error);
    };
    const their = theirs('query_range', {
      query: text,
      start: String(startMs / 1000),
      end: String(startMs / 1000 + 60),
      step: '15',
    });
    const [our, peers] = await Promise.all([kind(engine.ask(question)), kind(their)]);
    expect(our).toBe(peers);
  });
});
