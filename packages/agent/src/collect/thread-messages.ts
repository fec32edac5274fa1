/** What threaded.ts and collector-thread.ts say to each other. */
import type { AgentErrorCode } from '../agent-error.ts';
import type { Log } from '../log.ts';
import type { ChoiceEntries } from './choices.ts';
import type { SampleOptions } from './collector.ts';

export interface ThreadData extends ChoiceEntries {
  readonly root?: string;
  /** Index in `names` of what is being opened or read. */
  readonly marker: Int32Array<SharedArrayBuffer>;
}

export type Call =
  | { readonly call: 'open' | 'facts' | 'processes' | 'costs' | 'settled' }
  | { readonly call: 'sample'; readonly timeMs: number; readonly options: SampleOptions };

export type Ask = Call & { readonly id: number };

export interface ThreadError {
  readonly message: string;
  readonly code?: AgentErrorCode;
  readonly action?: string;
}

export type FromThread =
  | { readonly names: readonly string[] }
  | { readonly log: Parameters<Log> }
  | { readonly id: number; readonly error: ThreadError }
  | { readonly id: number; readonly answered: unknown; readonly stuck: number }
  | {
      readonly id: number;
      /** Without keys: they are those of the sample before. */
      readonly sample: {
        readonly keys: readonly string[] | undefined;
        readonly values: Float64Array;
      };
      readonly stuck: number;
    };
