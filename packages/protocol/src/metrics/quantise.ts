/**
 * Rounding to display precision, as integer codes: equal codes look equal on screen, so a code that did
 * not change need not be sent. Code 0 means "no value".
 *
 * Fixed decimals d:       code = zigzag(round(v · 10^d)) + 1
 * Four significant digits: code = zigzag(m) · 16 + e + 1 with v ≈ m · 10^e and |m| < 10^4
 */
import { unzigzag, zigzag } from '../codec/bytes.ts';
import { metricInfo } from './catalogue.ts';
import type { Precision } from './info.ts';

export const ABSENT = 0;

/** Codes stay below this. */
export const MAX_CODE: number = 2 ** 51;

export function quantise(value: number, precision: Precision): number {
  if (!Number.isFinite(value)) return ABSENT;
  if ('decimals' in precision) {
    const code = zigzag(Math.round(value * 10 ** precision.decimals)) + 1;
    return code < MAX_CODE ? code : ABSENT;
  }
  let exponent = 0;
  let mantissa = Math.round(value);
  while (Math.abs(mantissa) >= 10_000) {
    exponent++;
    mantissa = Math.round(value / 10 ** exponent);
  }
  return exponent < 16 ? zigzag(mantissa) * 16 + exponent + 1 : ABSENT;
}

/** The value of a code, NaN for ABSENT. */
export function dequantise(code: number, precision: Precision): number {
  if (code === ABSENT) return Number.NaN;
  const bits = code - 1;
  if ('decimals' in precision) return unzigzag(bits) / 10 ** precision.decimals;
  const exponent = bits % 16;
  return unzigzag((bits - exponent) / 16) * 10 ** exponent;
}

export function displayPrecision(metric: string): Precision {
  return metricInfo(metric).display;
}
