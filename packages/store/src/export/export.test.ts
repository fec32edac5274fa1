/** Text out and in again; Prometheus reads what is written, and what Prometheus has is taken. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { zstdDecompressSync } from 'node:zlib';
import { seriesKey, seriesSetId } from '@openmanager/protocol';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { exportHistory, importText, type EmbeddedStore, type ExportFormat } from '../index.ts';
import { needs } from '../../../../scripts/peers/needs.ts';
import { peerPath } from '../../../../scripts/peers/table.ts';
import { newFolder, opened, rows } from '../../test/stores.ts';

const START = Date.now() - 3_600_000;
const keys = [
  seriesKey('system.cpu.utilization', { 'cpu.mode': 'user' }),
  'system.memory.usage',
  seriesKey('requests_total', { code: '200', Path: 'a "b", \\ c', zone: '서울', host: 'own' }),
];

async function filled(): Promise<EmbeddedStore> {
  const store = await opened(newFolder());
  for (const [hostId, add] of [
    ['h1', 0],
    ['h2', 5],
  ] as const) {
    const points = Array.from({ length: 200 }, (_, row) => [
      START + row * 5000,
      row % 3 === 0 ? Number.NaN : (row + add) / 1e4,
      2 ** 40 + row * 4096,
      row === 7 ? Infinity : -row / 3,
    ]);
    await store.append(hostId, { bootEpoch: 1, seq: 1 }, rows(keys, points));
  }
  return store;
}

async function exported(store: EmbeddedStore, format: ExportFormat): Promise<string> {
  return (await exportedBytes(store, format)).toString();
}

async function exportedBytes(store: EmbeddedStore, format: ExportFormat): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const query = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
  for await (const piece of exportHistory(store, {
    format,
    query,
    instanceOf: (id) => `${id}.example`,
  }))
    pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

async function* piecesOf(text: string | Buffer, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(store: EmbeddedStore): Promise<unknown> {
  const { series } = await store.select({ fromMs: 0, toMs: Date.now() });
  return series
    .map(({ hostId, key, timesMs, last }) => ({
      hostId,
      key,
      times: [...timesMs],
      values: [...last],
    }))
    .sort((a, b) => `${a.hostId} ${a.key}`.localeCompare(`${b.hostId} ${b.key}`));
}

test('OpenMetrics text comes back as what it was, however it is cut', async () => {
  const store = await filled();
  const text = await exported(store, 'openmetrics');
  expect(text).toMatch(/# EOF\n$/);
  expect(text).toContain(
    `system_cpu_utilization_ratio{cpu_mode="user",host="h1",instance="h1.example",job="openmanager"} 0.0001 ${(START + 5000) / 1000}\n`,
  );
  for (const size of [7, 1_000_000]) {
    const other = await opened(newFolder());
    const report = await importText(other, () => piecesOf(text, size), { gather: 300 });
    expect(report).toEqual({ samples: 2 * (200 + 200 + 133), series: 6, hosts: 2, duplicates: 0 });
    expect(await all(other)).toEqual(await all(store));
    expect(await other.entries('imported-hosts')).toEqual([
      ['h1', { instance: 'h1.example' }],
      ['h2', { instance: 'h2.example' }],
    ]);
    // A second time changes nothing.
    expect(await importText(other, () => piecesOf(text, size))).toMatchObject({
      samples: 0,
      duplicates: 2 * (200 + 200 + 133),
    });
    expect(await all(other)).toEqual(await all(store));
  }
});

test("Debian's promtool makes blocks of it", needs('promtool'), async () => {
  const folder = await mkdtemp(join(tmpdir(), 'openmanager-export-'));
  await writeFile(join(folder, 'text'), await exported(await filled(), 'openmetrics'));
  const { stdout } = await promisify(execFile)(peerPath('promtool'), [
    'tsdb',
    'create-blocks-from',
    'openmetrics',
    join(folder, 'text'),
    join(folder, 'data'),
  ]);
  expect(stdout).toContain('NUM SAMPLES');
  // It looks for a log, too.
  await mkdir(join(folder, 'data', 'wal'));
  const dump = await promisify(execFile)(
    peerPath('promtool'),
    ['tsdb', 'dump', join(folder, 'data')],
    {
      maxBuffer: 1e8,
    },
  );
  expect(dump.stdout.trim().split('\n')).toHaveLength(2 * (200 + 200 + 133));
  await rm(folder, { recursive: true });
});

test('a Parquet reader finds in the file what the CSV has', async () => {
  const store = await filled();
  // More than one row group.
  const timesMs = Array.from({ length: 70_000 }, (_, row) => START + row * 10);
  const columns = [Float64Array.from(timesMs, (_, row) => Math.sin(row) / 3)];
  await store.importRows('h3', { setId: seriesSetId(['many']), keys: ['many'], timesMs, columns });
  const bytes = await exportedBytes(store, 'parquet');
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  expect(parquetMetadata(file).row_groups).toHaveLength(2);
  const read = await parquetReadObjects({
    file,
    compressors: { ZSTD: (input) => zstdDecompressSync(input) },
  });
  const csv = (await exportedBytes(store, 'csv')).toString('utf8').trim().split(/\r?\n/);
  const names = cells(csv[0] as string);
  const expected = csv.slice(1).map((line) => {
    const row = Object.fromEntries(cells(line).map((cell, place) => [names[place], cell]));
    return {
      ...row,
      time: new Date(row['time'] as string),
      value: numberOf(row['value'] as string),
    };
  });
  expect(read.length).toBe(2 * (200 + 200 + 133) + 70_000);
  expect(sorted(read)).toEqual(sorted(expected));
});

/** Cells of a line of CSV (RFC 4180). */
function cells(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}

