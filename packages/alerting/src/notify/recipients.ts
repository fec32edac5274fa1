/** A message to several recipients of one receiver: mail addresses, browsers. Each has its own outcome. */
import type { Outcome } from '../dispatch/retry.ts';
import { shown } from './answer.ts';

export interface RecipientOutcome {
  readonly recipient: string;
  /** As the log names it. */
  readonly name: string;
  readonly outcome: Outcome;
}

/** `before`: recipients that have it from an earlier attempt. `delivered`: the answer when all have it. */
export function outcomeOfAll(
  results: readonly RecipientOutcome[],
  before: number,
  delivered: string,
): Outcome {
  const reached: string[] = [];
  const failures: { readonly name: string; readonly outcome: Outcome & { kind: 'failed' } }[] = [];
  for (const { recipient, name, outcome } of results)
    if (outcome.kind === 'delivered') reached.push(recipient);
    else failures.push({ name, outcome });
  if (failures.length === 0) return { kind: 'delivered', answer: delivered };
  const told = reached.length + before;
  const named = failures.map(({ name, outcome }) => `${name}: ${outcome.answer}`);
  const answer = shown(`${told} of ${results.length + before}; ${named.join('; ')}`);
  const mayWork = failures.filter(({ outcome }) => outcome.permanent !== true);
  // What is refused for good is not tried again for the sake of the others.
  if (mayWork.length === 0 && told > 0) return { kind: 'delivered', answer, isPartly: true };
  const waits = failures.flatMap(({ outcome }) => outcome.retryAfterMs ?? []);
  return {
    kind: 'failed',
    answer,
    reached,
    ...(waits.length > 0 ? { retryAfterMs: Math.max(...waits) } : {}),
    ...(mayWork.length === 0 ? { permanent: true } : {}),
  };
}
