/** A hub as a process of its own, to be attacked. Arguments: data folder. Answers with its address, link and an agent's key. */
import { startHub } from '../../src/index.ts';

const [dataFolder] = process.argv.slice(2) as [string];
const hub = await startHub({ listen: '127.0.0.1:0', dataFolder, logLevel: 'silent' });
const { agentId, key } = await hub.localAgentKey('box');
process.stdout.write(
  `${JSON.stringify({ url: hub.url, setupLink: hub.setupLink, agentId, key })}\n`,
);
process.once('SIGTERM', () => void hub.stop().then(() => process.exit(0)));
