import { defaultRules, type Rule, type RuleEntry } from '@openmanager/alerting';
import { invalidField, ProtocolError } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import { collection, RecordMap } from '../records/index.ts';
import { upgradeRule } from './upgrade.ts';

const ruleRecords = collection<Rule>('alert-rules', upgradeRule);
const MAX_RULES = 10_000;

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

  async put(ruleId: string, rule: Rule): Promise<void> {
    if (rule.ruleId !== ruleId) throw invalidField('ruleId', 'must be the one in the address');
    if (!this.#stored.get(ruleId) && this.#stored.size >= MAX_RULES)
      throw invalidField('ruleId', 'there are too many rules');
    await this.#stored.commit([[ruleId, rule]]);
  }

  /** All rules that are not defaults as they come, in one step: what is not in the list goes. */
  async replaceAll(rules: readonly Rule[]): Promise<void> {
    const kept = new Set(rules.map(({ ruleId }) => ruleId));
    const gone = [...this.#stored.values()].filter(({ ruleId }) => !kept.has(ruleId));
    await this.#stored.commit([
      ...rules.map((rule) => [rule.ruleId, rule] as const),
      ...gone.map(({ ruleId }) => [ruleId, undefined] as const),
    ]);
  }

  /** Removes an own rule; a changed default is again as it comes. */
  async remove(ruleId: string): Promise<void> {
    if (!this.#stored.get(ruleId)) throw new ProtocolError('not-found');
    await this.#stored.commit([[ruleId, undefined]]);
  }
}
