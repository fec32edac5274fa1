import { metricOfKey, parseSeriesKey, ProtocolError, type Attributes } from '@openmanager/protocol';
import type { AboveRule } from './rule.ts';

/** A rule and one series of a key array that it is about. */
export interface Match {
  /** Place in the key array. */
  readonly index: number;
  readonly rule: AboveRule;
  readonly attributes: Attributes;
  /** Names rule and series within one host. */
  readonly instanceKey: string;
}

export function instanceKey(ruleId: string, seriesKey: string): string {
  return `${ruleId}\n${seriesKey}`;
}

/**
 * Which series of a key array which rules are about, worked out once per array and forgotten with it, so that a
 * sample costs its matching series and not rules × series.
 */
export class SeriesIndex {
  readonly #rules = new Map<string, AboveRule[]>();
  readonly #matches = new WeakMap<readonly string[], readonly Match[]>();

  constructor(rules: readonly AboveRule[]) {
    for (const rule of rules) {
      const same = this.#rules.get(rule.metric);
      if (same) same.push(rule);
      else this.#rules.set(rule.metric, [rule]);
    }
  }

  of(keys: readonly string[]): readonly Match[] {
    let matches = this.#matches.get(keys);
    if (!matches)
      this.#matches.set(keys, (matches = keys.flatMap((key, index) => this.#match(key, index))));
    return matches;
  }

  #match(key: string, index: number): Match[] {
    const rules = this.#rules.get(metricOfKey(key));
    const attributes = rules && attributesOf(key);
    if (!attributes) return [];
    const scope = Object.keys(attributes).length === 0 ? 'total' : 'each';
    return rules
      .filter((rule) => rule.scope === scope)
      .map((rule) => ({ index, rule, attributes, instanceKey: instanceKey(rule.ruleId, key) }));
  }
}

/** Undefined for a key that no series has: one such key must not keep the host's other series from being judged. */
function attributesOf(key: string): Attributes | undefined {
  try {
    return parseSeriesKey(key).attributes;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
