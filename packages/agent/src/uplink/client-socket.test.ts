import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { ClientSocket } from './client-socket.ts';
import { figure } from '../../../../scripts/proof/kit.ts';
import { FrameError, FrameReader, type SocketEvent } from './frame-reader.ts';

const LIMIT = 70_000;

/** A frame as a server sends it. */
function frame(opcode: number, payload: Buffer, final = true): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (final ? 0x80 : 0) | opcode;
  head[1] = head.length === 2 ? length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

function readAll(bytes: Buffer, cuts: readonly number[]): SocketEvent[] {
  const reader = new FrameReader(LIMIT);
  const events: SocketEvent[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const to = Math.min(bytes.length, at + cut);
    events.push(...reader.take(bytes.subarray(at, to)));
    at = to;
  }
  events.push(...reader.take(bytes.subarray(at)));
  return events;
}

describe('frames', () => {
  it('are the same however the bytes are cut and the messages fragmented', () => {
    const message = fc.record({
      text: fc.oneof(
        fc.string({ maxLength: 40 }),
        fc.constant('x'.repeat(200)),
        fc.constant('é'.repeat(33_000)),
      ),
      fragments: fc.integer({ min: 1, max: 4 }),
      pingBetween: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 50 }),
        (messages, cuts) => {
          const frames: Buffer[] = [];
          let pings = 0;
          for (const { text, fragments, pingBetween } of messages) {
            const bytes = Buffer.from(text);
            const size = Math.ceil(bytes.length / fragments) || 1;
            for (let part = 0; part < fragments; part++) {
              const piece = bytes.subarray(part * size, (part + 1) * size);
              frames.push(frame(part === 0 ? 1 : 0, piece, part === fragments - 1));
              if (pingBetween) frames.push(frame(9, Buffer.of(pings++ & 0xff)));
            }
          }
          const events = readAll(Buffer.concat(frames), cuts);
          expect(
            events
              .filter(({ kind }) => kind === 'text')
              .map((event) => (event as { text: string }).text),
          ).toEqual(messages.map(({ text }) => text));
          expect(events.filter(({ kind }) => kind === 'ping')).toHaveLength(pings);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['masked by a server', Buffer.of(0x81, 0x81, 1, 2, 3, 4, 5), 1002],
    ['with an extension bit', Buffer.of(0xc1, 1, 65), 1002],
    ['of an unknown kind', Buffer.of(0x83, 0), 1002],
    ['that continue nothing', Buffer.of(0x80, 0), 1002],
    ['of control in fragments', Buffer.of(0x09, 0), 1002],
    ['too large, before their bytes arrive', Buffer.of(0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0), 1009],
  ])('%s end the connection', (_what, bytes, code) => {
    expect(() => readAll(bytes, [])).toThrow(FrameError);
    try {
      readAll(bytes, []);
    } catch (error) {
      expect((error as FrameError).closeCode).toBe(code);
    }
  });

  it('too large in all their fragments end the connection', () => {
    const part = Buffer.alloc(LIMIT / 2 + 1);
    expect(() => readAll(Buffer.concat([frame(1, part, false), frame(0, part)]), [])).toThrow(
      /more than/,
    );
  });

  it('of noise never do anything but throw FrameError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        try {
          readAll(Buffer.from(noise), [7]);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
    );
  });
});

