import * as v from 'valibot';
import { limits } from '../limits.ts';

/** Label name → value. A label without a value, such as a bare tag, has the empty text. */
export type Labels = Readonly<Record<string, string>>;

export const labelText: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.maxLength(limits.nameLength),
  v.regex(/^\P{Cc}*$/u, 'must be on one line'),
);

export const labelsSchema: v.GenericSchema<Labels> = v.pipe(
  v.record(v.pipe(labelText, v.minLength(1)), labelText),
  v.check((labels) => Object.keys(labels).length <= limits.labelsPerTarget, 'has too many labels'),
);
