import { PROTOCOL_VERSION } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Follower, refusalOf, socketTo, startHub, type TestHub } from '../../test/gateway/hub.ts';

let hub: TestHub;
beforeEach(async () => {
  hub = await startHub({ allowedOrigins: ['https://status.example.org'] });
});
afterEach(async () => {
  await hub.stop();
});

const cookie = { cookie: 'openmanager_session=s-1' };

test('a version that is not spoken is refused with the versions that are', async () => {
  expect(await refusalOf(hub.url, { auth: { version: 9, token: 't-one' } })).toMatchObject({
    code: 'protocol-version',
    message: expect.stringContaining(`, ${PROTOCOL_VERSION} is`) as string,
    field: 'version',
  });
});

test.each([
  [{ auth: {} }, { code: 'invalid-input', field: 'version' }],
  [{ auth: { version: PROTOCOL_VERSION, token: 7 } }, { code: 'invalid-input', field: 'token' }],
  [
    { auth: { version: PROTOCOL_VERSION, token: 'x'.repeat(300) } },
    { code: 'invalid-input', field: 'token' },
  ],
  [{ auth: { version: PROTOCOL_VERSION } }, { code: 'unauthenticated' }],
  [{ auth: { version: PROTOCOL_VERSION, token: 'bad' } }, { code: 'wrong-token' }],
  [{ auth: { version: PROTOCOL_VERSION, token: 'agent-1' } }, { code: 'forbidden' }],
])('handshake %j is refused with %j', async (dial, expected) => {
  expect(await refusalOf(hub.url, dial)).toMatchObject({
    ...expected,
    action: expect.any(String) as string,
  });
});

test('a page of this hub is known by its cookie', async () => {
  const follower = await Follower.connect(hub.url, {
    auth: { version: PROTOCOL_VERSION },
    extraHeaders: { ...cookie, origin: hub.url },
  });
  expect(follower.socket.connected).toBe(true);
  follower.socket.disconnect();
});

test.each(['websocket', 'polling'])(
  'a page of --allow-origin is not known by a cookie, over %s',
  { tags: ['security'] },
  async (transport) => {
    const origin = 'https://status.example.org';
    const dial = {
      auth: { version: PROTOCOL_VERSION },
      transports: [transport],
      extraHeaders: { ...cookie, origin },
    };
    expect(await refusalOf(hub.url, dial)).toMatchObject({ code: 'unauthenticated' });
  },
);

test('a cookie without Origin does not open a WebSocket', async () => {
  const refused = await refusalOf(hub.url, {
    auth: { version: PROTOCOL_VERSION },
    extraHeaders: cookie,
  });
  expect(refused).toMatchObject({ code: 'unauthenticated' });
});

test('polling of our own page, which sends no Origin, is known by its cookie', async () => {
  const dial = { auth: { version: PROTOCOL_VERSION }, transports: ['polling'] };
  const follower = await Follower.connect(hub.url, { ...dial, extraHeaders: cookie });
  expect(follower.socket.connected).toBe(true);
  follower.socket.disconnect();
  const foreign = { ...cookie, 'sec-fetch-site': 'cross-site' };
  expect(await refusalOf(hub.url, { ...dial, extraHeaders: foreign })).toMatchObject({
    code: 'unauthenticated',
  });
});

test.each(['websocket', 'polling'])(
  'a foreign origin is refused over %s, whatever it brings',
  async (transport) => {
    for (const origin of [
      'https://evil.example',
      'null',
      `${hub.url}.evil.example`,
      'https://status.example.org:8443',
    ]) {
      const dial = { transports: [transport], extraHeaders: { ...cookie, origin } };
      expect(typeof (await refusalOf(hub.url, dial))).toBe('string');
    }
    expect(hub.warnings[0]).toContain('--allow-origin');
  },
);

test('the refusal of an origin says what to do to whom can read it', async () => {
  const response = await fetch(`${hub.url}/socket.io/?EIO=4&transport=polling`, {
    headers: { origin: 'https://evil.example' },
  });
  expect(response.status).toBe(403);
  const { message } = (await response.json()) as { message: string };
  expect(JSON.parse(message)).toMatchObject({ code: 'origin-not-allowed' });
});

