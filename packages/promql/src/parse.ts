/**
 * Parses PromQL into a tree. The grammar is Prometheus's own (@prometheus-io/lezer-promql); constructs that this engine
 * does not support are refused by name.
 */
import { setFlagsFromString } from 'node:v8';
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import {
  type Aggregate,
  type AggregateOp,
  aggregateOps,
  type BinaryOp,
  type Expression,
  isComparison,
  isSetOp,
  type Matcher,
  type Matching,
  type MatchOp,
  type Selector,
  type Shift,
} from './expression.ts';
import { parseDurationMs, parseNumber, unquote } from './literal.ts';
import { inBothCases } from './both-cases.ts';
import { PromqlError } from './promql-error.ts';
import { checkTypes } from './types.ts';

/** Longest query text, characters. */
export const MAX_QUERY_LENGTH = 20_000;
const MAX_DEPTH = 100;

const NOW: Shift = { offsetMs: 0, at: undefined };

/** Throws PromqlError `bad_data` with the place of what is wrong, or the name of what is not supported. */
export function parsePromql(text: string): Expression {
  if (text.length > MAX_QUERY_LENGTH)
    throw new PromqlError('bad_data', `the query has more than ${MAX_QUERY_LENGTH} characters`);
  if (text.trim() === '')
    throw new PromqlError(
      'bad_data',
      'unknown position: parse error: no expression found in input',
    );
  const tree = parser.parse(text);
  const reading = new Reading(text);
  tree.iterate({
    enter(node) {
      if (node.type.isError) throw reading.unexpected(node.node);
    },
  });
  const [root] = children(tree.topNode);
  if (!root)
    throw new PromqlError(
      'bad_data',
      'unknown position: parse error: no expression found in input',
    );
  const expression = reading.expression(root, 0);
  checkTypes(expression);
  return expression;
}

