/**
 * Rules as people write them in a file: durations as `5m`, shares as `85%`, `id` for `ruleId`, matchers of targets as
 * `team=shop`, `env!=dev`, `zone~a*|b*`, `web`.
 */
import type { Matcher } from '@openmanager/protocol';
import { parseDuration } from '@openmanager/protocol/durations';
import * as v from 'valibot';
import { upgradeNotify } from './audience.ts';
import type { Rule } from './rule.ts';
import { issuesOf, ruleSchema } from './rule-schema.ts';

const DURATIONS = ['for', 'clearFor', 'keepFiringFor', 'notifyAfter', 'over'] as const;
const SHARES = ['threshold', 'clear', 'bound', 'above', 'below'] as const;
const NESTED = ['window', 'guards', 'overrides'] as const;
const ids = new Map([['id', 'ruleId']]);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** In the names and units that rules have inside. What is not understood stays, so that the schema names it. */
function inward(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inward);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, given]) => {
      if ((DURATIONS as readonly string[]).includes(name))
        return [`${name}Ms`, typeof given === 'string' ? (parseDuration(given) ?? given) : given];
      if ((SHARES as readonly string[]).includes(name) && typeof given === 'string')
        return [name, amount(given)];
      if ((NESTED as readonly string[]).includes(name)) return [name, inward(given)];
      if (name === 'notify') return [name, upgradeNotify(given)];
      if (name === 'targets' && Array.isArray(given)) return [name, given.map(selector)];
      return [ids.get(name) ?? name, given];
    }),
  );
}

function selector(given: unknown): unknown {
  if (!isObject(given) || !Array.isArray(given['labels'])) return given;
  const labels: readonly unknown[] = given['labels'];
  return {
    ...given,
    labels: labels.map((one) => (typeof one === 'string' ? (parseMatcher(one) ?? one) : one)),
  };
}

/** A name alone asks for the label, whatever its value. */
function parseMatcher(text: string): Matcher | undefined {
  const [, name = '', op, value = ''] = /^([^=!~]+)(?:(=|!=|~|!~)(.*))?$/.exec(text) ?? [];
  if (name.trim() === '') return undefined;
  return op === undefined
    ? { name: name.trim(), op: '~', value: '*' }
    : { name: name.trim(), op: op as Matcher['op'], value: value.trim() };
}

function amount(text: string): unknown {
  const share = /^(-?\d+(?:\.\d+)?)\s*%$/.exec(text);
  if (share) return Number((Number(share[1]) / 100).toPrecision(12));
  return parseDuration(text) ?? text;
}

/** The field as it is written in the file. */
export function writtenField(issue: string): string {
  return issue
    .replace(/^ruleId\b/, 'id')
    .replace(/^([\w.]*?)(\w+)Ms(?=:|$)/, (whole, before: string, name: string) =>
      (DURATIONS as readonly string[]).includes(name) ? `${before}${name}` : whole,
    );
}

export interface ParsedRules {
  readonly rules: readonly Rule[];
  /** `rules.2.clear: must not be above the threshold` */
  readonly errors: readonly string[];
}

/** Rules of a parsed file: a list, or an object with `rules`. */
export function parseRuleFile(document: unknown): ParsedRules {
  const list = isObject(document) ? document['rules'] : document;
  if (!Array.isArray(list)) return { rules: [], errors: ['rules: must be a list'] };
  const rules: Rule[] = [];
  const errors: string[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of list.entries()) {
    const result = v.safeParse(ruleSchema, inward(entry));
    const issues = result.success ? [] : issuesOf(result.issues).map(writtenField);
    if (result.success && seen.has(result.output.ruleId)) issues.push('id: is there twice');
    errors.push(...issues.map((issue) => `rules.${index}.${issue}`));
    if (!result.success) continue;
    seen.add(result.output.ruleId);
    rules.push(result.output);
  }
  return { rules, errors };
}