function numberOf(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

function sorted(rows: readonly Record<string, unknown>[]): string[] {
  return rows
    .map(({ host, instance, series, time, value }) =>
      [host, instance, series, (time as Date).getTime(), value].join(' '),
    )
    .toSorted();
}

test('CSV has a line per sample', async () => {
  const lines = (await exported(await filled(), 'csv')).trimEnd().split('\r\n');
  expect(lines[0]).toBe('time,host,instance,series,value');
  expect(lines).toHaveLength(1 + 2 * (200 + 200 + 133));
  const time = new Date(START).toISOString();
  expect(lines[1]).toBe(`${time},h1,h1.example,system.memory.usage,1099511627776`);
  expect(lines[2]).toContain(`${time},h1,h1.example,"requests_total{Path=""a \\""b\\"", \\\\ c""`);
});

test.each([
  ['x{host="h"} 1', 'line 2: needs a value and a timestamp'],
  ['x{host="h"} one 1', 'line 2: the value "one" is not a number'],
  ['x{host="h} 1 1', 'line 2: the labels cannot be read from character 3 on'],
  ['x{a="1",a="2"} 1 1', 'line 2: label "a" is there twice'],
  ['9x 1 1', 'line 2: does not begin with the name'],
  ['x 1 1', 'line 2: has no label "host" or "instance"'],
  ['x{host="h"} 1 -5', 'line 2: the timestamp "-5" is not a time'],
  ['# EOF\nx{host="h"} 1 1', 'line 3: comes after # EOF'],
  [
    'x{host="h"} 1 1796081779000',
    'line 2: the timestamp "1796081779000" is more than 100 years ahead; timestamps are in seconds, and this looks like milliseconds',
  ],
  ['x{host="h"} 1 0x10', 'line 2: the timestamp "0x10" is not a time'],
  ['x{host="h"} 0b1 1', 'line 2: the value "0b1" is not a number'],
  ['x{host="h",__name__="y"} 1 1', 'line 2: a label "__name__"'],
  ['# TYPE x counted', 'line 2: "counted" is no type'],
  ['x{host="h"} 1 1\rx{host="h"} 2 2', 'line 2: has a carriage return in it'],
  ['# HELP x one\rx{host="h"} 2 2', 'line 2: has a carriage return in it'],
  [
    'x{host="a",instance="1"} 1 1\nx{host="a",instance="2"} 1 1',
    'line 3: the series would become one with that of line 2',
  ],
  [`x{host="h",a="${'b'.repeat(70_000)}"} 1 1`, 'has more than 65536 characters'],
])('%s is refused', async (line, message) => {
  const store = await opened(newFolder());
  const text = `# TYPE x gauge\n${line}\n${line.startsWith('# EOF') ? '' : '# EOF\n'}`;
  await expect(importText(store, () => piecesOf(text, 1000))).rejects.toThrow(message);
  expect(await store.listSeries({})).toEqual([]);
});

test('what others write is taken: exemplars, created times, no number, names of their own', async () => {
  const store = await opened(newFolder());
  const at = Math.floor(START / 1000);
  const text = `# HELP node_load1 x
# TYPE http_requests counter
http_requests_total{instance="web:9100",job="node",} 1e3 ${at} # {trace_id="x"} 1
http_requests_created{instance="web:9100",job="node"} 5 ${at}.25
node_load1{instance="web:9100"} NaN ${at - 5}
node_load1 { instance = "web:9100" } +Inf ${at}
system_memory_usage_bytes{system_memory_state="used",instance="web:9100"} 7 ${at}
lonely 3 ${at}
`;
  const report = await importText(
    store,
    () => piecesOf(`${text.replace('node_load1 {', 'node_load1{')}# EOF\n`, 20),
    { hostId: 'mine' },
  );
  expect(report).toEqual({ samples: 6, series: 5, hosts: 2, duplicates: 0 });
  expect((await store.series('web:9100')).toSorted()).toEqual([
    'http_requests_created{job="node"}',
    'http_requests_total{job="node"}',
    'node_load1',
    'system.memory.usage{system.memory.state="used"}',
  ]);
  expect(await store.series('mine')).toEqual(['lonely']);
});

test('any labels and values survive', async () => {
  const label = fc
    .stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/)
    .filter((name) => !/^(__name__|__proto__)$/.test(name));
  const attributes = fc.dictionary(
    label,
    fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
    { maxKeys: 4 },
  );
  const value = fc.double({ noNaN: true });
  await fc.assert(
    fc.asyncProperty(attributes, value, async (given, number) => {
      const key = seriesKey('some_metric', given);
      const store = await opened(newFolder());
      await store.append('h', { bootEpoch: 1, seq: 1 }, rows([key], [[START, number]]));
      const other = await opened(newFolder());
      const text = await exported(store, 'openmetrics');
      await importText(other, () => piecesOf(text, 50));
      expect(await all(other)).toEqual(await all(store));
    }),
    { numRuns: 15 },
  );
});

