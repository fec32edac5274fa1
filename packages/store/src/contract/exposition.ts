/** Labels and numbers in Prometheus's text formats. */

export type Labels = ReadonlyMap<string, string>;

/** Equal labels have equal keys. */
export function labelsKey(labels: Labels): string {
  return [...labels.keys()]
    .sort()
    .map((name) => `${name}\u0000${labels.get(name) as string}`)
    .join('\u0001');
}

/** A float as Go prints it with the shortest digits and no exponent. */
export function showNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-6 && size < 1e21)) return text;
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign, first, rest = '', exponent] = match;
  const digits = `${first as string}${rest}`;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign as string}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}
