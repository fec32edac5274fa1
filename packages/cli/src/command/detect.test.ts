import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createDetector } from '@openmanager/analytics';
import { expect, test } from 'vitest';
import { scoreText } from '../detect/answers.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const program = `import { main } from ${JSON.stringify(main)};
process.exitCode = await main(process.argv.slice(1), process.env);`;

/** The real command in a process of its own. */
function detect(args: readonly string[], input: string, language = 'C'): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--conditions=source', '--input-type=module', '-e', program, '--', 'detect', ...args],
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

const start = Date.UTC(2026, 0, 5) / 1000;
const rows = Array.from({ length: 1200 }, (_, index) => {
  const calm = 50 + 20 * Math.sin((2 * Math.PI * index) / 288) + Math.sin(index * 7.7);
  return [String(start + 300 * index), String(index === 1100 ? 200 : calm)] as const;
});
const csv = `${rows.map((row) => row.join(',')).join('\n')}\n`;

test('one line per line with the score of the detector; an alarm where the series breaks', async () => {
  const { code, stdout, stderr } = await detect([], csv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const detector = createDetector();
  const expected = rows.map(
    ([time, value]) =>
      `${time},${value},${scoreText(detector.update(Number(time) * 1000, Number(value)).score)}`,
  );
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toEqual(expected);
  const scores = lines.map((line) => Number(line.split(',')[2]));
  expect(scores[1100]).toBeGreaterThanOrEqual(0.5);
  expect(scores.filter((score, row) => row > 400 && score >= 0.5)).toHaveLength(1);
});

test('--explain adds band and reason', async () => {
  const { stdout } = await detect(['--explain'], csv);
  const [time, value, score, lower, upper, ...reason] = (stdout.split('\n')[1100] as string).split(
    ',',
  );
  expect([time, value]).toEqual(rows[1100]);
  expect(Number(score)).toBeGreaterThanOrEqual(0.5);
  expect(Number(lower)).toBeLessThan(Number(upper));
  expect(Number(upper)).toBeLessThan(200);
  expect(reason.join(',')).toMatch(/high|varies|shift/);
});

test('a line that cannot be read is named and answered without a score; the rest goes on', async () => {
  const input = '1,2\nfoo,3\n5,bar\n6\n7,8,9\n\n8,NaN\n2020-01-01 00:00:00,4';
  const { code, stdout, stderr } = await detect([], input);
  expect(code).toBe(1);
  expect(stdout).toBe('1,2,0\nfoo,3,\n5,bar,\n6,,\n7,8,\n,,\n8,NaN,0\n2020-01-01 00:00:00,4,0\n');
  expect(
    stderr
      .trim()
      .split('\n')
      .map((line) => line.slice(0, 40)),
  ).toEqual([
    'Line 2: cannot read the timestamp “foo”.',
    'Line 3: cannot read the value “bar”.',
    'Line 4: cannot read the value “”.',
    'Line 5: cannot read the value “8,9”.',
    'Line 6: cannot read the value “”.',
    '5 lines could not be read.',
  ]);
});

test('--multivariate scores a host and names the metrics that stand out', async () => {
  const input = rows
    .map(([time, value], row) => `${time},${1 + Math.sin(row * 3.3)},${value},7`)
    .join('\n');
  const { code, stdout } = await detect(['--multivariate', '--explain'], input);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(rows.length);
  const [time, score, contributors, ...reason] = (lines[1100] as string).split(',');
  expect(time).toBe(rows[1100]?.[0]);
  expect(Number(score)).toBeGreaterThanOrEqual(0.5);
  expect(contributors).toMatch(/^m2:(0\.[5-9]\d|1\.00)/);
  expect(reason.join(',')).toMatch(/times as far as usual|times .* from/);
  const alarms = lines.filter((line) => Number(line.split(',')[1]) >= 0.5);
  expect(alarms).toEqual([lines[1100]]);
  const plain = await detect(['--multivariate'], input);
  expect(plain.stdout.split('\n')[1100]).toBe(`${time},${score}`);
});

test('--multivariate names lines it cannot read', async () => {
  const input = '1,2,3\n2,3\n3,4,x\n4,5,6,7\n5,NaN,8\n6\n';
  const wrong = await detect(['--multivariate'], input);
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toBe('1,0\n2,\n3,\n4,\n5,0\n6,\n');
  expect(wrong.stderr).toContain('Line 2: cannot read the m2');
  expect(wrong.stderr).toContain('Line 3: cannot read the m2 “x”.');
  expect(wrong.stderr).toContain('Line 4: cannot read the m3 “7”.');
  expect(wrong.stderr).toContain('Line 6: cannot read the m1');
});

test('help and errors speak the language of the environment', async () => {
  expect((await detect(['--help'], '')).stdout).toContain('timestamp,value,score');
  expect((await detect(['--help'], '', 'ko_KR.UTF-8')).stdout).toContain('이상 점수');
  const wrong = await detect(['--nonsense'], '');
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('nonsense');
});

test('a score is never rounded up over the threshold', () => {
  expect(scoreText(0.499_999_99)).toBe('0.499999');
  expect(scoreText(0.5)).toBe('0.5');
});
