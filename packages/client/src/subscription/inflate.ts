import type { Inflate } from '@openmanager/protocol';
import { inflateSync } from 'fflate';

/** Into a buffer of the size that was said: what does not fit is not written, whatever the stream would grow to. */
export const inflate: Inflate = (stream, bytes) =>
  inflateSync(stream, { out: new Uint8Array(bytes) });
