/**
 * A hub as a process of its own. Arguments: data folder, port (0: any), number of agents to enrol, log level. Prints a
 * line with its address, the link that signs in, and the agents' ids and keys (each start has new keys).
 */
import { startHub } from '@openmanager/hub';

const [dataFolder = '', port = '0', agents = '0', logLevel = 'silent'] = process.argv.slice(2);
const hub = await startHub({ listen: `127.0.0.1:${port}`, dataFolder, logLevel });
const enrolled = [];
for (let at = 0; at < Number(agents); at++) enrolled.push(await hub.localAgentKey(`box${at}`));
process.stdout.write(
  `${JSON.stringify({ url: hub.url, setupLink: hub.setupLink, agents: enrolled })}\n`,
);
process.on('SIGTERM', () => void hub.stop().then(() => process.exit(0)));
