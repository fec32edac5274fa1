/** Groups of routes in the document. */
export const tags = {
  auth: 'Signing in',
  tokens: 'Read-only tokens for scripts and other pages',
  hosts: 'Hosts, their tags, samples, anomalies and forecasts',
  history: 'History as files',
  alerts: 'Rules, alerts and silences',
  receivers: 'Who is told of alerts, and what was sent',
  events: 'What happened',
  agents: 'Agents and their enrolment',
  hub: 'The hub itself',
  prometheus: "Prometheus's HTTP API on the hub's history",
} as const;

export type Tag = keyof typeof tags;
