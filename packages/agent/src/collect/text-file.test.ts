import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { findPeer } from '../../../../scripts/peers/table.ts';
import { needs } from '../../../../scripts/peers/needs.ts';
import { type Fixture, fixture } from '../../test/fixture.ts';
import { keptInside, ownMounts } from '../../test/own-mounts.ts';
import { fillShared, readOnce, TextFile } from './text-file.ts';

let tree: Fixture | undefined;
afterEach(() => tree?.remove());

describe('a file of the kernel', () => {
  /** Gives whole records, as many as fit into a buffer of the kernel, which grows for a longer one. */
  function seqFile(records: readonly string[], page = 4096): Parameters<typeof fillShared>[0] {
    const content = Buffer.from(records.join(''));
    const ends: number[] = [];
    for (const record of records) ends.push((ends.at(-1) ?? 0) + Buffer.byteLength(record));
    return (buffer, at, length, position) => {
      const fitting = ends.filter((end) => end > position && end - position <= page).at(-1);
      const end = fitting ?? ends.find((one) => one > position) ?? position;
      return content.copy(buffer, at, position, Math.min(end, position + length));
    };
  }

  it('is read to its end, whatever pieces it comes in', () => {
    const records = [
      'one short line\n',
      `${'overlay,'.repeat(700)}\n`,
      'another\n',
      `${'x'.repeat(70_000)}\n`,
      'the last one\n',
    ];
    const length = fillShared(seqFile(records));
    expect(length).toBe(Buffer.byteLength(records.join('')));
    // A byte at a time, as a pipe may give it.
    const bytes = Buffer.from('a b\nc');
    expect(fillShared((buffer, at, _, from) => bytes.copy(buffer, at, from, from + 1))).toBe(5);
  });

  it('larger than any that we read is refused, not cut', () => {
    expect(() => fillShared((_buffer, _at, length) => length)).toThrow(/more than/);
  });
});

it(
  'a line of mountinfo longer than 2 kB hides none of those after it',
  needs('linux', 'root', 'unshare'),
  () => {
    // In a mount namespace of its own, which ends with the process: 20 folders with names of 120 bytes as one overlay.
    const long = 'l'.repeat(120);
    const script = `
    set -e
    ${keptInside}
    mount -t tmpfs none /mnt && cd /mnt
    lower=$(for n in $(seq 10 29); do mkdir -p ${long}$n; printf '%s:' /mnt/${long}$n; done)
    mkdir merged after
    mount -t overlay overlay -o "lowerdir=\${lower%:}" merged
    mount -t tmpfs after /mnt/after
    exec "$0" --conditions=source --input-type=module -e '
      import { readOnce } from "${import.meta.dirname}/text-file.ts";
      const lines = readOnce("/proc/self/mountinfo").raw().split("\\n");
      console.log(Math.max(...lines.map((line) => line.length)), lines.some((line) => line.includes(" /mnt/after ")));
    '`;
    const { stdout, stderr } = spawnSync(
      findPeer('unshare') as string,
      [...ownMounts, 'sh', '-c', script, process.execPath],
      { encoding: 'utf8' },
    );
    const [length, found] = stdout.trim().split(' ');
    expect(Number(length), stderr).toBeGreaterThan(2048);
    expect(found).toBe('true');
  },
);

it('reads again from the start, and follows a file that changes its length', () => {
  tree = fixture({ '/f': 'long content\n' });
  const file = new TextFile(`${tree.root}/f`);
  expect(file.read()?.raw()).toBe('long content\n');
  tree.write('/f', 'x\n');
  expect(file.read()?.raw()).toBe('x\n');
  file.close();
  expect(readOnce(`${tree.root}/none`)).toBeUndefined();
});

it('a name that holds the sign after it is read whole', () => {
  tree = fixture({ 'proc/net/dev': 'ibr10:30: 0 7\n eth0:12 3\n  lo: 5 6\n' });
  const text = new TextFile(`${tree.root}/proc/net/dev`).read();
  const rows: unknown[] = [];
  for (; text && !text.done; text.nextLine())
    rows.push([text.word(':'), text.number(), text.number()]);
  expect(rows).toEqual([
    ['ibr10:30', 0, 7],
    ['eth0', 12, 3],
    ['lo', 5, 6],
  ]);
});
