/** How long texts are, in the units in which vendors count, and texts that are cut to fit. */
import type { Outcome } from '../dispatch/retry.ts';
import type { OutgoingAnswer } from './outgoing.ts';

/** Length of a text as somebody counts it. */
export type Measure = (text: string) => number;

export const inUtf16: Measure = (text) => text.length;
export const inBytes: Measure = (text) => Buffer.byteLength(text);

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ELLIPSIS = '…';

/** The start of the text up to this UTF-16 unit at most, never within what people see as one letter. */
function upTo(text: string, end: number): string {
  if (end <= 0) return '';
  if (end >= text.length) return text;
  return text.slice(0, segmenter.segment(text).containing(end)?.index ?? end);
}

/** The text, or its start and an ellipsis, of this length at most; empty where not even that has room. */
export function cutTo(text: string, limit: number, measure: Measure): string {
  if (measure(text) <= limit) return text;
  const room = limit - measure(ELLIPSIS);
  if (room < 0) return '';
  // The longest start that fits; a longer one never measures less.
  let [low, high] = [0, Math.min(text.length, Math.max(0, room))];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(text.slice(0, middle)) <= room) low = middle;
    else high = middle - 1;
  }
  return `${upTo(text, low)}${ELLIPSIS}`;
}

/** Cut to so many UTF-16 units. */
export function cut(text: string, units: number): string {
  return cutTo(text, units, inUtf16);
}

/** Shares of its limit at which a message is tried that the vendor finds too long after all. */
const SHARES = [1, 0.5, 0.2] as const;

/** 413, or a 400 that speaks of size: vendors change their limits, and proxies have their own. */
function isTooLarge(answer: OutgoingAnswer | undefined): boolean {
  if (answer?.status === 413) return true;
  if (answer?.status !== 400 && answer?.status !== 422) return false;
  return /too[ _-]?(long|large|big|many)|exceed|longer than|at most|max(imum)?[ _-]?(size|length)|must be \d+ or fewer/i.test(
    answer.body,
  );
}

/** Sends a message, and a shorter one in place of one that is refused for its size. `share` of what it may take. */
export async function fitting<
  T extends { readonly outcome: Outcome; readonly answer?: OutgoingAnswer | undefined },
>(send: (share: number) => Promise<T>): Promise<T> {
  for (const share of SHARES) {
    const sent = await send(share);
    if (!isTooLarge(sent.answer) || share === SHARES.at(-1)) return sent;
  }
  throw new Error('unreachable');
}
