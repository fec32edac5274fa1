export type {
  HubTarget,
  NotificationPermissionState,
  SelectOptions,
  UseNotificationsResult,
  UseWebSocketOptions,
  UseWebSocketResult,
} from './types.ts';
export { setDefaultHub } from './shared-client.ts';
export { useClient } from './use-client.ts';
export { HubClient, type HubClientProps } from './client-context.ts';
export { useReplay, type UseReplayResult } from './use-replay.ts';
export { useWebSocket, webSocketDefaults, type WebSocketDefaults } from './use-web-socket.ts';
export { useAlerts } from './use-alerts.ts';
export { useAnomalies } from './use-anomalies.ts';
export { useConnection } from './use-connection.ts';
export { useEvents } from './use-events.ts';
export {
  forecastDefaults,
  useForecast,
  type UseForecastOptions,
  type UseForecastResult,
} from './use-forecast.ts';
export { useFleet, type UseFleetOptions } from './use-fleet.ts';
export { useHost, type UseHostOptions } from './use-host.ts';
export { useSeries, type UseSeriesOptions } from './use-series.ts';
export { useStats } from './use-stats.ts';
export { useSystemStatus } from './use-system-status.ts';
export { useNotifications } from './notifications/use-notifications.ts';
export type {
  ClientStats,
  CloseReason,
  ConnectionState,
  Gap,
  HostState,
  MetricValues,
  ReplayOptions,
  ReplayState,
  OpenManagerClient,
  SeriesSnapshot,
  ServerMetrics,
  SubscribeOptions,
  SubscriptionInfo,
  SubscriptionState,
} from '@openmanager/client';
export type {
  Alert,
  Anomaly,
  ErrorBody,
  HostInfo,
  HostOutlook,
  HubEvent,
  MetricName,
  Outlook,
  Priority,
  SystemStatus,
  TargetKind,
  TargetRef,
  Topic,
  TopicName,
} from '@openmanager/protocol';
