import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './password.ts';

test("the default cost is OWASP's, and the hash can be read back", async () => {
  const hash = await hashPassword('correct horse battery');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await verifyPassword('correct horse battery', hash)).toBe(true);
  expect(await verifyPassword('correct horse batterz', hash)).toBe(false);
});

test('a hash of another cost, made by the reference implementation, is read', async () => {
  // argon2 CLI: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 24
  const reference =
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await verifyPassword('password', reference)).toBe(true);
});

test('a name without a password costs the same work', async () => {
  const hash = await hashPassword('correct horse battery');
  const measure = async (stored: string | undefined): Promise<number> => {
    const before = process.cpuUsage();
    await verifyPassword('correct horse battery', stored);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  await measure(hash);
  const known = await measure(hash);
  const unknown = await measure(undefined);
  // CPU time, not a clock: without the work it would be a hundredth.
  expect(unknown).toBeGreaterThan(known / 5);
});

test('composed and decomposed letters are the same password', async () => {
  const hash = await hashPassword('pässwörter sind lang');
  expect(await verifyPassword('pa\u0308sswo\u0308rter sind lang', hash)).toBe(true);
});

test('many at once are bounded, not all run', async () => {
  const hash = await hashPassword('correct horse battery', {
    memoryKib: 64,
    passes: 1,
    parallelism: 1,
  });
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, () => verifyPassword('x', hash)),
  );
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(100 - 4 - 64);
  expect(refused[0]).toMatchObject({ reason: { code: 'too-many-requests' } });
  expect(await verifyPassword('correct horse battery', hash)).toBe(true);
});
