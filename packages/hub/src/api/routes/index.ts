import type { Routes } from '../route.ts';
import { agentRoutes } from './agents.ts';
import { alertRoutes } from './alerts.ts';
import { anomalyRoutes } from './anomalies.ts';
import { authRoutes } from './auth.ts';
import { eventRoutes } from './events.ts';
import { hostRoutes } from './hosts.ts';
import { hubRoutes } from './hub.ts';
import { notificationRoutes } from './notifications.ts';
import { promqlRoutes } from './promql.ts';
import { pushRoutes } from './push.ts';
import { receiverRoutes } from './receivers.ts';
import { replayRoutes } from './replay.ts';
import { routingRoutes } from './routing.ts';
import { ruleRoutes } from './rules.ts';
import { silenceRoutes } from './silences.ts';
import { tokenRoutes } from './tokens.ts';
import { transferRoutes } from './transfer.ts';

/** What is below /api/v1, in the order of the document. */
export const resources: readonly ((routes: Routes) => void | Promise<void>)[] = [
  authRoutes,
  tokenRoutes,
  hostRoutes,
  anomalyRoutes,
  replayRoutes,
  transferRoutes,
  alertRoutes,
  ruleRoutes,
  silenceRoutes,
  receiverRoutes,
  routingRoutes,
  notificationRoutes,
  pushRoutes,
  eventRoutes,
  agentRoutes,
  hubRoutes,
  promqlRoutes,
];
