/** What is imported is told truly, and an export ends with its client. */
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import type { Answer } from '../../test/kit/http-client.ts';
import { StoredTransfer } from './stored-transfer.ts';

let harness: HubHarness;
beforeAll(async () => {
  harness = await HubHarness.open();
});
afterAll(() => harness.close());

function imported(text: string): Promise<Answer> {
  const headers = { 'content-type': 'application/openmetrics-text' };
  return harness.admin.send('/api/v1/import', { raw: text, headers });
}

async function told(path: string): Promise<unknown> {
  return ((await harness.admin.send(`/api/v1/${path}`)).body as { data: unknown }).data;
}

test.each([
  [
    'cut off',
    'g{a="x",instance="t"} 1 1796081779\ng{a="y",instance="t"} 1 1796081',
    /^line 2: .*# EOF/,
  ],
  ['CR only', '# TYPE g gauge\rg{instance="t"} 1 1796081779\r# EOF', /^line 1: .*carriage return/],
  ['milliseconds', 'g{instance="t"} 1 1796081779000\n# EOF\n', /^line 1: .*milliseconds/],
])('%s: 400 names the line, and nothing is stored', async (_, text, message) => {
  const answer = await imported(text);
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toMatch(new RegExp(message.source.slice(1)));
  expect(await told('series?match[]={instance="t"}')).toEqual([]);
  expect(
    (await readdir(join(harness.folder, 'data'))).filter((name) => name.endsWith('.tmp')),
  ).toEqual([]);
});

test('NaN and what a text says of its metrics are answered', async () => {
  const text = `# TYPE lamp gauge
# UNIT lamp lumens
# HELP lamp How bright.
lamp{instance="n"} 1 1796080000
lamp{instance="n"} NaN 1796080060
# EOF
`;
  expect((await imported(text)).body).toMatchObject({ samples: 2, series: 1, duplicates: 0 });
  expect(await told('metadata?metric=lamp')).toEqual({
    lamp: [{ type: 'gauge', help: 'How bright.', unit: 'lumens' }],
  });
  expect(await told('query?query=lamp&time=1796080070')).toMatchObject({
    result: [{ value: [1796080070, 'NaN'] }],
  });
  expect(await told('query?query=count_over_time(lamp[5m])&time=1796080070')).toMatchObject({
    result: [{ value: [1796080070, '2'] }],
  });
});

test('samples of 1970, now and 2100 come out at once', async () => {
  await imported(
    'f{instance="f"} 0 0\nf{instance="f"} 1 1796080000\nf{instance="f"} 2 4102444800\n# EOF\n',
  );
  const answer = await harness.admin.send('/api/v1/export?format=openmetrics&metric=f');
  expect(answer.text.match(/^f\{/gm)).toHaveLength(3);
}, 10_000);

test('an export ends with its client while it looks for the next piece, too', async () => {
  let looking = 0;
  const store = {
    entries: async () => [],
    async *exportRows({ signal }: { readonly signal: AbortSignal }) {
      looking++;
      yield await new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => {
          looking--;
          reject(signal.reason as Error);
        });
      });
    },
  };
  const folder = await mkdtemp(join(tmpdir(), 'openmanager-transfer-'));
  const transfer = await StoredTransfer.open(store as never, folder, {
    hostname: () => undefined,
  } as never);
  const ask = { of: 'me', format: 'csv', fromMs: 0, toMs: 1, hosts: [], metrics: [] } as const;
  for (let round = 0; round < 6; round++) {
    const stream = transfer.export(ask);
    stream.on('error', () => undefined);
    stream.resume();
    await expect.poll(() => looking).toBe(1);
    stream.destroy();
    await expect.poll(() => looking).toBe(0);
  }
});
