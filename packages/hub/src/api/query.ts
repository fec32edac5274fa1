/** Parsers of parameters in the address. What follows the last transformation says their type in the document. */
import { limits } from '@openmanager/protocol';
import * as v from 'valibot';

export type Parser<T> = v.GenericSchema<unknown, T>;

interface Documented {
  readonly description?: string;
  readonly example?: string | number;
}

function documented<T>(parser: Parser<T>, { description, example }: Documented): Parser<T> {
  const described = description === undefined ? parser : v.pipe(parser, v.description(description));
  return example === undefined ? described : v.pipe(described, v.examples([example as T]));
}

export interface WholeOptions extends Documented {
  readonly min?: number;
  readonly max?: number;
}

export function whole(options: WholeOptions = {}): Parser<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  const parser = v.pipe(
    v.string(),
    v.regex(/^\d{1,16}$/, 'must be a whole number'),
    v.transform(Number),
    v.number(),
    v.integer(),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );
  return documented(parser, options);
}

const FROM_MS = 1_764_547_200_000;
const HOUR_MS = 3_600_000;

export const fromMs: Parser<number> = whole({
  description: 'Start, epoch milliseconds',
  example: FROM_MS,
});
export const toMs: Parser<number> = whole({
  description: 'End, epoch milliseconds',
  example: FROM_MS + HOUR_MS,
});

/** A parameter that may be repeated. */
export function names(
  limit: number,
  description: string,
  example: readonly string[],
): Parser<readonly string[]> {
  const parser = v.pipe(
    v.union([v.array(v.string()), v.string()]),
    v.transform((given) => (typeof given === 'string' ? [given] : given)),
    v.array(v.pipe(v.string(), v.minLength(1))),
    v.maxLength(limit, `must be at most ${limit}`),
  );
  return v.pipe(parser, v.description(description), v.examples([[...example]]));
}

export function name(description: string, example: string): Parser<string> {
  return documented(v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength)), {
    description,
    example,
  });
}

export const hostId: Parser<string> = name(
  'Id of a host, which is that of its agent',
  'k3v9q2m8x1ab',
);
export const hostParams: Parser<{ hostId: string }> = v.object({ hostId });

const PAGE_LIMIT = 1_000;

/** Default of `limit`. */
export const pageLimit: Parser<number> = v.optional(
  whole({ min: 1, max: PAGE_LIMIT, description: 'Entries of the answer', example: 100 }),
  '100',
);
