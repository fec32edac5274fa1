/**
 * Rules of Prometheus rule files, as far as they compare a metric that we have with a number. Everything else is
 * listed with the reason: a rule that was taken in wrongly would be worse than one that was not.
 */
import { metrics, seriesSetId, type MetricName } from '@openmanager/protocol';
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import * as v from 'valibot';
import { parsePrometheusDuration } from '@openmanager/protocol/durations';
import type { Rule, Where } from './rule.ts';
import { issuesOf, ruleSchema } from './rule-schema.ts';

export interface NotImported {
  readonly name: string;
  readonly reason: string;
}

/** A rule that was taken, and what of it is not word for word as it was. */
export interface ChangedRule {
  readonly name: string;
  readonly ruleId: string;
  readonly changes: readonly string[];
}

export interface PrometheusImport {
  readonly rules: readonly Rule[];
  /** Those of the rules that were not taken exactly. */
  readonly changed: readonly ChangedRule[];
  readonly notImported: readonly NotImported[];
  /** Metrics and labels of theirs that are known here under other names, with these. */
  readonly mapped: ReadonlyMap<string, string>;
}

interface Source {
  readonly metric: string;
  readonly scope: 'total' | 'each';
  readonly where?: Where;
}

const total = (metric: MetricName): Source => ({ metric, scope: 'total' });
const each = (metric: MetricName, where?: Where): Source => ({
  metric,
  scope: 'each',
  ...(where ? { where } : {}),
});

/** Metrics of node_exporter that we have as they are. */
const sources: Readonly<Record<string, Source>> = {
  node_load1: total('system.linux.cpu.load_1m'),
  node_load5: total('system.linux.cpu.load_5m'),
  node_load15: total('system.linux.cpu.load_15m'),
  node_memory_MemAvailable_bytes: total('system.linux.memory.available'),
  node_memory_MemTotal_bytes: total('system.memory.limit'),
  node_filesystem_avail_bytes: each('system.filesystem.usage', {
    'system.filesystem.state': 'free',
  }),
  node_filesystem_size_bytes: each('system.filesystem.limit'),
  node_hwmon_temp_celsius: each('hw.temperature'),
  // Ours, as a scraper of OTLP metrics names them.
  ...Object.fromEntries(
    (Object.keys(metrics) as MetricName[])
      .filter((metric) => metrics[metric].attributes.length === 0)
      .map((metric) => [metric.replaceAll('.', '_'), total(metric)]),
  ),
};

/** Quotients that say what is left; we have what is used. */
const complements: Readonly<Record<string, Source>> = {
  'node_filesystem_avail_bytes/node_filesystem_size_bytes': each('system.filesystem.utilization'),
  'node_filesystem_files_free/node_filesystem_files': each('system.filesystem.inodes.utilization'),
  'node_memory_MemAvailable_bytes/node_memory_MemTotal_bytes': total('system.memory.utilization'),
};

const labels: Readonly<Record<string, string>> = {
  mountpoint: 'system.filesystem.mountpoint',
  device: 'system.device',
  fstype: 'system.filesystem.type',
};

class NotImportable extends Error {}

/** A side of a comparison: `scale · x + shift`, x a metric of ours. */
interface Side {
  readonly source: Source;
  readonly where: Where;
  readonly target: string | undefined;
  readonly scale: number;
  readonly shift: number;
}

interface Selector {
  readonly name: string;
  readonly where: Where;
  /** The one host that it is about. */
  readonly target: string | undefined;
}

/** Names of the job that scrapes node_exporters by which it says nothing more than the metric does. */
const NODE_JOB = /^node([-_]exporter)?$/i;

const flipped: Readonly<Record<string, string>> = {
  Gtr: 'Lss',
  Lss: 'Gtr',
  Gte: 'Lte',
  Lte: 'Gte',
};

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}

class Reader {
  readonly text: string;
  /** What of the expression is said in another way here. */
  readonly changes = new Set<string>();
  /** Names of theirs, with ours. */
  readonly mapped = new Map<string, string>();

  constructor(text: string) {
    this.text = text;
  }

  of(node: SyntaxNode): string {
    return this.text.slice(node.from, node.to);
  }

  unwrapped(node: SyntaxNode): SyntaxNode {
    const inner = node.name === 'ParenExpr' ? node.firstChild : null;
    return inner ? this.unwrapped(inner) : node;
  }

  number(node: SyntaxNode): number | undefined {
    const bare = this.unwrapped(node);
    if (bare.name === 'UnaryExpr') {
      const operand = bare.lastChild && this.number(bare.lastChild);
      return this.of(bare).startsWith('-') && typeof operand === 'number' ? -operand : undefined;
    }
    if (bare.name !== 'NumberDurationLiteral') return undefined;
    const value = Number(this.of(bare));
    return Number.isFinite(value) ? value : undefined;
  }

