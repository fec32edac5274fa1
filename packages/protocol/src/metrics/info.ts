/** What is said of a metric, and the kinds of values that most metrics have. */

export type Unit =
  | '1'
  | 'By'
  | 'By/s'
  | '1/s'
  | 's'
  | 'ms'
  | 'Cel'
  | '{process}'
  | '{unit}'
  | '{thread}'
  | '{cpu}'
  | 'Hz'
  | 'V'
  | 'A'
  | 'W'
  | 'rpm'
  | 'bit'
  | '{file}'
  | '{connection}'
  | '{operation}'
  | '{error}'
  | '{disk}'
  /** 1 when it is so, 0 when not. */
  | '{state}';

/** How a value is rounded for the screen: fixed decimals, or four significant digits. */
export type Precision = { readonly decimals: number } | { readonly significant: 4 };

/** A name in each language that we speak; `en` for what has no other. */
export interface LocalName {
  readonly en: string;
  readonly ko: string;
}

export type Language = keyof LocalName;

/** A chart of this metric alone on the page of a host, with its name as the title. */
export interface MetricChart {
  /** Attribute that has a line for each of its values, such as devices; without it, the series of the whole host. */
  readonly by?: string;
  /** Attribute whose values are drawn apart: what comes in solid, what goes out dashed. */
  readonly direction?: string;
  /** Left out while every value is zero: errors are only worth room when there are some. */
  readonly onlyWhenActive?: true;
  /** The axis need not begin at zero. */
  readonly loose?: true;
  /** Heading under which it stands, closed at first. @default none: it is among the first charts */
  readonly group?: ChartGroup;
}

/** Headings of charts that are looked at when something is searched for, in this order. */
export const chartGroups = ['kernel', 'storage', 'network', 'hardware'] as const;
export type ChartGroup = (typeof chartGroups)[number];

/** All that is known of a metric. What is not said here is not special about it. */
export interface MetricInfo {
  readonly name: LocalName;
  readonly unit: Unit;
  /** Attribute names a series of this metric may carry. */
  readonly attributes: readonly string[];
  /** Decimals the agent keeps; more would cost disk and say nothing. */
  readonly storedDecimals: number;
  /** Precision of live frames. */
  readonly display: Precision;
  readonly description: string;
  /**
   * Forecast each hour, each of its series or the one of the whole host; others are forecast when somebody looks.
   */
  readonly forecast?: 'each' | 'total';
  /** Value at which something is full: its forecast says when. */
  readonly fullAt?: number;
  /** No detector watches it, or not those of its series that have this attribute. */
  readonly unwatched?: true | string;
  readonly chart?: MetricChart;
}

/** How values of a kind are kept and shown. */
type Form = Pick<MetricInfo, 'storedDecimals' | 'display'>;
type Kind = Form & Pick<MetricInfo, 'unit'>;

export const ratio: Kind = { unit: '1', storedDecimals: 4, display: { decimals: 3 } };
export const bytes: Kind = { unit: 'By', storedDecimals: 0, display: { significant: 4 } };
export const byteRate: Kind = { unit: 'By/s', storedDecimals: 0, display: { significant: 4 } };
export const eventRate: Kind = { unit: '1/s', storedDecimals: 1, display: { decimals: 1 } };
/** Events so rare that one in a minute must not be rounded away. */
export const rareRate: Kind = { unit: '1/s', storedDecimals: 4, display: { decimals: 4 } };
export const load: Kind = { unit: '{thread}', storedDecimals: 2, display: { decimals: 2 } };
export const whole: Form = { storedDecimals: 0, display: { decimals: 0 } };
