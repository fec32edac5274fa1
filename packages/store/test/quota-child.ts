/** Appends batches until the store refuses one, and prints how many were acknowledged and what the refusal was. */
import { openStore, StoreError } from '../src/index.ts';

const [folder] = process.argv.slice(2) as [string];
const store = await openStore({ folder, commitDelayMs: 1, retentionMs: Number.MAX_SAFE_INTEGER });
const ROWS = 2000;
let seq = 0;
let code = '';
while (code === '' && seq < 500)
  try {
    const timesMs = Array.from({ length: ROWS }, (_, row) => (seq * ROWS + row) * 1000);
    await store.append(
      'agent',
      { bootEpoch: 1, seq: seq + 1 },
      {
        setId: '0'.repeat(16),
        keys: ['x'],
        timesMs,
        columns: [Float64Array.from({ length: ROWS }, () => Math.random())],
      },
    );
    seq++;
  } catch (error) {
    code = error instanceof StoreError ? error.code : String(error);
  }
const marks = await store.watermarks();
const trouble = store.condition().trouble?.code;
await store.close();
process.stdout.write(
  JSON.stringify({ acknowledged: seq, rows: ROWS, code, trouble, mark: marks.get('agent')?.seq }),
);
