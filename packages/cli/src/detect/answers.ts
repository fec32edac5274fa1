/** What `detect` answers to a line: one series, or the metrics of one host. */
import {
  createDetector,
  createHostDetector,
  explainHostReason,
  explainReason,
} from '@openmanager/analytics';
import { FieldError, readTime, readValue } from './row.ts';

/** Hears of lines that cannot be read. */
export type Refused = (error: unknown, line: number) => void;
export type Answer = (line: string, number: number) => string;

/** Metrics of one host; a line with more is refused. */
const MOST_METRICS = 4096;

/** Six decimals, never rounded up: what is below the alarm threshold stays below it. */
export function scoreText(score: number): string {
  return String(Math.floor(score * 1e6) / 1e6);
}

/** Seven digits; empty while there is no band. */
function bandText(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : '';
}

/** A CSV field, quoted where it has to be. */
function quoted(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** `timestamp,value` → `timestamp,value,score[,lower,upper,reason]`. */
export function seriesAnswer(explain: boolean, refused: Refused): Answer {
  const detector = createDetector();
  const nothing = explain ? ',,,' : '';
  return (line, number) => {
    const [time = '', value = '', ...more] = line.split(',');
    try {
      if (more.length > 0) throw new FieldError('value', line.slice(time.length + 1));
      if (value === '' && !line.includes(',')) throw new FieldError('value', '');
      const { score, lower, upper, reason } = detector.update(
        readTime(time),
        readValue(value, 'value'),
      );
      const answer = `${time},${value},${scoreText(score)}`;
      if (!explain) return answer;
      const why = reason === undefined ? '' : quoted(explainReason(reason));
      return `${answer},${bandText(lower)},${bandText(upper)},${why}`;
    } catch (error) {
      refused(error, number);
      return `${time},${value},${nothing}`;
    }
  };
}

/**
 * `timestamp,m1,m2,…` → `timestamp,score[,contributors,reason]`: contributors as `m3:0.71 m1:0.2`, the metrics that
 * have most of it with their share, loudest first. The first line that can be read says how many metrics there are.
 */
export function hostAnswer(explain: boolean, refused: Refused): Answer {
  const detector = createHostDetector({ maxMetrics: MOST_METRICS });
  const nothing = explain ? ',,' : '';
  let metrics = 0;
  return (line, number) => {
    const [time = '', ...fields] = line.split(',');
    try {
      const timeMs = readTime(time);
      const values = fields.map((field, index) => readValue(field, `m${index + 1}`));
      if (values.length === 0) throw new FieldError('m1', '');
      if (metrics === 0 && values.length > MOST_METRICS)
        throw new FieldError(`m${MOST_METRICS + 1}`, fields[MOST_METRICS] ?? '');
      if (metrics === 0) metrics = values.length;
      if (values.length !== metrics)
        throw new FieldError(
          `m${Math.min(values.length, metrics) + 1}`,
          fields.slice(metrics).join(','),
        );
      const { score, contributors, reason } = detector.push(timeMs, values);
      const answer = `${time},${scoreText(score)}`;
      if (!explain) return answer;
      const named = contributors.map(({ index, share }) => `m${index + 1}:${share.toFixed(2)}`);
      const why = reason === undefined ? '' : quoted(explainHostReason(reason));
      return `${answer},${named.join(' ')},${why}`;
    } catch (error) {
      refused(error, number);
      return `${time},${nothing}`;
    }
  };
}
