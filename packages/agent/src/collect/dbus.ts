/**
 * As much of D-Bus as a client needs: sign in to a bus as ourselves, say Hello, call methods whose arguments are strings
 * and lists of strings, and read whatever they answer. Many calls may be under way at once.
 * https://dbus.freedesktop.org/doc/dbus-specification.html
 */
import { createConnection, type Socket } from 'node:net';
import { type BusValue, decodeBody, decodeFields, encodeArguments } from './dbus-values.ts';

export type { BusValue } from './dbus-values.ts';

export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly arguments: readonly (string | readonly string[])[];
}

const METHOD_CALL = 1;
const METHOD_RETURN = 2;
const ERROR = 3;
const FIXED_HEADER_BYTES = 16;
/** A host with 10,000 units answers with 3 MB. */
const REPLY_LIMIT_BYTES = 16 * 1024 * 1024;

/** Header fields by their code. */
const FIELD = { path: 1, interface: 2, member: 3, error: 4, reply: 5, destination: 6 } as const;

const PROPERTIES = 'org.freedesktop.DBus.Properties';
const BUS = 'org.freedesktop.DBus';

const align = (length: number, to: number): number => Math.ceil(length / to) * to;

function padded(bytes: Buffer, to: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(align(bytes.length, to) - bytes.length)]);
}

function field(code: number, type: 'o' | 's', value: string): Buffer {
  const head = Buffer.from([code, 1, type.charCodeAt(0), 0]);
  return Buffer.concat([head, encodeArguments([value]).body]);
}

export function encodeCall(serial: number, call: Call): Buffer {
  const { signature, body } = encodeArguments(call.arguments);
  const fields = [
    field(FIELD.path, 'o', call.path),
    field(FIELD.interface, 's', call.interface),
    field(FIELD.member, 's', call.member),
    field(FIELD.destination, 's', call.destination),
  ];
  if (signature !== '')
    fields.push(
      Buffer.from(`\x08\x01g\0${String.fromCharCode(signature.length)}${signature}\0`, 'latin1'),
    );
  // Each begins at a multiple of 8, and nothing follows the last: buses refuse a length that counts the padding.
  const all = fields.reduce((bytes, next) => Buffer.concat([padded(bytes, 8), next]));
  const head = Buffer.alloc(FIXED_HEADER_BYTES);
  head.set(['l'.charCodeAt(0), METHOD_CALL, 0, 1]);
  head.writeUInt32LE(body.length, 4);
  head.writeUInt32LE(serial, 8);
  head.writeUInt32LE(all.length, 12);
  return Buffer.concat([padded(Buffer.concat([head, all]), 8), body]);
}

interface Message {
  readonly type: number;
  /** Serial of the call that it answers; 0 for what answers none. */
  readonly replyTo: number;
  readonly errorName: string;
  /** Reads the body when it is wanted: signals are passed over. */
  readonly values: () => readonly BusValue[];
  readonly bytes: number;
}

/** The first whole message of the buffer, or undefined while more must come. Throws for what is no message. */
export function decodeMessage(buffer: Buffer): Message | undefined {
  if (buffer.length < FIXED_HEADER_BYTES) return undefined;
  const little = buffer[0] === 'l'.charCodeAt(0);
  const u32 = (at: number): number => (little ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at));
  const bodyAt = FIXED_HEADER_BYTES + align(u32(12), 8);
  const bytes = bodyAt + u32(4);
  if (bytes > REPLY_LIMIT_BYTES) throw new Error(`D-Bus message of ${bytes} bytes`);
  if (buffer.length < bytes) return undefined;
  const fields = decodeFields(buffer.subarray(0, bodyAt), little);
  return {
    type: buffer[1] as number,
    replyTo: fields.replyTo,
    errorName: fields.errorName,
    values: () => decodeBody(buffer.subarray(bodyAt, bytes), fields.signature, little),
    bytes,
  };
}

interface Waiting {
  resolve(values: readonly BusValue[]): void;
  reject(error: Error): void;
}

