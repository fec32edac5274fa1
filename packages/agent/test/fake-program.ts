/** A program that answers as a test says, by its arguments, and keeps a list of what it was asked. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Answer {
  readonly output: string | object;
  readonly code?: number;
}

export class FakeProgram {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'program-'));
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    this.write('calls', '');
    this.script(`
key=$(printf '%s' "$*" | tr -c 'A-Za-z0-9' _)
cat "${this.folder}/$key.out"
exit "$(cat "${this.folder}/$key.code")"`);
  }

  /** Body of the shell script. */
  script(body: string): void {
    const path = this.write(
      this.#name,
      `#!/bin/sh\necho "$*" >> "${this.folder}/calls"\n${body.trim()}\n`,
    );
    chmodSync(path, 0o755);
  }

  /** What it says and how it ends when it is called with exactly these arguments. */
  answer(args: string, { output, code = 0 }: Answer): void {
    const key = args.replaceAll(/[^A-Za-z0-9]/g, '_');
    this.write(`${key}.out`, typeof output === 'string' ? output : JSON.stringify(output));
    this.write(`${key}.code`, String(code));
  }

  calls(): readonly string[] {
    return readFileSync(join(this.folder, 'calls'), 'utf8').trim().split('\n').filter(Boolean);
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
