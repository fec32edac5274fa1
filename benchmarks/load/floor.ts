/** Runs the C server that only write()s (floor.c). */
import { spawn, type ChildProcess } from 'node:child_process';
import { compiled } from './compile.ts';
import { pinned } from './cores.ts';
import { LineTalk } from './lines.ts';

export interface FloorCount {
  readonly connected: number;
  readonly writes: number;
  readonly bytes: number;
  readonly failed: number;
  /** CPU of the process, user and system. */
  readonly cpuUs: number;
}

export class Floor {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #talk: LineTalk;

  private constructor(child: ChildProcess, talk: LineTalk, port: number) {
    this.#child = child;
    this.#talk = talk;
    this.port = port;
  }

  static async start(): Promise<Floor> {
    const [command, args] = pinned('server', compiled('floor'), []);
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const talk = new LineTalk(child);
    return new Floor(child, talk, (await talk.answer<{ port: number }>('listening')).port);
  }

  /** Sends the recorded frames in turn, one each `ms`. */
  async tick(ms: number, file: string): Promise<void> {
    this.#talk.tell(`tick ms=${ms} file=${file}`);
    const { messages } = await this.#talk.answer<{ messages: number }>('ticking');
    if (messages === 0) throw new Error(`no frames were recorded in ${file}`);
  }

  /** Since the last count. */
  async count(): Promise<FloorCount> {
    this.#talk.tell('count');
    return await this.#talk.answer<FloorCount>('counted');
  }

  kill(): void {
    this.#child.kill();
  }
}
