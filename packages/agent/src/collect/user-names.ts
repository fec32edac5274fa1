/** Names of users from /etc/passwd. Users from a directory service show as their number. */
import { readFileSync, statSync } from 'node:fs';
import { shownName } from './raw-name.ts';

export class UserNames {
  readonly #path: string;
  #readMs = Number.NaN;
  #names = new Map<number, string>();

  constructor(root: string) {
    this.#path = `${root}/etc/passwd`;
  }

  /** Re-reads the file when it has changed since; called once per process table. */
  refresh(): void {
    try {
      const { mtimeMs } = statSync(this.#path);
      if (mtimeMs === this.#readMs) return;
      this.#readMs = mtimeMs;
      this.#names = new Map(
        readFileSync(this.#path, 'latin1')
          .split('\n')
          .map((line) => line.split(':'))
          .filter((fields) => fields.length > 2)
          .map((fields) => [Number(fields[2]), shownName(fields[0] as string)]),
      );
    } catch {
      this.#names = new Map();
    }
  }

  name(uid: number): string {
    return this.#names.get(uid) ?? String(uid);
  }
}
