/**
 * An agent and its store in one process: appends its batches, several in flight, prints each acknowledged one,
 * until it is killed. As an agent that replays its spool it begins after the last batch it knows to be
 * acknowledged, so that batches come again that were stored but whose acknowledgement was lost.
 */
import { openStore } from '../src/index.ts';

const [folder, attempt, bootEpoch, acknowledged] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
];
const IN_FLIGHT = 8;
const store = await openStore({
  folder,
  commitDelayMs: 2,
  retentionMs: Number.MAX_SAFE_INTEGER,
});
process.stdout.write('ready\n');
const flying: Promise<void>[] = [];
for (let seq = Number(acknowledged) + 1; ; seq++) {
  const rows = {
    setId: '0'.repeat(16),
    keys: ['bootEpoch', 'seq'],
    // Another time at each attempt: a batch that is stored twice is two rows.
    timesMs: [Number(attempt) * 100_000_000 + seq * 1000],
    columns: [Float64Array.of(Number(bootEpoch)), Float64Array.of(seq)],
  };
  flying.push(
    store
      .append('agent', { bootEpoch: Number(bootEpoch), seq }, rows)
      .then(() => void process.stdout.write(`${seq}\n`)),
  );
  if (flying.length >= IN_FLIGHT) await flying.shift();
}
