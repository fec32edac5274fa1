/** A process of its own: Socket.IO as it is usually used, with its defaults, sending the fleet as JSON each second. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { optionsOf, serve, standBy, type Listening } from './talk.ts';
import { JsonFleet } from './walk.ts';

export interface SocketIoOptions {
  readonly hosts: number;
  /** `each`: an emit per client. `room`: one emit to a room, which the adapter encodes once. */
  readonly emit: 'each' | 'room';
  /** @default a free one */
  readonly port?: number;
  /** Waits for the order `start`. */
  readonly standby?: boolean;
}

const TICK_MS = 1000;
const { hosts, emit, port: wanted, standby } = optionsOf() as SocketIoOptions;
const fleet = new JsonFleet(hosts);
const httpServer = createServer();
const io = new Server(httpServer);
io.on('connection', (socket) => {
  void socket.join('fleet');
});
setInterval(() => {
  fleet.step(1);
  const state = fleet.read(Date.now());
  if (emit === 'room') io.to('fleet').emit('metrics', state);
  else for (const id of io.sockets.sockets.keys()) io.to(id).emit('metrics', state);
}, TICK_MS);

/** The part of engine.io that says what waits. */
interface Queues {
  readonly writeBuffer: readonly { readonly data?: { readonly length: number } }[];
  readonly transport: { readonly socket?: { readonly bufferedAmount: number } };
}

/** Bytes that wait in this process for one client: Socket.IO's queue, and what the socket did not take yet. */
function heldBytes(): number[] {
  return [...io.sockets.sockets.values()].map((each) => {
    const conn = each.conn as unknown as Queues;
    const queued = conn.writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    return queued + (conn.transport.socket?.bufferedAmount ?? 0);
  });
}

const beginWindow = serve({ held: () => ({ heldBytes: heldBytes() }) });
if (standby === true) await standBy();
httpServer.listen({ port: wanted ?? 0, host: '127.0.0.1' }, () => {
  const { port } = httpServer.address() as AddressInfo;
  process.send?.({
    url: `http://127.0.0.1:${port}`,
    port,
    listeningMs: Date.now(),
  } satisfies Listening);
  beginWindow();
});
