/**
 * A process of its own: many clients. They speak Socket.IO's protocol over `ws` directly, because the stock
 * client uses more CPU for a connection than the hub does and would be what is measured; a few stock clients
 * are among them to show that they get the same.
 */
import { PROTOCOL_VERSION } from '@openmanager/protocol';
import * as parser from '@openmanager/protocol/parser';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { tell, type ClientOrder, type Connected, type Counted } from './talk.ts';

type ConnectOrder = Extract<ClientOrder, { order: 'connect' }>;

interface Client {
  readonly close: () => void;
  framesSince: number;
}

let clients: Client[] = [];
let bytes = 0;

function received(client: Client, length: number): void {
  client.framesSince++;
  bytes += length;
}

/** Resolves when the first frame is there. */
async function dial(order: ConnectOrder): Promise<{ connectMs: number; firstFrameMs: number }> {
  const path = order.kind === 'ws' ? '/' : '/socket.io/?EIO=4&transport=websocket';
  const began = performance.now();
  const socket = new WebSocket(order.url.replace('http', 'ws') + path, {
    perMessageDeflate: false,
  });
  const client: Client = { close: () => socket.terminate(), framesSince: 0 };
  clients.push(client);
  let connectMs = Number.NaN;
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
    if (order.kind === 'ws')
      socket.on('open', () => {
        connectMs = performance.now() - began;
      });
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        received(client, data.length);
        resolve();
        return;
      }
      const type = data.toString('latin1', 0, 2);
      if (type[0] === '0')
        socket.send(`40${JSON.stringify({ version: PROTOCOL_VERSION, token: order.token })}`);
      else if (type === '2') socket.send('3');
      else if (type === '40') {
        connectMs = performance.now() - began;
        socket.send('420["subscribe",{"topic":"fleet"}]');
      } else if (type === '44') reject(new Error(data.toString()));
    });
  });
  return { connectMs, firstFrameMs: performance.now() - began };
}

async function dialStock({ url, token }: ConnectOrder): Promise<void> {
  const socket = io(url, {
    parser,
    auth: { version: PROTOCOL_VERSION, token },
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
  });
  const client: Client = { close: () => socket.disconnect(), framesSince: 0 };
  clients.push(client);
  socket.on('connect', () => socket.emit('subscribe', { topic: 'fleet' }, () => undefined));
  await new Promise<void>((resolve, reject) => {
    socket.on('connect_error', reject);
    socket.on('frame', (frame: Uint8Array) => {
      received(client, frame.length);
      resolve();
    });
  });
}

async function connect(order: ConnectOrder): Promise<Connected> {
  const timed = order.clients - order.stock;
  const dialled: ReturnType<typeof dial>[] = [];
  const began = performance.now();
  while (dialled.length < timed) {
    const due =
      order.perSecond === 0
        ? timed
        : Math.min(timed, Math.ceil(((performance.now() - began) * order.perSecond) / 1000));
    while (dialled.length < due) dialled.push(dial(order));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const settled = await Promise.allSettled(dialled);
  const good = settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const stock = await Promise.allSettled(
    Array.from({ length: order.stock }, () => dialStock(order)),
  );
  return {
    connectMs: good.map(({ connectMs }) => connectMs),
    firstFrameMs: good.map(({ firstFrameMs }) => firstFrameMs),
    failed: [...settled, ...stock].filter(({ status }) => status === 'rejected').length,
  };
}

function count(): Counted {
  const counted: Counted = {
    frames: clients.reduce((sum, { framesSince }) => sum + framesSince, 0),
    bytes,
    alive: clients.filter(({ framesSince }) => framesSince > 0).length,
  };
  for (const client of clients) client.framesSince = 0;
  bytes = 0;
  return counted;
}

process.on('disconnect', () => process.exit(0));
process.on('message', (order: ClientOrder) => {
  if (order.order === 'connect') void connect(order).then(tell);
  else if (order.order === 'count') tell(count());
  else {
    for (const client of clients) client.close();
    clients = [];
    tell({});
  }
});
