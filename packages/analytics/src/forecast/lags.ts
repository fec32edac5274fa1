/** Lags of the regressions: around now and around one and two seasons ago, short and long. In samples. */

type Lags = readonly number[];

/** Ascending, each once. */
function ordered(lags: Lags): Lags {
  return [...new Set(lags.filter((lag) => lag >= 1))].toSorted((a, b) => a - b);
}

/** For a series itself. `longSeason` is 0 when there is none. */
export function valueLags(season: number, longSeason: number): Lags {
  const s = season;
  if (s < 2) return [1, 2, 3];
  const short = [1, 2, 3, s - 1, s, s + 1, s + 2, 2 * s - 1, 2 * s, 2 * s + 1];
  if (longSeason === 0) return ordered(short);
  const l = longSeason;
  const long = [l - s, l - s + 1, l - 1, l, l + 1, l + s, l + s + 1];
  return ordered([...short, ...long, 2 * l, 2 * l + 1]);
}

/** For its changes since one season ago. */
export function changeLags(season: number, longSeason: number): Lags {
  const s = season;
  const short = [1, 2, s - 1, s, s + 1, 2 * s, 3 * s];
  if (longSeason === 0) return ordered(short);
  const l = longSeason;
  return ordered([...short, 4 * s, 5 * s, l - s, l - s + 1, l - 1, l]);
}

/** For what profiles leave over. */
export function restLags(season: number): Lags {
  return ordered([1, 2, season, season + 1]);
}
