export {
  ALARM_SCORE,
  detectorDefaults,
  SnapshotError,
  type Detection,
  type Detector,
  type DetectorOptions,
  type Reason,
  type ReasonCode,
  type Widening,
} from './detection.ts';
export { createDetector } from './detector.ts';
export { explainReason } from './explain.ts';
