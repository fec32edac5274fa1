export { explainHostReason } from './explain-host.ts';
export {
  hostDetectorDefaults,
  type Contributor,
  type HostDetection,
  type HostDetector,
  type HostDetectorOptions,
  type HostReason,
} from './host-detection.ts';
export { createHostDetector } from './host-detector.ts';
