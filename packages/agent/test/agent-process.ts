/** An agent in a process of its own: prints its stats as a line of JSON several times a second. */
import { startAgent } from '../src/agent.ts';
import { SteadyCollector } from './steady-collector.ts';

const [hub = '', stateFolder = ''] = process.argv.slice(2);
const agent = await startAgent({
  hub,
  key: 'secret-key',
  stateFolder: stateFolder === '' ? null : stateFolder,
  intervalMs: 500,
  collect: new SteadyCollector(),
  random: () => 0.1,
  log: (level, message) => process.stderr.write(`${level} ${message}\n`),
});
setInterval(() => process.stdout.write(`${JSON.stringify(agent.stats())}\n`), 100);
process.on('SIGTERM', () => void agent.stop().then(() => process.exit(0)));
