import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'secrets.key';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';

export class VaultError extends Error {
  readonly action: string;

  constructor(message: string, action: string) {
    super(message);
    this.name = 'VaultError';
    this.action = action;
  }
}

/**
 * Encrypts secrets before they are stored (AES-256-GCM, a new nonce each time), bound to the place they are stored
 * in, so that one cannot be passed off as another.
 */
export class Vault {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    if (key.byteLength !== KEY_BYTES)
      throw new VaultError(
        `The key of the secrets has ${key.byteLength} bytes, not ${KEY_BYTES}.`,
        `Put the right ${FILE} back, or remove it and set the secrets of all receivers anew.`,
      );
    this.#key = key;
  }

  seal(text: string, place: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return [VERSION, Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')].join(
      '.',
    );
  }

  /** Throws VaultError for what was sealed with another key or for another place, or was changed since. */
  open(sealed: string, place: string): string {
    const [version, data = ''] = sealed.split('.');
    const bytes = Buffer.from(data, 'base64url');
    try {
      if (version !== VERSION || bytes.byteLength < IV_BYTES + TAG_BYTES) throw new Error('form');
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      throw new VaultError(
        `A secret of ${place} cannot be read with this key.`,
        `Put the ${FILE} it was sealed with back, or set the secret anew.`,
      );
    }
  }
}

/** Whether a hub has made the key of its secrets in this folder. */
export function hasVault(folder: string): boolean {
  return existsSync(join(folder, FILE));
}

/** The vault of a data folder. Its key is a file beside the database, for the owner only, made at the first use. */
export function openVault(folder: string): Vault {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILE);
  try {
    writeFileSync(path, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // A backup may have been put back with other permissions.
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  }
  return new Vault(readFileSync(path));
}
