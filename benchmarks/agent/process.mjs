// The agent as a process of its own, from the built package: what runs on a host, without TypeScript in the way.
import { runLean } from '@openmanager/agent/lean';

runLean();
const { startAgent } = await import('@openmanager/agent');
const [hub, stateFolder] = process.argv.slice(2);
await startAgent({ hub, key: 'benchmark', stateFolder });
