/**
 * A real agent with made-up samples as a process of its own. Each sample has a number, which is in the ledger before
 * the agent gets the sample. Arguments: hub, key, state folder, ledger, number of the first sample.
 */
import { appendFileSync } from 'node:fs';
import { startAgent } from '@openmanager/agent';

const [hub = '', key = '', stateFolder = '', ledger = '', first = '1'] = process.argv.slice(2);
const KEYS = ['system.cpu.utilization', 'system.memory.utilization', 'system.process.count'];
let next = Number(first);
const agent = await startAgent({
  hub,
  key,
  stateFolder,
  intervalMs: 500,
  log: (level, message, fields) => {
    if (level !== 'debug') process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`);
  },
  collect: {
    facts: () => ({
      hostname: 'box',
      os: 'linux',
      osName: 'Test',
      kernel: '1',
      arch: 'x64',
      cpuModel: 'none',
      cpuCount: 1,
      memoryBytes: 1,
      timeZone: 'UTC',
    }),
    sample: () => {
      const number = next++;
      appendFileSync(ledger, `taken ${number} ${performance.timeOrigin + performance.now()}\n`);
      return { keys: KEYS, values: Float64Array.of(0.1, 0.2, number) };
    },
    processes: () => undefined,
  },
});
let told = '';
setInterval(() => {
  const { batchesAcknowledged, batchesDropped, batchesRejected, connected } = agent.stats();
  const line = `acknowledged ${batchesAcknowledged} lost ${batchesDropped + batchesRejected} connected ${connected}\n`;
  if (line !== told) appendFileSync(ledger, (told = line));
}, 50);
process.on('SIGTERM', () => void agent.stop().then(() => process.exit(0)));
