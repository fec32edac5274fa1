/** What the hub pushes: the form of `PushPayload` in packages/alerting. */
import { alertStates, attributesSchema, severities, targetRefSchema } from '@openmanager/protocol';
import * as v from 'valibot';

const schema = v.object({
  title: v.string(),
  body: v.string(),
  tag: v.string(),
  status: v.picklist(['firing', 'resolved']),
  severity: v.picklist(severities),
  alertIds: v.array(v.string()),
  newIds: v.array(v.string()),
  rings: v.boolean(),
  alerts: v.array(
    v.object({
      id: v.string(),
      ruleId: v.string(),
      target: targetRefSchema,
      severity: v.picklist(severities),
      state: v.picklist(alertStates),
      metric: v.string(),
      attributes: attributesSchema,
      value: v.number(),
      threshold: v.number(),
      flapping: v.optional(v.number()),
      summary: v.string(),
    }),
  ),
  alertCount: v.number(),
  silence: v.optional(v.array(v.object({ name: v.string(), op: v.string(), value: v.string() }))),
});

export type Payload = v.InferOutput<typeof schema>;

/** Undefined for a message that is not ours, or of a hub that says it differently. */
export function parsePayload(text: string): Payload | undefined {
  try {
    const parsed = v.safeParse(schema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
