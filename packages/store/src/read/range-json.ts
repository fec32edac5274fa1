/** An answer to a range query as JSON text. */
import type { RangeResult } from '../contract/metric-store.ts';

/** UTF-8; `null` for NaN and infinities. The bytes fill a buffer of their own, which can be transferred. */
export function rangeJson({
  keys,
  timesMs,
  columns,
  stepMs,
}: RangeResult): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`{"keys":${JSON.stringify(keys)},"timesMs":`);
  // The rest is ASCII; column by column, so that no string is as long as the answer.
  const pieces = [listOf(timesMs), ',"columns":['];
  for (const [index, column] of columns.entries()) {
    if (index > 0) pieces.push(',');
    pieces.push(listOf(column));
  }
  pieces.push(`],"stepMs":${stepMs}}`);
  let length = head.length;
  for (const piece of pieces) length += piece.length;
  const bytes = new Uint8Array(length);
  bytes.set(head);
  const out = Buffer.from(bytes.buffer);
  let at = head.length;
  for (const piece of pieces) at += out.write(piece, at, 'latin1');
  return bytes;
}

function listOf(values: Float64Array): string {
  const text = values.join();
  // Only NaN and infinities contain an N or an I.
  return `[${/[NI]/.test(text) ? text.replaceAll(/NaN|-?Infinity/g, 'null') : text}]`;
}
