/**
 * The scoring of the Numenta Anomaly Benchmark (Lavin & Ahmad 2015, "Evaluating Real-time Anomaly Detection
 * Algorithms – the Numenta Anomaly Benchmark"; the rules follow its repository's nab/sweeper.py):
 *  – the first 15 % of a file's rows, of at most 5,000, are probation and count for nothing;
 *  – of the alarms inside a window the best counts, which is the earliest: A_tp · σ(position) / σ(-1), position
 *    -1 at the window's first row and 0 at its end;
 *  – a window without alarm costs A_fn;
 *  – every alarm outside costs up to A_fp: σ(rows after the last window / its width), A_fp before any window;
 *  – σ(y) = 2 / (1 + e^(5y)) - 1, and -1 for y >= 3;
 *  – the sum over the corpus is set on a scale on which the null detector has 0 and the perfect one 100.
 */

export interface Profile {
  readonly name: 'standard' | 'reward_low_FP_rate' | 'reward_low_FN_rate';
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
}

/** config/profiles.json of NAB. */
export const profiles: readonly Profile[] = [
  { name: 'standard', truePositive: 1, falsePositive: 0.11, falseNegative: 1 },
  { name: 'reward_low_FP_rate', truePositive: 1, falsePositive: 0.22, falseNegative: 1 },
  { name: 'reward_low_FN_rate', truePositive: 1, falsePositive: 0.11, falseNegative: 2 },
];

/** A file's rows: their scores, and its windows as first and last row, both inside. */
export interface ScoredFile {
  readonly scores: ArrayLike<number>;
  readonly windows: readonly (readonly [first: number, last: number])[];
}

export function probationRows(rows: number): number {
  return Math.min(Math.floor(0.15 * rows), 0.15 * 5000);
}

export function sigmoid(position: number): number {
  return position >= 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

/** What an alarm at a row is worth: in a window (its index), or outside. */
interface RowWorth {
  readonly window: number;
  /** σ, unweighted. */
  readonly worth: number;
}

const best = sigmoid(-1);

function worthOf(row: number, windows: ScoredFile['windows']): RowWorth {
  let last = -1;
  for (const [index, [first, end]] of windows.entries()) {
    if (row < first) break;
    if (row <= end) {
      const width = end - first + 1;
      return { window: index, worth: sigmoid(-(end - row + 1) / width) / best };
    }
    last = index;
  }
  const before = windows[last];
  if (before === undefined) return { window: -1, worth: -1 };
  const [first, end] = before;
  // NAB takes the width without its last row here.
  return { window: -1, worth: end === first ? -1 : sigmoid((row - end) / (end - first)) };
}

interface Alarm extends RowWorth {
  readonly file: number;
  readonly score: number;
}

/** The corpus prepared for sweeping: alarms of all files, highest score first. */
export interface Corpus {
  readonly alarms: readonly Alarm[];
  readonly windowsPerFile: readonly number[];
}

export function prepare(files: readonly ScoredFile[]): Corpus {
  const alarms: Alarm[] = [];
  for (const [file, { scores, windows }] of files.entries()) {
    for (let row = probationRows(scores.length); row < scores.length; row++) {
      const score = scores[row] ?? 0;
      alarms.push({ file, score, ...worthOf(row, windows) });
    }
  }
  alarms.sort((a, b) => b.score - a.score);
  return { alarms, windowsPerFile: files.map(({ windows }) => windows.length) };
}

export interface NabScore {
  readonly threshold: number;
  /** 0 = null detector, 100 = perfect. */
  readonly normalised: number;
  readonly detected: number;
  readonly windows: number;
  readonly falseAlarms: number;
}

/** The score at every threshold that matters, from none (Infinity) down to `lowest`. */
function* sweep(corpus: Corpus, profile: Profile, lowest: number): Generator<NabScore> {
  const windows = corpus.windowsPerFile.reduce((sum, count) => sum + count, 0);
  const nothing = -profile.falseNegative * windows;
  const everything = profile.truePositive * windows;
  const found = corpus.windowsPerFile.map((count) => new Float64Array(count).fill(Number.NaN));
  let raw = nothing;
  let detected = 0;
  let falseAlarms = 0;
  const state = (threshold: number): NabScore => ({
    threshold,
    normalised: (100 * (raw - nothing)) / (everything - nothing),
    detected,
    windows,
    falseAlarms,
  });
  yield state(Number.POSITIVE_INFINITY);
  for (const [index, { file, score, window, worth }] of corpus.alarms.entries()) {
    if (score < lowest) return;
    if (window < 0) {
      raw += profile.falsePositive * worth;
      falseAlarms++;
    } else {
      const inFile = found[file] as Float64Array;
      const so = inFile[window] as number;
      if (Number.isNaN(so)) {
        raw += profile.falseNegative + profile.truePositive * worth;
        detected++;
        inFile[window] = worth;
      } else if (worth > so) {
        raw += profile.truePositive * (worth - so);
        inFile[window] = worth;
      }
    }
    if (corpus.alarms[index + 1]?.score !== score) yield state(score);
  }
}

/** The best threshold for the whole corpus, as NAB's optimiser finds it. */
export function scoreOptimised(corpus: Corpus, profile: Profile): NabScore {
  let top: NabScore | undefined;
  for (const state of sweep(corpus, profile, Number.NEGATIVE_INFINITY))
    if (top === undefined || state.normalised > top.normalised) top = state;
  return top as NabScore;
}

export function scoreAt(corpus: Corpus, profile: Profile, threshold: number): NabScore {
  let last: NabScore | undefined;
  for (const state of sweep(corpus, profile, threshold)) last = state;
  return { ...(last as NabScore), threshold };
}
