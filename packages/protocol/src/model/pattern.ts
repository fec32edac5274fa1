/** Whether a text is what a pattern describes. */
export type Fits = (text: string) => boolean;

/**
 * A pattern in which `*` stands for any text, made ready once. Pieces between stars are found one after the other, the
 * leftmost each time, which is as good as any: linear in the length of the text for each piece, without backtracking.
 */
export function compilePattern(pattern: string): Fits {
  // `**` says no more than `*`.
  const pieces = pattern.replaceAll(/\*+/g, '*').split('*');
  const [first = ''] = pieces;
  if (pieces.length === 1) return (text) => text === first;
  const last = pieces.at(-1) ?? '';
  const middle = pieces.slice(1, -1);
  const shortest = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return (text) => {
    if (text.length < shortest || !text.startsWith(first) || !text.endsWith(last)) return false;
    let from = first.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, from);
      if (found < 0) return false;
      from = found + piece.length;
    }
    return from <= text.length - last.length;
  };
}

/** Patterns that were asked for lately: rules, silences and routes ask the same ones of every alert. */
const compiled = new Map<string, Fits>();
const MOST = 1_000;

export function fits(pattern: string, text: string): boolean {
  let known = compiled.get(pattern);
  if (known === undefined) {
    known = compilePattern(pattern);
    if (compiled.size >= MOST) compiled.clear();
    compiled.set(pattern, known);
  }
  return known(text);
}
