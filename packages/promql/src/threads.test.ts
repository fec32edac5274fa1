import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seriesSetId } from '@openmanager/protocol';
import { openStore } from '@openmanager/store';
import { expect, test } from 'vitest';
import { PromqlEngine } from './index.ts';

test('history takes four threads beside the event loop, as ARCHITECTURE.md says', async () => {
  let started = 0;
  const count = (): void => void started++;
  process.on('worker', count);
  const folder = await mkdtemp(join(tmpdir(), 'openmanager-threads-'));
  const store = await openStore({ folder });
  const engine = new PromqlEngine({
    history: store,
    hosts: () => [{ hostId: 'a', instance: 'a' }],
  });
  try {
    await store.append(
      'a',
      { bootEpoch: 1, seq: 1 },
      { setId: seriesSetId(['x']), keys: ['x'], timesMs: [1000], columns: [Float64Array.of(1)] },
    );
    await Promise.all(
      Array.from({ length: 8 }, (_, place) =>
        engine.ask({ kind: 'instant', text: 'x', timeMs: 1000 }, { subject: String(place % 2) }),
      ),
    );
    expect(started).toBe(4);
    const page = await readFile(new URL('../../../ARCHITECTURE.md', import.meta.url), 'utf8');
    expect(page).toContain('History takes four threads beside the event loop');
  } finally {
    process.off('worker', count);
    engine.stop();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
