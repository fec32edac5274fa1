/** Appends without end and prints each acknowledged sequence number, until it is killed. */
import { openStore } from '../src/index.ts';

const [folder, bootEpoch] = process.argv.slice(2) as [string, string];
const store = await openStore({ folder, commitDelayMs: 2 });
const epoch = Number(bootEpoch);
for (let seq = 1; ; seq++) {
  const mark = { bootEpoch: epoch, seq };
  // The time names the batch, so that the audit can count it.
  const rows = {
    setId: '0'.repeat(16),
    keys: ['seq'],
    timesMs: [epoch * 1_000_000 + seq],
    columns: [Float64Array.of(seq)],
  };
  const done = store.append('agent', mark, rows).then(() => process.stdout.write(`${seq}\n`));
  if (seq % 8 === 0) await done;
}
