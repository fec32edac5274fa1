/**
 * A hub as a process of its own, to be stopped for a while, or for good. Arguments: data folder, number of agents.
 * SIGTERM stops it; the last line is how long that took, ms.
 */
import { startHub } from '../../src/index.ts';

const [dataFolder = '', agents = '1'] = process.argv.slice(2);
const hub = await startHub({ listen: '127.0.0.1:0', dataFolder, logLevel: 'warn' });
const keys = await Promise.all(
  Array.from(
    { length: Number(agents) },
    async (_, at) => (await hub.localAgentKey(`host-${at}`)).key,
  ),
);
process.stdout.write(`${JSON.stringify({ url: hub.url, setupLink: hub.setupLink, keys })}\n`);
process.once('SIGTERM', () => {
  const fromMs = performance.now();
  void hub.stop().then(() => {
    process.stdout.write(`${JSON.stringify({ stopMs: performance.now() - fromMs })}\n`);
  });
});