  selector(node: SyntaxNode): Selector {
    const bare = this.unwrapped(node);
    if (bare.name !== 'VectorSelector')
      throw new NotImportable(`“${this.of(bare)}” is more than a metric`);
    const [identifier, matchers] = children(bare);
    if (identifier?.name !== 'Identifier') throw new NotImportable('it names no metric');
    const where: Record<string, string> = {};
    let target: string | undefined;
    for (const matcher of matchers ? children(matchers) : []) {
      const [label, operator, literal] = children(matcher);
      if (!label || !operator || !literal) throw new NotImportable('a label is not understood');
      const name = this.of(label);
      const value = this.of(literal).slice(1, -1);
      const isEqual = operator.firstChild?.name === 'EqlSingle';
      if (
        name === 'job' &&
        isEqual &&
        NODE_JOB.test(value) &&
        this.of(identifier).startsWith('node_')
      ) {
        this.changes.add(`job="${value}" is left out: all series here are of hosts`);
        continue;
      }
      if (name === 'job')
        throw new NotImportable('it is about one job, which series here do not have');
      const [, host] = /^([\w.-]+):\d+$/.exec(value) ?? [];
      if (name === 'instance' && isEqual && host !== undefined && target === undefined) {
        this.changes.add(`instance="${value}" is the host “${host}”`);
        target = host;
        continue;
      }
      const attribute = Object.hasOwn(labels, name) ? labels[name] : undefined;
      if (attribute === undefined) throw new NotImportable(`we have no label “${name}”`);
      if (where[attribute] !== undefined) throw new NotImportable(`label “${name}” is there twice`);
      const text = this.of(literal).slice(1, -1);
      if (!/^[\w./:-]*$/.test(text) || /Regex/.test(operator.firstChild?.name ?? ''))
        throw new NotImportable(`the pattern of label “${name}” is not plain text`);
      this.mapped.set(name, attribute);
      where[attribute] = operator.firstChild?.name === 'Neq' ? `!${text}` : text;
    }
    return { name: this.of(identifier), where, target };
  }

  side(node: SyntaxNode): Side {
    const bare = this.unwrapped(node);
    if (bare.name !== 'BinaryExpr') return this.plain(this.selector(bare));
    const parts = children(bare);
    const [left, operator, right] = parts;
    if (!left || !operator || !right || parts.length !== 3)
      throw new NotImportable('it matches labels of two metrics');
    if (operator.name === 'Div' && this.number(right) === undefined) {
      const [over, under] = [this.selector(left), this.selector(right)];
      const source = complements[`${over.name}/${under.name}`];
      if (source) this.mapped.set(`1 - ${over.name} / ${under.name}`, source.metric);
      if (!source) throw new NotImportable(`we do not have ${over.name} / ${under.name}`);
      // Both sides have to carry the labels of either.
      const isOther = Object.entries(over.where).some(
        ([name, value]) => (under.where[name] ?? value) !== value,
      );
      if (isOther || (over.target ?? under.target) !== (under.target ?? over.target))
        throw new NotImportable('it divides one series by another one');
      const where = { ...under.where, ...over.where };
      return { source, where, target: over.target ?? under.target, scale: -1, shift: 1 };
    }
    const [factor, rest] =
      this.number(left) === undefined ? [this.number(right), left] : [this.number(left), right];
    if (factor === undefined || (operator.name !== 'Mul' && operator.name !== 'Div') || factor <= 0)
      throw new NotImportable(`“${this.of(bare)}” is more than a metric and a factor`);
    if (operator.name === 'Div' && rest !== left)
      throw new NotImportable('it divides by the metric');
    const times = operator.name === 'Mul' ? factor : 1 / factor;
    const inner = this.side(rest);
    return { ...inner, scale: inner.scale * times, shift: inner.shift * times };
  }

  plain({ name, where, target }: Selector): Side {
    const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
    if (!source) throw new NotImportable(`we have no metric “${name}”`);
    this.mapped.set(name, source.metric);
    return { source, where, target, scale: 1, shift: 0 };
  }
}

type Condition = Pick<
  Extract<Rule, { kind: 'above' | 'below' }>,
  'kind' | 'threshold' | 'clear' | 'targets'
> &
  Source;

