import type { Rule } from '@openmanager/alerting';

/** Lines `+ id`, `- id`, and `~ id field: before → after`, in the order of the ids. */
export function differences(before: readonly Rule[], after: readonly Rule[]): string[] {
  const old = new Map(before.map((rule) => [rule.ruleId, fieldsOf(rule)]));
  const fresh = new Map(after.map((rule) => [rule.ruleId, fieldsOf(rule)]));
  return [...new Set([...old.keys(), ...fresh.keys()])].toSorted().flatMap((ruleId) => {
    const [was, is] = [old.get(ruleId), fresh.get(ruleId)];
    if (!was) return [`+ ${ruleId}`];
    if (!is) return [`- ${ruleId}`];
    return [...new Set([...was.keys(), ...is.keys()])]
      .toSorted()
      .filter((field) => was.get(field) !== is.get(field))
      .map((field) => `~ ${ruleId} ${field}: ${was.get(field) ?? '–'} → ${is.get(field) ?? '–'}`);
  });
}

function fieldsOf(rule: Rule): Map<string, string> {
  return new Map(
    Object.entries(rule).flatMap(([name, value]: [string, unknown]) =>
      value === undefined ? [] : [[name, JSON.stringify(value)]],
    ),
  );
}
