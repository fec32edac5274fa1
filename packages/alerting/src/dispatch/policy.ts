import type { TargetLookup } from '@openmanager/protocol';
import type { Rule } from '../model/rule.ts';
import type { Silence } from '../silence/silence.ts';
import type { Inhibition } from './inhibit.ts';
import type { Route } from './route.ts';

/** The receiver that is always there: every browser that subscribed to Web Push. */
export const BROWSERS = 'browsers';

/** Who is told, and who not. */
export interface DispatchPolicy {
  readonly route: Route;
  readonly inhibitions: readonly Inhibition[];
  readonly silences: readonly Silence[];
  rule(ruleId: string): Rule | undefined;
  /** Whether the receiver keeps an incident per group, which somebody has to close. @default none does */
  opensIncidents?(receiver: string): boolean;
  /** What is known of targets: their labels, and what they run on. */
  readonly target: TargetLookup;
}
