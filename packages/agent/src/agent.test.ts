import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROTOCOL_VERSION } from '@openmanager/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAgent } from './agent.ts';
import type { LogLevel } from './log.ts';
import type { AgentOptions, RunningAgent } from './options.ts';
import { fastTiming } from '../test/fast-timing.ts';
import { SteadyCollector } from '../test/steady-collector.ts';
import { TestHub } from '../test/test-hub.ts';

let folder: string;
let hub: TestHub;
let agents: RunningAgent[];
let logged: { level: LogLevel; message: string; fields: Readonly<Record<string, unknown>> }[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-test-'));
  hub = await TestHub.start();
  agents = [];
  logged = [];
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await hub.leave();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<AgentOptions> = {}): Promise<RunningAgent> {
  const agent = await startAgent({
    hub: hub.url,
    key: 'secret-key',
    stateFolder: folder,
    intervalMs: 500,
    collect: new SteadyCollector(),
    spoolAfterMs: 200,
    random: () => 0.1,
    timing: fastTiming(10),
    log: (level, message, fields = {}) => logged.push({ level, message, fields }),
    ...options,
  });
  agents.push(agent);
  return agent;
}

const spoolFiles = (): string[] => readdirSync(join(folder, 'spool'));
const values = (): number[] => hub.stored.map(({ batch }) => batch.columns[0]?.[0] as number);
const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('a healthy connection', () => {
  it('tells its name, its labels and how it is itself', async () => {
    const agent = await start({ name: 'web-1', labels: { team: 'shop' } });
    await agent.whenConnected();
    await hub.until(() => hub.stored.length >= 2);
    expect(hub.hellos[0]?.facts).toMatchObject({ hostname: 'web-1', labels: { team: 'shop' } });
    const { keys = [], batch } = hub.stored.at(-1) ?? {};
    const value = (key: string): number | undefined => batch?.columns[keys.indexOf(key)]?.[0];
    expect(keys.slice(0, 2)).toEqual(['system.process.count', 'system.uptime']);
    expect(value('openmanager.agent.memory.usage')).toBeGreaterThan(1e7);
    expect(value('openmanager.agent.batches.dropped')).toBe(0);
    // What was sampled before the hub was there may be on disk still.
    expect(value('openmanager.agent.spool.size')).toBeLessThan(2_000);
    expect(agent.stats().connections).toBe(1);
  });

  it('greets, samples on the grid, is acknowledged, and writes nothing to disk', async () => {
    const agent = await start({ demo: true });
    await agent.whenConnected();
    await hub.until(() => hub.stored.length >= 3);
    expect(hub.authorizations).toEqual(['Bearer secret-key']);
    expect(hub.hellos[0]).toMatchObject({
      version: PROTOCOL_VERSION,
      intervalMs: 500,
      spoolDropped: 0,
      facts: { demo: true },
    });
    expect(values().slice(0, 3)).toEqual([1, 2, 3]);
    expect(
      hub.stored.every(({ batch }) => batch.timesMs.every((timeMs) => timeMs % 500 === 0)),
    ).toBe(true);
    expect(spoolFiles()).toEqual([]);
    expect(agent.stats()).toMatchObject({
      connected: true,
      hostId: 'abcdefghijkl',
      series: 2,
      batchesDropped: 0,
    });
  });

  it('follows the cadence the hub asks for, and returns to its own when the connection ends', async () => {
    const collect = new SteadyCollector();
    await start({ intervalMs: 3_600_000, collect });
    await hub.until(() => hub.hellos.length === 1);
    hub.say({ type: 'cadence', intervalMs: 250, perCore: true });
    await hub.until(() => hub.stored.length >= 3);
    expect(collect.perCore.every(Boolean)).toBe(true);
    expect(collect.times.every((timeMs) => timeMs % 250 === 0)).toBe(true);
    hub.socket?.terminate();
    await hub.until(() => hub.hellos.length === 2);
    const taken = collect.samples;
    hub.say({ type: 'cadence', intervalMs: 250, perCore: false });
    await hub.until(() => hub.stored.length >= taken + 2);
    expect(collect.perCore.at(-1)).toBe(false);
  });

  it('sends the process table only as it gets newer', async () => {
    const collect = new SteadyCollector();
    collect.rows = [{ pid: 1, name: 'init', user: 'root', cpuUtilization: 0, memoryBytes: 5 }];
    await start({ collect });
    await hub.until(() => hub.tables.length > 0);
    expect(hub.tables[0]?.rows).toEqual(collect.rows);
  });

  it('goes on with the next connection when one has declared all the series sets it may', async () => {
    const collect = new SteadyCollector();
    const agent = await start({ collect, intervalMs: 500 });
    await agent.whenConnected();
    hub.say({ type: 'cadence', intervalMs: 250, perCore: false });
    const { sample } = collect;
    collect.sample = (timeMs, options) => {
      collect.keys = [`system.process.count`, `x${collect.samples}`];
      return sample.call(collect, timeMs, options);
    };
    await hub.until(() => hub.stored.length >= 68);
    expect(hub.connections).toBe(2);
    expect(values().slice(0, 68)).toEqual(oneTo(68));
  });
});

