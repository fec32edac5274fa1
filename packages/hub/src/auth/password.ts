/**
 * Passwords by Argon2id with the parameters of the OWASP Password Storage Cheat Sheet
 * (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html: m = 19 MiB, t = 2, p = 1),
 * stored as a PHC string so that old hashes stay readable when the parameters are raised.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { ProtocolError } from '@openmanager/protocol';

export interface Argon2Cost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
}

export const argon2CostDefaults: Argon2Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 };

/** Shortest password, in characters. */
export const PASSWORD_MIN_LENGTH = 10;

const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Each hash takes 19 MiB for its duration: this bounds memory when many sign in at once. */
const MAX_AT_ONCE = 4;
const MAX_WAITING = 64;
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

let running = 0;
const waiting: (() => void)[] = [];

async function derive(
  password: string,
  salt: Buffer,
  cost: Argon2Cost,
  tagBytes: number,
): Promise<Buffer> {
  if (running >= MAX_AT_ONCE) {
    if (waiting.length >= MAX_WAITING) throw new ProtocolError('too-many-requests');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running++;
  }
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      argon2(
        'argon2id',
        {
          // The same text typed on different keyboards may come in different compositions.
          message: Buffer.from(password.normalize('NFKC'), 'utf8'),
          nonce: salt,
          memory: cost.memoryKib,
          passes: cost.passes,
          parallelism: cost.parallelism,
          tagLength: tagBytes,
        },
        (error, tag) => (error ? reject(error) : resolve(tag)),
      );
    });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

/** A PHC string. Throws `password-too-weak` for fewer than 10 characters. */
export async function hashPassword(
  password: string,
  cost: Argon2Cost = argon2CostDefaults,
): Promise<string> {
  if (Array.from(password).length < PASSWORD_MIN_LENGTH)
    throw new ProtocolError('password-too-weak', undefined, 'password');
  const salt = randomBytes(SALT_BYTES);
  const tag = await derive(password, salt, cost, TAG_BYTES);
  const text = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=${cost.parallelism}$${text(salt)}$${text(tag)}`;
}

/**
 * Whether the password belongs to the stored hash. Without a stored hash the same work is done against
 * nothing, so that the delay does not tell which names exist.
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
  cost: Argon2Cost = argon2CostDefaults,
): Promise<boolean> {
  const parts = stored === undefined ? null : PHC.exec(stored);
  if (!parts) {
    await derive(password, randomBytes(SALT_BYTES), cost, TAG_BYTES);
    return false;
  }
  const known = Buffer.from(parts[5] as string, 'base64');
  const given = await derive(
    password,
    Buffer.from(parts[4] as string, 'base64'),
    { memoryKib: Number(parts[1]), passes: Number(parts[2]), parallelism: Number(parts[3]) },
    known.length,
  );
  return timingSafeEqual(given, known);
}
