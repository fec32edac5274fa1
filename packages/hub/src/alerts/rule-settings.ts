import { defaultRules, ruleSchema, rulesSchema, type Rule } from '@openmanager/alerting';
import { ProtocolError } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import { collection, RecordMap } from '../records/index.ts';
import { invalidInput, parseInput } from './parse-input.ts';
import { upgradeRule } from './upgrade.ts';

const ruleRecords = collection<Rule>('alert-rules', upgradeRule);
const MAX_RULES = 10_000;

export interface RuleEntry {
  readonly rule: Rule;
  /** `default`: as it comes. `changed`: a default somebody changed. `own`: made here. */
  readonly origin: 'default' | 'changed' | 'own';
}

/** The default rules, what people changed of them, and their own. */
export class RuleSettings {
  readonly #stored: RecordMap<Rule>;

  private constructor(stored: RecordMap<Rule>) {
    this.#stored = stored;
  }

  static async open(records: RecordStore): Promise<RuleSettings> {
    return new RuleSettings(await RecordMap.open(records, ruleRecords));
  }

  entries(): readonly RuleEntry[] {
    const defaults = new Set(defaultRules.map(({ ruleId }) => ruleId));
    const own = [...this.#stored.values()].filter(({ ruleId }) => !defaults.has(ruleId));
    return [
      ...defaultRules.map((rule): RuleEntry => {
        const stored = this.#stored.get(rule.ruleId);
        return stored ? { rule: stored, origin: 'changed' } : { rule, origin: 'default' };
      }),
      ...own.map((rule): RuleEntry => ({ rule, origin: 'own' })),
    ];
  }

  rules(): readonly Rule[] {
    return this.entries().map(({ rule }) => rule);
  }

  async put(ruleId: string, input: unknown): Promise<Rule> {
    const rule = parseInput(ruleSchema, input);
    if (rule.ruleId !== ruleId) throw invalidInput('ruleId', 'must be the one in the address');
    if (!this.#stored.get(ruleId) && this.#stored.size >= MAX_RULES)
      throw invalidInput('ruleId', 'there are too many rules');
    await this.#stored.commit([[ruleId, rule]]);
    return rule;
  }

  /** All rules that are not defaults as they come, in one step: what is not in the list goes. */
  async replaceAll(input: unknown): Promise<readonly Rule[]> {
    const rules = parseInput(rulesSchema, input);
    const kept = new Set(rules.map(({ ruleId }) => ruleId));
    const gone = [...this.#stored.values()].filter(({ ruleId }) => !kept.has(ruleId));
    await this.#stored.commit([
      ...rules.map((rule) => [rule.ruleId, rule] as const),
      ...gone.map(({ ruleId }) => [ruleId, undefined] as const),
    ]);
    return rules;
  }

  /** Removes an own rule; a changed default is again as it comes. */
  async remove(ruleId: string): Promise<void> {
    if (!this.#stored.get(ruleId)) throw new ProtocolError('not-found');
    await this.#stored.commit([[ruleId, undefined]]);
  }
}
