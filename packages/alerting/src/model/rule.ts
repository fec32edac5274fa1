import {
  SILENCE_METRIC,
  type Audience,
  type Matcher,
  type RuleInfo,
  type Severity,
  type TargetKind,
} from '@openmanager/protocol';

/** Targets that fit everything given here; at least one thing is. */
export interface TargetSelector {
  readonly kinds?: readonly TargetKind[] | undefined;
  /** Id or name. */
  readonly target?: string | undefined;
  /** All must hold, of the target's own labels and those that every target has (`targetLabels`). */
  readonly labels?: readonly Matcher[] | undefined;
}

/** Which targets a rule is about: those that one of the selectors fits. */
export type TargetSelection = 'all' | readonly TargetSelector[];

/** Attribute name → patterns of its value, one of which must fit; `*` stands for any text, `!` in front excludes. */
export type Where = Readonly<Record<string, string | readonly string[]>>;

interface Common {
  readonly ruleId: string;
  readonly severity: Severity;
  /** How long the condition must hold before the alert fires; 0 fires at the first sample. */
  readonly forMs: number;
  /** How long the value must lie beyond `clear`, without interruption, before the alert resolves. @default 0 */
  readonly clearForMs?: number | undefined;
  /** The alert stays for at least so long after the condition last held, data or no data. @default 0 */
  readonly keepFiringForMs?: number | undefined;
  /** @default 'all' */
  readonly targets?: TargetSelection | undefined;
  /** Who is told; the alert is shown in any case. @default 'everyone' */
  readonly notify?: Audience | undefined;
  /** Nobody is told before the condition has lasted this long; the alert is shown from the start. @default 0 */
  readonly notifyAfterMs?: number | undefined;
  /** For routes, silences and inhibition, beside those that every alert has. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Sentence with placeholders such as `{{host}}` in place of the one made from the rule. */
  readonly summary?: string | undefined;
  /** Page that says what to do. */
  readonly runbookUrl?: string | undefined;
  /** @default true */
  readonly enabled?: boolean | undefined;
}

/** Another series of the same target, named from the judged one. */
export interface SeriesReference {
  readonly metric: string;
  /** Whether it carries the judged series' attributes. @default true */
  readonly shared?: boolean | undefined;
  /** Added to those. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** What must hold besides: exactly one of `above` and `below`. A guard without a value does not hold. */
export interface Guard extends SeriesReference {
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  /** While the alert is active the guard holds up to here. @default the bound itself */
  readonly clear?: number | undefined;
}

export const aggregates = ['last', 'avg', 'max', 'min', 'percentile'] as const;
export type Aggregate = (typeof aggregates)[number];

/** What is judged in place of the newest sample. */
export interface Window {
  readonly aggregate: Aggregate;
  readonly overMs: number;
  /** Between 0 and 1, for `percentile`. */
  readonly percentile?: number | undefined;
}

/** For some targets or series the rule differs; the first that fits counts. */
export interface Override {
  readonly targets?: TargetSelection | undefined;
  readonly where?: Where | undefined;
  readonly threshold?: number | undefined;
  readonly clear?: number | undefined;
  readonly forMs?: number | undefined;
  readonly severity?: Severity | undefined;
  readonly enabled?: boolean | undefined;
}

interface SeriesCommon extends Common {
  readonly metric: string;
  /**
   * `total`: the one series without attributes. `each`: every series with attributes, each with an alert of
   * its own, so that the headline over all of them does not tell the same thing twice.
   */
  readonly scope: 'total' | 'each';
  /** Of the series of `each`, only these. */
  readonly where?: Where | undefined;
  /** The judged value is the sample divided by this series'. */
  readonly per?: SeriesReference | undefined;
  readonly window?: Window | undefined;
  readonly guards?: readonly Guard[] | undefined;
  readonly overrides?: readonly Override[] | undefined;
}

/** Judges each sample of a metric. */
export interface AboveRule extends SeriesCommon {
  readonly kind: 'above';
  /** The condition begins above this, in the metric's base unit. */
  readonly threshold: number;
  /** The condition ends below this; between the two nothing changes. */
  readonly clear: number;
}

export interface BelowRule extends SeriesCommon {
  readonly kind: 'below';
  /** The condition begins below this, in the metric's base unit. */
  readonly threshold: number;
  /** The condition ends above this. */
  readonly clear: number;
}

/** Judges the change per second between the ends of the last `overMs`. */
export interface RateRule extends SeriesCommon {
  readonly kind: 'rate';
  readonly direction: 'above' | 'below';
  /** Metric's base unit per second; negative for falling values. */
  readonly threshold: number;
  readonly clear: number;
  readonly overMs: number;
}

/** Judges how far a value lies outside of what was expected of it. */
export interface BandRule extends SeriesCommon {
  readonly kind: 'outside-band';
  readonly side: 'both' | 'above' | 'below';
  /** Half-widths of the band beyond its edge: 0 begins at the edge. */
  readonly threshold: number;
  readonly clear: number;
}

/** Judges when a value is expected to cross a bound. */
export interface ForecastRule extends SeriesCommon {
  readonly kind: 'forecast';
  readonly direction: 'above' | 'below';
  /** In the metric's base unit. */
  readonly bound: number;
  /** The condition begins when the crossing is nearer than this, ms. */
  readonly threshold: number;
  /** The condition ends when the crossing is farther than this, ms. */
  readonly clear: number;
}

/** Notices a target that sends samples, none of which has the metric. */
export interface MissingRule extends Common {
  readonly kind: 'missing';
  readonly metric: string;
  readonly where?: Where | undefined;
  /** Sample intervals without it after which the condition begins. */
  readonly intervals: number;
}

/** Notices a target that sends no samples. */
export interface AbsentRule extends Common {
  readonly kind: 'absent';
  /** Sample intervals without a sample after which the condition begins. */
  readonly intervals: number;
}

export type SeriesRule = AboveRule | BelowRule | RateRule | BandRule | ForecastRule;
export type Rule = SeriesRule | MissingRule | AbsentRule;

export function metricOf(rule: Rule): string {
  return rule.kind === 'absent' ? SILENCE_METRIC : rule.metric;
}

export function isSeriesRule(rule: Rule): rule is SeriesRule {
  return rule.kind !== 'absent' && rule.kind !== 'missing';
}

/** −1 where smaller values are the worse ones. */
export function signOf(rule: SeriesRule): 1 | -1 {
  if (rule.kind === 'below' || rule.kind === 'forecast') return -1;
  return rule.kind === 'rate' && rule.direction === 'below' ? -1 : 1;
}

/** The rule as the API lists it. */
export function ruleInfo(rule: Rule): RuleInfo {
  const { ruleId, severity, forMs, kind } = rule;
  const bounds =
    rule.kind === 'absent' || rule.kind === 'missing'
      ? { threshold: rule.intervals, clear: 0 }
      : { threshold: rule.threshold, clear: rule.clear };
  return { ruleId, severity, forMs, condition: kind, metric: metricOf(rule), ...bounds };
}
