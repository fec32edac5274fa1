import * as v from 'valibot';

/** A time in a REST body. */
export const timeSchema: v.GenericSchema<unknown, number> = v.pipe(
  v.number(),
  v.description('Epoch milliseconds'),
);
