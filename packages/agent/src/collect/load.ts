/** /proc/loadavg. */
import type { Source } from './collector.ts';
import { TextFile } from './text-file.ts';

export class LoadSource implements Source {
  readonly keys: readonly string[] = [
    'system.linux.cpu.load_1m',
    'system.linux.cpu.load_5m',
    'system.linux.cpu.load_15m',
  ];
  readonly values: Float64Array = new Float64Array(3).fill(Number.NaN);
  readonly #file: TextFile;

  constructor(root: string) {
    this.#file = new TextFile(`${root}/proc/loadavg`);
  }

  read(): void {
    const text = this.#file.read();
    for (let index = 0; index < 3; index++) this.values[index] = text ? text.number() : Number.NaN;
  }

  close(): void {
    this.#file.close();
  }
}
