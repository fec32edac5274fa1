import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const SECRET_BYTES = 32;
const ID_LENGTH = 12;
const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** 256 random bits as base64url: 43 characters. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/**
 * What is stored of a random secret: SHA-256 as hex. A fast hash is enough for 256 random bits; passwords
 * go through `password.ts` instead.
 */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in constant time, so that the answer's delay tells nothing about the stored digest. */
export function matchesDigest(secret: string, stored: string): boolean {
  const given = Buffer.from(digest(secret), 'hex');
  const known = Buffer.from(stored, 'hex');
  return given.length === known.length && timingSafeEqual(given, known);
}

/** An identifier of the form /^[a-z0-9]{12}$/, 62 bits. */
export function newId(): string {
  let id = '';
  for (let index = 0; index < ID_LENGTH; index++) id += ID_ALPHABET[randomInt(ID_ALPHABET.length)];
  return id;
}
