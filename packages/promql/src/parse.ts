/**
 * Parses PromQL into a tree, by Prometheus's grammar (promql/parser/generated_parser.y). Whatever is read becomes part
 * of the tree; what this engine does not do is refused by name.
 */
import {
  type Aggregate,
  type AggregateOp,
  aggregateOps,
  type Binary,
  type BinaryOp,
  comparisonOps,
  type Expression,
  isComparison,
  isSetOp,
  type Matcher,
  type Matching,
  type MatchOp,
  type RangeSelector,
  type Selector,
  type Shift,
  type Subquery,
} from './expression.ts';
import { fail, type Token, tokens } from './lex.ts';
import { parseDurationMs, parseNumber, unquote } from './literal.ts';
import { patternOf } from './pattern.ts';
import { PromqlError } from './promql-error.ts';
import { refusedFunctions } from './signatures.ts';
import { checkType, typeOf } from './types.ts';

/** Longest query text, characters. */
export const MAX_QUERY_LENGTH = 20_000;
/** Of parentheses, calls, signs and powers; what stands in a row is not nested. */
const MAX_DEPTH = 100;

const NOW: Shift = { offsetMs: 0, at: undefined };
const NO_MATCHING: Matching = {
  on: false,
  labels: [],
  many: 'none',
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
};

/** How strongly operators bind; a sign binds as `*` does. */
const STRENGTH: ReadonlyMap<string, number> = new Map([
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ...comparisonOps.map((op) => [op, 3] as const),
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['atan2', 5],
  ['^', 6],
]);
const OF_SIGN = 5;
const OF_POWER = 6;

/** Words that are never a metric's name. */
const RESERVED: ReadonlySet<string> = new Set([
  'atan2',
  'bool',
  'on',
  'ignoring',
  'group_left',
  'group_right',
]);

/** Throws PromqlError `bad_data` with the place of what is wrong, or the name of what is not supported. */
export function parsePromql(text: string): Expression {
  if (text.length > MAX_QUERY_LENGTH)
    throw new PromqlError('bad_data', `the query has more than ${MAX_QUERY_LENGTH} characters`);
  if (text.trim() === '')
    throw new PromqlError(
      'bad_data',
      'unknown position: parse error: no expression found in input',
    );
  return new Reading(text).whole();
}

