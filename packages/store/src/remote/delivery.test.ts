/** Delivery to the cluster: order, retries, restarts, bounds, and that other readers understand what is written. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { createServer, type Server } from 'node:http';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openClusterStore, type ClusterStore } from '../index.ts';
import { snappy } from './snappy.ts';
import { needs } from '../../../../scripts/peers/needs.ts';
import { VictoriaMetrics } from '../../../../scripts/peers/victoria-metrics.ts';
import { rows } from '../../test/stores.ts';

let folder = '';
let server: Server | undefined;
let store: ClusterStore | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-delivery-'));
});
afterEach(async () => {
  await store?.close();
  store = undefined;
  server?.close();
  server?.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

const limits = { gatherMs: 1, retryMs: 5, maxRetryMs: 20 };
const now = Date.now();

/** A cluster that answers with the given statuses, then 204; tells the size of each body it took. */
async function cluster(statuses: number[]): Promise<{ url: string; seen: number[] }> {
  const seen: number[] = [];
  server = createServer((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      seen.push(bytes);
      response.writeHead(statuses.shift() ?? 204).end('because');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** VictoriaMetrics keeps fifteen digits. */
const wave = (row: number): number => Math.round(1e6 * Math.sin(row)) / 1e6;

/** Batches of different sizes, so that their order can be seen. */
async function append(seq: number, of: ClusterStore | undefined = store): Promise<void> {
  const points = Array.from({ length: seq * 10 }, (_, row) => [now - MINUTE_MS + row, wave(row)]);
  await of?.append('h', { bootEpoch: 1, seq }, rows(['x'], points));
}

test('what the cluster cannot take now is tried again, in order', async () => {
  const { url, seen } = await cluster([503, 429, 500]);
  store = await openClusterStore({ folder, url, limits });
  for (const seq of [1, 2, 3, 4]) await append(seq);
  expect(await store.drained(10_000)).toBe(true);
  const sizes = seen.slice(3);
  expect(new Set(seen.slice(0, 4)).size).toBe(1);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(sizes).toHaveLength(4);
  expect(store.remote()).toMatchObject({
    samplesDelivered: 100,
    samplesDropped: 0,
    trouble: undefined,
  });
});

test('what it refuses for good is dropped, counted and told', async () => {
  const { url } = await cluster([400]);
  store = await openClusterStore({ folder, url, limits });
  await append(1);
  await vi.waitFor(() => expect(store?.remote().samplesDropped).toBe(10));
  expect(store.remote().trouble).toBe('400 because');
  await append(2);
  await vi.waitFor(() => expect(store?.remote().samplesDelivered).toBe(20));
  expect(store.remote().trouble).toBeUndefined();
});

test('what waits survives a restart; the oldest goes when there is no room, counted', async () => {
  const away = 'http://127.0.0.1:9';
  const first = await openClusterStore({ folder, url: away, limits });
  for (const seq of [1, 2, 3]) await append(seq, first);
  expect(first.remote()).toMatchObject({ requestsWaiting: 3, samplesDropped: 0 });
  expect(first.remote().trouble).toContain('bad port');
  await first.close();
  const { bytesWaiting } = first.remote();
  store = await openClusterStore({
    folder,
    url: away,
    limits: { ...limits, maxQueueBytes: bytesWaiting + 10 },
  });
  expect(store.remote().requestsWaiting).toBe(3);
  await append(4);
  expect(store.remote().samplesDropped).toBe(10 + 20 + 30);
  expect(store.remote().bytesWaiting).toBeLessThanOrEqual(bytesWaiting + 10);
  expect(await readdir(join(folder, 'remote-queue'))).toHaveLength(store.remote().requestsWaiting);
});

test('VictoriaMetrics that comes back has everything', needs('victoria-metrics'), async () => {
  const peer = await VictoriaMetrics.create();
  try {
    store = await openClusterStore({ folder, url: peer.url, limits });
    for (const seq of [1, 2, 3]) await append(seq);
    expect(store.remote().requestsWaiting).toBe(3);
    await expect(
      store.query({ hostId: 'h', keys: ['x'], fromMs: 0, toMs: now, maxPoints: 10 }),
    ).rejects.toThrow(/does not answer .* check --store/);
    await peer.start();
    expect(await store.drained(20_000)).toBe(true);
    await peer.flush();
    const answer = await fetch(`${peer.url}/api/v1/export?match[]=x`);
    const { metric, values } = (await answer.json()) as { metric: unknown; values: number[] };
    expect(metric).toEqual({ __name__: 'x', host: 'h', instance: 'h', job: 'openmanager' });
    expect(new Set(values)).toEqual(new Set(Array.from({ length: 30 }, (_, row) => wave(row))));
  } finally {
    await peer.remove();
  }
});

test('an address that is none is refused', async () => {
  await expect(openClusterStore({ folder, url: 'victoria:8428', limits })).rejects.toThrow(
    '"victoria:8428" is no http address',
  );
});

test('snappy can be read again', () => {
  const word = fc.uint8Array({ minLength: 1, maxLength: 40 });
  const text = fc
    .tuple(fc.array(word, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(5), { maxLength: 4000 }))
    .map(([words, order]) =>
      Buffer.concat(order.map((at) => words[at % words.length] ?? Buffer.of())),
    );
  fc.assert(
    fc.property(text, (input) => {
      expect(Buffer.compare(unsnappy(snappy(input)), input)).toBe(0);
    }),
    { numRuns: 200 },
  );
  const zeros = new Uint8Array(200_000);
  expect(snappy(zeros).length).toBeLessThan(12_000);
  expect(Buffer.compare(unsnappy(snappy(zeros)), zeros)).toBe(0);
});

/** Reads the block format as its description has it. */
function unsnappy(bytes: Uint8Array): Uint8Array {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] as number;
    length += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  const out = new Uint8Array(length);
  let to = 0;
  while (at < bytes.length) {
    const tag = bytes[at++] as number;
    if ((tag & 3) === 0) {
      let size = tag >>> 2;
      if (size >= 60) {
        const more = size - 59;
        size = 0;
        for (let byte = 0; byte < more; byte++) size += (bytes[at++] as number) * 2 ** (8 * byte);
      }
      out.set(bytes.subarray(at, at + size + 1), to);
      at += size + 1;
      to += size + 1;
    } else {
      expect(tag & 3).toBe(2);
      const offset = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
      at += 2;
      for (let left = (tag >>> 2) + 1; left > 0; left--) {
        out[to] = out[to - offset] as number;
        to++;
      }
    }
  }
  expect(to).toBe(length);
  return out;
}
