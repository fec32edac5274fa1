import type { Inflate } from '@openmanager/protocol';
import { inflateSync } from 'fflate';

/**
 * Inflates into a buffer of the declared size; excess output is discarded, whatever the stream would expand to (zip
 * bomb).
 */
export const inflate: Inflate = (stream, bytes) =>
  inflateSync(stream, { out: new Uint8Array(bytes) });
