/**
 * Preloaded (`--import`) by a process whose wall clock a test sets, in all its threads: what the file named by CLOCK_FILE
 * says is added to `Date.now()`, ms. It is read again every few ms of the monotonic clock, which stays as it is.
 */
import { readFileSync } from 'node:fs';

const path = process.env.CLOCK_FILE ?? '';
const READ_EVERY_MS = 20;
const RealDate = Date;
const realNow = Date.now.bind(Date);
let offsetMs = 0;
let readMs = Number.NEGATIVE_INFINITY;

function now() {
  const steadyMs = performance.now();
  if (steadyMs - readMs > READ_EVERY_MS) {
    readMs = steadyMs;
    offsetMs = Number(readFileSync(path, 'utf8')) || 0;
  }
  return realNow() + offsetMs;
}

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }
  static now() {
    return now();
  }
};
