/** The main entry, with the settings of receivers, runs in browsers: nothing that it reaches needs Node. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const NODE_ONLY = /^(node:|web-push|nodemailer)/;

/** Every file that `entry` leads to, and what each imports from outside of this package. */
function reached(entry: string, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(entry)) return seen;
  const outside: string[] = [];
  seen.set(entry, outside);
  for (const [, from = ''] of readFileSync(entry, 'utf8').matchAll(/\bfrom '([^']+)'/g)) {
    if (from.startsWith('.')) reached(join(dirname(entry), from), seen);
    else outside.push(from);
  }
  return seen;
}

test.each(['index.ts', 'notify/settings.ts'])('%s reaches no module of Node', (entry) => {
  const files = reached(fileURLToPath(new URL(entry, import.meta.url)));
  expect(files.size).toBeGreaterThan(12);
  for (const [file, outside] of files) {
    expect(existsSync(file)).toBe(true);
    expect(outside.filter((name) => NODE_ONLY.test(name))).toEqual([]);
  }
});