class Reading {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  #of(node: SyntaxNode): string {
    return this.#text.slice(node.from, node.to);
  }

  #error(node: SyntaxNode, message: string): PromqlError {
    const before = this.#text.slice(0, node.from);
    const line = before.split('\n').length;
    const column = node.from - before.lastIndexOf('\n');
    return new PromqlError('bad_data', `${line}:${column}: parse error: ${message}`);
  }

  #unsupported(node: SyntaxNode, what: string): PromqlError {
    return this.#error(node, `${what} is not part of the PromQL subset of this hub`);
  }

  unexpected(node: SyntaxNode): PromqlError {
    const name = /([a-zA-Z_]\w*)\s*$/.exec(this.#text.slice(0, node.from))?.[1];
    if (this.#text.startsWith('(', node.from) && name !== undefined)
      return this.#error(node, `unknown function with name "${name}"`);
    const rest = this.#of(node).trim() || this.#text.slice(node.from).trim();
    return this.#error(
      node,
      rest === '' ? 'unexpected end of input' : `unexpected "${rest.slice(0, 40)}"`,
    );
  }

  expression(node: SyntaxNode, depth: number): Expression {
    if (depth > MAX_DEPTH) throw this.#error(node, 'the query is nested too deeply');
    const inner = (child: SyntaxNode): Expression => this.expression(child, depth + 1);
    switch (node.name) {
      case 'ParenExpr':
        return inner(this.#child(node, 0));
      case 'NumberDurationLiteral':
        return this.#number(node);
      case 'StringLiteral':
        return { kind: 'string', value: unquote(this.#of(node)) };
      case 'VectorSelector':
        return this.#selector(node);
      case 'MatrixSelector': {
        const selector = inner(this.#child(node, 0));
        if (selector.kind !== 'selector')
          throw this.#error(node, 'ranges are only allowed for vector selectors');
        return { kind: 'range', selector, rangeMs: this.#duration(this.#child(node, 1)) };
      }
      case 'SubqueryExpr': {
        const [of, range, step] = children(node);
        return {
          kind: 'subquery',
          of: inner(of as SyntaxNode),
          rangeMs: this.#duration(range as SyntaxNode),
          stepMs: step && this.#duration(step),
          ...NOW,
        };
      }
      case 'OffsetExpr': {
        const offsetMs = this.#duration(node.lastChild as SyntaxNode, true);
        const of = this.#child(node, 0);
        return this.#shifted(of, inner(of), { offsetMs });
      }
      case 'StepInvariantExpr': {
        const of = this.#child(node, 0);
        return this.#shifted(of, inner(of), { at: this.#atOf(node.lastChild as SyntaxNode) });
      }
      case 'UnaryExpr': {
        const of = inner(node.lastChild as SyntaxNode);
        return this.#of(this.#child(node, 0)) === '-' ? { kind: 'negate', of } : of;
      }
      case 'BinaryExpr':
        return this.#binary(node, inner);
      case 'AggregateExpr':
        return this.#aggregate(node, inner);
      case 'FunctionCall': {
        const name = this.#of(this.#child(node, 0));
        return { kind: 'call', name, args: children(node.getChild('FunctionCallBody')).map(inner) };
      }
      case 'AnchoredExpr':
      case 'SmoothedExpr':
        throw this.#unsupported(node, `"${this.#of(node.lastChild as SyntaxNode)}"`);
      default:
        throw this.#unsupported(node, `"${this.#of(node).slice(0, 40)}"`);
    }
  }

  #child(node: SyntaxNode, place: number): SyntaxNode {
    const child = children(node)[place];
    if (!child) throw this.#error(node, `unexpected "${this.#of(node)}"`);
    return child;
  }

  #number(node: SyntaxNode): Expression {
    const text = this.#of(node);
    const value = parseNumber(text) ?? (parseDurationMs(text) ?? Number.NaN) / 1000;
    if (Number.isNaN(value) && !/nan/i.test(text)) throw this.#error(node, `bad number "${text}"`);
    return { kind: 'number', value };
  }

  /** `5m`, `300`, or `-5m` where a sign is allowed; arithmetic on durations is not supported. */
  #duration(node: SyntaxNode, signed = false): number {
    const text = this.#of(node).replaceAll(/\s/g, '');
    const sign = signed && text.startsWith('-') ? -1 : 1;
    const ms = parseDurationMs(signed ? text.replace(/^[+-]/, '') : text);
    if (ms === undefined)
      throw this.#unsupported(node, `the duration expression "${this.#of(node)}"`);
    if (!signed && ms <= 0) throw this.#error(node, 'duration must be greater than 0');
    return sign * ms;
  }

  #atOf(node: SyntaxNode): number | 'start' | 'end' {
    const text = this.#of(node);
    if (/^start\b/.test(text)) return 'start';
    if (/^end\b/.test(text)) return 'end';
    const seconds = parseNumber(text.replaceAll(/\s/g, ''));
    if (seconds === undefined || !Number.isFinite(seconds))
      throw this.#error(node, `timestamp out of bounds for @ modifier: ${text}`);
    return Math.round(seconds * 1000);
  }

  #shifted(node: SyntaxNode, of: Expression, shift: Partial<Shift>): Expression {
    // The grammar takes `a - b @ 0` as `(a - b) @ 0`; the modifier belongs to the last operand.
    const last = node.lastChild;
    if (last && (node.name === 'BinaryExpr' || node.name === 'UnaryExpr')) {
      if (of.kind === 'binary') return { ...of, right: this.#shifted(last, of.right, shift) };
      if (of.kind === 'negate') {
        const inside = node.name === 'BinaryExpr' ? node : last;
        return { ...of, of: this.#shifted(inside, of.of, shift) };
      }
      return this.#shifted(last, of, shift);
    }
    if (of.kind === 'selector' || of.kind === 'subquery') return { ...of, ...shift };
    if (of.kind === 'range') return { ...of, selector: { ...of.selector, ...shift } };
    throw this.#error(
      node,
      `${shift.at === undefined ? 'offset' : '@'} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
    );
  }

  #selector(node: SyntaxNode): Selector {
    const matchers: Matcher[] = [];
    const name = node.getChild('Identifier');
    if (name) matchers.push({ label: '__name__', op: '=', value: this.#of(name) });
    for (const child of children(node.getChild('LabelMatchers'))) {
      if (child.name === 'QuotedLabelName') {
        matchers.push({ label: '__name__', op: '=', value: unquote(this.#of(child)) });
        continue;
      }
      const [label, op, value] = children(child);
      if (!label || !op || !value) throw this.unexpected(child);
      matchers.push({
        label: label.name === 'QuotedLabelName' ? unquote(this.#of(label)) : this.#of(label),
        op: this.#of(op) as MatchOp,
        value: unquote(this.#of(value)),
      });
    }
    for (const { op, value } of matchers) if (op === '=~' || op === '!~') patternOf(value);
    if (!matchers.some((matcher) => !matchesEmpty(matcher)))
      throw this.#error(node, 'vector selector must contain at least one non-empty matcher');
    return { kind: 'selector', matchers, ...NOW };
  }

  #aggregate(node: SyntaxNode, inner: (child: SyntaxNode) => Expression): Aggregate {
    const op = this.#of(this.#child(node, 0)).toLowerCase();
    if (!(aggregateOps as readonly string[]).includes(op))
      throw this.#unsupported(node, `the aggregation ${op}`);
    const args = children(node.getChild('FunctionCallBody')).map(inner);
    const parametrised = ['topk', 'bottomk', 'quantile', 'count_values'].includes(op);
    const expected = parametrised ? 2 : 1;
    if (args.length !== expected)
      throw this.#error(
        node,
        `wrong number of arguments for aggregate expression provided, expected ${expected}, got ${args.length}`,
      );
    const modifier = node.getChild('AggregateModifier');
    return {
      kind: 'aggregate',
      op: op as AggregateOp,
      parameter: parametrised ? args[0] : undefined,
      of: args[expected - 1] as Expression,
      labels: this.#labelsOf(modifier?.getChild('GroupingLabels')),
      without: modifier?.getChild('Without') != null,
    };
  }

  #labelsOf(node: SyntaxNode | null | undefined): string[] {
    return children(node).map((label) =>
      label.name === 'QuotedLabelName' ? unquote(this.#of(label)) : this.#of(label),
    );
  }

  #binary(node: SyntaxNode, inner: (child: SyntaxNode) => Expression): Expression {
    const parts = children(node);
    const left = inner(parts[0] as SyntaxNode);
    const right = inner(parts.at(-1) as SyntaxNode);
    const op = this.#of(parts[1] as SyntaxNode).toLowerCase() as BinaryOp;
    const known: readonly string[] = ['+', '-', '*', '/', '%', '^', 'atan2'];
    if (!known.includes(op) && !isComparison(op) && !isSetOp(op))
      throw this.#unsupported(parts[1] as SyntaxNode, `the operator ${op}`);
    const bool = node.getChild('BoolModifier') !== null;
    if (bool && !isComparison(op))
      throw this.#error(node, 'bool modifier can only be used on comparison operators');
    const matching = this.#matching(node);
    if (isSetOp(op) && matching.many !== 'none')
      throw this.#error(node, `no grouping allowed for "${op}" operation`);
    // The grammar takes the sign into the number; it binds less tightly than the power.
    const first = parts[0] as SyntaxNode;
    if (
      op === '^' &&
      first.name === 'NumberDurationLiteral' &&
      this.#of(first).startsWith('-') &&
      left.kind === 'number'
    )
      return {
        kind: 'negate',
        of: {
          kind: 'binary',
          op,
          bool,
          left: { kind: 'number', value: -left.value },
          right,
          matching,
        },
      };
    return { kind: 'binary', op, bool, left, right, matching };
  }

  #matching(node: SyntaxNode): Matching {
    const clause = node.getChild('MatchingModifierClause');
    if (!clause) return { on: false, labels: [], many: 'none', include: [] };
    const lists = clause.getChildren('GroupingLabels');
    const left = clause.getChild('GroupLeft');
    const right = clause.getChild('GroupRight');
    const group = left ?? right;
    const before = lists.find((list) => !group || list.from < group.from);
    const after = group && lists.find((list) => list.from > group.from);
    return {
      on: clause.getChild('On') !== null,
      labels: this.#labelsOf(before),
      many: left ? 'left' : right ? 'right' : 'none',
      include: this.#labelsOf(after),
    };
  }
}

let isBounded = false;

/** From here on V8 takes its linear-time engine for a pattern that goes back too often: `(a|a)*b` is asked by anybody. */
function boundBacktracking(): void {
  if (isBounded) return;
  isBounded = true;
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
}

function children(node: SyntaxNode | null | undefined): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node?.firstChild ?? null; child; child = child.nextSibling)
    if (child.name !== 'LineComment') found.push(child);
  return found;
}

/**
 * What Prometheus's patterns do not have either, and what keeps V8 from matching in linear time: looking around, and
 * references to what was found.
 */
const UNBOUNDED = /\(\?<?[=!]|\\(?:[1-9]|k<)/;

/** A pattern that must fit the whole value. Throws `bad_data` for one that cannot be read. */
export function patternOf(value: string): RegExp {
  boundBacktracking();
  try {
    if (UNBOUNDED.test(value.replaceAll('\\\\', ''))) throw new SyntaxError('not in RE2');
    // (?i) at the beginning is the one flag group people write.
    const insensitive = value.startsWith('(?i)');
    const pattern = (insensitive ? value.slice(4) : value).replaceAll('(?P<', '(?<');
    // The flag `i` would keep V8 from its linear-time engine.
    return new RegExp(`^(?:${insensitive ? inBothCases(pattern) : pattern})$`, 's');
  } catch {
    throw new PromqlError(
      'bad_data',
      `parse error: the regular expression "${value}" cannot be read`,
    );
  }
}

/** Whether a value of the label fits. */
export function matcherTest({ op, value }: Matcher): (text: string) => boolean {
  if (op === '=') return (text) => text === value;
  if (op === '!=') return (text) => text !== value;
  const pattern = patternOf(value);
  return op === '=~' ? (text) => pattern.test(text) : (text) => !pattern.test(text);
}

export function matchesEmpty(matcher: Matcher): boolean {
  return matcherTest(matcher)('');
}