function conditionOf(reader: Reader, expression: string): Condition | Partial<Rule> {
  const tree = parser.parse(expression);
  let broken = false;
  tree.iterate({ enter: ({ type }) => void (broken ||= type.isError) });
  const top = tree.topNode.firstChild;
  if (!top || broken) throw new NotImportable('the expression is not understood');
  const bare = reader.unwrapped(top);
  const parts = children(bare);
  const [left, operator, right] = parts;
  if (bare.name !== 'BinaryExpr' || !left || !operator || !right || parts.length !== 3)
    throw new NotImportable('it is not a comparison of a metric with a number');
  const turned = reader.number(left) !== undefined;
  const bound = reader.number(turned ? left : right);
  if (bound === undefined)
    throw new NotImportable('it is not a comparison of a metric with a number');
  const measured = turned ? right : left;
  let comparison = turned ? (flipped[operator.name] ?? operator.name) : operator.name;
  if (
    reader.unwrapped(measured).name === 'VectorSelector' &&
    reader.selector(measured).name === 'up'
  ) {
    const { where, target } = reader.selector(measured);
    const isDown =
      (operator.name === 'Eql' && bound === 0) || (comparison === 'Lss' && bound > 0 && bound <= 1);
    if (!isDown || Object.keys(where).length > 0)
      throw new NotImportable('it is about scrapes, which there are none of here');
    reader.changes.add('up == 0 is a host that was silent for three of its intervals');
    return { kind: 'absent', intervals: 3, ...targetsOf(target) };
  }
  if (!Object.hasOwn(flipped, comparison))
    throw new NotImportable('it compares by something other than >, >=, <, <=');
  const { source, where, target, scale, shift } = reader.side(measured);
  if (scale < 0) comparison = flipped[comparison] as string;
  const exact = Number(((bound - shift) / scale).toPrecision(15));
  const kind = comparison.startsWith('G') ? 'above' : 'below';
  // Ours is strict: a bound that counts itself lies the least bit further out.
  const out = kind === 'above' ? -1 : 1;
  const step = Math.max(Number.MIN_VALUE, Math.abs(exact) * Number.EPSILON);
  const threshold = comparison.endsWith('te') ? exact + out * step : exact;
  const all: Where = { ...source.where, ...where };
  const { metric, scope } = source;
  return {
    metric,
    scope,
    kind,
    threshold,
    clear: threshold,
    ...(Object.keys(all).length > 0 ? { where: all } : {}),
    ...targetsOf(target),
  };
}

function targetsOf(target: string | undefined): Pick<Rule, 'targets'> {
  return target === undefined ? {} : { targets: [{ target }] };
}

const severities: Readonly<Record<string, Rule['severity']>> = {
  critical: 'critical',
  page: 'critical',
  warning: 'warning',
  warn: 'warning',
  ticket: 'warning',
  info: 'info',
  none: 'info',
  error: 'critical',
  high: 'critical',
};
/** Taken without a word: they are our own. */
const ownSeverities: ReadonlySet<string> = new Set(['critical', 'warning', 'info']);

const texts = v.nullish(
  v.record(v.string(), v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String))),
  {},
);
/** YAML makes numbers of `for: 0`. */
const span = v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String)));
const entrySchema = v.looseObject({
  alert: v.optional(v.string()),
  record: v.optional(v.string()),
  expr: v.union([v.string(), v.number()]),
  for: span,
  keep_firing_for: span,
  labels: texts,
  annotations: texts,
});
type PrometheusRule = v.InferOutput<typeof entrySchema>;
/** The frame alone: each group and each entry stands for itself. */
const fileSchema = v.object({ groups: v.nullable(v.array(v.unknown())) });
const groupSchema = v.looseObject({ rules: v.nullish(v.array(v.unknown()), []), labels: texts });
const GROUP_FIELDS: ReadonlySet<string> = new Set(['name', 'partial_response_strategy']);
const ENTRY_FIELDS: ReadonlySet<string> = new Set([
  'alert',
  'expr',
  'for',
  'keep_firing_for',
  'labels',
  'annotations',
]);
const ANNOTATIONS: ReadonlySet<string> = new Set(['summary', 'runbook_url']);

/** Fields that are there and have no meaning here. */
function others(given: object, known: ReadonlySet<string>): readonly string[] {
  return Object.keys(given).filter((name) => !known.has(name));
}

function ruleIdOf(name: string): string {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 48);
  // Names in other scripts have an id of their own all the same.
  return /[^\x20-\x7e]/.test(name) || words === ''
    ? `${words === '' ? 'rule' : words}-${seriesSetId([name])}`.slice(0, 64)
    : words;
}

