import { matchersSchema, matchesAll, type Labels, type Matcher } from '@openmanager/protocol';
import * as v from 'valibot';
import { ruleLimits } from '../model/rule-schema.ts';
import { scheduleSchema, type Schedule } from '../silence/schedule.ts';

export interface Escalation {
  /** Counted from when the alert fired; it is told if it still fires then and nobody acknowledged it. */
  readonly afterMs: number;
  readonly receivers: readonly string[];
}

/** A branch of the tree that decides who is told of an alert. What it leaves out it has from its parent. */
export interface Route {
  /** All must hold. The root matches every alert. */
  readonly match?: readonly Matcher[] | undefined;
  readonly receivers?: readonly string[] | undefined;
  /** Names of labels; alerts with equal values of these share a message. @default ['hostId'] */
  readonly groupBy?: readonly string[] | undefined;
  /** How long the first message of a group waits for more alerts. @default 10 s */
  readonly groupWaitMs?: number | undefined;
  /** Least time between two messages of a group. @default 5 min */
  readonly groupIntervalMs?: number | undefined;
  /** A message in which nothing is new comes again after this. @default 4 h */
  readonly repeatIntervalMs?: number | undefined;
  /** @default true */
  readonly sendResolved?: boolean | undefined;
  /** Outside of these windows nothing is sent; what still fires when one begins is sent then. @default always */
  readonly activeTimes?: readonly Schedule[] | undefined;
  readonly escalations?: readonly Escalation[] | undefined;
  /** Whether the branches after this one are tried too. @default false */
  readonly continue?: boolean | undefined;
  readonly routes?: readonly Route[] | undefined;
}

export const routeDefaults = {
  groupBy: ['hostId'],
  groupWaitMs: 10_000,
  groupIntervalMs: 300_000,
  repeatIntervalMs: 14_400_000,
  sendResolved: true,
} as const;

export const routeLimits = { depth: 8, routes: 1_000, receivers: 32 } as const;

/** A branch with everything it has from its parents. */
export interface Branch {
  /** Places in the tree, such as `0.2`; empty for the root. */
  readonly path: string;
  readonly receivers: readonly string[];
  readonly groupBy: readonly string[];
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  readonly sendResolved: boolean;
  readonly activeTimes: readonly Schedule[];
  readonly escalations: readonly Escalation[];
}

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
const names = v.pipe(v.array(name), v.maxLength(routeLimits.receivers));
const duration = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(ruleLimits.durationMs));
const interval = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1_000),
  v.maxValue(ruleLimits.durationMs),
);

const branchSchema: v.GenericSchema<unknown, Route> = v.pipe(
  v.strictObject({
    match: v.optional(matchersSchema),
    receivers: v.optional(names),
    groupBy: v.optional(names),
    groupWaitMs: v.optional(duration),
    groupIntervalMs: v.optional(interval),
    repeatIntervalMs: v.optional(interval),
    sendResolved: v.optional(v.boolean()),
    activeTimes: v.optional(v.pipe(v.array(scheduleSchema), v.maxLength(32))),
    escalations: v.optional(
      v.pipe(
        v.array(v.strictObject({ afterMs: interval, receivers: v.pipe(names, v.minLength(1)) })),
        v.maxLength(8),
      ),
    ),
    continue: v.optional(v.boolean()),
    routes: v.optional(v.array(v.lazy(() => branchSchema))),
  }),
  v.title('Route'),
);

/** Level by level: what is nested without bound would overflow the stack of whoever goes down branch by branch. */
function isShallow(input: unknown): boolean {
  let level: readonly unknown[] = [input];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= routeLimits.depth) return false;
    level = level.flatMap((route) => {
      const routes =
        typeof route === 'object' && route !== null && 'routes' in route && route.routes;
      return Array.isArray(routes) ? (routes as unknown[]) : [];
    });
  }
  return true;
}

function count(route: Route): number {
  return 1 + (route.routes ?? []).reduce((sum, branch) => sum + count(branch), 0);
}

export const routeSchema: v.GenericSchema<unknown, Route> = v.pipe(
  v.unknown(),
  v.check(isShallow, 'is nested too deeply'),
  branchSchema,
  v.check((route) => count(route) <= routeLimits.routes, 'has too many branches'),
);

function branchOf(route: Route, path: string, parent: Branch | undefined): Branch {
  const inherited = parent ?? { ...routeDefaults, receivers: [], activeTimes: [], escalations: [] };
  return {
    path,
    receivers: route.receivers ?? inherited.receivers,
    groupBy: route.groupBy ?? inherited.groupBy,
    groupWaitMs: route.groupWaitMs ?? inherited.groupWaitMs,
    groupIntervalMs: route.groupIntervalMs ?? inherited.groupIntervalMs,
    repeatIntervalMs: route.repeatIntervalMs ?? inherited.repeatIntervalMs,
    sendResolved: route.sendResolved ?? inherited.sendResolved,
    activeTimes: route.activeTimes ?? inherited.activeTimes,
    escalations: route.escalations ?? inherited.escalations,
  };
}

/** The branches that an alert takes: the deepest that match, the root when none does. */
export function branchesFor(root: Route, labels: Labels): Branch[] {
  return descend(root, '', undefined, labels);
}

function descend(route: Route, path: string, parent: Branch | undefined, labels: Labels): Branch[] {
  const here = branchOf(route, path, parent);
  const found: Branch[] = [];
  for (const [index, child] of (route.routes ?? []).entries()) {
    if (!matchesAll(child.match ?? [], labels)) continue;
    found.push(...descend(child, path === '' ? `${index}` : `${path}.${index}`, here, labels));
    if (child.continue !== true) break;
  }
  return found.length > 0 ? found : [here];
}

/** Every receiver that the tree names. */
export function receiversOf(route: Route): string[] {
  const all = [
    ...(route.receivers ?? []),
    ...(route.escalations ?? []).flatMap(({ receivers }) => receivers),
    ...(route.routes ?? []).flatMap(receiversOf),
  ];
  return [...new Set(all)];
}
