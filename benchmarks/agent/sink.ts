/** A hub that stores nothing: welcomes, asks for a cadence, acknowledges. Tells its address on the first line. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeBatch, decodeBatchIdentity, PROTOCOL_VERSION } from '@openmanager/protocol';
import { WebSocketServer } from 'ws';

const intervalMs = Number(process.argv[2]);
const PING_EVERY_MS = 5_000;
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
let batches = 0;
let bytes = 0;
let series = 0;

sockets.on('connection', (socket) => {
  const pings = setInterval(() => socket.ping(), PING_EVERY_MS);
  socket.on('close', () => clearInterval(pings));
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      batches++;
      bytes += data.length;
      series = decodeBatch(data).columns.length;
      const { bootEpoch, seq } = decodeBatchIdentity(data);
      socket.send(JSON.stringify({ type: 'ack', bootEpoch, seq, ranges: [] }));
      return;
    }
    const message = JSON.parse(data.toString()) as { type: string };
    if (message.type !== 'hello') return;
    const acknowledged = { bootEpoch: 0, seq: 0, ranges: [] };
    const welcome = {
      type: 'welcome',
      version: PROTOCOL_VERSION,
      hostId: 'benchmark000',
      hubTimeMs: Date.now(),
      acknowledged,
    };
    socket.send(JSON.stringify(welcome));
    socket.send(JSON.stringify({ type: 'cadence', intervalMs, perCore: intervalMs === 1000 }));
  });
});

server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
// Each line on the standard input is a question for what has come so far.
process.stdin.on('data', () => console.log(JSON.stringify({ batches, bytes, series })));
