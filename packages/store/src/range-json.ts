/** An answer to a range query as JSON text. */
import type { RangeResult } from './metric-store.ts';

/** UTF-8; `null` stands for what is no number. */
export function rangeJson({
  keys,
  timesMs,
  columns,
  stepMs,
}: RangeResult): Uint8Array<ArrayBuffer> {
  const list = (values: Float64Array): string => {
    const text = values.join();
    // NaN and infinities are the only ones with an N or an I.
    return `[${/[NI]/.test(text) ? text.replaceAll(/NaN|-?Infinity/g, 'null') : text}]`;
  };
  return new TextEncoder().encode(
    `{"keys":${JSON.stringify(keys)},"timesMs":${list(timesMs)},"columns":[${columns.map(list).join()}],"stepMs":${stepMs}}`,
  );
}
