import * as v from 'valibot';
import { acknowledgementSchema, type Acknowledgement } from './notification.ts';

/** What is true of an alert beside its state. */
export interface AlertFacts {
  readonly acknowledged?: Acknowledgement | undefined;
  /** Ids of silences. */
  readonly silencedBy: readonly string[];
  /** Ids of alerts. */
  readonly inhibitedBy: readonly string[];
}

/** The same with the alert it is about. */
export interface AlertFactsEntry extends AlertFacts {
  readonly alertId: string;
}

export const alertFactsSchema: v.GenericSchema<unknown, AlertFactsEntry> = v.pipe(
  v.object({
    alertId: v.string(),
    acknowledged: v.optional(acknowledgementSchema),
    silencedBy: v.pipe(v.array(v.string()), v.description('Ids of silences')),
    inhibitedBy: v.pipe(v.array(v.string()), v.description('Ids of alerts')),
  }),
  v.title('AlertFacts'),
);
