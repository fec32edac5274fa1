/** Input that no program of ours sends: valid messages, broken in ways that have broken others. Only the dice decide. */

export type Dice = () => number;

export const below = (random: Dice, count: number): number => Math.floor(random() * count);
export const oneOf = <T>(random: Dice, list: readonly T[]): T =>
  list[below(random, list.length)] as T;

/** Depth of an answer that a recursive reader would not survive is tested apart; here it is what fits a message. */
const deep = (depth: number): unknown => {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

const numbers = [
  0,
  -0,
  -1,
  1.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 63),
  8.64e15,
  8.64e15 + 1,
];
const texts = [
  '',
  ' ',
  '\0',
  '\uD800',
  '\u202Eevil\u202C',
  '한국어 🖥️ \u0301\u0301\u0301',
  '<img src=x onerror=alert(1)>',
  "'; DROP TABLE block; --",
  '../../../../etc/passwd',
  '${7*7}{{7*7}}%s%n',
  'a'.repeat(300),
  'x'.repeat(5_000),
  '*'.repeat(200),
  '(a+)+$',
  '__proto__',
  'constructor',
  'fleet',
  'target:',
  'host:__proto__',
  'target:' + 'y'.repeat(400),
  'NaN',
  'Infinity',
  '1e999',
  '\r\nSet-Cookie: a=b',
];
const names = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  'length',
  '',
  '\0',
  '0',
];

/** One value of a kind that has been trouble. */
export function hostileValue(random: Dice): unknown {
  switch (below(random, 8)) {
    case 0:
      return null;
    case 1:
      return random() < 0.5;
    case 2:
    case 3:
      return oneOf(random, numbers);
    case 4:
    case 5:
      return oneOf(random, texts);
    case 6: {
      const length = oneOf(random, [0, 1, 3, 100, 1_001]);
      return Array.from({ length }, () => (random() < 0.5 ? oneOf(random, texts).slice(0, 40) : 1));
    }
    default:
      if (random() < 0.1) return deep(oneOf(random, [10, 200, 2_000]));
      // As JSON would make it: an own property, whatever its name.
      return JSON.parse(`{${JSON.stringify(oneOf(random, names))}:{"polluted":true}}`) as unknown;
  }
}

/** A copy with one to three of its places changed, added or gone. */
export function broken(random: Dice, valid: unknown): unknown {
  let value = valid;
  for (let left = 1 + below(random, 3); left > 0; left--) value = changed(random, value);
  return value;
}

function changed(random: Dice, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.08) return hostileValue(random);
  if (Array.isArray(value)) {
    const copy = [...(value as unknown[])];
    if (copy.length === 0 || random() < 0.2) copy.push(hostileValue(random));
    else {
      const at = below(random, copy.length);
      if (random() < 0.2) copy.splice(at, 1);
      else copy[at] = changed(random, copy[at]);
    }
    return copy;
  }
  const entries = Object.entries(value);
  const at = below(random, entries.length + 1);
  if (at === entries.length) entries.push([oneOf(random, names), hostileValue(random)]);
  else if (random() < 0.2) entries.splice(at, 1);
  else {
    const [name, inner] = entries[at] as [string, unknown];
    entries[at] = [name, changed(random, inner)];
  }
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of entries)
    Object.defineProperty(copy, name, { value: inner, enumerable: true, configurable: true });
  return copy;
}

/** A copy with bits flipped, a piece gone, doubled or made of noise. */
export function brokenBytes(random: Dice, valid: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(valid);
  const at = below(random, bytes.length + 1);
  switch (below(random, 6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Uint8Array.of(...bytes.subarray(at), ...bytes.subarray(0, at));
    case 2: {
      const noise = Uint8Array.from({ length: below(random, 64) }, () => below(random, 256));
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
    }
    case 3:
      // A length that promises far more than there is.
      return Buffer.concat([
        bytes.subarray(0, at),
        Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
        bytes.subarray(at),
      ]);
    default:
      for (let left = 1 + below(random, 4); left > 0 && bytes.length > 0; left--) {
        const place = below(random, bytes.length);
        bytes[place] = (bytes[place] as number) ^ (1 << below(random, 8));
      }
      return bytes;
  }
}

/** Text of a file with lines and characters lost, doubled and swapped. */
export function brokenText(random: Dice, valid: string): string {
  const lines = valid.split('\n');
  for (let left = 1 + below(random, 4); left > 0; left--) {
    const at = below(random, lines.length);
    const line = lines[at] ?? '';
    const place = below(random, line.length + 1);
    switch (below(random, 6)) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(at, 0, line, line);
        break;
      case 2:
        lines[at] = line.slice(0, place);
        break;
      case 3:
        lines[at] = line.slice(0, place) + oneOf(random, texts) + line.slice(place);
        break;
      case 4:
        lines[at] =
          line.slice(0, place) +
          oneOf(random, '{ } [ ] " , = : # & * ! | > % @ ` \t \r'.split(' ')) +
          line.slice(place);
        break;
      default:
        lines[at] = line.replace(/[\d.]+/, String(oneOf(random, numbers)));
    }
  }
  return lines.join(random() < 0.05 ? '\r' : '\n');
}