describe('a connection', () => {
  let stop: (() => Promise<void>) | undefined;
  afterEach(() => stop?.());

  function connect(
    port: number,
    made?: () => Socket,
  ): {
    socket: ClientSocket;
    told: string[];
    until: (entry: RegExp) => Promise<void>;
  } {
    const told: string[] = [];
    let poll = (): void => {};
    const tell = (entry: string): void => {
      told.push(entry);
      poll();
    };
    const socket = new ClientSocket(
      {
        url: `ws://127.0.0.1:${port}/path`,
        subprotocol: 'sub',
        authorization: 'Bearer k',
        limitBytes: LIMIT,
        handshakeMs: 2_000,
        ...(made ? { connect: made } : {}),
      },
      {
        open: () => tell('open'),
        text: (text) => tell(`text ${text.slice(0, 20)}`),
        binary: () => tell('binary'),
        ping: () => tell('ping'),
        refused: (status, body) => tell(`refused ${status} ${body}`),
        error: (error) => tell(`error ${error.message}`),
        closed: (code) => tell(`closed ${code}`),
      },
    );
    const until = (entry: RegExp): Promise<void> =>
      new Promise((resolve) => {
        poll = () => told.some((each) => entry.test(each)) && resolve();
        poll();
      });
    return { socket, told, until };
  }

  async function server(answer: (socket: Socket) => void): Promise<number> {
    const listening: Server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    });
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    stop = () => new Promise((resolve) => listening.close(() => resolve()));
    return (listening.address() as AddressInfo).port;
  }

  it('speaks with the ws package: all sizes, pings, pongs, closing from either side', async () => {
    const echo = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'sub' });
    await once(echo, 'listening');
    stop = () => new Promise((resolve) => echo.close(() => resolve()));
    const pongs: string[] = [];
    const sizes: number[] = [];
    echo.on('connection', (peer, request) => {
      expect(request.url).toBe('/path');
      expect(request.headers.authorization).toBe('Bearer k');
      peer.on('pong', (data) => pongs.push(data.toString()));
      peer.on('message', (data: Buffer, isBinary) => {
        sizes.push(data.length);
        if (isBinary && !data.equals(Buffer.alloc(data.length, data.length & 0xff))) sizes.push(-1);
        if (data.toString() === 'ping me') peer.ping('hello');
        if (data.toString() === 'close me') peer.close(4404);
        else peer.send(`got ${data.length}`);
      });
    });
    const { socket, told, until } = connect((echo.address() as AddressInfo).port);
    await until(/^open/);
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 200_000])
      socket.sendBinary(Buffer.alloc(size, size & 0xff), () => {});
    socket.sendText('ping me');
    await until(/^ping/);
    socket.sendText('close me');
    await until(/^closed/);
    expect(sizes).toEqual([0, 1, 125, 126, 65_535, 65_536, 200_000, 7, 8]);
    expect(pongs).toEqual(['hello']);
    expect(told.at(-1)).toBe('closed 4404');
  });

  it('tells a refusal with its body, in however many pieces it comes', async () => {
    const body = '{"code":"revoked"}';
    const port = await server((socket) => {
      for (const character of `HTTP/1.1 401 No\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
        socket.write(character);
    });
    const { told, until } = connect(port);
    await until(/^refused/);
    expect(told).toEqual([`refused 401 ${body}`]);
  });

  it.each([
    [
      'something else listens',
      (socket: Socket) => void socket.write('SSH-2.0-OpenSSH\r\n\r\n'),
      /no HTTP/,
    ],
    [
      'the answer never ends its head',
      (socket: Socket) => void socket.write('x'.repeat(20_000)),
      /no HTTP/,
    ],
    [
      'the upgrade is not of this request',
      (socket: Socket) => void socket.write('HTTP/1.1 101 OK\r\nSec-WebSocket-Accept: abc\r\n\r\n'),
      /no hub/,
    ],
    [
      'the connection is cut',
      (socket: Socket) => void socket.destroy(),
      /closed before|ECONNRESET/,
    ],
  ])('fails once when %s', async (_what, answer, message) => {
    const { told, until } = connect(await server(answer));
    await until(/^error/);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(message);
  });

  const steps = [
    'throws',
    'same tick',
    'next tick',
    'connected',
    'answered',
    'open',
    'sent',
  ] as const;
  const codes = ['ENETUNREACH', 'EPERM', 'EMFILE', 'ECONNRESET', 'EPIPE', 'EADDRNOTAVAIL'] as const;

  it(
    'ends once, and never this process, whatever error its socket emits at whatever step',
    { tags: ['faults'] },
    async ({ task }) => {
      const peer = new WebSocketServer({
        port: 0,
        host: '127.0.0.1',
        handleProtocols: () => 'sub',
      });
      await once(peer, 'listening');
      const { port } = peer.address() as AddressInfo;
      stop = () => new Promise((resolve) => peer.close(() => resolve()));
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...steps),
          fc.constantFrom(...codes),
          fc.integer({ min: 1, max: 3 }),
          async (step, code, times) => {
            runs++;
            const failure = Object.assign(new Error(code), { code });
            let socket: Socket | undefined;
            const fail = (): void => {
              for (let time = 0; time < times; time++) socket?.emit('error', failure);
              socket?.destroy(failure);
            };
            const connection = connect(port, () => {
              if (step === 'throws') throw failure;
              socket =
                step === 'same tick' || step === 'next tick'
                  ? new Socket()
                  : createConnection(port, '127.0.0.1');
              // As net does when the kernel refuses at once.
              if (step === 'same tick') process.nextTick(fail);
              if (step === 'next tick') setImmediate(fail);
              if (step === 'connected') socket.once('connect', fail);
              if (step === 'answered') socket.once('readable', fail);
              return socket;
            });
            if (step === 'open' || step === 'sent') {
              await connection.until(/^open/);
              if (step === 'sent') connection.socket.sendBinary(Buffer.alloc(99_999), () => {});
              fail();
            }
            await connection.until(/^(?:error|closed)/);
            await new Promise((resolve) => setImmediate(resolve));
            connection.socket.sendText('too late');
            connection.socket.close(1000);
            const ends = connection.told.filter((entry) => entry !== 'open');
            expect(ends).toEqual([expect.stringMatching(/^error /)]);
          },
        ),
        { numRuns: 100 },
      );
      figure(task, `${runs} connections, 0 unhandled errors`);
    },
  );
});