function convert(
  name: string,
  rule: PrometheusRule,
  changes: string[],
  mapped: Map<string, string>,
): unknown {
  const reader = new Reader(String(rule.expr));
  const condition = conditionOf(reader, reader.text);
  changes.push(...reader.changes);
  for (const [theirs, ours] of reader.mapped) mapped.set(theirs, ours);
  const { severity = 'warning', ...more } = rule.labels;
  for (const [label, value] of Object.entries(rule.labels))
    if (value.includes('{{'))
      throw new NotImportable(`label “${label}” is a template, which would be taken as it stands`);
  if (rule.labels['severity'] === undefined) changes.push('it has no severity: warning here');
  const own = severities[severity.toLowerCase()] ?? 'warning';
  if (!ownSeverities.has(severity)) changes.push(`severity “${severity}” is ${own} here`);
  const ms = (text: string | undefined): number => {
    const found = text === undefined || text === '0' ? 0 : parsePrometheusDuration(text);
    if (found === undefined) throw new NotImportable(`“${text}” is not a time that we know`);
    return found;
  };
  const { summary, runbook_url: runbookUrl } = rule.annotations;
  if (summary?.includes('{{'))
    changes.push('the summary is a template: ours is made from the rule');
  for (const one of others(rule.annotations, ANNOTATIONS))
    changes.push(`the annotation ${one} is left out`);
  for (const one of others(rule, ENTRY_FIELDS)) changes.push(`the field ${one} is left out`);
  const common = {
    ruleId: ruleIdOf(name),
    severity: own,
    forMs: ms(rule.for),
    ...(rule.keep_firing_for === undefined ? {} : { keepFiringForMs: ms(rule.keep_firing_for) }),
    ...(Object.keys(more).length > 0 ? { labels: more } : {}),
    // Their templates have logic; a sentence without any is taken over.
    ...(summary === undefined || summary.includes('{{') ? {} : { summary }),
    ...(runbookUrl === undefined ? {} : { runbookUrl }),
  };
  return { ...condition, ...common };
}

/** With the labels of its group, which its own replace. */
function withLabels(entry: unknown, shared: Readonly<Record<string, string>>): unknown {
  if (typeof entry !== 'object' || entry === null || Object.keys(shared).length === 0) return entry;
  const own = 'labels' in entry && typeof entry.labels === 'object' ? entry.labels : {};
  return { ...entry, labels: { ...shared, ...own } };
}

/** Takes a parsed rule file. Throws nothing: a file of another form is listed as not imported. */
export function importPrometheus(document: unknown): PrometheusImport {
  const parsed = v.safeParse(fileSchema, document);
  if (!parsed.success)
    return {
      rules: [],
      changed: [],
      mapped: new Map(),
      notImported: [{ name: '', reason: issuesOf(parsed.issues)[0] ?? 'is no rule file' }],
    };
  const rules: Rule[] = [];
  const changed: ChangedRule[] = [];
  const mapped = new Map<string, string>();
  const notImported: NotImported[] = [];
  const entries = (parsed.output.groups ?? []).flatMap((given) => {
    const group = v.safeParse(groupSchema, given);
    if (!group.success) {
      const reason = issuesOf(group.issues)[0] ?? 'is no group';
      notImported.push({ name: '', reason: `a group: ${reason}` });
      return [];
    }
    const { rules: list, labels: shared, ...frame } = group.output;
    return (list ?? []).map((entry) => ({
      entry: withLabels(entry, shared ?? {}),
      dropped: others(frame, GROUP_FIELDS),
    }));
  });
  for (const { entry, dropped } of entries) {
    const read = v.safeParse(entrySchema, entry);
    if (!read.success) {
      const name = (entry as { alert?: unknown } | null)?.alert;
      const reason = issuesOf(read.issues)[0] ?? 'is no rule';
      notImported.push({ name: typeof name === 'string' ? name : '', reason });
      continue;
    }
    const rule = read.output;
    const name = rule.alert ?? rule.record ?? '';
    const changes = dropped.map((one) => `${one} of the group is left out`);
    const refuse = (reason: string): unknown => notImported.push({ name, reason });
    if (rule.alert === undefined) {
      refuse('it records, it does not alert');
      continue;
    }
    try {
      const result = v.safeParse(ruleSchema, convert(name, rule, changes, mapped));
      if (!result.success) refuse(issuesOf(result.issues)[0] ?? 'it cannot work');
      else if (rules.some(({ ruleId }) => ruleId === result.output.ruleId))
        refuse('another rule has its name');
      else {
        rules.push(result.output);
        if (changes.length > 0) changed.push({ name, ruleId: result.output.ruleId, changes });
      }
    } catch (error) {
      if (!(error instanceof NotImportable)) throw error;
      refuse(error.message);
    }
  }
  return { rules, changed, notImported, mapped };
}
