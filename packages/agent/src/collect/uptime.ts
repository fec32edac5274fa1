/** /proc/uptime. */
import type { Source } from './collector.ts';
import { TextFile } from './text-file.ts';

export class UptimeSource implements Source {
  readonly keys: readonly string[] = ['system.uptime'];
  readonly values: Float64Array = new Float64Array(1).fill(Number.NaN);
  readonly #file: TextFile;

  constructor(root: string) {
    this.#file = new TextFile(`${root}/proc/uptime`);
  }

  read(): void {
    this.values[0] = this.#file.read()?.number() ?? Number.NaN;
  }

  close(): void {
    this.#file.close();
  }
}
