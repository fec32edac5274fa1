import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import { RealBus } from '../../test/real-bus.ts';
import { Bus, decodeMessage, encodeCall, readProperty } from './dbus.ts';
import { decodeBody } from './dbus-values.ts';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bus-'));
});
afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** An answer to the call `replyTo` whose body is of `signature`. */
function returns(replyTo: number, signature = '', body: Buffer = Buffer.alloc(0)): Buffer {
  const fields = Buffer.alloc(signature === '' ? 8 : 14 + signature.length);
  fields.set([5, 1, 'u'.charCodeAt(0), 0]);
  fields.writeUInt32LE(replyTo, 4);
  if (signature !== '')
    fields.write(`\x08\x01g\0${String.fromCharCode(signature.length)}${signature}\0`, 8, 'latin1');
  const head = Buffer.alloc(16);
  head.set(['l'.charCodeAt(0), 2, 0, 1]);
  head.writeUInt32LE(body.length, 4);
  head.writeUInt32LE(fields.length, 12);
  const padding = Buffer.alloc((8 - (fields.length % 8)) % 8);
  return Buffer.concat([head, fields, padding, body]);
}
const signal = Buffer.from(returns(1));
signal[1] = 4;

/** A bus that answers as `answers` says, one message per call, in pieces of one byte. */
async function bus(signIn: string, answers: Buffer[]): Promise<string> {
  const path = join(folder, 'bus');
  server = createServer((socket) => {
    let received = Buffer.alloc(0);
    let signedIn = false;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (!signedIn && received.includes('\r\n')) {
        signedIn = true;
        expect(received.toString('latin1')).toMatch(/^\0AUTH EXTERNAL [0-9a-f]+\r\n$/);
        received = Buffer.alloc(0);
        socket.write(signIn);
        return;
      }
      const begin = 'BEGIN\r\n';
      if (received.subarray(0, begin.length).toString() === begin)
        received = received.subarray(begin.length);
      for (let call = decodeMessage(received); call; call = decodeMessage(received)) {
        received = received.subarray(call.bytes);
        for (const byte of answers.shift() ?? Buffer.alloc(0)) socket.write(Buffer.of(byte));
      }
    });
  });
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  return path;
}

const ask = (socketPath: string): Promise<unknown> =>
  readProperty({
    socketPath,
    destination: 'org.freedesktop.systemd1',
    path: '/org/freedesktop/systemd1',
    interface: 'a.b',
    property: 'NFailedUnits',
    timeoutMs: 2_000,
  });

it('tells the property, with signals in between', async () => {
  const path = await bus('OK 1234\r\n', [
    Buffer.concat([returns(1), signal]),
    returns(2, 'v', Buffer.from([1, 117, 0, 0, 3, 0, 0, 0])),
  ]);
  await expect(ask(path)).resolves.toBe(3);
});

it('fails clearly when the bus refuses, ends, answers otherwise, or is not there', async () => {
  await expect(ask(await bus('REJECTED EXTERNAL\r\n', []))).rejects.toThrow(/refused/);
  await new Promise((resolve) => server?.close(resolve));
  const text = await bus('OK 1\r\n', [returns(1), returns(2, 'v', Buffer.from('text'))]);
  await expect(ask(text)).rejects.toThrow();
  await expect(ask(join(folder, 'nothing'))).rejects.toThrow(/ENOENT/);
});

it('lets go of a bus that does not answer', async () => {
  const path = await bus('OK 1\r\n', []);
  const silent = new Bus({ socketPath: path, timeoutMs: 50 });
  await expect(
    silent.call({ destination: 'd', path: '/', interface: 'i.i', member: 'M', arguments: [] }),
  ).rejects.toThrow(/did not answer/);
});

it('makes messages as the specification lays them out', () => {
  const bytes = encodeCall(7, {
    destination: 'd.e',
    path: '/p',
    interface: 'i.f',
    member: 'Get',
    arguments: ['x', ['yz', 'a']],
  });
  expect(bytes.readUInt32LE(8)).toBe(7);
  const message = decodeMessage(bytes);
  expect(message?.bytes).toBe(bytes.length);
  expect(message?.values()).toEqual(['x', ['yz', 'a']]);
  expect(bytes.includes(Buffer.from('\x08\x01g\0\x03sas\0', 'latin1'))).toBe(true);
  expect(decodeMessage(bytes.subarray(0, -1))).toBeUndefined();
});

it('reads every type, and refuses what lies about its length', () => {
  const body = Buffer.alloc(64);
  body.writeBigUInt64LE(2n ** 63n, 0);
  body.writeDoubleLE(0.5, 8);
  body.writeInt16LE(-2, 16);
  body.writeUInt32LE(1, 20);
  body.writeUInt32LE(4, 24);
  body.writeUInt32LE(7, 28);
  expect(decodeBody(body.subarray(0, 32), 'tdnbau', true)).toEqual([2 ** 63, 0.5, -2, true, [7]]);
  body.writeUInt32LE(0x7fff_ffff, 24);
  expect(() => decodeBody(body, 'tdnbau', true)).toThrow(/longer/);
  expect(() => decodeBody(Buffer.alloc(3), 'u', true)).toThrow();
  const nested = Buffer.concat([Buffer.from('\x01v\0'.repeat(100), 'latin1'), Buffer.alloc(9)]);
  expect(() => decodeBody(nested, 'v', true)).toThrow(/nested/);
});

it('is understood by a real bus', needs('linux', 'dbus-daemon'), async () => {
  const real = await RealBus.start(folder);
  try {
    const connection = new Bus({ socketPath: real.socketPath, timeoutMs: 5_000 });
    const of = {
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
    };
    const [names, owned, refused] = await Promise.allSettled([
      connection.call({ ...of, member: 'ListNames', arguments: [] }),
      connection.call({ ...of, member: 'NameHasOwner', arguments: ['org.freedesktop.DBus'] }),
      connection.call({ ...of, member: 'GetNameOwner', arguments: ['org.nobody'] }),
    ]);
    expect(names).toMatchObject({ value: [expect.arrayContaining(['org.freedesktop.DBus'])] });
    expect(owned).toMatchObject({ value: [true] });
    expect(refused).toMatchObject({
      reason: expect.objectContaining({ message: expect.stringContaining('NameHasNoOwner') }),
    });
    await expect(connection.property(of, 'Features')).resolves.toBeInstanceOf(Array);
    connection.close();
  } finally {
    await real.stop();
  }
});
