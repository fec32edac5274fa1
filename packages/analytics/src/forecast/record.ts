/** How good the forecasts of one series have been: a running, forgetting sum of their grades, of constant size. */
import type { Grade } from './grade.ts';

export interface ForecastRecordOptions {
  /** Forecasts after which a grade counts half. @default 30 */
  readonly halfLifeForecasts?: number;
  /** Graded forecasts without which its own backtest is believed. @default 5 */
  readonly minForecasts?: number;
  /** Skill without which no alert may follow from it. @default 0.05 */
  readonly minSkill?: number;
  /** The highest level may miss its promise by this many percent. @default 20 */
  readonly maxMissed?: number;
}

export const forecastRecordDefaults: Required<ForecastRecordOptions> = {
  halfLifeForecasts: 30,
  minForecasts: 5,
  minSkill: 0.05,
  maxMissed: 20,
};

export interface ForecastRecordSummary {
  /** Graded so far, nothing forgotten. */
  readonly forecasts: number;
  /** Share of steps within the interval, per level; 0 to 1. */
  readonly hitRates: readonly { readonly level: number; readonly rate: number }[];
  /** Mean absolute scaled error: 1 is the usual change from one season to the next. */
  readonly scaledError: number;
  /** 1 − error / error of the seasonal naive; 0 or less: no better. 0 while nothing was graded. */
  readonly skill: number;
}

/** Plain JSON. */
export interface ForecastRecordState {
  readonly version: 1;
  readonly forecasts: number;
  readonly sums: Grade;
}

export class ForecastRecord {
  readonly #options: Required<ForecastRecordOptions>;
  #forecasts = 0;
  #sums: Grade = { steps: 0, hits: [], error: 0, naiveError: 0 };

  constructor(options: ForecastRecordOptions = {}, state?: ForecastRecordState) {
    this.#options = { ...forecastRecordDefaults, ...options };
    if (state === undefined) return;
    this.#forecasts = state.forecasts;
    this.#sums = state.sums;
  }

  /** A grade without steps is left out. Levels are those of the newest grade. */
  add(grade: Grade): void {
    if (grade.steps === 0) return;
    this.#forecasts++;
    const kept = 0.5 ** (1 / this.#options.halfLifeForecasts);
    const old = this.#sums;
    const share = 1 / grade.steps;
    // Each forecast counts the same, however many of its steps are known.
    this.#sums = {
      steps: kept * old.steps + 1,
      hits: grade.hits.map(({ level, steps }) => {
        const before = old.hits.find((own) => own.level === level);
        return { level, steps: kept * (before?.steps ?? 0) + steps * share };
      }),
      error: kept * old.error + grade.error * share,
      naiveError: kept * old.naiveError + grade.naiveError * share,
    };
  }

  summary(): ForecastRecordSummary {
    const { steps, hits, error, naiveError } = this.#sums;
    return {
      forecasts: this.#forecasts,
      hitRates: hits.map(({ level, steps: inside }) => ({
        level,
        rate: steps === 0 ? 0 : inside / steps,
      })),
      scaledError: steps === 0 ? 0 : error / steps,
      skill: steps === 0 ? 0 : skillOf(error, naiveError),
    };
  }

  /**
   * Whether an alert may follow from forecasts of this series. `ownSkill` is that of the newest forecast on its own
   * past, which decides until enough were graded.
   */
  trustworthy(ownSkill: number): boolean {
    const { minForecasts, minSkill, maxMissed } = this.#options;
    if (this.#forecasts < minForecasts) return ownSkill >= minSkill;
    const { skill, hitRates } = this.summary();
    const highest = hitRates.reduce((a, b) => (b.level > a.level ? b : a), { level: 0, rate: 0 });
    return skill >= minSkill && 100 * highest.rate >= highest.level - maxMissed;
  }

  snapshot(): ForecastRecordState {
    return { version: 1, forecasts: this.#forecasts, sums: this.#sums };
  }
}

/** Floor of the skill. */
const MIN_SKILL = -1e6;

/** Without any error it is as good as can be, whatever else would have been. */
function skillOf(error: number, naiveError: number): number {
  if (error === 0) return 1;
  return Math.max(MIN_SKILL, 1 - error / naiveError);
}