export interface BusOptions {
  /** Unix socket of the bus. */
  readonly socketPath: string;
  /** The connection ends this long after it was opened: a bus that hangs holds nothing. */
  readonly timeoutMs: number;
}

/** A connection to a bus for a round of questions. */
export class Bus {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  readonly #waiting = new Map<number, Waiting>();
  #received: Buffer = Buffer.alloc(0);
  #signedIn = false;
  /** Calls made before the bus has let us in. */
  #early: Buffer[] = [];
  #serial = 0;
  #ended: Error | undefined;

  constructor({ socketPath, timeoutMs }: BusOptions) {
    const socket = (this.#socket = createConnection(socketPath));
    this.#timer = setTimeout(() => this.#end(new Error('D-Bus did not answer')), timeoutMs);
    this.#timer.unref();
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#take(chunk);
      } catch (error) {
        this.#end(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('D-Bus closed the connection')));
    const uid = String(process.getuid?.() ?? 0);
    socket.write(`\0AUTH EXTERNAL ${Buffer.from(uid).toString('hex')}\r\n`);
    // The bus knows us after the first call. Its failure is that of all others.
    this.call({
      destination: BUS,
      path: '/org/freedesktop/DBus',
      interface: BUS,
      member: 'Hello',
      arguments: [],
    }).catch(() => undefined);
  }

  /** What the method answers; rejects when the bus is not there, refuses, takes too long, or answers with an error. */
  call(call: Call): Promise<readonly BusValue[]> {
    if (this.#ended) return Promise.reject(this.#ended);
    const serial = ++this.#serial;
    const bytes = encodeCall(serial, call);
    return new Promise((resolve, reject) => {
      this.#waiting.set(serial, { resolve, reject });
      if (this.#signedIn) this.#socket.write(bytes);
      else this.#early.push(bytes);
    });
  }

  /** A property; its variant is taken off. */
  async property(
    of: Pick<Call, 'destination' | 'path' | 'interface'>,
    name: string,
  ): Promise<BusValue> {
    const [value] = await this.call({
      ...of,
      interface: PROPERTIES,
      member: 'Get',
      arguments: [of.interface, name],
    });
    if (value === undefined) throw new Error('D-Bus answered without a value');
    return value;
  }

  close(): void {
    this.#end(new Error('D-Bus connection closed'));
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (!this.#signedIn) {
      const end = this.#received.indexOf('\r\n');
      if (end < 0) {
        if (this.#received.length > FIXED_HEADER_BYTES * 256)
          throw new Error('D-Bus answer too long');
        return;
      }
      const line = this.#received.subarray(0, end).toString('latin1');
      if (!line.startsWith('OK ')) throw new Error(`D-Bus refused the sign-in: ${line}`);
      this.#received = this.#received.subarray(end + 2);
      this.#signedIn = true;
      this.#socket.write(Buffer.concat([Buffer.from('BEGIN\r\n'), ...this.#early]));
      this.#early = [];
    }
    for (;;) {
      const message = decodeMessage(this.#received);
      if (!message) return;
      this.#received = this.#received.subarray(message.bytes);
      this.#answer(message);
    }
  }

  #answer(message: Message): void {
    // Signals such as NameAcquired come in between.
    if (message.type !== METHOD_RETURN && message.type !== ERROR) return;
    const waiting = this.#waiting.get(message.replyTo);
    if (!waiting) return;
    if (message.type === ERROR)
      waiting.reject(new Error(`D-Bus answered with an error: ${message.errorName}`));
    // What cannot be read ends the connection, and this call with it.
    else waiting.resolve(message.values());
    this.#waiting.delete(message.replyTo);
  }

  #end(error: Error): void {
    if (this.#ended) return;
    this.#ended = error;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

export interface PropertyQuestion extends BusOptions {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly property: string;
}

/** Asks for one property on a connection of its own. */
export async function readProperty(question: PropertyQuestion): Promise<BusValue> {
  const bus = new Bus(question);
  try {
    return await bus.property(question, question.property);
  } finally {
    bus.close();
  }
}
