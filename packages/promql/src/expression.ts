/** A query as a tree, after parsing and type checking. */

export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix';

export type MatchOp = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  readonly label: string;
  readonly op: MatchOp;
  readonly value: string;
}

/** Time modifiers of a selector: `offset` and `@`. */
export interface Shift {
  readonly offsetMs: number;
  /** Epoch ms, or the start or end of the query. */
  readonly at: number | 'start' | 'end' | undefined;
}

export interface Selector extends Shift {
  readonly kind: 'selector';
  /** As written before the braces; the first matcher says the same. */
  readonly name: string | undefined;
  readonly matchers: readonly Matcher[];
}

export interface RangeSelector {
  readonly kind: 'range';
  readonly selector: Selector;
  readonly rangeMs: number;
}

export interface Subquery extends Shift {
  readonly kind: 'subquery';
  readonly of: Expression;
  readonly rangeMs: number;
  /** Undefined: the default of Prometheus, a minute. */
  readonly stepMs: number | undefined;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
}

export interface Aggregate {
  readonly kind: 'aggregate';
  readonly op: AggregateOp;
  /** k, the quantile, or the label of count_values. */
  readonly parameter: Expression | undefined;
  readonly of: Expression;
  readonly labels: readonly string[];
  readonly without: boolean;
}

export type AggregateOp = (typeof aggregateOps)[number];
export const aggregateOps = [
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'group',
  'stddev',
  'stdvar',
  'quantile',
  'topk',
  'bottomk',
  'count_values',
  'limitk',
] as const;

export const arithmeticOps = ['+', '-', '*', '/', '%', '^', 'atan2'] as const;
export const comparisonOps = ['==', '!=', '<', '<=', '>', '>='] as const;
export const setOps = ['and', 'or', 'unless'] as const;
export type ArithmeticOp = (typeof arithmeticOps)[number];
export type ComparisonOp = (typeof comparisonOps)[number];
export type SetOp = (typeof setOps)[number];
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp;

/** Which series of the two sides belong together. */
export interface Matching {
  /** `labels` are those that must be equal; otherwise those that are ignored. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** The side with several series per group, by group_left and group_right. */
  readonly many: 'none' | 'left' | 'right';
  /** Labels taken over from the other side. */
  readonly include: readonly string[];
  /** Values for series that only the other side has, by `fill_left` and `fill_right`. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface Binary {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly bool: boolean;
  readonly left: Expression;
  readonly right: Expression;
  readonly matching: Matching;
  readonly type: ValueType;
}

export interface Unary {
  readonly kind: 'unary';
  readonly op: '+' | '-';
  readonly of: Expression;
}

export interface Paren {
  readonly kind: 'paren';
  readonly of: Expression;
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | Selector
  | RangeSelector
  | Subquery
  | Call
  | Aggregate
  | Binary
  | Unary
  | Paren;

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return (comparisonOps as readonly string[]).includes(op);
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return (setOps as readonly string[]).includes(op);
}

/** Without the parentheses around it. */
export function bare(expression: Expression): Expression {
  let inner = expression;
  while (inner.kind === 'paren') inner = inner.of;
  return inner;
}
