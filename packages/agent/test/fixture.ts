/** Trees that look like a host's /proc and /sys. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Fixture {
  readonly root: string;
  write(path: string, content: string | Buffer): void;
  /** A symbolic link, as sysfs has for what belongs together. */
  link(path: string, target: string): void;
  remove(path?: string): void;
}

export function fixture(files: Readonly<Record<string, string>> = {}): Fixture {
  const root = mkdtempSync(join(tmpdir(), 'agent-root-'));
  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    // In place: collectors keep descriptors open, as they do for the kernel's files.
    writeFileSync(join(root, path), content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  return {
    root,
    write,
    link: (path, target) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      symlinkSync(target, join(root, path));
    },
    remove: (path = '') => rmSync(join(root, path), { recursive: true, force: true }),
  };
}

/** Values of a source by key. */
export function valuesOf(source: {
  readonly keys: readonly string[];
  readonly values: Float64Array;
}): Record<string, number> {
  return Object.fromEntries(source.keys.map((key, at) => [key, source.values[at] as number]));
}
