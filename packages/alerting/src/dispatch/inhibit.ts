import {
  ancestorsOf,
  matchersSchema,
  matchesAll,
  type Alert,
  type Labels,
  type Matcher,
  type TargetLookup,
} from '@openmanager/protocol';
import * as v from 'valibot';

/** While an alert that fits `source` fires, nobody is told of those that fit `target` and belong to it. */
export interface Inhibition {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  /** Only of alerts about the source's target or one that runs on it or belongs to it. @default of any target */
  readonly related?: 'self-or-descendant' | undefined;
  /** Names of labels in which both are equal. */
  readonly equal: readonly string[];
}

export const inhibitionSchema: v.GenericSchema<unknown, Inhibition> = v.pipe(
  v.strictObject({
    source: v.pipe(matchersSchema, v.minLength(1)),
    target: matchersSchema,
    related: v.optional(v.literal('self-or-descendant')),
    equal: v.array(v.pipe(v.string(), v.minLength(1))),
  }),
  v.title('Inhibition'),
);

/** What is down inhibits what else is said of it, and of all that runs on it: its containers, checks, resources. */
export const defaultInhibitions: readonly Inhibition[] = [
  {
    source: [{ name: 'metric', op: '=', value: 'host.silence' }],
    target: [],
    related: 'self-or-descendant',
    equal: [],
  },
];

/** An alert as inhibition sees it. */
type Inhibitable = Pick<Alert, 'id' | 'target'>;

/** Which firing alerts inhibit others, kept up to date alert by alert. */
export class Inhibitor {
  #inhibitions: readonly Inhibition[];
  readonly #lookup: TargetLookup;
  /** Per inhibition: target and values of `equal` → ids of firing sources. */
  #sources: Map<string, Set<string>>[] = [];

  constructor(inhibitions: readonly Inhibition[], lookup: TargetLookup) {
    this.#inhibitions = inhibitions;
    this.#lookup = lookup;
    this.#sources = inhibitions.map(() => new Map());
  }

  /** Whether it inhibits others from now on. */
  fires({ id, target }: Inhibitable, labels: Labels): boolean {
    let isSource = false;
    for (const [index, inhibition] of this.#inhibitions.entries()) {
      if (!matchesAll(inhibition.source, labels)) continue;
      isSource = true;
      const key = keyOf(inhibition, target.id, labels);
      const ids = this.#sources[index]?.get(key);
      if (ids) ids.add(id);
      else this.#sources[index]?.set(key, new Set([id]));
    }
    return isSource;
  }

  /** Whether it inhibited others. */
  ends({ id, target }: Inhibitable, labels: Labels): boolean {
    let wasSource = false;
    for (const [index, inhibition] of this.#inhibitions.entries()) {
      const key = keyOf(inhibition, target.id, labels);
      const ids = this.#sources[index]?.get(key);
      if (!ids?.delete(id)) continue;
      wasSource = true;
      if (ids.size === 0) this.#sources[index]?.delete(key);
    }
    return wasSource;
  }

  /**
   * Ids of the firing alerts that inhibit this one. One that is a source too is inhibited by sources above its target
   * only: two sources would keep each other silent.
   */
  inhibitedBy({ id, target }: Inhibitable, labels: Labels): string[] {
    const found = new Set<string>();
    for (const [index, inhibition] of this.#inhibitions.entries()) {
      const sources = this.#sources[index];
      if (!sources || sources.size === 0 || !matchesAll(inhibition.target, labels)) continue;
      const isSource = matchesAll(inhibition.source, labels);
      if (isSource && inhibition.related === undefined) continue;
      const lineage =
        inhibition.related === undefined ? [target.id] : this.#lineage(target.id, isSource);
      for (const targetId of lineage)
        for (const other of sources.get(keyOf(inhibition, targetId, labels)) ?? [])
          if (other !== id) found.add(other);
    }
    return [...found];
  }

  /** Ids of the target, unless only what is above it counts, and of its ancestors. */
  #lineage(targetId: string, onlyAbove: boolean): string[] {
    const target = this.#lookup(targetId);
    const above = target ? ancestorsOf(target, this.#lookup).map(({ id }) => id) : [];
    return onlyAbove ? above : [targetId, ...above];
  }
}

function keyOf({ related, equal }: Inhibition, targetId: string, labels: Labels): string {
  const values = equal.map((name) => labels[name] ?? '');
  return JSON.stringify(related === undefined ? values : [targetId, ...values]);
}
