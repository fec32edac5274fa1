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
  const included = include.map(pattern);
  const excluded = exclude.map(pattern);
  if (included.length === 0 && excluded.length === 0) return () => undefined;
  return (...names) => {
    const matches = (one: RegExp): boolean => names.some((name) => one.test(name));
    if (excluded.some(matches)) return false;
    return included.some(matches) ? true : undefined;
  };
}

function pattern(text: string): RegExp {
  const parts = text.split(/\*+/).map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  // Line feeds are allowed in names; without backtracking, since each part is literal and the stars are lazy.
  return new RegExp(`^${parts.join('[^]*?')}$`);
}
