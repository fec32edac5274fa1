import { closeSync, fchmodSync, fstatSync, openSync } from 'node:fs';

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/**
 * Makes the file if it is not there, and nobody's but its owner's: in the database are password hashes and tokens' hashes.
 * SQLite gives its log the permissions of the database.
 */
export function privateFile(path: string): void {
  const file = openSync(path, 'a', OWNER_ONLY);
  try {
    if ((fstatSync(file).mode & OTHERS) !== 0) fchmodSync(file, OWNER_ONLY);
  } catch (error) {
    // It is somebody else's, or on a filesystem without permissions: that is theirs to decide.
    if (!['EPERM', 'ENOTSUP', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  } finally {
    closeSync(file);
  }
}