test('a text that was cut off, is not UTF-8 or has no line feeds is named, and nothing of it is stored', async () => {
  const store = await opened(newFolder());
  const whole = 'g{a="x",instance="t"} 1 1796081779\ng{a="y",instance="t"} 1 1796081779\n# EOF\n';
  for (const [text, message] of [
    [whole.slice(0, -12), 'line 2: the text ends without "# EOF"'],
    [whole.slice(0, -7), 'line 2: the text ends without "# EOF"'],
    ['', 'line 1: the text ends without'],
    ['# TYPE g gauge\rg{instance="cr"} 1 1796081779\r# EOF', 'line 1: has a carriage return'],
    [
      Buffer.from('g{a="\u00ff",instance="t"} 1 1796081779\n# EOF\n', 'latin1'),
      'line 1 or one soon',
    ],
  ] as const)
    await expect(importText(store, () => piecesOf(text, 9))).rejects.toThrow(message);
  expect(await store.listSeries({})).toEqual([]);
  const crlf = whole.replaceAll('\n', '\r\n');
  expect(await importText(store, () => piecesOf(crlf, 9))).toMatchObject({ samples: 2, series: 2 });
});

test('series of other labels stay other series', async () => {
  const store = await opened(newFolder());
  const text = `g{job="n1",exported_job="x",instance="i"} 1 1796081779
g{job="n2",exported_job="x",instance="i"} 2 1796081779
g{exported_job="x",instance="i"} 3 1796081779
g{job="x",instance="i"} 4 1796081779
g{exported_instance="x",instance="i"} 5 1796081779
g{exported_exported_job="x",instance="i"} 6 1796081779
# EOF
`;
  await importText(store, () => piecesOf(text, 100));
  expect(await store.listSeries({})).toHaveLength(6);
  const other = await opened(newFolder());
  const back = await exported(store, 'openmetrics');
  await importText(other, () => piecesOf(back, 100));
  expect(await all(other)).toEqual(await all(store));
});

