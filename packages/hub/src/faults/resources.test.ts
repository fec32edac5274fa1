/** A hub with little memory, and agents whose spool is damaged. */
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeBatch, seriesKey, seriesSet } from '@openmanager/protocol';
import { afterEach, expect, test } from 'vitest';
import { anySeed, dice, figure, full } from '../../../../scripts/proof/kit.ts';
import { needs } from '../../../../scripts/peers/needs.ts';
import { Rig, told } from '../../test/faults/rig.ts';
import { TestAgent } from '../../test/kit/test-agent.ts';

const seed = anySeed();
const random = dice(seed);
let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** Of V8's old generation: what a hub of this size uses, and little more. */
const HEAP_MB = 96;
const SERIES = 500;

function peakMb(pid: number): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(peak) / 1024);
}

test(
  `a hub with ${HEAP_MB} MB of heap under more than it can store: it slows its agents down, and lives`,
  { ...needs('linux'), tags: ['faults'] },
  async ({ task }) => {
    const agents = full(8, 40);
    rig = await Rig.open({
      random,
      agents,
      idle: true,
      hubFlags: [`--max-old-space-size=${HEAP_MB}`, '--max-semi-space-size=8'],
    });
    const { hub } = rig;
    const set = seriesSet(
      Array.from({ length: SERIES }, (_, at) =>
        seriesKey('hw.temperature', { 'hw.id': `sensor${at}` }),
      ),
    );
    const untilMs = performance.now() + full(2_000, 60_000);
    let acknowledged = 0;
    const flood = async (key: string): Promise<void> => {
      const { agent } = await TestAgent.open(rig?.way.url ?? '', key);
      agent.declare(set);
      let timeMs = Date.now() - 3_600_000;
      let seq = 0;
      for (let acked = 0; performance.now() < untilMs;) {
        while (seq - acked < 16) {
          const columns = set.keys.map(() => Float64Array.of(Math.floor(random() * 1e6)));
          agent.bytes(
            encodeBatch({
              bootEpoch: 1,
              seq: ++seq,
              setId: set.id,
              timesMs: [(timeMs += 10)],
              columns,
            }),
          );
        }
        const ack = await agent.next('ack', (one) => one.seq > acked);
        acknowledged += ack.seq - acked;
        acked = ack.seq;
      }
      agent.socket.terminate();
    };
    await Promise.all(rig.agents.map(({ key }) => flood(key)));
    expect(hub?.exitCode, rig.hubOutput).toBeNull();
    expect(hub?.signalCode).toBeNull();
    const mb = peakMb(hub?.pid ?? 0);
    figure(task, `${acknowledged} batches of ${SERIES} series; at most ${mb} MB resident`);
    expect(acknowledged).toBeGreaterThan(0);
    expect(mb).toBeLessThan(600);
  },
);

test(
  'a byte of the spool flips and its end is cut off while the agent is down: what is damaged is counted, all else arrives',
  { tags: ['faults'] },
  async ({ task }) => {
    rig = await Rig.open({ random });
    const [agent] = rig.agents;
    if (agent === undefined) throw new Error('no agent');
    await rig.endHub('SIGTERM');
    await delay(full(4_000, 20_000));
    await rig.endAgent(agent, 'SIGTERM');
    const folder = join(agent.stateFolder, 'spool');
    const files = readdirSync(folder).map((name) => join(folder, name));
    expect(files.length).toBeGreaterThan(0);
    const [file = ''] = files;
    const bytes = readFileSync(file);
    const at = Math.floor(bytes.length * (0.3 + 0.4 * random()));
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    writeFileSync(file, bytes);
    truncateSync(file, statSync(file).size - 5);
    await rig.startHub();
    rig.startAgent(agent);
    const audit = await rig.audit();
    expect(audit, `seed ${seed}`).toMatchObject({ lost: 0, twice: 0 });
    expect(audit.counted).toBeGreaterThan(0);
    figure(task, told(audit));
  },
);
