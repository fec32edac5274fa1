import * as v from 'valibot';
import type { Labels } from '../silence/labels.ts';
import { matchesAll, matchersSchema, type Matcher } from '../silence/matcher.ts';

/** While an alert that fits `source` fires, nobody is told of those that fit `target` and are equal in `equal`. */
export interface Inhibition {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

export const inhibitionSchema: v.GenericSchema<unknown, Inhibition> = v.pipe(
  v.strictObject({
    source: v.pipe(matchersSchema, v.minLength(1)),
    target: matchersSchema,
    equal: v.array(v.pipe(v.string(), v.minLength(1))),
  }),
  v.title('Inhibition'),
);

/** A host that is down inhibits what else is said of it: its containers, checks and resources. */
export const defaultInhibitions: readonly Inhibition[] = [
  {
    source: [{ name: 'metric', op: '=', value: 'host.silence' }],
    target: [{ name: 'metric', op: '!=', value: 'host.silence' }],
    equal: ['hostId'],
  },
];

/** Which firing alerts inhibit others, kept up to date alert by alert. */
export class Inhibitor {
  #inhibitions: readonly Inhibition[];
  /** Per inhibition: values of `equal` → ids of firing sources. */
  #sources: Map<string, Set<string>>[] = [];

  constructor(inhibitions: readonly Inhibition[]) {
    this.#inhibitions = inhibitions;
    this.#sources = inhibitions.map(() => new Map());
  }

  fires(alertId: string, labels: Labels): void {
    for (const [index, { source, equal }] of this.#inhibitions.entries()) {
      if (!matchesAll(source, labels)) continue;
      const key = valuesOf(equal, labels);
      const ids = this.#sources[index]?.get(key);
      if (ids) ids.add(alertId);
      else this.#sources[index]?.set(key, new Set([alertId]));
    }
  }

  ends(alertId: string, labels: Labels): void {
    for (const [index, { equal }] of this.#inhibitions.entries()) {
      const key = valuesOf(equal, labels);
      const ids = this.#sources[index]?.get(key);
      if (ids?.delete(alertId) && ids.size === 0) this.#sources[index]?.delete(key);
    }
  }

  /** Ids of the firing alerts that inhibit one with these labels. An alert that is a source too inhibits itself never. */
  inhibitedBy(alertId: string, labels: Labels): string[] {
    const found = new Set<string>();
    for (const [index, { source, target, equal }] of this.#inhibitions.entries()) {
      if (!matchesAll(target, labels) || matchesAll(source, labels)) continue;
      for (const id of this.#sources[index]?.get(valuesOf(equal, labels)) ?? [])
        if (id !== alertId) found.add(id);
    }
    return [...found];
  }
}

function valuesOf(names: readonly string[], labels: Labels): string {
  return JSON.stringify(names.map((name) => labels[name] ?? ''));
}
