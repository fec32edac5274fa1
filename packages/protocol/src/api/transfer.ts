import * as v from 'valibot';

/** Answer to POST /api/v1/import. */
export interface ImportAnswer {
  readonly samples: number;
  readonly series: number;
  readonly hosts: number;
  /** Samples of a series and time that were there already, in the text or in history: the first one stays. */
  readonly duplicates: number;
}

export const importAnswerSchema: v.GenericSchema<unknown, ImportAnswer> = v.pipe(
  v.object({
    samples: v.number(),
    series: v.number(),
    hosts: v.number(),
    duplicates: v.number(),
  }),
  v.title('ImportAnswer'),
);
