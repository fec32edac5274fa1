import type { Duplex } from 'node:stream';
import type { Subject } from './subject.ts';

/** The places that TCP connections take. */
export interface Connections {
  /** The peer has shown who it is: from here on its connection takes a place of its own kind, not one of strangers'. */
  known(connection: Duplex, subject: Subject): void;
}
