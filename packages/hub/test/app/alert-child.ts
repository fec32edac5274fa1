/**
 * A hub as a process of its own, to be killed, whose time is moved on by lines on its standard input: ms ahead of
 * the machine's clock. Arguments: data folder, ms ahead at the start.
 */
import { createInterface } from 'node:readline';
import { startHub } from '../../src/index.ts';

const [dataFolder, start] = process.argv.slice(2) as [string, string];
let aheadMs = Number(start);
createInterface({ input: process.stdin }).on('line', (line) => {
  aheadMs = Number(line);
  process.stdout.write(`${aheadMs}\n`);
});
const hub = await startHub({
  listen: '127.0.0.1:0',
  dataFolder,
  logLevel: 'silent',
  clock: { now: () => Date.now() + aheadMs, steadyMs: () => performance.now() + aheadMs },
});
const keys = [];
for (const hostname of ['box0', 'box1', 'box2', 'box3'])
  keys.push((await hub.localAgentKey(hostname)).key);
process.stdout.write(`${JSON.stringify({ url: hub.url, setupLink: hub.setupLink, keys })}\n`);
