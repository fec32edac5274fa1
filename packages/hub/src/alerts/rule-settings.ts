import {
  defaultRules,
  issuesOf,
  ruleSchema,
  type Rule,
  type RuleEntry,
} from '@openmanager/alerting';
import { invalidField, ProtocolError } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import * as v from 'valibot';
import type { HealthIssues } from '../ports/index.ts';
import { collection, RecordMap } from '../records/index.ts';
import { upgradeRule } from './upgrade.ts';

const ruleRecords = collection<Rule>('alert-rules', upgradeRule);
const MAX_RULES = 10_000;
const PART = 'rules';

/** The default rules, what people changed of them, and their own. */
export class RuleSettings {
  readonly #stored: RecordMap<Rule>;

  readonly #issues: HealthIssues;

  private constructor(stored: RecordMap<Rule>, issues: HealthIssues) {
    this.#stored = stored;
    this.#issues = issues;
  }

  static async open(records: RecordStore, issues: HealthIssues): Promise<RuleSettings> {
    return new RuleSettings(await RecordMap.open(records, ruleRecords), issues);
  }

  entries(): readonly Omit<RuleEntry, 'warnings'>[] {
    const defaults = new Set(defaultRules.map(({ ruleId }) => ruleId));
    const own = [...this.#stored.values()].filter(({ ruleId }) => !defaults.has(ruleId));
    return [
      ...defaultRules.map((rule) => {
        const stored = this.#stored.get(rule.ruleId);
        return stored
          ? ({ rule: stored, origin: 'changed' } as const)
          : ({ rule, origin: 'default' } as const);
      }),
      ...own.map((rule) => ({ rule, origin: 'own' }) as const),
    ];
  }

  /**
   * Rules to evaluate. A stored one that the schema refuses, as after an upgrade, is not among them and a health issue
   * names it: one bad rule keeps neither the hub nor the other rules from working.
   */
  rules(): readonly Rule[] {
    const refused: string[] = [];
    const usable = this.entries().filter(({ rule }) => {
      const result = v.safeParse(ruleSchema, rule);
      if (!result.success)
        refused.push(`${rule.ruleId} (${issuesOf(result.issues)[0] ?? 'not valid'})`);
      return result.success;
    });
    if (refused.length === 0) this.#issues.clear(PART);
    else
      this.#issues.set(
        PART,
        `These rules cannot be used; save them again or remove them: ${refused.slice(0, 10).join(', ')}.`,
      );
    return usable.map(({ rule }) => rule);
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
