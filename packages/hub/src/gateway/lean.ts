/**
 * Frees what a connection keeps of its handshake: several kB that nothing reads any more. These are internal fields of
 * engine.io 6 and socket.io 4; what is not found is left alone.
 */
import type { IncomingMessage } from 'node:http';
import type { HubSocket } from './handshake.ts';

export function slim(socket: HubSocket): void {
  const connection = socket.conn as { request?: IncomingMessage | undefined };
  const tcp = connection.request?.socket;
  // Polling goes on with new requests on a connection that is not its own.
  if (socket.conn.transport.name !== 'websocket' || tcp === undefined) return;
  connection.request = undefined;
  Object.assign(socket.handshake, { headers: {}, query: {}, auth: {} });
  // engine.io's stand-in for a response tells middlewares of its end; there are none, and it holds the request.
  for (const listener of tcp.rawListeners('close')) {
    const inner = (listener as { listener?: unknown }).listener;
    if (typeof inner === 'function' && String(inner) === STAND_IN)
      tcp.removeListener('close', inner as () => void);
  }
}

const STAND_IN = '() => this.emit("close")';
