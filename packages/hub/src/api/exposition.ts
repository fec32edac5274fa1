import type { ApiContext } from './context.ts';

type Labels = Readonly<Record<string, string>>;
type Point = readonly [labels: Labels, value: number];

/** The hub's own figures in the Prometheus text format 0.0.4. */
export function expositionOf(
  context: Pick<
    ApiContext,
    'status' | 'problems' | 'samplesReceived' | 'remote' | 'places' | 'alertDesk'
  >,
): string {
  const status = context.status.status();
  const cpu = process.cpuUsage();
  const quantiles = (ms: { readonly p50: number; readonly p99: number }): Point[] => [
    [{ quantile: '0.5' }, ms.p50 / 1000],
    [{ quantile: '0.99' }, ms.p99 / 1000],
  ];
  const only = (value: number): Point[] => [[{}, value]];
  const lines: string[] = [];
  const add = (
    name: string,
    type: 'gauge' | 'counter',
    help: string,
    points: readonly Point[],
  ): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of points) lines.push(`${name}${labelText(labels)} ${value}`);
  };
  add('openmanager_build_info', 'gauge', 'Version of the hub.', [[{ version: status.version }, 1]]);
  add(
    'process_cpu_seconds_total',
    'counter',
    'CPU time of the hub process.',
    only((cpu.user + cpu.system) / 1e6),
  );
  add(
    'process_resident_memory_bytes',
    'gauge',
    'Resident memory of the hub process.',
    only(status.rssBytes),
  );
  add(
    'process_start_time_seconds',
    'gauge',
    'Start of the hub, unix time.',
    only(status.startedAtMs / 1000),
  );
  add(
    'openmanager_event_loop_stall_max_seconds',
    'gauge',
    'Longest event-loop stall in the last minute.',
    only(status.eventLoopMaxMs / 1000),
  );
  add(
    'openmanager_hosts',
    'gauge',
    'Hosts by status.',
    Object.entries(status.hosts).map(([name, value]) => [{ status: name }, value]),
  );
  add('openmanager_agents_connected', 'gauge', 'Connected agents.', only(status.agentsConnected));
  add(
    'openmanager_clients_connected',
    'gauge',
    'Connected clients.',
    only(status.clientsConnected),
  );
  const { strangers, readers, agents, evicted, refused } = context.places();
  add('openmanager_connections', 'gauge', 'TCP connections, by whose they are.', [
    [{ of: 'strangers' }, strangers],
    [{ of: 'readers' }, readers],
    [{ of: 'agents' }, agents],
  ]);
  add(
    'openmanager_connections_turned_away_total',
    'counter',
    'TCP connections cut for want of places.',
    [
      [{ how: 'evicted' }, evicted],
      [{ how: 'refused' }, refused],
    ],
  );
  add(
    'openmanager_samples_received_total',
    'counter',
    'Samples received since the start.',
    only(context.samplesReceived()),
  );
  add('openmanager_samples_stored', 'gauge', 'Samples in the store.', only(status.samplesStored));
  add('openmanager_store_bytes', 'gauge', 'Size of the store on disk.', only(status.storeBytes));
  add(
    'openmanager_commit_seconds',
    'gauge',
    'Receipt of a batch to its commit.',
    quantiles(status.commitMs),
  );
  add(
    'openmanager_delivery_seconds',
    'gauge',
    'Receipt of a batch to its frame sent.',
    quantiles(status.deliveryMs),
  );
  add(
    'openmanager_frames_sent_total',
    'counter',
    'Frames sent to clients.',
    only(status.framesSent),
  );
  add('openmanager_bytes_sent_total', 'counter', 'Bytes sent to clients.', only(status.bytesSent));
  add(
    'openmanager_frames_coalesced_total',
    'counter',
    'Frames replaced by a newer state.',
    only(status.dropped.framesCoalesced),
  );
  add(
    'openmanager_batches_lost_total',
    'counter',
    'Batches that never came.',
    only(status.dropped.batchesLost),
  );
  add(
    'openmanager_batches_lost_by_hub_total',
    'counter',
    'Batches that were acknowledged and are gone: a file was lost, or a backup restored.',
    only(status.dropped.batchesLostByHub),
  );
  add(
    'openmanager_batches_rejected_total',
    'counter',
    'Batches that could not be stored.',
    only(status.dropped.batchesRejected),
  );
  add(
    'openmanager_batches_duplicate_total',
    'counter',
    'Batches that came twice.',
    only(status.dropped.duplicates),
  );
  add(
    'openmanager_rows_repeated_total',
    'counter',
    'Rows left out because a row of their host and time was stored before.',
    only(status.dropped.rowsRepeated),
  );
  const receivers = [...context.alertDesk.counts()];
  add(
    'openmanager_notifications_total',
    'counter',
    'Notifications by receiver: sent (messages that arrived), failed and retried (attempts), given_up (messages), muted (alerts that a silence, another alert or the hour kept from it).',
    receivers.flatMap(([receiver, { sent, failed, retried, givenUp, muted }]): Point[] => [
      [{ receiver, what: 'sent' }, sent],
      [{ receiver, what: 'failed' }, failed],
      [{ receiver, what: 'retried' }, retried],
      [{ receiver, what: 'given_up' }, givenUp],
      [{ receiver, what: 'muted' }, muted],
    ]),
  );
  add(
    'openmanager_problems',
    'gauge',
    'Parts that do not work at the moment.',
    only(context.problems().length),
  );
  add(
    'openmanager_lag_seconds',
    'gauge',
    'How late the hub is, by stage: loop (timers), queue (what agents sent waits to be read), commit, evaluation (rules), sweep (a round of the detectors).',
    [...Object.entries(status.lag), ['commit', status.commitMs] as const].flatMap(
      ([stage, { p50, p99 }]): Point[] => [
        [{ stage, quantile: '0.5' }, p50 / 1000],
        [{ stage, quantile: '0.99' }, p99 / 1000],
      ],
    ),
  );
  add(
    'openmanager_behind',
    'gauge',
    '1 while the hub does not keep up.',
    only(Number(status.behind)),
  );
  add(
    'openmanager_missed_seconds_total',
    'counter',
    'Time in which the hub could not listen: stopped, asleep, late.',
    only(status.missedMs / 1000),
  );
  add(
    'openmanager_series_left_out',
    'gauge',
    'Series over the bound of their host.',
    only(status.dropped.seriesLeftOut),
  );
  add(
    'openmanager_agents_refused_total',
    'counter',
    'Connections refused to agents that connect again and again.',
    only(status.dropped.connectionsRefused),
  );
  add(
    'openmanager_agents_deferred_total',
    'counter',
    'Agents told to come again a moment later.',
    only(status.dropped.agentsDeferred),
  );
  const remote = context.remote?.stats();
  if (remote) {
    add(
      'openmanager_remote_requests_waiting',
      'gauge',
      'Requests that wait for the cluster store.',
      only(remote.requestsWaiting),
    );
    add(
      'openmanager_remote_waiting_bytes',
      'gauge',
      'Size of what waits for the cluster store.',
      only(remote.bytesWaiting),
    );
    add(
      'openmanager_remote_samples_delivered_total',
      'counter',
      'Samples the cluster store has taken.',
      only(remote.samplesDelivered),
    );
    add(
      'openmanager_remote_samples_dropped_total',
      'counter',
      'Samples the cluster store refused or that had no room to wait.',
      only(remote.samplesDropped),
    );
  }
  return `${lines.join('\n')}\n`;
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}
