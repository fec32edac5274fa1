import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openStore } from '../src/index.ts';

const child = fileURLToPath(new URL('crash-child.ts', import.meta.url));
const KILLS = 20;

test('killed at 20 random moments: nothing acknowledged is lost, nothing is stored twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'openmanager-crash-'));
  try {
    const acknowledged = new Map<number, number>();
    for (let epoch = 1; epoch <= KILLS; epoch++) {
      const writer = spawn(
        process.execPath,
        ['--conditions=source', child, folder, String(epoch)],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let printed = '';
      const killAfter = 1 + Math.floor(Math.random() * 40);
      writer.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.split('\n').length > killAfter) writer.kill('SIGKILL');
      });
      await once(writer, 'close');
      const whole = printed.slice(0, printed.lastIndexOf('\n')).split('\n').map(Number);
      acknowledged.set(epoch, Math.max(...whole));
    }
    const store = await openStore({ folder, retentionMs: Number.MAX_SAFE_INTEGER });
    const { timesMs, columns } = await store.query({
      hostId: 'agent',
      fromMs: 0,
      toMs: 1e9,
      maxPoints: 1_000_000,
    });
    const stored = [...timesMs];
    expect(new Set(stored).size).toBe(stored.length);
    for (const [epoch, last] of acknowledged) {
      const seqs = stored
        .filter((time) => Math.floor(time / 1_000_000) === epoch)
        .map((time) => time % 1_000_000);
      expect(seqs.slice(0, last)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    }
    expect([...(columns[0] ?? [])]).toEqual(stored.map((time) => time % 1_000_000));
    const mark = (await store.watermarks()).get('agent');
    expect(mark?.bootEpoch).toBe(KILLS);
    expect(mark?.seq).toBe((stored.at(-1) ?? 0) % 1_000_000);
    await store.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
