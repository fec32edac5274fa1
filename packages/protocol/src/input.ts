/** Parsing of input from outside by its schema. */
import * as v from 'valibot';
import { ProtocolError, type FieldIssue } from './errors.ts';

/** Issues that an error names at most: a list of ten thousand wrong entries would fill the answer. */
const ISSUES = 20;

/** What the schema makes of the input. Throws `invalid-input` that names the fields which are wrong. */
export function parseInput<T>(schema: v.GenericSchema<unknown, T>, input: unknown): T {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  throw invalidInput(result.issues);
}

function invalidInput(
  issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]],
): ProtocolError {
  const [first] = issues;
  const field = v.getDotPath(first);
  const named = issues.slice(0, ISSUES).flatMap((issue): FieldIssue[] => {
    const path = v.getDotPath(issue);
    return path === null ? [] : [{ field: path, detail: issue.message }];
  });
  return new ProtocolError(
    'invalid-input',
    field === null ? first.message : `${field}: ${first.message}`,
    named,
  );
}

/** `invalid-input` about one field. */
export function invalidField(field: string, message: string): ProtocolError {
  return new ProtocolError('invalid-input', `${field}: ${message}`, field);
}
