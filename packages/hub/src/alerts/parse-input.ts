import { issuesOf } from '@openmanager/alerting';
import { ProtocolError } from '@openmanager/protocol';
import * as v from 'valibot';

/** Parses input from outside; the first thing wrong is named. Throws `invalid-input`. */
export function parseInput<T>(schema: v.GenericSchema<unknown, T>, input: unknown): T {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const field = v.getDotPath(result.issues[0]) ?? undefined;
  throw new ProtocolError('invalid-input', issuesOf(result.issues)[0], field);
}

export function invalidInput(field: string, message: string): ProtocolError {
  return new ProtocolError('invalid-input', `${field}: ${message}`, field);
}
