import { ProtocolError } from '@openmanager/protocol';
import * as v from 'valibot';

/** The parsed input, or a ProtocolError that names the field. */
export function parse<T>(schema: v.GenericSchema<unknown, T>, input: unknown): T {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? undefined;
  // The schema of topics knows every topic there is, so a text that it refuses is an unknown one.
  const code =
    field === 'topic' && typeof issue.input === 'string' ? 'unknown-topic' : 'invalid-input';
  throw new ProtocolError(
    code,
    field === undefined ? issue.message : `${field}: ${issue.message}`,
    field,
  );
}
