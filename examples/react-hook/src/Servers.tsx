import { useWebSocket } from '@openmanager/react';

/** Where the hub is, and an API token made there; from `.env.local`, see README. */
const url = import.meta.env['VITE_OPENMANAGER_URL'] as string | undefined;
const token = import.meta.env['VITE_OPENMANAGER_TOKEN'] as string | undefined;

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

export function Servers(): React.ReactElement {
  const { isConnected, connectionState, serverMetrics, alerts } = useWebSocket({
    url: url ?? 'http://127.0.0.1:8787',
    token,
  });
  const firing = alerts.filter(({ state }) => state === 'firing');
  return (
    <>
      <h1>Our servers</h1>
      <output>
        {isConnected ? 'Live' : connectionState.status}
        {connectionState.status === 'closed' && connectionState.error
          ? `: ${connectionState.error.message} ${connectionState.error.action}`
          : null}
      </output>
      <ul>
        {serverMetrics.map(({ hostId, hostname, metrics }) => (
          <li key={hostId}>
            {hostname}: CPU {percent.format(metrics['system.cpu.utilization'] ?? 0)}, memory{' '}
            {percent.format(metrics['system.memory.utilization'] ?? 0)}
          </li>
        ))}
      </ul>
      {firing.length > 0 ? (
        <p role="alert">{firing.map(({ summary }) => summary).join(' · ')}</p>
      ) : null}
    </>
  );
}
