/** Inputs that are nearly right: what a parser believes it has checked already. */

type Random = () => number;

const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T;

const odd: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  '0',
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '\u0000',
  '\ud800',
  '한국어 🚀',
  'x'.repeat(300),
  'x'.repeat(5_000),
  '*|'.repeat(200),
  '{{title}}',
  '<script>',
  0,
  -1,
  1.5,
  -0,
  1e21,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  5e-324,
  [],
  {},
  [[]],
  [null],
  { length: 1e9 },
  { toString: null, valueOf: null },
  Array.from({ length: 2_000 }, (_, n) => n),
];

function clone(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

/** One value of the tree is another, missing, doubled, moved or nested in itself. */
export function mutateTree(value: unknown, random: Random): unknown {
  let root = clone(value);
  for (let change = 1 + Math.floor(random() * 3); change > 0; change--) root = once(root, random);
  return root;
}

function once(root: unknown, random: Random): unknown {
  const places: { readonly of: Record<string, unknown>; readonly key: string }[] = [];
  const walk = (node: unknown, depth: number): void => {
    if (typeof node !== 'object' || node === null || depth > 12 || places.length > 500) return;
    for (const key of Object.keys(node)) {
      const of = node as Record<string, unknown>;
      places.push({ of, key });
      walk(of[key], depth + 1);
    }
  };
  walk(root, 0);
  if (places.length === 0 || random() < 0.02) return pick(random, odd);
  const { of, key } = pick(random, places);
  const kind = random();
  if (kind < 0.5) of[key] = clone(pick(random, odd));
  else if (kind < 0.6) delete of[key];
  else if (kind < 0.7)
    of[pick(random, ['__proto__x', 'id', 'kind', 'type', key.toUpperCase()])] = of[key];
  else if (kind < 0.8) of[key] = clone(pick(random, places).of);
  else if (kind < 0.9) of[key] = [clone(of[key]), clone(of[key])];
  else {
    let nested: unknown = clone(of[key]);
    for (let depth = 0; depth < 40; depth++) nested = random() < 0.5 ? [nested] : { [key]: nested };
    of[key] = nested;
  }
  return root;
}

const pieces = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\n',
  '#',
  '(',
  ')',
  '\u0000',
  '-',
  '1e999',
  '_placeholder',
];

/** Text that was cut, doubled, or has a piece of grammar where it does not belong. */
export function mutateText(text: string, random: Random): string {
  let out = text;
  for (let change = 1 + Math.floor(random() * 4); change > 0; change--) {
    const at = Math.floor(random() * (out.length + 1));
    const kind = random();
    if (kind < 0.3) out = out.slice(0, at) + pick(random, pieces) + out.slice(at);
    else if (kind < 0.5) out = out.slice(0, at) + out.slice(at + 1 + Math.floor(random() * 8));
    else if (kind < 0.6) out = out.slice(0, at);
    else if (kind < 0.7) out += out.slice(at, at + 200);
    else if (kind < 0.8) out = out.slice(0, at) + pick(random, pieces).repeat(50) + out.slice(at);
    else out = out.slice(0, at) + String.fromCharCode(random() * 0xffff) + out.slice(at + 1);
  }
  return out.slice(0, 60_000);
}

/** Bytes with some flipped, cut, put in, or a length that lies. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let out = Uint8Array.from(bytes);
  for (let change = 1 + Math.floor(random() * 4); change > 0; change--) {
    const at = Math.floor(random() * out.length);
    const kind = random();
    if (kind < 0.5) out[at] = Math.floor(random() * 256);
    else if (kind < 0.6) out = out.slice(0, at);
    else if (kind < 0.7) out = Uint8Array.from([...out.slice(0, at), ...out.slice(at / 2)]);
    else if (kind < 0.85)
      out.fill(random() < 0.5 ? 0xff : 0x80, at, at + 1 + Math.floor(random() * 9));
    else out[Math.floor(random() * Math.min(24, out.length))] = 0xff;
  }
  return out;
}
