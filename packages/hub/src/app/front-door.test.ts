/** What peers may take their time over: each bound, on a real server. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { figure } from '../../../../scripts/proof/kit.ts';
import { RawPeer } from '../../test/kit/raw-peer.ts';
import { HealthIssues, refuse } from '../ports/index.ts';
import { ProtocolError } from '@openmanager/protocol';
import { frontDoorDefaults, serverOptions, type FrontDoorLimits } from './front-door.ts';
import { HttpService } from './http-service.ts';
import { Places, placesWithin, type PlaceLimits } from './places.ts';

const QUICK: FrontDoorLimits = { headersMs: 400, bodyMs: 600, stalledMs: 500, keepAliveMs: 300 };
/** A bound is looked at once a second, and the cut takes half of one. */
const SLACK_MS = 2_500;

interface Door {
  readonly server: Server;
  readonly http: HttpService;
  readonly places: Places;
  readonly issues: HealthIssues;
}

let door: Door;
afterEach(async () => {
  door.http.drain().catch(() => undefined);
  await door.http.stop();
});

async function open(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  limits: Partial<PlaceLimits> = {},
): Promise<Door> {
  const server = createServer(serverOptions, answer);
  server.on('clientError', (_, socket) => refuse(socket, new ProtocolError('malformed-message')));
  const places = new Places({ ...placesWithin(2048), ...limits });
  const issues = new HealthIssues();
  const http = new HttpService({
    server,
    listen: { host: '127.0.0.1', port: 0 },
    allowOrigins: [],
    clientsPath: '/none/',
    uploads: ['/upload'],
    agents: () => false,
    places,
    issues,
    log: pino({ level: 'silent' }),
    limits: QUICK,
  });
  await http.run();
  return { server, http, places, issues };
}

const GET = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const post = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\n\r\n`;
const upgrade = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;

/** How long after `from` the hub let all connections go, ms. */
async function heldMs(from: number): Promise<number> {
  const waiting = { timeout: 10_000, interval: 10 };
  await vi.waitFor(() => expect(door.places.stats().strangers).toBe(0), waiting);
  return Math.round(performance.now() - from);
}

test('the bounds are those that the guide on security states', async () => {
  door = await open((_, response) => response.end('ok'));
  expect(frontDoorDefaults).toEqual({
    headersMs: 10_000,
    bodyMs: 30_000,
    stalledMs: 30_000,
    keepAliveMs: 5_000,
  });
});

const refused: readonly (readonly [string, string])[] = [
  ['an upgrade that nobody takes', upgrade('/nowhere')],
  ['bytes that are not HTTP', '\u0016\u0003\u0001\u0002\u0000 this is no request\r\n\r\n'],
  ['headers without end', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(40_000)}\r\n`],
  [
    'an upgrade under a name that is not ours',
    upgrade('/none/').replace('Host: 127.0.0.1', 'Host: evil.example'),
  ],
];
test.for(refused)(
  'destroyed within a second of the answer: %s',
  { tags: ['security'] },
  async ([, bytes], { task }) => {
    door = await open((_, response) => response.end('ok'));
    const peer = (await RawPeer.connect(door.http.url)).send(bytes).probe();
    const closedAt = await peer.closed;
    expect(peer.received).toMatch(/^HTTP\/1\.1 4\d\d /);
    const ms = Math.round(closedAt - (peer.firstByteAt ?? 0));
    expect(ms).toBeLessThan(1_000);
    figure(task, `${ms} ms`);
  },
);

