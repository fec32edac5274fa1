const LETTER = /^[a-z]$/i;

/** A pattern that finds letters of ASCII in either case without the flag for it: `a` as `[aA]`, `[a-f]` as `[a-fA-F]`. */
export function inBothCases(pattern: string): string {
  let out = '';
  let inClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string;
    if (char === '\\') {
      out += pattern.slice(at, ++at + 1);
    } else if (pattern.startsWith('(?<', at)) {
      const end = pattern.indexOf('>', at);
      out += pattern.slice(at, end < 0 ? undefined : end + 1);
      at = end < 0 ? pattern.length : end;
    } else if (LETTER.test(char)) {
      const last = inClass && pattern[at + 1] === '-' ? (pattern[at + 2] ?? '') : '';
      const range = LETTER.test(last) ? `-${last}` : '';
      const both = `${char}${range}`.toLowerCase() + `${char}${range}`.toUpperCase();
      out += inClass ? both : `[${both}]`;
      at += range.length;
    } else {
      if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      out += char;
    }
  }
  return out;
}
