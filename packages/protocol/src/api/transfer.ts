import * as v from 'valibot';

/** Answer to POST /api/v1/import. */
export interface ImportAnswer {
  readonly samples: number;
  readonly series: number;
  readonly hosts: number;
  /** Samples that were no number. */
  readonly skipped: number;
}

export const importAnswerSchema: v.GenericSchema<unknown, ImportAnswer> = v.pipe(
  v.object({
    samples: v.number(),
    series: v.number(),
    hosts: v.number(),
    skipped: v.number(),
  }),
  v.title('ImportAnswer'),
);
