export * from './agent/batch.ts';
export * from './agent/down.ts';
export * from './agent/received.ts';
export * from './agent/up.ts';
export * from './api/agents.ts';
export * from './api/auth.ts';
export * from './api/hosts.ts';
export * from './api/problem.ts';
export * from './api/storage.ts';
export * from './api/transfer.ts';
export * from './client/down.ts';
export * from './client/up.ts';
export * from './codec/bytes.ts';
export * from './codec/column.ts';
export * from './errors.ts';
export * from './frame/backfill.ts';
export * from './frame/code-diff.ts';
export * from './frame/decode.ts';
export * from './frame/delta.ts';
export * from './frame/frame.ts';
export * from './frame/keyframe.ts';
export * from './frame/meta.ts';
export * from './frame/part.ts';
export * from './input.ts';
export * from './limits.ts';
export * from './metrics/catalogue.ts';
export { chartGroups } from './metrics/info.ts';
export type {
  ChartGroup,
  Language,
  LocalName,
  MetricChart,
  MetricInfo,
  Precision,
  Unit,
} from './metrics/info.ts';
export * from './metrics/quantise.ts';
export * from './model/alert.ts';
export * from './model/event.ts';
export * from './model/host.ts';
export * from './model/matcher.ts';
export * from './model/outlook.ts';
export * from './model/pattern.ts';
export * from './model/system.ts';
export { type Labels, labelsSchema } from './model/labels.ts';
export * from './model/target.ts';
export * from './series.ts';
export * from './topics.ts';
export * from './version.ts';
export { visible } from './visible.ts';
