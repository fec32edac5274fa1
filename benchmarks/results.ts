/** Keeps RESULTS.md: one section per benchmark, replaced by each full run, with the machine's facts. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BenchResult, Figure } from './harness.ts';

const path = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const TITLE =
  '# Results\n\nWritten by `npm run bench -- NAME`; indicative, of the machine named in each section.\n';

export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function row(figure: Figure): string {
  const met = figure.met === undefined ? '' : figure.met ? ' ✓' : ' ✗';
  const against = figure.against ?? '';
  const ratio = figure.ratio === undefined ? '' : `${shown(figure.ratio)}×`;
  return `| ${figure.name} | ${shown(figure.value)} ${figure.unit} | ${against} | ${ratio} | ${figure.goal ?? ''}${met} |`;
}

export function writeResults(result: BenchResult): void {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`;
  const section = [
    `## ${result.bench}`,
    '',
    [new Date().toISOString().slice(0, 10), machine, ...(result.facts ?? [])].join(', '),
    '',
    '| figure | value | against | ratio | goal |',
    '|---|---|---|---|---|',
    ...result.figures.map(row),
    '',
  ].join('\n');
  const old = existsSync(path) ? readFileSync(path, 'utf8') : TITLE;
  const [head = TITLE, ...sections] = old.split(/^(?=## )/m);
  const others = sections
    .filter((text) => !text.startsWith(`## ${result.bench}\n`))
    .map((text) => `${text.trimEnd()}\n`);
  writeFileSync(path, [`${head.trimEnd()}\n`, ...[...others, section].toSorted()].join('\n'));
}