class Reading {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #place = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokens(text);
  }

  whole(): Expression {
    const expression = this.#expression(0);
    if (this.#next.kind !== 'end') throw this.#unexpected();
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#place] as Token;
  }

  #after(places = 1): Token {
    return (this.#tokens[this.#place + places] ?? this.#tokens.at(-1)) as Token;
  }

  #take(): Token {
    return this.#tokens[this.#place++] as Token;
  }

  #error(message: string, { at } = this.#next): PromqlError {
    return fail(this.#text, at, message);
  }

  #unsupported(what: string, token = this.#next): PromqlError {
    return this.#error(`${what} is not part of the PromQL subset of this hub`, token);
  }

  #unexpected(): PromqlError {
    const { kind, text } = this.#next;
    return this.#error(
      kind === 'end' ? 'unexpected end of input' : `unexpected "${text.slice(0, 40)}"`,
    );
  }

  #is(text: string): boolean {
    const next = this.#next;
    return next.kind === 'sign' && next.text === text;
  }

  /** Keywords are found in any case. */
  #isWord(...words: readonly string[]): boolean {
    return this.#next.kind === 'name' && words.includes(this.#next.text.toLowerCase());
  }

  #accept(text: string): boolean {
    const is = this.#is(text);
    if (is) this.#place++;
    return is;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#unexpected();
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.#error('the query is nested too deeply');
    const made = read();
    this.#depth--;
    return made;
  }

  #checked<T extends Expression>(node: T): T {
    checkType(node);
    return node;
  }

  #expression(weakest: number): Expression {
    let left = this.#signed();
    for (;;) {
      const token = this.#next;
      const op = token.kind === 'end' ? '' : token.text.toLowerCase();
      const strength = token.kind === 'string' ? undefined : STRENGTH.get(op);
      if (this.#is('</') || this.#is('>/')) throw this.#unsupported(`the operator ${op}`);
      if (strength === undefined || strength <= weakest) return left;
      this.#place++;
      const bool = this.#isWord('bool');
      if (bool) {
        if (!isComparison(op as BinaryOp))
          throw this.#error('bool modifier can only be used on comparison operators');
        this.#place++;
      }
      const matching = this.#matching(op as BinaryOp);
      const right =
        op === '^'
          ? this.#nested(() => this.#expression(OF_POWER - 1))
          : this.#expression(strength);
      left = this.#checked(binaryOf(op as BinaryOp, bool, left, right, matching));
    }
  }

  #signed(): Expression {
    if (!this.#is('-') && !this.#is('+')) return this.#modified();
    const op = this.#take().text as '-' | '+';
    const of = this.#nested(() => this.#expression(OF_SIGN));
    if (of.kind === 'number') return op === '-' ? { ...of, value: -of.value } : of;
    return this.#checked({ kind: 'unary', op, of });
  }

  /** An operand with ranges, `offset` and `@` behind it. */
  #modified(): Expression {
    let of = this.#operand();
    for (;;) {
      const start = this.#next;
      if (this.#accept('[')) of = this.#checked(this.#ranged(of, start));
      else if (this.#isWord('offset')) {
        this.#place++;
        of = this.#shifted(of, { offsetMs: this.#duration(true) }, start);
      } else if (this.#accept('@')) of = this.#shifted(of, { at: this.#at() }, start);
      else if (this.#isWord('anchored', 'smoothed'))
        throw this.#unsupported(`the modifier "${start.text}"`);
      else return of;
    }
  }

  #ranged(of: Expression, start: Token): RangeSelector | Subquery {
    const rangeMs = this.#duration(false);
    if (this.#accept(':')) {
      const stepMs = this.#is(']') ? undefined : this.#duration(false);
      this.#expect(']');
      return { kind: 'subquery', of, rangeMs, stepMs, ...NOW };
    }
    this.#expect(']');
    if (of.kind !== 'selector')
      throw this.#error('ranges only allowed for vector selectors', start);
    if (of.offsetMs !== 0) throw this.#error('no offset modifiers allowed before range', start);
    if (of.at !== undefined) throw this.#error('no @ modifiers allowed before range', start);
    return { kind: 'range', selector: of, rangeMs };
  }

  #shifted(of: Expression, shift: Partial<Shift>, token: Token): Expression {
    const what = shift.at === undefined ? 'offset' : '@';
    if (of.kind === 'range')
      return { ...of, selector: this.#shifted(of.selector, shift, token) as Selector };
    if (of.kind !== 'selector' && of.kind !== 'subquery')
      throw this.#error(
        `${what} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
        token,
      );
    if (what === '@' ? of.at !== undefined : of.offsetMs !== 0)
      throw this.#error(
        `${what === '@' ? '@ <timestamp>' : 'offset'} may not be set multiple times`,
        token,
      );
    return { ...of, ...shift };
  }

  /** `5m` or `300`; with a sign for an offset. Arithmetic on durations is not supported. */
  #duration(signed: boolean): number {
    const start = this.#next;
    const minus = signed && this.#is('-');
    if (signed && (minus || this.#is('+'))) this.#place++;
    const token = this.#next;
    const ms = token.kind === 'number' ? parseDurationMs(token.text) : undefined;
    const behind = this.#after();
    const ends = signed || (behind.kind === 'sign' && [']', ':'].includes(behind.text));
    if (ms === undefined || !ends) {
      if (token.kind === 'end') throw this.#unexpected();
      const rest = this.#text.slice(start.at).split(/[\]:]/, 1)[0]?.trim() ?? '';
      throw rest === ''
        ? this.#unexpected()
        : this.#unsupported(`the duration expression "${rest.slice(0, 40)}"`, start);
    }
    this.#place++;
    if (!signed && ms <= 0) throw this.#error('duration must be greater than 0', token);
    return minus ? -ms : ms;
  }

  #at(): number | 'start' | 'end' {
    if (this.#isWord('start', 'end')) {
      const word = this.#take().text.toLowerCase();
      this.#expect('(');
      this.#expect(')');
      return word as 'start' | 'end';
    }
    const minus = this.#is('-');
    if (minus || this.#is('+')) this.#place++;
    const token = this.#next;
    const special = this.#isWord('inf', 'nan');
    if (token.kind !== 'number' && !special) throw this.#unexpected();
    this.#place++;
    const ms = special ? undefined : parseDurationMs(token.text);
    if (ms === undefined)
      throw this.#error(`timestamp out of bounds for @ modifier: ${token.text}`, token);
    return minus ? -ms : ms;
  }

  #operand(): Expression {
    const token = this.#next;
    if (token.kind === 'number') return this.#number();
    if (token.kind === 'string') {
      this.#place++;
      return { kind: 'string', value: unquote(token.text) };
    }
    if (this.#is('{')) return this.#selector();
    if (this.#is('(')) {
      return this.#nested(() => {
        this.#place++;
        const of = this.#expression(0);
        this.#expect(')');
        return { kind: 'paren', of };
      });
    }
    if (token.kind !== 'name') throw this.#unexpected();
    const word = token.text.toLowerCase();
    if (word === 'inf' || word === 'nan') {
      this.#place++;
      return { kind: 'number', value: word === 'inf' ? Infinity : Number.NaN };
    }
    if (this.#isAggregate(word)) return this.#nested(() => this.#aggregate());
    if (this.#after().kind === 'sign' && this.#after().text === '(')
      return this.#nested(() => this.#call());
    if (RESERVED.has(word)) throw this.#unexpected();
    return this.#selector();
  }

  #number(): Expression {
    const token = this.#take();
    const ms = /[a-z]$/i.test(token.text) ? parseDurationMs(token.text) : undefined;
    const value = ms === undefined ? parseNumber(token.text) : ms / 1000;
    if (value === undefined || !Number.isFinite(value))
      throw this.#error(`error parsing number: "${token.text}"`, token);
    return { kind: 'number', value };
  }

  #isAggregate(word: string): boolean {
    if (!(aggregateOps as readonly string[]).includes(word) && word !== 'limit_ratio') return false;
    const { kind, text } = this.#after();
    return (
      (kind === 'sign' && text === '(') ||
      (kind === 'name' && ['by', 'without'].includes(text.toLowerCase()))
    );
  }

  #aggregate(): Aggregate {
    const token = this.#take();
    const op = token.text.toLowerCase();
    if (op === 'limit_ratio') throw this.#unsupported(`the aggregation ${op}`, token);
    let modifier = this.#grouping();
    const args = this.#arguments();
    modifier ??= this.#grouping();
    const parametrised = ['topk', 'bottomk', 'quantile', 'count_values', 'limitk'].includes(op);
    const expected = parametrised ? 2 : 1;
    if (args.length !== expected)
      throw this.#error(
        `wrong number of arguments for aggregate expression provided, expected ${expected}, got ${args.length}`,
        token,
      );
    return this.#checked({
      kind: 'aggregate',
      op: op as AggregateOp,
      parameter: parametrised ? args[0] : undefined,
      of: args[expected - 1] as Expression,
      labels: modifier?.labels ?? [],
      without: modifier?.without ?? false,
    });
  }

  #grouping(): { readonly without: boolean; readonly labels: readonly string[] } | undefined {
    if (!this.#isWord('by', 'without')) return undefined;
    const without = this.#take().text.toLowerCase() === 'without';
    return { without, labels: this.#labels() };
  }

  /** `(a, "b c",)` */
  #labels(): readonly string[] {
    const labels: string[] = [];
    this.#expect('(');
    while (!this.#accept(')')) {
      const { kind, text } = this.#next;
      if (kind === 'string') labels.push(unquote(text));
      else if (kind === 'name' && !text.includes(':')) labels.push(text);
      else throw this.#unexpected();
      this.#place++;
      if (!this.#is(')')) this.#expect(',');
    }
    return labels;
  }

  #arguments(): readonly Expression[] {
    const args: Expression[] = [];
    this.#expect('(');
    if (this.#accept(')')) return args;
    do args.push(this.#expression(0));
    while (this.#accept(','));
    this.#expect(')');
    return args;
  }

  #call(): Expression {
    const token = this.#take();
    const { text: name } = token;
    if (refusedFunctions.has(name)) throw this.#unsupported(`the function ${name}()`, token);
    const args = name === 'info' ? this.#infoArguments() : this.#arguments();
    return this.#placed(token, { kind: 'call', name, args });
  }

  #placed<T extends Expression>(token: Token, node: T): T {
    try {
      return this.#checked(node);
    } catch (error) {
      const unknown = error instanceof PromqlError && /unknown function/.test(error.message);
      throw unknown ? this.#error(`unknown function with name "${token.text}"`, token) : error;
    }
  }

  /** The selector of info series may fit everything: it is about labels. */
  #infoArguments(): readonly Expression[] {
    this.#expect('(');
    const of = this.#expression(0);
    const args = [of];
    if (this.#accept(',')) {
      if (!this.#is('{')) throw this.#error('expected label selectors only');
      args.push(this.#selector(true));
    }
    this.#expect(')');
    return args;
  }

  #selector(mayBeEmpty = false): Selector {
    const start = this.#next;
    const matchers: Matcher[] = [];
    let name: string | undefined;
    const named = (text: string): void => {
      const before = matchers.find(({ label }) => label === '__name__');
      if (before)
        throw this.#error(`metric name must not be set twice: "${before.value}" or "${text}"`);
      matchers.unshift({ label: '__name__', op: '=', value: text });
    };
    if (start.kind === 'name') named((name = this.#take().text));
    if (this.#accept('{'))
      while (!this.#accept('}')) {
        const label = this.#take();
        if (label.kind !== 'name' && label.kind !== 'string') {
          this.#place--;
          throw this.#unexpected();
        }
        const quoted = label.kind === 'string';
        if (quoted && (this.#is(',') || this.#is('}'))) named(unquote(label.text));
        else {
          const matcher = this.#matcher(quoted ? unquote(label.text) : label.text);
          if (matcher.label === '__name__' && name !== undefined)
            throw this.#error(
              `metric name must not be set twice: "${name}" or "${matcher.value}"`,
              label,
            );
          matchers.push(matcher);
        }
        if (!this.#is('}')) this.#expect(',');
      }
    if (!mayBeEmpty && !matchers.some((matcher) => !matchesEmpty(matcher)))
      throw this.#error('vector selector must contain at least one non-empty matcher', start);
    return { kind: 'selector', name, matchers, ...NOW };
  }

  #matcher(label: string): Matcher {
    const op = this.#next;
    if (op.kind !== 'sign' || !['=', '!=', '=~', '!~'].includes(op.text)) throw this.#unexpected();
    this.#place++;
    if (this.#next.kind !== 'string') throw this.#unexpected();
    const value = unquote(this.#take().text);
    if (op.text.endsWith('~')) patternOf(value);
    return { label, op: op.text as MatchOp, value };
  }

  #matching(op: BinaryOp): Matching {
    let matching = NO_MATCHING;
    if (this.#isWord('on', 'ignoring')) {
      const on = this.#take().text.toLowerCase() === 'on';
      matching = { ...matching, on, labels: this.#labels() };
      if (this.#isWord('group_left', 'group_right')) {
        if (isSetOp(op)) throw this.#error(`no grouping allowed for "${op}" operation`);
        const many = this.#take().text.toLowerCase() === 'group_left' ? 'left' : 'right';
        matching = { ...matching, many, include: this.#is('(') ? this.#labels() : [] };
      }
    }
    while (
      this.#isWord('fill', 'fill_left', 'fill_right') &&
      this.#after().kind === 'sign' &&
      this.#after().text === '('
    ) {
      if (isSetOp(op)) throw this.#error(`filling in missing series not allowed for "${op}"`);
      const side = this.#next.text.toLowerCase();
      const twice =
        (side !== 'fill_right' && matching.fillLeft !== undefined) ||
        (side !== 'fill_left' && matching.fillRight !== undefined);
      if (twice) throw this.#unexpected();
      this.#place++;
      const value = this.#fill();
      if (side !== 'fill_right') matching = { ...matching, fillLeft: value };
      if (side !== 'fill_left') matching = { ...matching, fillRight: value };
    }
    return matching;
  }

  #fill(): number {
    this.#expect('(');
    const start = this.#next;
    const value = this.#signed();
    if (value.kind !== 'number') throw this.#error('expected a number', start);
    this.#expect(')');
    return value.value;
  }
}

function binaryOf(
  op: BinaryOp,
  bool: boolean,
  left: Expression,
  right: Expression,
  matching: Matching,
): Binary {
  const scalar = typeOf(left) === 'scalar' && typeOf(right) === 'scalar';
  return { kind: 'binary', op, bool, left, right, matching, type: scalar ? 'scalar' : 'vector' };
}

/** Whether a value of the label fits. */
export function matcherTest({ op, value }: Matcher): (text: string) => boolean {
  if (op === '=') return (text) => text === value;
  if (op === '!=') return (text) => text !== value;
  const { fits } = patternOf(value);
  return op === '=~' ? fits : (text) => !fits(text);
}

export function matchesEmpty(matcher: Matcher): boolean {
  return matcherTest(matcher)('');
}
