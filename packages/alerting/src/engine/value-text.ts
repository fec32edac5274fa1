/** Values in sentences: short, with the unit of their metric. */
import { metricInfo, type Unit } from '@openmanager/protocol';

const SCALES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** Units that come in sizes far apart; by powers of 1,000, as vendors of disks and networks count. */
const scaled: Partial<Record<Unit, string>> = { By: 'B', 'By/s': 'B/s', Hz: 'Hz', bit: 'bit' };

const plain: Partial<Record<Unit, string>> = {
  '1/s': '/s',
  Cel: ' °C',
  V: ' V',
  A: ' A',
  W: ' W',
  rpm: ' rpm',
};

/** A value of the metric: 0.93 → 93 %, 64e9 → 64 GB, 125e6 → 125 MB/s, 259200 → 3 d. */
export function valueText(metric: string, value: number): string {
  const { unit } = metricInfo(metric);
  if (unit === '1') return shareText(value);
  if (unit === 's') return spanText(value * 1000);
  if (unit === 'ms') return spanText(value);
  const name = scaled[unit];
  if (name !== undefined) return scaledText(value, name);
  return `${trim(value, 4)}${plain[unit] ?? ''}`;
}

export function shareText(value: number): string {
  return `${trim(value * 100, 3)} %`;
}

function scaledText(value: number, unit: string): string {
  let size = Math.abs(value);
  let power = 0;
  // What would be written with four digits before the point.
  while (size >= 999.5 && power < SCALES.length - 1) {
    size /= 1000;
    power++;
  }
  return `${trim(Math.sign(value) * size, 3)} ${SCALES[power]}${unit}`;
}

/** A span, in the unit in which it has two digits where there is one: 45 s, 90 min, 26 h, 3 d. */
export function spanText(ms: number): string {
  const size = Math.abs(ms);
  if (size > 0 && size < 999.5) return `${trim(ms, 3)} ms`;
  if (size < 10_000) return `${trim(ms / 1000, 2)} s`;
  const seconds = Math.round(ms / 1000);
  if (Math.abs(seconds) < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (Math.abs(minutes) < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return Math.abs(hours) < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** At most so many significant digits, without exponent or trailing zeros where people write none. */
export function trim(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
