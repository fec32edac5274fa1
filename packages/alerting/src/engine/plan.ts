import {
  metricOfKey,
  parseSeriesKey,
  ProtocolError,
  seriesKey,
  type Attributes,
} from '@openmanager/protocol';
import { RateWindow, SlidingWindow } from './window.ts';
import {
  isSeriesRule,
  type MissingRule,
  type Rule,
  type SeriesReference,
  type SeriesRule,
} from '../model/rule.ts';
import { effectiveRule, selectsSeries, type SelectableTarget } from '../model/selection.ts';
import { instanceKey, type Match, type Plan, type Slot } from './model.ts';

/** How long a slot of a series that no key array has any more is kept. */
const SLOT_LIFETIME_MS = 3_600_000;

/** Works out which series of a key array which rules are about, once per target and array. */
export class Planner {
  readonly #rules = new Map<string, SeriesRule[]>();
  readonly #missing: readonly MissingRule[];

  constructor(rules: readonly Rule[]) {
    this.#missing = rules.filter((rule) => rule.kind === 'missing');
    for (const rule of rules) {
      if (!isSeriesRule(rule)) continue;
      const same = this.#rules.get(rule.metric);
      if (same) same.push(rule);
      else this.#rules.set(rule.metric, [rule]);
    }
  }

  plan(
    target: SelectableTarget,
    keys: readonly string[],
    slots: Map<string, Slot>,
    timeMs: number,
  ): Plan {
    for (const [key, slot] of slots)
      if (slot.instance === undefined && timeMs - slot.seenMs > SLOT_LIFETIME_MS) slots.delete(key);
    const places = new Map(keys.map((key, index) => [key, index]));
    return {
      matches: keys.flatMap((key, index) => this.#match(target, key, index, places, slots, timeMs)),
      missing: this.#missing
        .filter((rule) => effectiveRule(rule, target, {}) !== undefined)
        .map((rule) => ({ rule, indexes: indexesOf(rule, keys) })),
    };
  }

  #match(
    target: SelectableTarget,
    key: string,
    index: number,
    places: ReadonlyMap<string, number>,
    slots: Map<string, Slot>,
    timeMs: number,
  ): Match[] {
    const rules = this.#rules.get(metricOfKey(key));
    const attributes = rules && attributesOf(key);
    if (!attributes) return [];
    const scope = Object.keys(attributes).length === 0 ? 'total' : 'each';
    return rules.flatMap((general) => {
      const rule = general.scope === scope && effectiveRule(general, target, attributes);
      if (!rule) return [];
      const place = (reference: SeriesReference): number =>
        places.get(referredKey(reference, attributes)) ?? -1;
      const name = instanceKey(rule.ruleId, key);
      let slot = slots.get(name);
      if (!slot)
        slots.set(name, (slot = { window: windowOf(rule), instance: undefined, seenMs: timeMs }));
      // Without the series to divide by there is nothing to judge.
      if (rule.per && place(rule.per) < 0) return [];
      return {
        index,
        seriesKey: key,
        perIndex: rule.per ? place(rule.per) : -1,
        guards: (rule.guards ?? []).map((guard) => ({ guard, index: place(guard) })),
        rule,
        attributes,
        instanceKey: name,
        slot,
      };
    });
  }
}

function referredKey(reference: SeriesReference, attributes: Attributes): string {
  return seriesKey(reference.metric, {
    ...(reference.shared === false ? {} : attributes),
    ...reference.attributes,
  });
}

function windowOf(rule: SeriesRule): SlidingWindow | RateWindow | undefined {
  if (rule.kind === 'rate') return new RateWindow(rule.overMs);
  const { window } = rule;
  if (!window || window.aggregate === 'last') return undefined;
  return new SlidingWindow(window.overMs, window.aggregate, window.percentile);
}

function indexesOf(rule: MissingRule, keys: readonly string[]): number[] {
  return keys.flatMap((key, index) => {
    if (metricOfKey(key) !== rule.metric) return [];
    const attributes = attributesOf(key);
    return attributes && selectsSeries(rule.where, attributes) ? [index] : [];
  });
}

/** Undefined for a key that no series has: one such key must not keep the target's other series from being judged. */
function attributesOf(key: string): Attributes | undefined {
  try {
    return parseSeriesKey(key).attributes;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
