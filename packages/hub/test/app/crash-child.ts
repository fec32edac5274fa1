/** A hub as a process of its own, to be killed. Arguments: data folder, host name of its agent. */
import { startHub } from '@openmanager/hub';

const [dataFolder, hostname] = process.argv.slice(2) as [string, string];
const hub = await startHub({ listen: '127.0.0.1:0', dataFolder, logLevel: 'silent' });
const { agentId, key } = await hub.localAgentKey(hostname);
process.stdout.write(`${JSON.stringify({ url: hub.url, agentId, key })}\n`);
