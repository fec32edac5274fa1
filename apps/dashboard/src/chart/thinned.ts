/** Rows of the table; more samples are thinned out evenly. */
const ROW_LIMIT = 60;

/** Rows to show, newest first: at most `limit`, evenly apart, the newest always among them. */
export function thinned(from: number, length: number, limit: number = ROW_LIMIT): number[] {
  const count = length - from;
  const step = Math.max(1, Math.ceil(count / limit));
  const rows: number[] = [];
  for (let row = length - 1; row >= from; row -= step) rows.push(row);
  return rows;
}
