/** `npm run bench -- NAME [--data DIR] [--json] [--quick]`: runs one benchmark, or lists them. */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { BenchOptions, BenchResult } from './harness.ts';
import { shown, writeResults } from './results.ts';

const machinery = new Set(['run.ts', 'harness.ts', 'peers.ts', 'results.ts']);
const names = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !machinery.has(file))
  .map((file) => file.slice(0, -3));

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    data: { type: 'string' },
  },
  allowPositionals: true,
});
const name = positionals[0];
const options: BenchOptions = values;

if (name === undefined || !names.includes(name)) {
  console.error(
    `Usage: npm run bench -- NAME [--data DIR] [--json] [--quick]\nNAME: ${names.join(', ')}`,
  );
  process.exit(2);
}

const { run } = (await import(`./${name}.ts`)) as {
  run: (options: BenchOptions) => Promise<BenchResult>;
};
const result = await run(options);
const width = Math.max(...result.figures.map((figure) => figure.name.length));
for (const { name: label, value, unit, against, ratio, goal, met } of result.figures) {
  const parts = [`${label.padEnd(width)}  ${shown(value)} ${unit}`];
  if (ratio !== undefined) parts.push(`${shown(ratio)}× ${against ?? ''}`.trim());
  else if (against !== undefined) parts.push(`against ${against}`);
  if (goal !== undefined) parts.push(`goal ${goal}: ${met ? 'met' : 'not met'}`);
  console.log(parts.join('  ·  '));
}
if (!options.quick) writeResults(result);
if (options.json) console.log(JSON.stringify(result));
process.exit(0);
