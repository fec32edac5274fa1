/** Parsing of input from outside by its schema. */
import * as v from 'valibot';
import { ProtocolError, type FieldIssue } from './errors.ts';

/** Issues that an error names at most: a list of ten thousand wrong entries would fill the answer. */
const ISSUES = 20;

/** What the schema makes of the input. Throws `invalid-input` that names the fields which are wrong. */
export function parseInput<T>(schema: v.GenericSchema<unknown, T>, input: unknown): T {
  const result = v.safeParse(schema, input);
  if (!result.success) throw invalidInput(result.issues);
  const misread = misreadField(input, result.output, '');
  if (misread !== undefined) throw misread;
  return result.output;
}

/** Names that schemas of records leave out of what they answer, since they are those of every object. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * What schemas take and make something else of in silence: a list where an object is wanted, which would be an empty
 * object, and reserved names, which would be left out.
 */
function misreadField(input: unknown, output: unknown, path: string): ProtocolError | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  if (typeof output !== 'object' || output === null) return undefined;
  if (Array.isArray(input) && !Array.isArray(output))
    return path === ''
      ? new ProtocolError('invalid-input', 'must be an object, not a list')
      : invalidField(path, 'must be an object, not a list');
  for (const name of Object.keys(input)) {
    const field = path === '' ? name : `${path}.${name}`;
    if (RESERVED.has(name)) return invalidField(field, 'this name is reserved');
    const [inner, made] = [input, output].map((of) => (of as Record<string, unknown>)[name]);
    const misread = misreadField(inner, made, field);
    if (misread !== undefined) return misread;
  }
  return undefined;
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
