/** Appends batches until it is killed, and prints the number of each once it is written. */
import { seriesSet } from '@openmanager/protocol';
import { DiskSpool } from '../src/spool/disk-spool.ts';

const spool = new DiskSpool({ folder: process.argv[2] as string, segmentBytes: 20_000 });
const set = seriesSet(['a', 'b']);
for (let seq = 1; ; seq++) {
  spool.append([
    { mark: { bootEpoch: 1, seq }, timeMs: Date.now(), set, bytes: new Uint8Array(700) },
  ]);
  process.stdout.write(`${seq}\n`);
  await new Promise(setImmediate);
}