describe('a hub that is away', () => {
  it('replays in order what was sampled meanwhile, each once', async () => {
    const agent = await start();
    await hub.until(() => hub.stored.length >= 2);
    await hub.leave();
    await expect.poll(() => agent.stats().spoolBytes, { timeout: 20_000 }).toBeGreaterThan(0);
    const sampled = agent.stats().samplesTaken;
    await expect
      .poll(() => agent.stats().samplesTaken, { timeout: 20_000 })
      .toBeGreaterThan(sampled + 2);
    await hub.listen();
    await hub.until(() => hub.stored.length >= sampled + 5);
    // What an outage left behind comes beside the present.
    await expect.poll(() => values().toSorted((a, b) => a - b)).toEqual(oneTo(hub.stored.length));
    await expect.poll(() => spoolFiles(), { timeout: 20_000 }).toEqual([]);
  });

  it('keeps batches over a restart of the agent, older boot epochs first', async () => {
    hub.acknowledging = false;
    const first = await start();
    await hub.until(() => hub.received.length >= 3);
    await first.stop();
    expect(spoolFiles()).not.toEqual([]);
    hub.watermark = { bootEpoch: 0, seq: 0 };
    hub.received.length = 0;
    hub.acknowledging = true;
    await start();
    await hub.until(() => new Set(hub.storedMarks.map(({ bootEpoch }) => bootEpoch)).size === 2);
    const marks = hub.storedMarks;
    expect(marks.map(({ bootEpoch, seq }) => bootEpoch * 1e6 + seq)).toEqual(
      marks.map(({ bootEpoch, seq }) => bootEpoch * 1e6 + seq).toSorted((a, b) => a - b),
    );
    expect(marks.slice(0, 3).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('sends again what was on its way when the connection broke, and the hub keeps one of each', async () => {
    hub.acknowledging = false;
    await start();
    await hub.until(() => hub.received.length >= 3);
    hub.watermark = { bootEpoch: hub.watermark.bootEpoch, seq: 1 };
    hub.acknowledging = true;
    hub.socket?.terminate();
    await hub.until(() => hub.stored.length >= 4);
    expect(hub.storedMarks.map(({ seq }) => seq).slice(0, 4)).toEqual([2, 3, 4, 5]);
  });

  it('never has more batches on their way than the window allows', async () => {
    hub.acknowledging = false;
    const agent = await start();
    await agent.whenConnected();
    hub.say({ type: 'cadence', intervalMs: 250, perCore: false });
    await expect.poll(() => agent.stats().samplesTaken, { timeout: 30_000 }).toBeGreaterThan(20);
    expect(hub.maxInFlight).toBe(12);
    expect(hub.received.length).toBe(12);
    hub.acknowledging = true;
    hub.acknowledgeAll();
    await hub.until(() => hub.received.length > 20);
    expect(hub.received.map(({ batch }) => batch.seq)).toEqual(oneTo(hub.received.length));
  });
});

describe('a hub that says no', () => {
  it('drops and counts a rejected batch and goes on', async () => {
    hub.acknowledging = false;
    const agent = await start();
    await hub.until(() => hub.received.length >= 2);
    const { bootEpoch } = hub.watermark;
    hub.say({ type: 'reject', bootEpoch, seq: 1, code: 'invalid-input', message: 'no' });
    hub.say({ type: 'ack', bootEpoch, seq: 2, ranges: [] });
    await expect.poll(() => agent.stats().batchesRejected).toBe(1);
    hub.acknowledging = true;
    await hub.until(() => hub.stored.length >= 1);
    await expect.poll(() => agent.stats().batchesInMemory).toBe(0);
    expect(hub.received.filter(({ batch }) => batch.seq === 1)).toHaveLength(1);
    expect(logged.find(({ message }) => message.includes('rejected'))?.fields).toMatchObject({
      seq: 1,
    });
  });

  it('says what to do when it was revoked, and backs off', async () => {
    hub.greet = (_hello, socket) => {
      hub.say({ type: 'error', code: 'revoked', message: 'Revoked.', action: 'Enrol again.' });
      socket.close(4404);
    };
    const agent = await start();
    await expect.poll(() => logged.find(({ message }) => message === 'Revoked.')).toBeDefined();
    expect(logged.find(({ message }) => message === 'Revoked.')).toMatchObject({
      level: 'error',
      fields: { action: 'Enrol again.', code: 'revoked', retryInMs: 60_000 },
    });
    expect(agent.stats().connected).toBe(false);
  });

  it('tells the text of a refusal before the upgrade', async () => {
    hub.refusal = {
      status: 401,
      body: JSON.stringify({
        code: 'wrong-token',
        detail: 'Unknown token.',
        action: 'Get another.',
      }),
    };
    await start();
    await expect
      .poll(() => logged.find(({ message }) => message === 'Unknown token.')?.fields)
      .toMatchObject({
        action: 'Get another.',
        retryInMs: 60_000,
      });
  });

  it('reports that nothing listens, without the key in any log', async () => {
    await hub.leave();
    await start();
    await expect
      .poll(() => logged.find(({ message }) => message.includes('is the hub running')))
      .toBeDefined();
    expect(JSON.stringify(logged)).not.toContain('secret-key');
    await hub.listen();
    await hub.until(() => hub.stored.length >= 1);
  });

  it('goes on after a hub that knows newer batches of this agent than it has itself', async () => {
    const future = Date.now() + 1e9;
    hub.watermark = { bootEpoch: future, seq: 7 };
    await start();
    await hub.until(() => hub.stored.length >= 2);
    expect(hub.storedMarks[0]).toEqual({ bootEpoch: future + 1, seq: 1 });
    expect(hub.hellos.at(-1)?.bootEpoch).toBe(future + 1);
  });
});

describe('stopping', () => {
  it('waits for the last acknowledgement and leaves nothing behind', async () => {
    const agent = await start();
    await hub.until(() => hub.stored.length >= 2);
    await agent.stop();
    expect(hub.stored.length).toBe(agent.stats().samplesTaken);
    expect(spoolFiles()).toEqual([]);
  });

  it('keeps one agent per state folder', async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({ code: 'in-use' });
    await first.stop();
    await start();
  });
});

it('does not start without a key, and says how to get one', async () => {
  await expect(startAgent({ stateFolder: folder })).rejects.toMatchObject({
    code: 'not-enrolled',
    action: expect.stringContaining('enroll') as string,
  });
});

it('does not put a key with line breaks into a header', async () => {
  await expect(start({ key: 'a\r\nHost: evil' })).rejects.toMatchObject({ code: 'invalid-option' });
});
