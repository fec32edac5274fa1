import type { Store } from '@openmanager/store';
import type { Logger } from 'pino';
import type { Api } from '../api/index.ts';
import type { WebSocketManager } from '../gateway/index.ts';
import type { AgentIngest } from '../ingest/index.ts';
import type { LiveStream } from '../stream/index.ts';
import type { AlertDispatch } from '../alerts/outbox.ts';
import type { AlertKeeper } from '../alerts/alert-keeper.ts';
import type { Backtester } from '../alerts/backtest.ts';
import type { EventJournal } from '../hosts/event-log.ts';
import type { StoredPromql } from '../history/stored-promql.ts';
import type { HubOutlook } from '../outlook/hub-outlook.ts';
import type { HubStatus } from './status.ts';
import type { ClusterWatch } from '../history/cluster-watch.ts';
import type { StorageWatch } from '../history/storage-watch.ts';
import { within } from './within.ts';

export interface StopParts {
  readonly log: Logger;
  readonly timers: readonly NodeJS.Timeout[];
  readonly gateway: WebSocketManager;
  readonly ingest: AgentIngest;
  readonly alerts: AlertKeeper;
  readonly dispatch: AlertDispatch;
  readonly outlooks: HubOutlook;
  readonly backtester: Backtester;
  readonly promql: StoredPromql;
  readonly events: EventJournal;
  readonly live: LiveStream;
  readonly status: HubStatus;
  readonly storage: StorageWatch;
  readonly remote: ClusterWatch | undefined;
  readonly api: Api;
  readonly store: Store;
}

/** Bounds of the steps, so that all of it takes less than 4 s; what is cut short stays with the agents. */
const DRAIN_MS = 1000;
const STOP_MS = 500;
const WRITE_MS = 300;
/** What was learned since it was last written down, ten minutes at most, is worth no more. */
const LEARNED_MS = 800;
const API_MS = 200;
/** A disk that hangs must not hold the process; what is committed is safe without this. */
const STORE_MS = 900;

/** Stops in order: nobody new, everyone told, what came is stored and acknowledged, then everything is closed. */
export async function stopHub(parts: StopParts): Promise<void> {
  const { log, timers, gateway, ingest, alerts, dispatch, events, live, status, api, store } =
    parts;
  for (const timer of timers) clearInterval(timer);
  dispatch.stop();
  parts.backtester.stop();
  parts.promql.stop();
  const failed = (step: string) => (error: unknown) =>
    log.error({ err: error, step }, 'a step of the stop failed');
  const step = async (name: string, ms: number, work: Promise<unknown>): Promise<void> => {
    if (!(await within(ms, work.catch(failed(name)))))
      log.warn({ step: name }, 'a step of the stop took too long');
  };
  api.httpServer.close();
  await step('drain', DRAIN_MS, Promise.all([gateway.drain(), ingest.drain()]));
  await step('stop', STOP_MS, Promise.all([gateway.stop(), ingest.stop()]));
  live.stop();
  status.stop();
  parts.storage.stop();
  parts.remote?.stop();
  await step('write', WRITE_MS, Promise.all([alerts.drain(), events.drain()]));
  await step('write what was learned', LEARNED_MS, parts.outlooks.stop());
  api.httpServer.closeAllConnections();
  await step('close api', API_MS, api.app.close());
  await step('close store', STORE_MS, store.close());
  log.info('hub stopped');
  log.flush();
}
