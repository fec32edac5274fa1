import type { Where } from '@openmanager/alerting/model';

/** An attribute and the patterns of its value, as they are typed: `|` stands between alternatives. */
export interface WherePair {
  readonly name: string;
  readonly text: string;
}

/** At least one pair, so that there is something to type into. */
export function pairsOf(where: Where | undefined): readonly WherePair[] {
  const pairs = Object.entries(where ?? {}).map(([name, given]) => ({
    name,
    text: typeof given === 'string' ? given : given.join('|'),
  }));
  return pairs.length > 0 ? pairs : [{ name: '', text: '' }];
}

/** What was typed; patterns whose text was not changed are those of `before`. Undefined where nothing is. */
export function whereOf(pairs: readonly WherePair[], before: Where | undefined): Where | undefined {
  const named = pairs.filter(({ name }) => name !== '');
  if (named.length === 0) return undefined;
  const known = new Map(pairsOf(before).map((pair) => [pair.name, pair.text]));
  return Object.fromEntries(
    named.map(({ name, text }) => {
      if (before?.[name] !== undefined && known.get(name) === text) return [name, before[name]];
      return [name, text.includes('|') ? text.split('|') : text];
    }),
  );
}
