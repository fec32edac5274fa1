/** What a page or a hub would load to detect anomalies: bundled to learn its size. */
export { createDetector, explainReason } from '@openmanager/analytics';
