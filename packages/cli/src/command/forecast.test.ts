import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { forecast } from '@openmanager/analytics';
import { expect, test } from 'vitest';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const program = `import { main } from ${JSON.stringify(main)};
process.exitCode = await main(process.argv.slice(1), process.env);`;

/** The real command in a process of its own. */
function run(args: readonly string[], input: string, language = 'C'): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--conditions=source', '--input-type=module', '-e', program, '--', 'forecast', ...args],
    { env: { ...process.env, LC_ALL: language } },
  );
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk));
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...text }));
  });
}

const values = Float64Array.from(
  { length: 700 },
  (_, hour) => 50 + 20 * Math.sin((2 * Math.PI * hour) / 24) + Math.sin(hour * 7.7),
);

test('a line per step and series, in the order of the lines, as the forecast says', async () => {
  const line = values.join(',');
  const { code, stdout, stderr } = await run(
    ['--horizon', '3', '--season', '24', '--level', '80'],
    `"H2",${line},,,\nH1,${[...values].map((value) => `"${value}"`).join(',')}\n`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const answer = forecast(values, { horizon: 3, season: 24, levels: [80] });
  if (answer.kind !== 'forecast') throw new Error('too short');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((one) => one.split(',').slice(0, 2).join())).toEqual(
    ['H2', 'H1'].flatMap((id) => [1, 2, 3].map((step) => `${id},${step}`)),
  );
  for (const [row, one] of lines.entries()) {
    const step = row % 3;
    const [mean, lower, upper] = one.split(',').slice(2).map(Number);
    expect(mean).toBeCloseTo(answer.mean[step] as number, 6);
    expect(lower).toBeCloseTo(answer.intervals[0]?.lower[step] as number, 6);
    expect(upper).toBeCloseTo(answer.intervals[0]?.upper[step] as number, 6);
    expect(Math.abs((mean as number) - 50)).toBeLessThan(25);
  }
});

test('lines that cannot be forecast are named, the others are answered', async () => {
  const input = `A,1,2\n\nB,1,x,3\n,1\nC,${'5,'.repeat(20)}\n`;
  const { code, stdout, stderr } = await run(['--horizon', '2'], input);
  expect(code).toBe(1);
  expect(stdout).toBe('C,1,5,5,5\nC,2,5,5,5\n');
  expect(stderr.trim().split('\n')).toEqual([
    'Line 1: A has 2 values, 12 are needed.',
    'Line 3: cannot read the v2 “x”.',
    'Line 4: cannot read the id “”.',
    '3 lines were left out.',
  ]);
});

test('seasons and other flags are checked; help in the language of the environment', async () => {
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [['--season', '24,168,8760'], '24,168,8760'],
    [['--season', '0'], '--season'],
    [['--horizon', '0'], '--horizon'],
    [['--horizon', '10001'], '10000'],
    [['--level', '100'], '99'],
  ];
  for (const [args, named] of wrong) {
    const { code, stderr } = await run(args, '');
    expect(code).toBe(2);
    expect(stderr).toContain(named);
  }
  const both = await run(
    ['--season', '24', '--season', '168', '--horizon', '1'],
    `A,${values.join(',')}`,
  );
  expect(both.code).toBe(0);
  expect((await run(['--help'], '')).stdout).toContain('id,step,mean,lower,upper');
  expect((await run(['--help'], '', 'ko_KR.UTF-8')).stdout).toContain('예측');
});
