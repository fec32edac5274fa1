/** Queries in their usual form, as Prometheus prints them (promql/parser/printer.go and prettier.go). */
import type { Aggregate, Binary, Expression, Matcher, Selector, Shift } from './expression.ts';

/** Parts longer than this are split over lines. */
const WIDTH = 100;

const UNITS = [
  ['y', 31_536_000_000, true],
  ['w', 604_800_000, true],
  ['d', 86_400_000, false],
  ['h', 3_600_000, false],
  ['m', 60_000, false],
  ['s', 1_000, false],
  ['ms', 1, false],
] as const;

/** `1h30m`; years and weeks only where nothing is left. */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  let left = Math.abs(ms);
  let text = '';
  for (const [unit, size, whole] of UNITS) {
    if (whole && left % size !== 0) continue;
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${unit}`;
    left -= count * size;
  }
  return text;
}

/** As Go prints a float. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  const text = value !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function matcherText({ label, op, value }: Matcher): string {
  return `${nameText(label)}${op}${JSON.stringify(value)}`;
}

function nameText(label: string): string {
  return /^[a-zA-Z_]\w*$/.test(label) ? label : JSON.stringify(label);
}

function shiftText({ offsetMs, at }: Shift): string {
  const where =
    at === undefined ? '' : ` @ ${typeof at === 'number' ? (at / 1000).toFixed(3) : `${at}()`}`;
  if (offsetMs === 0) return where;
  return `${where} offset ${offsetMs < 0 ? '-' : ''}${durationText(offsetMs)}`;
}

function selectorText({ name, matchers }: Selector): string {
  const inside = matchers
    .slice(name === undefined ? 0 : 1)
    .map(matcherText)
    .sort();
  return `${name ?? ''}${inside.length > 0 ? `{${inside.join(',')}}` : name === undefined ? '{}' : ''}`;
}

function labelsText(labels: readonly string[]): string {
  return `(${labels.map(nameText).join(', ')})`;
}

function aggregateHead({ op, labels, without }: Aggregate): string {
  if (without) return `${op} without ${labelsText(labels)} `;
  return labels.length > 0 ? `${op} by ${labelsText(labels)} ` : op;
}

function operatorText({ op, bool, matching }: Binary): string {
  const { on, labels, many, include, fillLeft, fillRight } = matching;
  let text = `${op}${bool ? ' bool' : ''}`;
  if (on || labels.length > 0 || many !== 'none')
    text += ` ${on ? 'on' : 'ignoring'} ${labelsText(labels)}`;
  if (many !== 'none') text += ` group_${many} ${labelsText(include)}`;
  if (fillLeft !== undefined && Object.is(fillLeft, fillRight))
    return `${text} fill (${numberText(fillLeft)})`;
  if (fillLeft !== undefined) text += ` fill_left (${numberText(fillLeft)})`;
  if (fillRight !== undefined) text += ` fill_right (${numberText(fillRight)})`;
  return text;
}

/** On one line. */
export function printed(node: Expression): string {
  switch (node.kind) {
    case 'number':
      return numberText(node.value);
    case 'string':
      return JSON.stringify(node.value);
    case 'selector':
      return selectorText(node) + shiftText(node);
    case 'range':
      return `${selectorText(node.selector)}[${durationText(node.rangeMs)}]${shiftText(node.selector)}`;
    case 'subquery': {
      const step = node.stepMs === undefined ? '' : durationText(node.stepMs);
      return `${printed(node.of)}[${durationText(node.rangeMs)}:${step}]${shiftText(node)}`;
    }
    case 'paren':
      return `(${printed(node.of)})`;
    case 'unary':
      return node.op + printed(node.of);
    case 'binary':
      return `${printed(node.left)} ${operatorText(node)} ${printed(node.right)}`;
    case 'aggregate': {
      const parameter = node.parameter ? `${printed(node.parameter)}, ` : '';
      return `${aggregateHead(node)}(${parameter}${printed(node.of)})`;
    }
    default:
      return `${node.name}(${node.args.map(printed).join(', ')})`;
  }
}

/** Over several lines where it is long. */
export function pretty(node: Expression, level = 0): string {
  const indent = '  '.repeat(level);
  const line = printed(node);
  if (line.length <= WIDTH) return indent + line;
  const inner = (of: Expression): string => pretty(of, level + 1);
  switch (node.kind) {
    case 'paren':
      return `${indent}(\n${inner(node.of)}\n${indent})`;
    case 'unary':
      return `${indent}${node.op}${pretty(node.of, level).trim()}`;
    case 'binary':
      return `${inner(node.left)}\n${indent}${operatorText(node)}\n${inner(node.right)}`;
    case 'aggregate': {
      const parameter = node.parameter ? `${inner(node.parameter)},\n` : '';
      return `${indent}${aggregateHead(node)}(\n${parameter}${inner(node.of)}\n${indent})`;
    }
    case 'call':
      return `${indent}${node.name}(\n${node.args.map(inner).join(',\n')}\n${indent})`;
    case 'subquery':
      return pretty(node.of, level) + line.slice(printed(node.of).length);
    default:
      return indent + line;
  }
}
