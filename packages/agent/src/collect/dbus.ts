/**
 * As much of D-Bus as one question needs: sign in to the system bus as ourselves, say Hello, get one property of
 * type u, leave. https://dbus.freedesktop.org/doc/dbus-specification.html
 */
import { createConnection, type Socket } from 'node:net';

export interface PropertyQuestion {
  /** Unix socket of the bus. */
  readonly socketPath: string;
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly property: string;
  readonly timeoutMs: number;
}

const METHOD_CALL = 1;
const METHOD_RETURN = 2;
const ERROR = 3;
const FIXED_HEADER_BYTES = 16;
const REPLY_LIMIT_BYTES = 64 * 1024;

const PROPERTIES = 'org.freedesktop.DBus.Properties';
const BUS = 'org.freedesktop.DBus';

const align = (length: number, to: number): number => Math.ceil(length / to) * to;

function text(value: string): Buffer {
  const bytes = Buffer.from(`${value}\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length - 1);
  return Buffer.concat([length, bytes]);
}

function padded(bytes: Buffer, to: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(align(bytes.length, to) - bytes.length)]);
}

function field(code: number, type: 'o' | 's', value: string): Buffer {
  return padded(Buffer.concat([Buffer.from([code, 1, type.charCodeAt(0), 0]), text(value)]), 8);
}

interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly texts: readonly string[];
}

/** A method call whose arguments are strings. */
export function encodeCall(serial: number, call: Call): Buffer {
  const signature = 's'.repeat(call.texts.length);
  const body = call.texts.reduce(
    (bytes, value) => Buffer.concat([padded(bytes, 4), text(value)]),
    Buffer.alloc(0),
  );
  const fields = Buffer.concat([
    field(1, 'o', call.path),
    field(2, 's', call.interface),
    field(3, 's', call.member),
    field(6, 's', call.destination),
    ...(signature === ''
      ? []
      : [
          Buffer.from([8, 1, 'g'.charCodeAt(0), 0, signature.length]),
          Buffer.from(`${signature}\0`),
        ]),
  ]);
  const head = Buffer.alloc(FIXED_HEADER_BYTES);
  head.set(['l'.charCodeAt(0), METHOD_CALL, 0, 1]);
  head.writeUInt32LE(body.length, 4);
  head.writeUInt32LE(serial, 8);
  head.writeUInt32LE(fields.length, 12);
  return Buffer.concat([padded(Buffer.concat([head, fields]), 8), body]);
}

interface Reply {
  readonly type: number;
  readonly little: boolean;
  readonly body: Buffer;
  readonly bytes: number;
}

/** The first whole message of the buffer, or undefined while more must come. */
export function decodeMessage(buffer: Buffer): Reply | undefined {
  if (buffer.length < FIXED_HEADER_BYTES) return undefined;
  const little = buffer[0] === 'l'.charCodeAt(0);
  const u32 = (at: number): number => (little ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at));
  const bodyAt = FIXED_HEADER_BYTES + align(u32(12), 8);
  const bytes = bodyAt + u32(4);
  if (bytes > REPLY_LIMIT_BYTES) throw new Error(`D-Bus message of ${bytes} bytes`);
  if (buffer.length < bytes) return undefined;
  return { type: buffer[1] as number, little, body: buffer.subarray(bodyAt, bytes), bytes };
}

/** The number in a body that is one variant of type u. */
function numberOf({ body, little }: Reply): number {
  if (body.length < 8 || body[0] !== 1 || body[1] !== 'u'.charCodeAt(0))
    throw new Error('D-Bus answer is not a number');
  return little ? body.readUInt32LE(4) : body.readUInt32BE(4);
}

/** The calls of one question in order: the bus knows us after the first. */
function calls(question: PropertyQuestion): Call[] {
  return [
    { destination: BUS, path: '/org/freedesktop/DBus', interface: BUS, member: 'Hello', texts: [] },
    {
      destination: question.destination,
      path: question.path,
      interface: PROPERTIES,
      member: 'Get',
      texts: [question.interface, question.property],
    },
  ];
}

/** Takes what the socket brings; answers when the last call is answered. */
class Conversation {
  readonly #socket: Socket;
  readonly #left: Call[];
  #received: Buffer = Buffer.alloc(0);
  #signedIn = false;
  #serial = 0;

  constructor(socket: Socket, question: PropertyQuestion) {
    this.#socket = socket;
    this.#left = calls(question);
    const uid = String(process.getuid?.() ?? 0);
    socket.write(`\0AUTH EXTERNAL ${Buffer.from(uid).toString('hex')}\r\n`);
  }

  take(chunk: Buffer): number | undefined {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.#received.length > REPLY_LIMIT_BYTES) throw new Error('D-Bus answer too long');
    if (!this.#signedIn) {
      const end = this.#received.indexOf('\r\n');
      if (end < 0) return undefined;
      const line = this.#received.subarray(0, end).toString('latin1');
      if (!line.startsWith('OK ')) throw new Error(`D-Bus refused the sign-in: ${line}`);
      this.#received = this.#received.subarray(end + 2);
      this.#signedIn = true;
      this.#socket.write('BEGIN\r\n');
      this.#next();
    }
    for (;;) {
      const message = decodeMessage(this.#received);
      if (!message) return undefined;
      this.#received = this.#received.subarray(message.bytes);
      if (message.type === ERROR) throw new Error('D-Bus answered with an error');
      // Signals such as NameAcquired come in between; replies come in the order of the calls.
      if (message.type !== METHOD_RETURN) continue;
      if (this.#left.length === 0) return numberOf(message);
      this.#next();
    }
  }

  #next(): void {
    const call = this.#left.shift();
    if (call) this.#socket.write(encodeCall(++this.#serial, call));
  }
}

/** Asks for one property of type u; rejects when the bus is not there, refuses, or takes too long. */
export function readProperty(question: PropertyQuestion): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(question.socketPath);
    const timer = setTimeout(
      () => socket.destroy(new Error('D-Bus did not answer')),
      question.timeoutMs,
    );
    timer.unref();
    const conversation = new Conversation(socket, question);
    socket.on('data', (chunk: Buffer) => {
      try {
        const value = conversation.take(chunk);
        if (value === undefined) return;
        resolve(value);
        socket.destroy();
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Error('D-Bus closed the connection'));
    });
  });
}
