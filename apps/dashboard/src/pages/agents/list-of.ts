/** A list answered bare or under a name. */
// The caller names what the route answers.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function listOf<T>(value: unknown, name: string): readonly T[] {
  if (Array.isArray(value)) return value as readonly T[];
  if (typeof value === 'object' && value !== null && name in value) {
    const list = (value as Record<string, unknown>)[name];
    if (Array.isArray(list)) return list as readonly T[];
  }
  return [];
}
