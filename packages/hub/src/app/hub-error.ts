import { StoreError, type StoreErrorCode } from '@openmanager/store';

export type HubErrorCode =
  | 'listen-invalid'
  | 'port-in-use'
  | 'listen-denied'
  | 'address-unavailable'
  | StoreErrorCode;

/** Why the hub could not start. The message is for the person at the terminal: what happened and what to do. */
export class HubError extends Error {
  readonly code: HubErrorCode;

  constructor(code: HubErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HubError';
    this.code = code;
  }
}

const actions: Readonly<Record<StoreErrorCode, string>> = {
  'read-only': 'Give this user write permission to it, or choose another folder with --data.',
  'newer-version':
    'It was written by a newer version: update OpenManager, or choose another folder with --data.',
  'older-version': 'Move it away, or choose another folder with --data: a new one is made.',
  'in-use': 'Another hub uses it: stop that one, or choose another folder with --data.',
  corrupt:
    'See what is damaged with “openmanager check DIR”, keep what is whole with “openmanager repair DIR”, or restore a backup.',
  full: 'Free some disk space and start again; nothing in the folder may be removed but openmanager.reserve and copies you made.',
  missing:
    'Put the file back or restore a backup; to start anew and lose what was stored, start once with --new.',
  'disk-error': 'Check the disk, its quota and the system log, then start again.',
  closed: 'Start again.',
  overloaded: 'Start again.',
  'too-large': 'Start again.',
  cancelled: 'Start again.',
  invalid: 'Change the setting it names.',
  failed: 'Check that it is a folder this user can use, or choose another with --data.',
};

export function storeStartError(error: unknown, folder: string): unknown {
  if (!(error instanceof StoreError)) return error;
  return new HubError(
    error.code,
    `Cannot use the data folder ${folder}: ${error.message} ${actions[error.code]}`,
    {
      cause: error,
    },
  );
}

export function listenError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const options = { cause: error };
  if (code === 'EADDRINUSE')
    return new HubError(
      'port-in-use',
      `Port ${port} on ${host} is already in use. Stop the program that uses it (perhaps another hub), ` +
        `or choose another port: --listen ${host}:${port + 1}`,
      options,
    );
  if (code === 'EACCES')
    return new HubError(
      'listen-denied',
      `This user may not listen on port ${port}. Choose a port above 1023: --listen ${host}:8787`,
      options,
    );
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new HubError(
      'address-unavailable',
      `This machine has no address ${host}. Use one it has, 127.0.0.1 for this machine only or 0.0.0.0 for all: --listen 127.0.0.1:${port}`,
      options,
    );
  return error;
}
