/**
 * Which devices a source reports, by what their owner says. Patterns are names with `*` for any text; they match the
 * whole of one of the names that a device goes by, such as mount point, device and type of a filesystem.
 */
export interface Choice {
  /** Reported even where it would be left out by default, such as tmpfs or a container's interface. */
  readonly include?: readonly string[];
  /** Left out, of lists and totals; wins over `include`. */
  readonly exclude?: readonly string[];
}

/** What a choice says of the names of one device; `undefined` leaves it to the source. */
export type Chosen = (...names: readonly string[]) => boolean | undefined;

export function chooser({ include = [], exclude = [] }: Choice = {}): Chosen {
  if (include.length === 0 && exclude.length === 0) return () => undefined;
  const included = include.map(matcher);
  const excluded = exclude.map(matcher);
  return (...names) => {
    const matches = (one: Matcher): boolean => names.some((name) => one(name));
    if (excluded.some(matches)) return false;
    return included.some(matches) ? true : undefined;
  };
}

type Matcher = (name: string) => boolean;

/** Parts between stars are looked for one after the other, so that the time is bounded whatever the pattern is. */
function matcher(pattern: string): Matcher {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return (name) => name === first;
  return (name) => {
    if (!name.startsWith(first)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return name.length - last.length >= at && name.endsWith(last);
  };
}
