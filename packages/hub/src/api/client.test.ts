/** A client made from the document by openapi-typescript: its types have names, and the compiler holds users to them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { testNeeding } from '../../../../scripts/peers/needs.ts';
import { openapiTypescript } from '../../../../scripts/peers/table.ts';
import { HubHarness } from '../../test/kit/hub-harness.ts';

const run = promisify(execFile);
const tsc = join(import.meta.dirname, '../../../../node_modules/.bin/tsc');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-client-'));
  const harness = await HubHarness.open();
  const { text } = await harness.client().send('/api/v1/openapi.json');
  await writeFile(join(folder, 'openapi.json'), text);
  await harness.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the compiler says of a program that uses the types of the client. */
async function compile(program: string): Promise<string> {
  await writeFile(join(folder, 'use.ts'), program);
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--types', '', '--ignoreConfig'];
  const { stdout } = await run(tsc, [...flags, join(folder, 'use.ts')]).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}

const test = testNeeding('openapi-typescript');

test('openapi-typescript makes types with names of it', async () => {
  const made = join(folder, 'client.ts');
  await run(process.execPath, [openapiTypescript, join(folder, 'openapi.json'), '-o', made]);
  const text = await readFile(made, 'utf8');
  for (const name of ['Alert', 'Rule', 'Silence', 'Receiver', 'Routing', 'Problem', 'Host'])
    expect(text).toMatch(new RegExp(`^ {8}${name}: `, 'm'));

  const used = await compile(`
    import type { components, operations } from './client.ts';
    type Schemas = components['schemas'];
    export const rule: Schemas['Rule'] = {
      kind: 'above', ruleId: 'busy', metric: 'system.cpu.utilization', scope: 'total',
      threshold: 0.5, clear: 0.4, forMs: 0, severity: 'warning',
    };
    export const silence: Schemas['SilenceInput'] = {
      matchers: [{ name: 'host', op: '=', value: 'web-1' }], reason: 'work', endsAtMs: 1,
    };
    type Ok<T> = T extends { responses: { 200: { content: { 'application/json': infer A } } } } ? A : never;
    export const alerts: readonly Schemas['Alert'][] = {} as Ok<operations['listAlerts']>['alerts'];
    export const problem = (one: Schemas['Problem']): string => \`\${one.code} \${one.action}\`;
  `);
  expect(used).toBe('');

  const misused = await compile(`
    import type { components } from './client.ts';
    export const rule: components['schemas']['Rule'] = {
      kind: 'above', ruleId: 'busy', metric: 'x', scope: 'some',
      threshold: 0.5, clear: 0.4, forMs: 0, severity: 'warning',
    };
  `);
  expect(misused).toContain('"some"');
});
