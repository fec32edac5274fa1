/** A hub as a process of its own, to be stopped for a while. Arguments: data folder, number of agents. */
import { startHub } from '../../src/index.ts';

const [dataFolder = '', agents = '1'] = process.argv.slice(2);
const hub = await startHub({ listen: '127.0.0.1:0', dataFolder, logLevel: 'warn' });
const keys: string[] = [];
for (let at = 0; at < Number(agents); at++) keys.push((await hub.localAgentKey(`host-${at}`)).key);
process.stdout.write(`${JSON.stringify({ url: hub.url, setupLink: hub.setupLink, keys })}\n`);
