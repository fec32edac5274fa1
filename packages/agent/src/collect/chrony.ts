/**
 * Asks chronyd how far the clock is from its servers, as `chronyc tracking` does: one datagram to the loopback port that
 * it answers everybody on this machine. Version 6 of its protocol, spoken since chrony 2.0 (candm.h of its source).
 */

const PORT = 323;
const VERSION = 6;
const REQUEST = 1;
const REPLY = 2;
const TRACKING = 33;
const TRACKING_REPLY = 5;
/** A request is as long as its answer, so that nobody can use chronyd to amplify traffic. */
const BYTES = 104;
/** Places in the answer. */
const LEAP_AT = 54;
const CORRECTION_AT = 68;
const NOT_SYNCHRONIZED = 3;

export interface Tracking {
  readonly synchronized: boolean;
  /** How far the clock is from the right time, either way. */
  readonly offsetSeconds: number;
}

/** chrony's 32 bits of a real number: 7 of exponent, 25 of coefficient, both with a sign. */
export function chronyFloat(bits: number): number {
  const exponent = (bits >> 25) - 25;
  const coefficient = (bits << 7) >> 7;
  return coefficient * 2 ** exponent;
}

export function decodeTracking(reply: Buffer): Tracking {
  if (
    reply.length < BYTES ||
    reply[0] !== VERSION ||
    reply[1] !== REPLY ||
    reply.readUInt16BE(4) !== TRACKING ||
    reply.readUInt16BE(6) !== TRACKING_REPLY ||
    reply.readUInt16BE(8) !== 0
  )
    throw new Error('chronyd answered otherwise');
  return {
    synchronized: reply.readUInt16BE(LEAP_AT) !== NOT_SYNCHRONIZED,
    offsetSeconds: Math.abs(chronyFloat(reply.readInt32BE(CORRECTION_AT))),
  };
}

export interface ChronyOptions {
  /** @default 323 */
  readonly port?: number;
  readonly timeoutMs: number;
}

export async function askChrony({ port = PORT, timeoutMs }: ChronyOptions): Promise<Tracking> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('chronyd did not answer')), timeoutMs);
      timer.unref();
      socket.once('error', reject);
      socket.on('message', (reply) => {
        try {
          resolve(decodeTracking(reply));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      // Connected, so that only chronyd can answer and a port that nobody has is an error at once.
      socket.connect(port, '127.0.0.1', () => {
        const request = Buffer.alloc(BYTES);
        request.set([VERSION, REQUEST]);
        request.writeUInt16BE(TRACKING, 4);
        socket.send(request);
      });
    });
  } finally {
    socket.close();
  }
}
