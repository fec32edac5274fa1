/** What a request acts on, by the parameter in its path that names it. */
import { unknownHost, type TargetRef } from '@openmanager/protocol';
import type { ActionObject, SettingKind } from '../ports/index.ts';
import type { ApiContext } from './context.ts';

type ObjectContext = Pick<ApiContext, 'target' | 'alerts' | 'anomaly'>;
type Find = (id: string, context: ObjectContext) => ActionObject;

const ofTarget = (ref: TargetRef | undefined, { target }: ObjectContext): ActionObject => {
  // Of what is not there nothing is known: a right that is limited to some labels does not reach it.
  const { id, kind, name } = ref ?? unknownHost('');
  return { kind: 'target', target: target(id) ?? { id, kind, name, labels: {} } };
};
const setting =
  (kind: SettingKind): Find =>
  (id) => ({ kind, id });

const byParameter = {
  hostId: (id, context) => ofTarget(unknownHost(id), context),
  alertId: (id, context) =>
    ofTarget(context.alerts().find((one) => one.id === id)?.target, context),
  anomalyId: (id, context) => ofTarget(context.anomaly(id)?.target, context),
  agentId: setting('agent'),
  ruleId: setting('rule'),
  silenceId: setting('silence'),
  receiverId: setting('receiver'),
  tokenId: setting('token'),
} as const satisfies Readonly<Record<string, Find>>;

/** Parameters that name no object: the label of a PromQL query. */
export const otherParameters: readonly string[] = ['name'];

/** Undefined when the route is about all there is. Throws for a parameter that has no place here. */
export function objectOf(params: unknown, context: ObjectContext): ActionObject | undefined {
  for (const [name, id] of Object.entries(params ?? {}) as [string, string][]) {
    if (otherParameters.includes(name)) continue;
    const find: Find | undefined = (byParameter as Readonly<Record<string, Find>>)[name];
    if (!find) throw new Error(`What is ${name} the id of? See objects.ts`);
    return find(id, context);
  }
  return undefined;
}
