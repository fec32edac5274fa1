/** What the REST API says of rules, silences, receivers and routing; the hub checks all of it. */
import type { Attributes, Severity, TargetKind, TargetRef } from '@openmanager/protocol';

export type RuleKind =
  | 'above'
  | 'below'
  | 'rate'
  | 'outside-band'
  | 'forecast'
  | 'missing'
  | 'absent';

export interface TargetSelector {
  readonly kinds?: readonly TargetKind[];
  /** Id or name. */
  readonly target?: string;
  readonly labels?: readonly Matcher[];
}

/** Targets that one of the selectors fits. */
export type TargetSelection = 'all' | readonly TargetSelector[];

export interface Override {
  readonly targets?: TargetSelection;
  readonly where?: Readonly<Record<string, string | readonly string[]>>;
  readonly threshold?: number;
  readonly clear?: number;
  readonly forMs?: number;
  readonly severity?: Severity;
  readonly enabled?: boolean;
}

/** One form for all kinds: the hub refuses a field that the kind does not have, by its name. */
export interface Rule {
  readonly ruleId: string;
  readonly kind: RuleKind;
  readonly severity: Severity;
  readonly forMs: number;
  readonly metric?: string;
  readonly scope?: 'total' | 'each';
  readonly threshold?: number;
  readonly clear?: number;
  readonly bound?: number;
  readonly direction?: 'above' | 'below';
  readonly side?: 'both' | 'above' | 'below';
  readonly overMs?: number;
  readonly intervals?: number;
  /** The judged value is divided by this series'. */
  readonly per?: { readonly metric: string };
  readonly window?: {
    readonly aggregate: 'last' | 'avg' | 'max' | 'min' | 'percentile';
    readonly overMs: number;
    readonly percentile?: number;
  };
  readonly clearForMs?: number;
  readonly keepFiringForMs?: number;
  readonly targets?: TargetSelection;
  readonly notify?: boolean;
  readonly summary?: string;
  readonly runbookUrl?: string;
  readonly enabled?: boolean;
  readonly overrides?: readonly Override[];
}

export interface ListedRule {
  readonly rule: Rule;
  readonly origin: 'default' | 'changed' | 'own';
}

export interface BacktestReport {
  readonly fromMs: number;
  readonly toMs: number;
  readonly targets: number;
  readonly stepMs: number;
  readonly complete: boolean;
  readonly fires: readonly {
    readonly target: TargetRef;
    readonly attributes: Attributes;
    readonly firedAtMs: number;
    readonly resolvedAtMs: number | null;
  }[];
  readonly fireCount: number;
  readonly flaps: number;
  readonly firingMs: number;
  readonly suggestion:
    | (Partial<Pick<Rule, 'clear' | 'forMs' | 'clearForMs'>> & { readonly fires: number })
    | null;
}

export const matcherOps = ['=', '!=', '~', '!~'] as const;
export interface Matcher {
  readonly name: string;
  readonly op: (typeof matcherOps)[number];
  readonly value: string;
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export interface Schedule {
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  readonly weekdays?: readonly (typeof weekdays)[number][];
  readonly daysOfMonth?: readonly number[];
  readonly months?: readonly number[];
}

export interface Silence {
  readonly silenceId: string;
  readonly matchers: readonly Matcher[];
  readonly author: string;
  readonly reason: string;
  readonly createdAtMs: number;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly windows?: readonly Schedule[];
}

export type Settings = Readonly<Record<string, string | number | readonly string[] | undefined>> & {
  readonly kind: string;
};

export interface Receiver {
  readonly receiverId: string;
  readonly settings: Settings;
  readonly secretsSet: readonly string[];
}

export interface TestAnswer {
  readonly kind: 'delivered' | 'failed';
  readonly answer: string;
}

export interface Escalation {
  readonly afterMs: number;
  readonly receivers: readonly string[];
}

export interface Route {
  readonly match?: readonly Matcher[];
  readonly receivers?: readonly string[];
  readonly groupBy?: readonly string[];
  readonly groupWaitMs?: number;
  readonly groupIntervalMs?: number;
  readonly repeatIntervalMs?: number;
  readonly sendResolved?: boolean;
  readonly activeTimes?: readonly Schedule[];
  readonly escalations?: readonly Escalation[];
  readonly continue?: boolean;
  readonly routes?: readonly Route[];
}

export interface Routing {
  readonly route: Route;
  readonly inhibitions: readonly unknown[];
  readonly allowHosts: readonly string[];
  readonly hubUrl?: string;
}

export interface Sent {
  readonly entryId: string;
  readonly receiver: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly reason: 'new' | 'repeat' | 'escalation';
  readonly status: 'firing' | 'resolved';
  readonly outcome: 'delivered' | 'failed' | 'given-up';
  readonly answer: string;
  readonly attempts: number;
  readonly atMs: number;
  readonly alertCount: number;
  readonly alerts: readonly {
    readonly id: string;
    readonly ruleId: string;
    readonly targetName: string;
    readonly summary: string;
  }[];
}

export interface AlertFacts {
  readonly alertId: string;
  readonly acknowledged?: { readonly author: string; readonly note: string; readonly atMs: number };
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly string[];
}