test('an allowed origin may connect with a token', async () => {
  const follower = await Follower.connect(hub.url, {
    extraHeaders: { origin: 'https://status.example.org' },
  });
  expect(follower.socket.connected).toBe(true);
  follower.socket.disconnect();
});

test('other paths and other upgrades stay with their owners', async () => {
  expect(await (await fetch(`${hub.url}/api/v1/health`)).text()).toBe('other');
});

test('a revoked session is told and cut, others are not', async () => {
  const one = await Follower.connect(hub.url);
  const two = await Follower.connect(hub.url, {
    auth: { version: PROTOCOL_VERSION, token: 't-two' },
  });
  hub.live.set('aaaaaaaaaaaa', [1], { keys: ['k'] });
  await one.subscribe('fleet');
  await two.subscribe('fleet');
  hub.auth.revoke({ kind: 'token', tokenId: 't-one' });
  await one.untilClosed();
  const before = one.kinds.length;
  hub.live.set('aaaaaaaaaaaa', [2]);
  hub.time.pass(50);
  await two.settle();
  expect(one.closing).toMatchObject([{ code: 'unauthenticated' }]);
  expect(one.kinds).toHaveLength(before);
  expect(two.kinds).toEqual(['keyframe', 'delta']);
  expect(hub.gateway.stats().clients).toBe(1);
  two.socket.disconnect();
});

test('more clients than the bound are refused', async () => {
  const small = await startHub({ limits: { clients: 2 } });
  const followers = [await Follower.connect(small.url), await Follower.connect(small.url)];
  expect(typeof (await refusalOf(small.url, {}))).toBe('string');
  expect(small.gateway.stats().clients).toBe(2);
  for (const { socket } of followers) socket.disconnect();
  await small.stop();
});

test('a drained hub says that it stops and refuses newcomers', async () => {
  const follower = await Follower.connect(hub.url);
  await hub.gateway.drain();
  await follower.untilClosed();
  expect(follower.closing).toMatchObject([{ code: 'shutting-down' }]);
  expect(typeof (await refusalOf(hub.url, {}))).toBe('string');
  await expect.poll(() => hub.gateway.stats().clients).toBe(0);
});

test('two handshakes at once on the same connection end it', async () => {
  const socket = socketTo(hub.url);
  socket.io.on('open', () => socket.io.engine.write('0{"version":1,"token":"t-one"}'));
  await new Promise((resolve) => socket.io.on('close', resolve));
  await expect.poll(() => hub.gateway.stats().clients).toBe(0);
});

test(
  'sessions that show nobody push out one another, never those that did; an address may begin only so many',
  { tags: ['security'] },
  async () => {
    const small = await startHub({ limits: { strangersPerAddress: 2, handshakesPerAddress: 6 } });
    const polling = `${small.url}/socket.io/?EIO=4&transport=polling`;
    const begin = async (headers: Record<string, string> = {}): Promise<string> => {
      const answer = await fetch(polling, { headers });
      if (!answer.ok) return String(answer.status);
      return (JSON.parse((await answer.text()).slice(1)) as { sid: string }).sid;
    };
    const isThere = async (sid: string): Promise<boolean> =>
      (await fetch(`${polling}&sid=${sid}`, { method: 'POST', body: '3' })).ok;
    const known = await Follower.connect(small.url, { transports: ['polling'] });
    const [first, second, third] = [await begin(), await begin(), await begin()];
    expect([await isThere(first), await isThere(second), await isThere(third)]).toEqual([
      false,
      true,
      true,
    ]);
    for (let more = 0; more < 3; more++) await begin();
    expect(await begin()).toBe('403');
    // Who comes with the cookie of a session is no stranger.
    expect(await begin({ ...cookie, origin: small.url })).not.toBe('403');
    expect(known.socket.connected).toBe(true);
    known.socket.disconnect();
    await small.stop();
  },
);
