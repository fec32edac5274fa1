import type { AgentReport } from '@openmanager/protocol';
import type { JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import css from './agents.module.css';

/** How the agent is doing: what it costs, and what is not as it should be. */
export function Report({ report }: { readonly report: AgentReport }): JSX.Element {
  const { t, format } = useLanguage();
  const counted = [
    ['agents.dropped', report.batchesDropped],
    ['agents.failures', report.failures],
    ['agents.notListed', report.notListed],
    ['agents.reconnected', report.connections - 1],
  ] as const;
  const notable = counted.filter(([, count]) => count > 0);
  const waiting =
    report.spoolBytes > 0
      ? t('agents.waiting', { bytes: format.bytes(report.spoolBytes) })
      : report.batchesWaiting > WAITING_BATCHES
        ? t('agents.waitingBatches', { count: report.batchesWaiting })
        : undefined;
  return (
    <>
      {t('agents.collect', {
        span: format.latency(report.collectMs),
        bytes: format.bytes(report.memoryBytes),
      })}
      {report.memoryOnly && <p className={css['alarm']}>{t('agents.memoryOnly')}</p>}
      {(waiting !== undefined || notable.length > 0) && (
        <ul className={css['report']}>
          {waiting !== undefined && <li>{waiting}</li>}
          {notable.map(([id, count]) => (
            <li key={id}>{t(id, { count })}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** The batch on its way is no news. */
const WAITING_BATCHES = 3;
