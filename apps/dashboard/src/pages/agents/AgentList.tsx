import type { AgentExcess, AgentInfo, HubEvent } from '@openmanager/protocol';
import { useConnection, useEvents, useFleet } from '@openmanager/react';
import { useState, type JSX } from 'react';
import { Link } from 'wouter';
import { failureCodeText, failureText } from '../../api/failure-text.ts';
import { request } from '../../api/request.ts';
import { useResource } from '../../api/use-resource.ts';
import { useNow } from '../../state/now.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty, Problem } from '../../ui/notice.tsx';
import { ScrollBox, tables } from '../../ui/table.tsx';
import { Tag } from '../../ui/Tag.tsx';
import { StatusMark } from '../../ui/HostState.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Confirm } from '../../ui/Confirm.tsx';
import { Enrol } from './Enrol.tsx';
import { Report } from './Report.tsx';
import { listOf } from './list-of.ts';
import css from './agents.module.css';

/** The id of the newest event about an agent: when it changes, the list is read again. */
const newestAgentEvent = (events: readonly HubEvent[]): number =>
  events.find((event) => event.kind.startsWith('agent-'))?.id ?? 0;

export function AgentList({ admin }: { readonly admin: boolean }): JSX.Element {
  const { t, format } = useLanguage();
  const newest = useEvents(newestAgentEvent);
  const since = useConnection((state) => (state.status === 'connected' ? state.sinceMs : 0));
  const { resource, reload } = useResource<unknown>('agents', `${newest} ${since}`);
  const [enrolling, setEnrolling] = useState(false);
  const [revoking, setRevoking] = useState<AgentInfo | null>(null);
  const agents = listOf<AgentInfo>(resource.value, 'agents').toSorted((a, b) =>
    format.compare(a.hostname, b.hostname),
  );
  return (
    <section className={css['section']} aria-labelledby="agents">
      <div className={css['head']}>
        <div>
          <h2 id="agents">{t('nav.agents')}</h2>
          <p className={css['hint']}>{t('agents.hint')}</p>
        </div>
        {admin && (
          <Button look="primary" onClick={() => setEnrolling(true)}>
            <Icon name="plus" />
            {t('agents.enrol')}
          </Button>
        )}
      </div>
      {resource.status === 'failed' && <Problem>{failureCodeText(t, resource.code)}</Problem>}
      {agents.length === 0 ? (
        <div className={tables['panel']}>
          {resource.status === 'ready' ? (
            <Empty title={t('agents.none')}>
              <p>{t('agents.noneHint')}</p>
            </Empty>
          ) : (
            <p className={css['loading']}>{t('common.loading')}</p>
          )}
        </div>
      ) : (
        <ScrollBox className={`${tables['panel']} ${tables['tableWrap']}`} aria-labelledby="agents">
          <table className={tables['table']}>
            <thead>
              <tr>
                <th scope="col">{t('agents.host')}</th>
                <th scope="col">{t('agents.state')}</th>
                <th scope="col">{t('agents.lastSeen')}</th>
                <th scope="col">{t('agents.report')}</th>
                <th scope="col">{t('agents.version')}</th>
                <th scope="col">{t('agents.enrolled')}</th>
                {admin && (
                  <th scope="col">
                    <span className="visually-hidden">{t('common.actions')}</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {agents.map((agent) => (
                <AgentRow
                  key={agent.agentId}
                  agent={agent}
                  admin={admin}
                  onRevoke={() => setRevoking(agent)}
                />
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
      {enrolling && <Enrol known={agents} onClose={() => setEnrolling(false)} />}
      {revoking && (
        <Confirm
          title={t('agents.revokeTitle', { name: revoking.hostname })}
          text={t('agents.revokeText')}
          action={t('agents.revoke')}
          onConfirm={async () => {
            await request('DELETE', `agents/${encodeURIComponent(revoking.agentId)}`);
            reload();
          }}
          describe={(failure) => failureText(t, failure)}
          onClose={() => setRevoking(null)}
        />
      )}
    </section>
  );
}

/** Beyond which of its limits the agent is; that costs only itself. */
function Excess({ excess }: { readonly excess: AgentExcess }): JSX.Element {
  const { t } = useLanguage();
  const { seriesLeftOut, slowedDown, connectionsRefused } = excess;
  return (
    <ul className={css['excess']}>
      {seriesLeftOut > 0 && <li>{t('agents.seriesLeftOut', { count: seriesLeftOut })}</li>}
      {slowedDown && <li>{t('agents.slowedDown')}</li>}
      {connectionsRefused && <li>{t('agents.connectionsRefused')}</li>}
    </ul>
  );
}

function AgentRow({
  agent,
  admin,
  onRevoke,
}: {
  readonly agent: AgentInfo;
  readonly admin: boolean;
  readonly onRevoke: () => void;
}): JSX.Element {
  const { t, format } = useLanguage();
  const nowMs = useNow(5000);
  const live = useFleet(
    (hosts) => hosts.find((host) => host.hostId === agent.agentId)?.timeMs ?? 0,
  );
  const lastSeenMs = Math.max(live, agent.lastSeenAtMs ?? 0);
  return (
    <tr>
      <th scope="row">
        <span className={css['name']}>
          <Link href={`/hosts/${encodeURIComponent(agent.agentId)}`}>{agent.hostname}</Link>
          {agent.demo && <Tag tone="demo">{t('demo.short')}</Tag>}
        </span>
        <code className={css['id']}>{agent.agentId}</code>
      </th>
      <td>
        <StatusMark status={agent.connected ? 'online' : 'offline'} quiet />
        {agent.connected ? t('agents.connected') : t('agents.disconnected')}
        {agent.excess && <Excess excess={agent.excess} />}
      </td>
      <td>
        {lastSeenMs === 0 ? t('agents.never') : format.ago(Math.min(lastSeenMs, nowMs), nowMs)}
      </td>
      <td>{agent.report ? <Report report={agent.report} /> : '–'}</td>
      <td>{agent.agentVersion ?? '–'}</td>
      <td>{format.dateTime(agent.enrolledAtMs)}</td>
      {admin && (
        <td className={tables['numeric']}>
          <Button
            look="danger"
            onClick={onRevoke}
            aria-label={t('agents.revokeNamed', { name: agent.hostname })}
          >
            {t('agents.revoke')}
          </Button>
        </td>
      )}
    </tr>
  );
}
