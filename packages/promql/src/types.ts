/** Which type each part has, and whether it fits where it stands. */
import { bare, type Expression, isComparison, isSetOp, type ValueType } from './expression.ts';
import { signatures } from './signatures.ts';
import { PromqlError } from './promql-error.ts';

const SHOWN: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  vector: 'instant vector',
  matrix: 'range vector',
};

export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
    case 'aggregate':
      return 'vector';
    case 'range':
    case 'subquery':
      return 'matrix';
    case 'unary':
      return typeOf(expression.of);
    case 'paren':
      return typeOf(bare(expression));
    case 'binary':
      return expression.type;
    default:
      return signatures[expression.name]?.returns ?? 'vector';
  }
}

function fail(message: string): never {
  throw new PromqlError('bad_data', `parse error: ${message}`);
}

/** Of a node whose parts are checked already. Throws `bad_data` in Prometheus's words. */
export function checkType(expression: Expression): void {
  switch (expression.kind) {
    case 'unary': {
      const type = typeOf(expression.of);
      if (type !== 'scalar' && type !== 'vector')
        fail(
          `unary expression only allowed on expressions of type scalar or instant vector, got "${SHOWN[type]}"`,
        );
      return;
    }
    case 'subquery':
      if (typeOf(expression.of) !== 'vector' && typeOf(expression.of) !== 'scalar')
        fail(
          `subquery is only allowed on instant vector, got ${SHOWN[typeOf(expression.of)]} instead`,
        );
      return;
    case 'aggregate': {
      if (typeOf(expression.of) !== 'vector')
        fail(
          `expected type instant vector in aggregation expression, got ${SHOWN[typeOf(expression.of)]}`,
        );
      const { parameter } = expression;
      if (parameter) {
        const wanted = expression.op === 'count_values' ? 'string' : 'scalar';
        if (typeOf(parameter) !== wanted)
          fail(`expected type ${wanted} in aggregation parameter, got ${SHOWN[typeOf(parameter)]}`);
      }
      return;
    }
    case 'binary': {
      const { op, left, right, bool, matching } = expression;
      const types = [typeOf(left), typeOf(right)] as const;
      for (const type of types)
        if (type !== 'scalar' && type !== 'vector')
          fail('binary expression must contain only scalar and instant vector types');
      if (isSetOp(op) && types.includes('scalar'))
        fail(`set operator "${op}" not allowed in binary scalar expression`);
      if (isComparison(op) && !bool && types[0] === 'scalar' && types[1] === 'scalar')
        fail('comparisons between scalars must use BOOL modifier');
      if (
        types.includes('scalar') &&
        (matching.on || matching.labels.length > 0 || matching.many !== 'none')
      )
        fail('vector matching only allowed between instant vectors');
      for (const label of matching.on ? matching.include : [])
        if (matching.labels.includes(label))
          fail(`label "${label}" must not occur in ON and GROUP clause at once`);
      return;
    }
    case 'call': {
      const { name, args } = expression;
      const signature = Object.hasOwn(signatures, name) ? signatures[name] : undefined;
      if (!signature) return fail(`unknown function with name "${name}"`);
      const { takes, least = takes.length, variadic = false } = signature;
      if (args.length < least || (!variadic && args.length > takes.length))
        fail(
          `expected ${least === takes.length && !variadic ? '' : 'at least '}${least} argument(s) in call to "${name}", got ${args.length}`,
        );
      for (const [place, argument] of args.entries()) {
        const wanted = takes[Math.min(place, takes.length - 1)] as ValueType;
        if (typeOf(argument) !== wanted)
          fail(
            `expected type ${SHOWN[wanted]} in call to function "${name}", got ${SHOWN[typeOf(argument)]}`,
          );
      }
      return;
    }
    default:
  }
}
