import { DAY_MS } from '@openmanager/protocol/durations';
import { StoreError } from '@openmanager/store';
import { beforeEach, describe, expect, test } from 'vitest';
import { Auth } from './index.ts';
import type { Subject } from '../ports/index.ts';
import { ManualClock } from '../../test/kit/manual-clock.ts';
import { MemoryStore } from '../../test/kit/memory-store.ts';

const cheap = { memoryKib: 64, passes: 1, parallelism: 1 };
const ADDRESS = '192.0.2.1';
const PASSWORD = 'correct horse battery';

let store: MemoryStore;
let clock: ManualClock;
let auth: Auth;

const open = (): Promise<Auth> => Auth.open({ records: store, clock, passwordCost: cheap });

beforeEach(async () => {
  store = new MemoryStore();
  clock = new ManualClock();
  auth = await open();
});

async function signIn(): Promise<{ cookie: string; subject: Extract<Subject, { kind: 'user' }> }> {
  const link = (await auth.issueSigninLink(true)) as string;
  const { token } = await auth.signInByLink(link);
  const subject = await auth.authenticate({ cookie: token });
  if (subject.kind !== 'user') throw new Error('no user');
  return { cookie: token, subject };
}

describe('the one-time link', () => {
  test('signs the first administrator in, once', async () => {
    const link = (await auth.issueSigninLink(false)) as string;
    const { session } = await auth.signInByLink(link);
    expect(session).toEqual({ name: 'admin', role: 'admin', hasPassword: false });
    await expect(auth.signInByLink(link)).rejects.toMatchObject({ code: 'setup-link-used' });
  });

  test('of two at the same moment one succeeds', async () => {
    const link = (await auth.issueSigninLink(false)) as string;
    const results = await Promise.allSettled([auth.signInByLink(link), auth.signInByLink(link)]);
    expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('ends with the next one, with its time, and with the first password', async () => {
    const first = (await auth.issueSigninLink(false)) as string;
    const second = (await auth.issueSigninLink(false)) as string;
    await expect(auth.signInByLink(first)).rejects.toMatchObject({ code: 'setup-link-used' });
    clock.advance(2 * DAY_MS);
    await expect(auth.signInByLink(second)).rejects.toMatchObject({ code: 'setup-link-used' });

    const { subject } = await signIn();
    const third = (await auth.issueSigninLink(false)) as string;
    await auth.changePassword(subject, undefined, PASSWORD);
    await expect(auth.signInByLink(third)).rejects.toMatchObject({ code: 'setup-link-used' });
  });

  test('is made anew at each start until an administrator has a password, then only when asked for', async () => {
    await signIn();
    auth = await open();
    expect(await auth.issueSigninLink(false)).not.toBeNull();
    const { subject } = await signIn();
    await auth.changePassword(subject, undefined, PASSWORD);
    auth = await open();
    expect(await auth.issueSigninLink(false)).toBeNull();
    const link = await auth.issueSigninLink(true);
    await expect(auth.signInByLink(link as string)).resolves.toMatchObject({
      session: { hasPassword: true },
    });
  });

  test('survives a failing store unused', async () => {
    const link = (await auth.issueSigninLink(false)) as string;
    store.failure = new StoreError('full', 'no space');
    await expect(auth.signInByLink(link)).rejects.toBeInstanceOf(StoreError);
    store.failure = undefined;
    await expect(auth.signInByLink(link)).resolves.toBeDefined();
  });
});

describe('passwords', () => {
  test('sign in, with the name and only the right one', async () => {
    const { subject } = await signIn();
    await auth.changePassword(subject, undefined, PASSWORD);
    await expect(auth.logIn('admin', PASSWORD, ADDRESS)).resolves.toMatchObject({
      session: { name: 'admin' },
    });
    await expect(auth.logIn('admin', 'wrong horse battery', ADDRESS)).rejects.toMatchObject({
      code: 'wrong-credentials',
    });
    await expect(auth.logIn('nobody', PASSWORD, ADDRESS)).rejects.toMatchObject({
      code: 'wrong-credentials',
    });
  });

  test('an administrator without one cannot be signed in with an empty one', async () => {
    await signIn();
    await expect(auth.logIn('admin', '', ADDRESS)).rejects.toMatchObject({
      code: 'wrong-credentials',
    });
  });

  test('need ten characters and the current one', async () => {
    const { subject } = await signIn();
    await expect(auth.changePassword(subject, undefined, 'too short')).rejects.toMatchObject({
      code: 'password-too-weak',
      field: 'password',
    });
    await auth.changePassword(subject, undefined, PASSWORD);
    await expect(auth.changePassword(subject, undefined, 'another good one')).rejects.toMatchObject(
      { field: 'current' },
    );
    await expect(
      auth.changePassword(subject, 'guessed wrongly', 'another good one'),
    ).rejects.toMatchObject({ field: 'current' });
    await auth.changePassword(subject, PASSWORD, 'another good one');
    await expect(auth.logIn('admin', 'another good one', ADDRESS)).resolves.toBeDefined();
  });

  test('a change ends all other sessions and says so', async () => {
    const one = await signIn();
    const other = await signIn();
    const revoked: Subject[] = [];
    auth.onRevoked((subject) => revoked.push(subject));
    await auth.changePassword(one.subject, undefined, PASSWORD);
    await expect(auth.authenticate({ cookie: one.cookie })).resolves.toMatchObject({
      kind: 'user',
    });
    await expect(auth.authenticate({ cookie: other.cookie })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    expect(revoked).toEqual([other.subject]);
  });

  test('guesses are bounded per name and address, and per name', async () => {
    const { subject } = await signIn();
    await auth.changePassword(subject, undefined, PASSWORD);
    for (let index = 0; index < 10; index++)
      await expect(auth.logIn('admin', `guess ${index}`, ADDRESS)).rejects.toMatchObject({
        code: 'wrong-credentials',
      });
    await expect(auth.logIn('admin', PASSWORD, ADDRESS)).rejects.toMatchObject({
      code: 'too-many-requests',
    });
    await expect(auth.logIn('admin', PASSWORD, '192.0.2.2')).resolves.toBeDefined();
    clock.advance(5 * 60_000);
    await expect(auth.logIn('admin', PASSWORD, ADDRESS)).resolves.toBeDefined();
    for (let index = 0; index < 99; index++)
      await auth.logIn('admin', 'guess', `198.51.100.${index}`).catch(() => undefined);
    await expect(auth.logIn('admin', PASSWORD, '203.0.113.1')).rejects.toMatchObject({
      code: 'too-many-requests',
    });
  });
});

describe('sessions', () => {
  test('are read from a whole Cookie header too', async () => {
    const { cookie, subject } = await signIn();
    await expect(
      auth.authenticate({ cookie: `a=b; openmanager_session=${cookie}; c=d` }),
    ).resolves.toEqual(subject);
    await expect(auth.authenticate({ cookie: 'a=b' })).resolves.toEqual({ kind: 'anonymous' });
    await expect(auth.authenticate({})).resolves.toEqual({ kind: 'anonymous' });
  });

  test('last 30 days after their last use, over a restart', async () => {
    const { cookie } = await signIn();
    clock.advance(29 * DAY_MS);
    await auth.authenticate({ cookie });
    auth = await open();
    clock.advance(29 * DAY_MS);
    await expect(auth.authenticate({ cookie })).resolves.toMatchObject({ kind: 'user' });
    clock.advance(31 * DAY_MS);
    await expect(auth.authenticate({ cookie })).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('end with signing out, and are pruned when over', async () => {
    const one = await signIn();
    const other = await signIn();
    const revoked: Subject[] = [];
    auth.onRevoked((subject) => revoked.push(subject));
    await auth.logOut(one.subject);
    await expect(auth.authenticate({ cookie: one.cookie })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    clock.advance(31 * DAY_MS);
    await auth.prune();
    expect(revoked).toEqual([one.subject, other.subject]);
    expect(store.collections.get('sessions')?.size).toBe(0);
  });

  test('are at most a hundred per user', async () => {
    const first = await signIn();
    clock.advance(1);
    for (let index = 0; index < 100; index++) await signIn();
    expect(store.collections.get('sessions')?.size).toBe(100);
    await expect(auth.authenticate({ cookie: first.cookie })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });
});

describe('tokens', () => {
  test('read, until revoked', async () => {
    const { tokenId, secret } = await auth.createToken('wall');
    expect(secret).toMatch(/^om_/);
    await expect(auth.authenticate({ bearer: secret })).resolves.toEqual({
      kind: 'token',
      tokenId,
    });
    await expect(auth.authenticate({ bearer: `${secret.slice(0, -1)}!` })).rejects.toMatchObject({
      code: 'wrong-token',
    });
    auth = await open();
    expect(auth.listTokens()).toMatchObject([{ tokenId, name: 'wall', lastUsedAtMs: clock.now() }]);
    expect(JSON.stringify(auth.listTokens())).not.toContain('secret');
    await auth.revokeToken(tokenId);
    await expect(auth.authenticate({ bearer: secret })).rejects.toMatchObject({
      code: 'wrong-token',
    });
    await expect(auth.revokeToken(tokenId)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('have names of their own', async () => {
    await auth.createToken('wall');
    await expect(auth.createToken('wall')).rejects.toMatchObject({
      code: 'already-exists',
      field: 'name',
    });
  });
});

describe('agents', () => {
  test('enrol with a code, typed carelessly, once and within 15 minutes', async () => {
    const { code, expiresAtMs } = await auth.createCode();
    expect(code).toMatch(/^[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){3}$/);
    expect(expiresAtMs).toBe(clock.now() + 15 * 60_000);
    const { agentId, key } = await auth.enrol(` ${code.toLowerCase().replaceAll('-', ' ')}`, 'box');
    expect(agentId).toMatch(/^[a-z0-9]{12}$/);
    await expect(auth.authenticate({ bearer: key })).resolves.toEqual({ kind: 'agent', agentId });
    await expect(auth.enrol(code, 'box')).rejects.toMatchObject({ code: 'code-expired' });
    const late = await auth.createCode();
    clock.advance(15 * 60_000);
    await expect(auth.enrol(late.code, 'box')).rejects.toMatchObject({ code: 'code-expired' });
    await expect(auth.enrol('AAAA-AAAA-AAAA-AAAA', 'box')).rejects.toMatchObject({
      code: 'code-expired',
    });
  });

  test('of two that use a code at the same moment one is enrolled', async () => {
    const { code } = await auth.createCode();
    const results = await Promise.allSettled([auth.enrol(code, 'a'), auth.enrol(code, 'b')]);
    expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(auth.agents()).toHaveLength(1);
  });

  test('a code is not lost when the store fails', async () => {
    const { code } = await auth.createCode();
    store.failure = new StoreError('full', 'no space');
    await expect(auth.enrol(code, 'box')).rejects.toBeInstanceOf(StoreError);
    expect(auth.agents()).toHaveLength(0);
    store.failure = undefined;
    await expect(auth.enrol(code, 'box')).resolves.toBeDefined();
  });

  test('unused codes are bounded', async () => {
    for (let index = 0; index < 200; index++) await auth.createCode();
    await expect(auth.createCode()).rejects.toMatchObject({ code: 'too-many-requests' });
    clock.advance(15 * 60_000);
    await auth.createCode();
    expect(store.collections.get('enrolment-codes')?.size).toBe(1);
  });

  test('revoked ones are told so, over a restart; others are not known', async () => {
    const { code } = await auth.createCode();
    const { agentId, key } = await auth.enrol(code, 'box');
    const revoked: Subject[] = [];
    auth.onRevoked((subject) => revoked.push(subject));
    await auth.revokeAgent(agentId);
    expect(revoked).toEqual([{ kind: 'agent', agentId }]);
    auth = await open();
    await expect(auth.authenticate({ bearer: key })).rejects.toMatchObject({ code: 'revoked' });
    await expect(
      auth.authenticate({ bearer: `oma_${agentId}_${'x'.repeat(43)}` }),
    ).rejects.toMatchObject({ code: 'wrong-token' });
    await expect(auth.revokeAgent(agentId)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('the local one keeps its id and gets a new key at each start', async () => {
    const first = await auth.localAgentKey('box');
    auth = await open();
    const second = await auth.localAgentKey('box');
    expect(second.agentId).toBe(first.agentId);
    await expect(auth.authenticate({ bearer: second.key })).resolves.toMatchObject({
      kind: 'agent',
    });
    await expect(auth.authenticate({ bearer: first.key })).rejects.toMatchObject({
      code: 'wrong-token',
    });
    expect((await auth.localAgentKey('other')).agentId).not.toBe(first.agentId);
    await auth.revokeAgent(first.agentId);
    expect((await auth.localAgentKey('box')).agentId).not.toBe(first.agentId);
  });
});

test('nothing secret is stored in clear', async () => {
  const link = (await auth.issueSigninLink(false)) as string;
  const { cookie, subject } = await signIn();
  await auth.changePassword(subject, undefined, PASSWORD);
  const forced = (await auth.issueSigninLink(true)) as string;
  const { secret } = await auth.createToken('wall');
  const { code } = await auth.createCode();
  const used = await auth.createCode();
  const { key } = await auth.enrol(used.code, 'box');
  const local = await auth.localAgentKey('box');
  const stored = JSON.stringify([...store.collections].map(([name, map]) => [name, [...map]]));
  for (const text of [
    link,
    forced,
    cookie,
    PASSWORD,
    secret.slice(16),
    code,
    used.code,
    key.slice(17),
    local.key.slice(17),
  ])
    expect(stored).not.toContain(text);
  expect(stored).toContain('argon2id');
});
