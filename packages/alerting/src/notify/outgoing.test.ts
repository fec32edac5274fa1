import { mkdtempSync, readFileSync, statSync, chmodSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isPublicAddress, openVault, outgoing, OutgoingError } from './index.ts';
import { attempt, retryAfterMs } from './answer.ts';
import { peer, type Peer } from '../../test/peer-servers.ts';

let far: Peer;
beforeEach(async () => {
  far = await peer();
});
afterEach(() => far.close());

const post = (url: string) => ({ method: 'POST', url, body: 'x' }) as const;
const allowed = new Set(['127.0.0.1', 'hook.example']);

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '192.0.2.1',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::1',
    '2001:db8::1',
    '2001::1',
    '',
    'localhost',
    '127.1',
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
  test.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

describe('what leaves the hub', () => {
  const code = async (
    url: string,
    options: Parameters<typeof outgoing>[0] = {},
  ): Promise<string> => {
    try {
      return String((await outgoing(options)(post(url))).status);
    } catch (error) {
      return error instanceof OutgoingError ? error.code : String(error);
    }
  };

  test.each([
    ['http://127.0.0.1:1/', 'forbidden-address'],
    ['http://2130706433/', 'forbidden-address'],
    ['http://0x7f.1/', 'forbidden-address'],
    ['http://[::1]/', 'forbidden-address'],
    ['http://[::ffff:127.0.0.1]/', 'forbidden-address'],
    ['http://169.254.169.254/latest/meta-data', 'forbidden-address'],
    ['http://localhost/', 'forbidden-address'],
    ['file:///etc/passwd', 'bad-address'],
    ['http://user:secret@example.com/', 'bad-address'],
    ['not an address', 'bad-address'],
  ])('%s is refused', async (url, expected) => {
    expect(await code(url)).toBe(expected);
  });

  test('a name is refused when any of its addresses is private', async () => {
    const resolve = (): Promise<string[]> => Promise.resolve(['1.1.1.1', '10.0.0.1']);
    expect(await code('http://mixed.example/', { resolve })).toBe('forbidden-address');
  });

  test('goes to the address that was checked, whatever the name means a moment later', async () => {
    const asked: string[] = [];
    const resolve = (hostname: string): Promise<string[]> => {
      asked.push(hostname);
      return Promise.resolve(['127.0.0.1']);
    };
    const send = outgoing({ allowHosts: allowed, resolve });
    const answer = await send(post(`http://hook.example:${far.port}/in`));
    expect(answer).toMatchObject({ status: 200, body: 'ok' });
    expect(far.received).toMatchObject([
      { method: 'POST', path: '/in', body: 'x', headers: { host: `hook.example:${far.port}` } },
    ]);
    expect(asked).toEqual(['hook.example']);
  });

  test('does not follow a redirect', async () => {
    far.answer = () => ({ status: 302, headers: { location: 'http://169.254.169.254/' } });
    const send = outgoing({ allowHosts: allowed });
    const { outcome } = await attempt(send, post(far.url), 0);
    expect(outcome).toEqual({
      kind: 'failed',
      answer: '302: redirects are not followed',
      permanent: true,
    });
    expect(far.received).toHaveLength(1);
  });

  test('reads no more than it should of an answer, and sends no more than it may', async () => {
    far.answer = () => ({ status: 200, body: 'y'.repeat(10_000_000) });
    const answer = await outgoing({ allowHosts: allowed, answerBytes: 1_000 })(post(far.url));
    expect(answer.body).toBe('y'.repeat(1_000));
    const long = outgoing({ allowHosts: allowed, requestBytes: 10 })({
      ...post(far.url),
      body: 'z'.repeat(11),
    });
    await expect(long).rejects.toMatchObject({ code: 'too-large' });
  });

  test('waits no longer than it may for a name and an answer; of one that drips, the status decides', async () => {
    const never = (): Promise<string[]> => new Promise(() => undefined);
    expect(await code('http://slow.example/', { resolve: never, timeoutMs: 50 })).toBe('timeout');
    far.answer = () => new Promise(() => undefined);
    expect(await code(far.url, { allowHosts: allowed, timeoutMs: 50 })).toBe('timeout');
    const dripping = createServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome');
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(dripping, 'listening');
    const { port } = dripping.address() as AddressInfo;
    const drips = outgoing({ allowHosts: allowed, timeoutMs: 50 });
    expect(await drips(post(`http://127.0.0.1:${port}`))).toMatchObject({
      status: 200,
      body: 'some',
    });
    const fromMs = performance.now();
    const patient = outgoing({ allowHosts: allowed });
    expect(await patient(post(`http://127.0.0.1:${port}`))).toMatchObject({ status: 200 });
    expect(performance.now() - fromMs).toBeLessThan(5_000);
    dripping.close();
  });

  test('nobody there is an outcome that may be tried again', async () => {
    const port = far.port;
    await far.close();
    const { outcome } = await attempt(
      outgoing({ allowHosts: allowed }),
      post(`http://127.0.0.1:${port}`),
      0,
    );
    expect(outcome).toMatchObject({
      kind: 'failed',
      answer: expect.stringContaining('ECONNREFUSED'),
    });
    expect(outcome).not.toHaveProperty('permanent');
    far = await peer();
  });

  test.each([
    [429, '7', { retryAfterMs: 7_000 }],
    [503, 'Thu, 01 Jan 1970 00:00:30 GMT', { retryAfterMs: 30_000 }],
    [500, 'soon', {}],
    [400, undefined, { permanent: true }],
    [401, undefined, { permanent: true }],
    [408, undefined, {}],
  ] as const)('%i with Retry-After %s', async (status, header, expected) => {
    far.answer = () => ({
      status,
      body: 'no\n  way',
      ...(header ? { headers: { 'retry-after': header } } : {}),
    });
    const { outcome } = await attempt(outgoing({ allowHosts: allowed }), post(far.url), 0);
    expect(outcome).toEqual({ kind: 'failed', answer: `${status} no way`, ...expected });
  });

  test('a date in the past is now', () => {
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:30 GMT', 60_000)).toBe(0);
  });
});

describe('secrets at rest', () => {
  const folder = (): string => mkdtempSync(join(tmpdir(), 'vault-'));

  test('open with the same key file, which only the owner can read', () => {
    const place = folder();
    const sealed = openVault(place).seal('비밀 token', 'receiver/1/token');
    expect(sealed).not.toContain('token');
    expect(openVault(place).open(sealed, 'receiver/1/token')).toBe('비밀 token');
    const path = join(place, 'secrets.key');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    openVault(place);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path)).toHaveLength(32);
  });

  test('do not open elsewhere, changed, or with another key', () => {
    const vault = openVault(folder());
    const sealed = vault.seal('x', 'a');
    expect(vault.seal('x', 'a')).not.toBe(sealed);
    expect(() => vault.open(sealed, 'b')).toThrow('cannot be read');
    expect(() => vault.open(`${sealed.slice(0, -2)}AA`, 'a')).toThrow('cannot be read');
    expect(() => vault.open('v1.AAAA', 'a')).toThrow('cannot be read');
    expect(() => openVault(folder()).open(sealed, 'a')).toThrow('cannot be read');
  });

  test('a key file that is none is said so', () => {
    const place = folder();
    writeFileSync(join(place, 'secrets.key'), 'short');
    expect(() => openVault(place)).toThrow('has 5 bytes');
  });
});
