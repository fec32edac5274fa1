import type { ErrorBody } from '@openmanager/protocol';
import type { LossReason } from './machine.ts';

/** Events of a connection. None is emitted after `close`. */
export interface LinkHandlers {
  opened(): void;
  /** The attempt came to nothing; an error when the hub said why. */
  failed(error: ErrorBody | undefined): void;
  lost(reason: LossReason): void;
  frame(bytes: Uint8Array): void;
  /** The hub says that this client is behind, or no longer. */
  lagging(lagging: unknown): void;
  /** The hub is about to end the connection. */
  closing(error: unknown): void;
}

export interface LinkTarget {
  readonly url: string;
  readonly token: string | undefined;
}

/** One connection, or one attempt at it. */
export interface Link {
  /** Sends an event; `answer` gets the acknowledgement, if one arrives. */
  request(event: LinkEvent, payload: unknown, answered: (answer: unknown) => void): void;
  /** Acknowledges how many frames of this link were read. */
  progress(frames: number): void;
  close(): void;
}

export type LinkEvent = 'subscribe' | 'unsubscribe' | 'view' | 'history' | 'outlook' | 'clock';

export type Dial = (target: LinkTarget, handlers: LinkHandlers) => Link;
