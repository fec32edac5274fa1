/**
 * How well the detector finds the anomalies of the Numenta Anomaly Benchmark (public; `--data DIR` is its
 * repository, or a folder with nab/windows.json). Every file starts with a new detector; the scores are NAB's own,
 * for its three profiles, at the threshold that is best for this corpus (as NAB publishes results) and at the
 * fixed alarm threshold 0.5 of the product. The published scores beside them are of the whole corpus.
 */
import { ALARM_SCORE, createDetector } from '@openmanager/analytics';
import { atLeast, type BenchOptions, type BenchResult, type Figure } from './harness.ts';
import { readNab, type NabFile } from './nab/corpus.ts';
import { prepare, profiles, scoreAt, scoreOptimised } from './nab/score.ts';

/** Best of NAB's scoreboard, standard profile, the whole corpus. */
const PUBLISHED = 'ARTime 74.9 on all files (published)';

function scoresOf(file: NabFile): Float64Array {
  const detector = createDetector();
  return Float64Array.from(
    file.values,
    (value, row) => detector.update(file.timesMs[row] as number, value).score,
  );
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  if (options.data === undefined) throw new Error('nab needs --data DIR.');
  const files = readNab(options.data);
  const corpus = prepare(files.map((file) => ({ scores: scoresOf(file), windows: file.windows })));
  const figures: Figure[] = [];
  for (const profile of profiles) {
    const best = scoreOptimised(corpus, profile);
    const fixed = scoreAt(corpus, profile, ALARM_SCORE);
    const names = [`${profile.name}, NAB's threshold`, `${profile.name}, threshold 0.5`] as const;
    if (profile.name !== 'standard') {
      figures.push(
        { name: names[0], value: best.normalised, unit: 'points' },
        { name: names[1], value: fixed.normalised, unit: 'points' },
      );
      continue;
    }
    figures.push(
      atLeast(names[0], best.normalised, 'points', 76, { against: PUBLISHED }),
      atLeast(names[1], fixed.normalised, 'points', 72),
      { name: 'windows found at 0.5', value: fixed.detected, unit: `of ${fixed.windows}` },
      {
        name: 'false alarm rows at 0.5',
        value: fixed.falseAlarms,
        unit: `in ${files.length} files`,
      },
    );
  }
  return { bench: 'nab', figures };
}
