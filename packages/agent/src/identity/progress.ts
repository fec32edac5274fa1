/**
 * Whose batches are in the spool, and what the hub has acknowledged. A folder that was enrolled anew must not send the
 * batches of the host it was before, and a hub that has less than it acknowledged is to hear of it.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nothingReceived, type Received, receivedSchema } from '@openmanager/protocol';
import * as v from 'valibot';
import { writeStateFile } from './state-file.ts';

export interface Progress {
  /** The agent, without its key. */
  readonly owner: string;
  readonly acknowledged: Received;
}

const progressSchema: v.GenericSchema<unknown, Progress> = v.object({
  owner: v.string(),
  acknowledged: receivedSchema,
});

const pathOf = (stateFolder: string): string => join(stateFolder, 'progress.json');

/** The agent that a key belongs to; a key beside a hub changes, its agent does not. */
export function ownerOf(key: string): string {
  return (
    /^oma_([a-z0-9]{12})_/.exec(key)?.[1] ??
    createHash('sha256').update(key).digest('hex').slice(0, 12)
  );
}

/** Undefined when there is none that can be read. */
export function loadProgress(stateFolder: string): Progress | undefined {
  try {
    return v.parse(progressSchema, JSON.parse(readFileSync(pathOf(stateFolder), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Throws AgentError. */
export function saveProgress(
  stateFolder: string,
  owner: string,
  acknowledged: Received = nothingReceived,
): void {
  writeStateFile(pathOf(stateFolder), `${JSON.stringify({ owner, acknowledged })}\n`);
}
