/** A query as the tree that Prometheus's `parse_query` answers (web/api/v1/translate_ast.go). */
import type { Expression, Matcher, Selector, Shift } from './expression.ts';
import { numberText } from './print.ts';
import { signatures } from './signatures.ts';
import { typeOf } from './types.ts';

interface Json {
  readonly [key: string]: string | number | boolean | null | Json | readonly (string | Json)[];
}

function shiftOf({ offsetMs, at }: Shift): Json {
  return {
    offset: offsetMs,
    timestamp: typeof at === 'number' ? at : null,
    startOrEnd: typeof at === 'string' ? at : null,
  };
}

function matcherOf({ label, op, value }: Matcher): Json {
  return { type: op, name: label, value };
}

function selectorOf(selector: Selector): Json {
  return {
    name: selector.name ?? '',
    matchers: selector.matchers.map(matcherOf),
    ...shiftOf(selector),
  };
}

const CARD = { none: 'one-to-one', left: 'many-to-one', right: 'one-to-many' } as const;

export function treeOf(node: Expression): Json {
  switch (node.kind) {
    case 'number':
      return { type: 'numberLiteral', val: numberText(node.value) };
    case 'string':
      return { type: 'stringLiteral', val: node.value };
    case 'selector':
      return { type: 'vectorSelector', ...selectorOf(node) };
    case 'range':
      return { type: 'matrixSelector', range: node.rangeMs, ...selectorOf(node.selector) };
    case 'subquery': {
      const { rangeMs: range, stepMs: step = 0 } = node;
      return { type: 'subquery', expr: treeOf(node.of), range, step, ...shiftOf(node) };
    }
    case 'paren':
      return { type: 'parenExpr', expr: treeOf(node.of) };
    case 'unary':
      return { type: 'unaryExpr', op: node.op, expr: treeOf(node.of) };
    case 'binary': {
      const { op, bool, left, right, matching } = node;
      const { on, labels, many, include, fillLeft, fillRight } = matching;
      const isSet = op === 'and' || op === 'or' || op === 'unless';
      const fill = { lhs: fillLeft ?? null, rhs: fillRight ?? null };
      const how =
        typeOf(left) === 'scalar' || typeOf(right) === 'scalar'
          ? null
          : { card: isSet ? 'many-to-many' : CARD[many], labels, on, include, fillValues: fill };
      return { type: 'binaryExpr', op, bool, lhs: treeOf(left), rhs: treeOf(right), matching: how };
    }
    case 'aggregate': {
      const { op, labels: grouping, without, of, parameter } = node;
      const param = parameter ? treeOf(parameter) : null;
      return { type: 'aggregation', op, expr: treeOf(of), param, grouping, without };
    }
    default: {
      const { name, args } = node;
      const { takes = [], returns = 'vector', least, variadic = false } = signatures[name] ?? {};
      const optional = takes.length - (least ?? takes.length);
      const func = {
        name,
        argTypes: takes,
        variadic: variadic ? -1 : optional,
        returnType: returns,
      };
      return { type: 'call', func, args: args.map(treeOf) };
    }
  }
}
