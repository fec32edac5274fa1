/** Who this agent is: written by enrolment, read at each start. */
import { join } from 'node:path';
import * as v from 'valibot';
import { AgentError } from '../agent-error.ts';
import { readStateFile, writeStateFile } from './state-file.ts';

export interface Identity {
  readonly agentId: string;
  readonly key: string;
  readonly hubUrl: string;
}

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
const identitySchema: v.GenericSchema<unknown, Identity> = v.object({
  agentId: text,
  key: text,
  hubUrl: text,
});

const pathOf = (stateFolder: string): string => join(stateFolder, 'identity.json');

export function loadIdentity(stateFolder: string): Identity | undefined {
  const path = pathOf(stateFolder);
  const content = readStateFile(path);
  if (content === undefined) return undefined;
  try {
    return v.parse(identitySchema, JSON.parse(content));
  } catch (error) {
    throw new AgentError(
      'state-unusable',
      `${path} is damaged.`,
      'Remove it and run "openmanager agent enroll" with a new code from the Agents page.',
      error,
    );
  }
}

export function saveIdentity(stateFolder: string, identity: Identity): void {
  writeStateFile(pathOf(stateFolder), `${JSON.stringify(identity, null, 2)}\n`);
}
