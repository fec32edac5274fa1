/** Cases of a rule file: series in, expected states out, in virtual time. */
import type { Target } from '@openmanager/protocol';
import * as v from 'valibot';
import { AlertEngine } from '../engine/engine.ts';
import { parseDuration } from '@openmanager/protocol/durations';
import type { Rule } from '../model/rule.ts';
import { issuesOf } from '../model/rule-schema.ts';

const ROWS = 200_000;
const states = ['inactive', 'pending', 'firing', 'flapping'] as const;
type State = (typeof states)[number];

const duration = v.pipe(
  v.string(),
  v.check((text) => parseDuration(text) !== undefined, 'must be a time such as 5s or 1h30m'),
  v.transform((text) => parseDuration(text) as number),
);
const text = v.pipe(v.string(), v.minLength(1));

/** `0.2`, `0.9 x 12` (twelve times), `_ x 3` (no sample). */
const run = v.union([
  v.number(),
  v.pipe(
    v.string(),
    v.regex(/^(_|-?\d+(\.\d+)?(e-?\d+)?)(\s*x\s*\d{1,6})?$/, 'must be a value, or value x count'),
  ),
]);

const caseSchema = v.strictObject({
  name: text,
  interval: v.optional(duration, '5s'),
  series: v.record(text, v.array(run)),
  expect: v.pipe(
    v.array(
      v.strictObject({
        at: duration,
        rule: text,
        state: v.picklist(states),
        /** Only of the instances with these attributes. */
        attributes: v.optional(v.record(text, text)),
      }),
    ),
    v.minLength(1),
  ),
});
type Case = v.InferOutput<typeof caseSchema>;
const casesSchema = v.array(caseSchema);

function expand(entries: readonly (number | string)[]): number[] {
  return entries.flatMap((entry) => {
    if (typeof entry === 'number') return [entry];
    const [value = '', count = '1'] = entry.split('x').map((part) => part.trim());
    const times = Math.min(Number(count), ROWS);
    return Array.from({ length: times }, () => (value === '_' ? Number.NaN : Number(value)));
  });
}

export interface CaseResult {
  readonly name: string;
  /** Empty when the case passed. */
  readonly failures: readonly string[];
}

/** Runs the cases under `tests` of a parsed file. `errors` names what is wrong with the file. */
export function runRuleTests(
  rules: readonly Rule[],
  document: unknown,
): { readonly results: readonly CaseResult[]; readonly errors: readonly string[] } {
  const tests =
    typeof document === 'object' && document !== null && 'tests' in document ? document.tests : [];
  const parsed = v.safeParse(casesSchema, tests);
  if (!parsed.success)
    return { results: [], errors: issuesOf(parsed.issues).map((issue) => `tests.${issue}`) };
  return { results: parsed.output.map((one) => runCase(rules, one)), errors: [] };
}

function runCase(rules: readonly Rule[], { name, interval, series, expect }: Case): CaseResult {
  const known = new Set(rules.map(({ ruleId }) => ruleId));
  const failures = expect
    .filter(({ rule }) => !known.has(rule))
    .map(({ rule }) => `there is no rule “${rule}”`);
  if (failures.length > 0) return { name, failures };
  const keys = Object.keys(series);
  const columns = keys.map((key) => expand(series[key] ?? []));
  const rows = columns.reduce((most, column) => Math.max(most, column.length), 0);
  const engine = new AlertEngine(rules);
  const target: Target = { id: 'test', kind: 'host', name: 'test', labels: {} };
  engine.targetSeen({ target, intervalMs: interval }, 0);
  const waiting = expect.toSorted((a, b) => a.at - b.at);
  const lastMs = Math.max(rows * interval, waiting.at(-1)?.at ?? 0);
  for (let row = 0; row * interval <= lastMs; row++) {
    const timeMs = row * interval;
    const values = columns.map((column) => column[row] ?? Number.NaN);
    engine.tick(timeMs);
    if (values.some((value) => Number.isFinite(value)))
      engine.observe({ target, timeMs, keys, values }, timeMs);
    while (waiting[0] && waiting[0].at < timeMs + interval) {
      const { at, rule, state, attributes = {} } = waiting.shift() as Case['expect'][number];
      engine.tick(at);
      const is = stateOf(engine, rule, attributes);
      if (is !== state) failures.push(`at ${at / 1000} s ${rule} is ${is}, not ${state}`);
    }
  }
  return { name, failures };
}

function stateOf(
  engine: AlertEngine,
  ruleId: string,
  attributes: Readonly<Record<string, string>>,
): State {
  const found = engine
    .current()
    .filter(
      (alert) =>
        alert.ruleId === ruleId &&
        Object.entries(attributes).every(([key, value]) => alert.attributes[key] === value),
    );
  if (found.some(({ flapping }) => flapping !== undefined)) return 'flapping';
  if (found.some(({ state }) => state === 'firing')) return 'firing';
  return found.length > 0 ? 'pending' : 'inactive';
}