const late: readonly (readonly [string, string, number])[] = [
  ['a connection that sends nothing', '', QUICK.headersMs],
  ['headers that do not end', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ', QUICK.headersMs],
  ['a body that does not come', `${post('/', 100)}only this`, QUICK.bodyMs],
  ['an upload that stops', `${post('/upload', 100)}only this`, QUICK.stalledMs],
  ['a second request that does not come', GET, QUICK.keepAliveMs + 1_000],
];
test.for(late)('cut in time: %s', { tags: ['security'] }, async ([, bytes, boundMs], { task }) => {
  door = await open((request, response) => {
    request.resume().on('end', () => response.end('ok'));
  });
  const from = performance.now();
  const peer = await RawPeer.connect(door.http.url);
  if (bytes !== '') peer.send(bytes);
  const ms = await heldMs(from);
  expect(ms).toBeLessThan(boundMs + SLACK_MS);
  figure(task, `${ms} ms of ${boundMs}`);
});

test('headers that come byte by byte are cut all the same', { tags: ['security'] }, async () => {
  door = await open((_, response) => response.end('ok'));
  const from = performance.now();
  (await RawPeer.connect(door.http.url)).send('GET / HTTP/1.1\r\nX: ').probe();
  expect(await heldMs(from)).toBeLessThan(QUICK.headersMs + SLACK_MS);
});

test('an answer that is not read is cut', { tags: ['security'] }, async () => {
  const closed = new Promise<void>((resolve) => {
    void open((_, response) => {
      response.once('close', resolve);
      response.end(Buffer.alloc(64 * 1024 * 1024));
    }).then(async (opened) => {
      door = opened;
      const peer = (await RawPeer.connect(opened.http.url)).send(GET);
      peer.socket.pause();
    });
  });
  const from = performance.now();
  await closed;
  expect(performance.now() - from).toBeLessThan(QUICK.stalledMs * 3 + SLACK_MS);
});

test('an answer that the hub itself is slow with is waited for', async () => {
  door = await open((_, response) => void setTimeout(() => response.end('late'), 1_500));
  expect(await (await fetch(door.http.url)).text()).toBe('late');
});

test('an upload may take longer than other bodies, as long as something comes', async () => {
  door = await open((request, response) => {
    request.resume().on('end', () => response.end('ok'));
  });
  const peer = (await RawPeer.connect(door.http.url)).send(post('/upload', 8));
  for (let sent = 0; sent < 8; sent++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    peer.send('x');
  }
  await once(peer.socket, 'data');
  expect(peer.received).toMatch(/^HTTP\/1\.1 200 /);
  peer.destroy();
});

test(
  'what still comes of a body after the answer is not waited for',
  { tags: ['security'] },
  async () => {
    door = await open((_, response) => response.writeHead(401).end());
    const peer = (await RawPeer.connect(door.http.url)).send(post('/upload', 1e9)).probe(10);
    const closedAt = await peer.closed;
    expect(peer.received).toMatch(/^HTTP\/1\.1 401 /);
    expect(closedAt - (peer.firstByteAt ?? 0)).toBeLessThan(1_000);
  },
);

test('when accepting fails the hub goes on, and says so', { tags: ['security'] }, async () => {
  door = await open((_, response) => response.end('ok'));
  door.server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
  expect(await (await fetch(door.http.url)).text()).toBe('ok');
  expect(door.issues.list().join()).toContain('LimitNOFILE');
});

test('one address has its share; who asks something lets the quiet ones go first', async () => {
  door = await open((_, response) => response.end('ok'), { strangers: 10, strangersPerAddress: 4 });
  const { url } = door.http;
  const busy = await RawPeer.connect(url, '127.0.0.1');
  const quiet = await RawPeer.connect(url, '127.0.0.1');
  const cut = once(quiet.socket, 'end');
  busy.send(GET);
  await once(busy.socket, 'data');
  for (let index = 0; index < 3; index++) await RawPeer.connect(url, '127.0.0.1');
  await cut;
  expect(door.places.stats()).toMatchObject({ strangers: 4, evicted: 1, refused: 0 });
  busy.send(GET);
  await once(busy.socket, 'data');
  await RawPeer.connect(url, '127.0.0.2');
  expect(door.places.stats()).toMatchObject({ strangers: 5, evicted: 1 });
});

test(
  'a thousand requests at once whose answers nobody reads cost two answers and the connection',
  { tags: ['security'] },
  async () => {
    let asked = 0;
    door = await open((_, response) => {
      asked++;
      setTimeout(() => response.end('x'.repeat(200_000)), 20);
    });
    const from = performance.now();
    const peer = (await RawPeer.connect(door.http.url)).send(GET.repeat(1_000));
    peer.socket.pause();
    expect(await heldMs(from)).toBeLessThan(SLACK_MS);
    expect(asked).toBe(2);
  },
);