test('what was there already is counted', async () => {
  const store = await opened(newFolder());
  const text = 'g{host="h"} 1 100\ng{host="h"} 2 100\ng{host="h"} 2 101\n# EOF\n';
  expect(await importText(store, () => piecesOf(text, 100))).toEqual({
    samples: 2,
    series: 1,
    hosts: 1,
    duplicates: 1,
  });
  expect(await importText(store, () => piecesOf(text, 100))).toMatchObject({
    samples: 0,
    duplicates: 3,
  });
  // In other company, beside one of its own time, and together with what is new.
  const other =
    'g{host="h"} 7 100\ng{host="h"} 3 102\nf{host="h"} 8 100\nf{host="h"} 9 102\n# EOF\n';
  expect(await importText(store, () => piecesOf(other, 100))).toMatchObject({
    samples: 3,
    duplicates: 1,
  });
  const third = 'g{host="h"} 4 103\nf{host="h"} 5 101\nf{host="h"} 6 103\n# EOF\n';
  expect(await importText(store, () => piecesOf(third, 100))).toMatchObject({ duplicates: 0 });
  const hole = 'g{host="h"} 1 200\ng{host="h"} 2 202\nf{host="h"} 3 200\nf{host="h"} 4 202\n';
  await importText(store, () => piecesOf(`${hole}# EOF\n`, 100));
  const within = 'g{host="h"} 5 201\nf{host="h"} 6 202\nf{host="h"} 7 201\n# EOF\n';
  expect(await importText(store, () => piecesOf(within, 100))).toMatchObject({
    samples: 2,
    duplicates: 1,
  });
  const { series } = await store.select({ fromMs: 0, toMs: 300_000 });
  const found = series.map(({ key, last, timesMs }) => [key, [...timesMs], [...last]] as const);
  expect(found.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
    ['f', [100e3, 101e3, 102e3, 103e3, 200e3, 201e3, 202e3], [8, 5, 9, 6, 3, 7, 4]],
    ['g', [100e3, 101e3, 102e3, 103e3, 200e3, 201e3, 202e3], [1, 2, 3, 4, 1, 5, 2]],
  ]);
  const minutes = await store.select({ fromMs: 0, toMs: 299_999, stepMs: 300_000 });
  expect(minutes.series.map(({ count }) => [...count])).toEqual([[7], [7]]);
});

test('NaN, infinity and what a text says of its metrics come back', async () => {
  const store = await opened(newFolder());
  const facts = `# TYPE heat gauge
# UNIT heat celsius
# HELP heat How hot it is.\\nVery.
# TYPE seen counter
`;
  const text = `${facts}heat{host="h"} NaN 100
heat{host="h"} 1 101
heat{host="h"} NaN 102
heat{host="h"} -Inf 103
only{host="h"} NaN 104
seen_total{host="h"} +Inf 105
# EOF
`;
  expect(await importText(store, () => piecesOf(text, 100))).toMatchObject({
    samples: 6,
    series: 3,
  });
  expect((await store.listSeries({})).map(({ key }) => key).toSorted()).toEqual([
    'heat',
    'only',
    'seen_total',
  ]);
  expect((await store.series('h')).toSorted()).toEqual(['heat', 'only', 'seen_total']);
  const { series } = await store.select({ keys: ['heat'], fromMs: 0, toMs: 200_000 });
  expect([...(series[0]?.last ?? [])]).toEqual([Number.NaN, 1, Number.NaN, -Infinity]);
  const back = await exported(store, 'openmetrics');
  for (const line of facts.trim().split('\n')) expect(back).toContain(line);
  expect(back).toContain('heat{host="h",instance="h.example",job="openmanager"} NaN 102\n');
  expect((await exported(store, 'csv')).match(/NaN/g)).toHaveLength(3);
  const other = await opened(newFolder());
  await importText(other, () => piecesOf(back, 100));
  expect(await all(other)).toEqual(await all(store));
  expect(await other.entries('imported-metrics')).toEqual(await store.entries('imported-metrics'));
});

test('an export visits only what is stored, however far apart', async () => {
  const store = await opened(newFolder());
  const text =
    'g{instance="f"} 0 0\ng{instance="f"} 1 1796080000\ng{instance="f"} 2 4102444800\n# EOF\n';
  await importText(store, () => piecesOf(text, 100));
  const from = performance.now();
  expect((await exported(store, 'csv')).split('\r\n')).toHaveLength(1 + 3 + 1);
  // A page per hour of the years between takes more than a minute.
  expect(performance.now() - from).toBeLessThan(5_000);
});
