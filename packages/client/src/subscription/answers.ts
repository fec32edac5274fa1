import { isTopic, type History, type Subscribed, type Topic } from '@openmanager/protocol';
import * as v from 'valibot';

const topic = v.pipe(
  v.string(),
  v.check(isTopic),
  v.transform((text) => text as Topic),
);
const base = { topic, channel: v.number(), epoch: v.number() };
const span = { fromMs: v.number(), toMs: v.number() };

export const subscribedSchema: v.GenericSchema<unknown, Subscribed> = v.variant('recovery', [
  v.object({ ...base, recovery: v.literal('fresh') }),
  v.object({ ...base, recovery: v.literal('recovered') }),
  v.object({ ...base, ...span, recovery: v.literal('backfilled') }),
  v.object({ ...base, ...span, recovery: v.literal('gap') }),
]);

export const unsubscribedSchema: v.GenericSchema<unknown, { topic: Topic }> = v.object({ topic });

export const historySchema: v.GenericSchema<unknown, History> = v.object({
  keys: v.array(v.string()),
  timesMs: v.array(v.number()),
  columns: v.array(v.array(v.nullable(v.number()))),
  stepMs: v.number(),
});
