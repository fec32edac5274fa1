import type { Anomaly } from '@openmanager/protocol';
import type { JSX } from 'react';
import { request } from '../../../api/request.ts';
import { useAction } from '../../../api/use-action.ts';
import { useNow } from '../../../state/now.ts';
import { useLanguage } from '../../../i18n/locale.ts';
import { Button } from '../../../ui/Button.tsx';
import { Problem } from '../../../ui/notice.tsx';
import { Tag } from '../../../ui/Tag.tsx';
import { Icon } from '../../../ui/icons.tsx';
import { reasonText, seriesLabel, seriesValue } from '../../../format/anomaly-text.ts';
import css from './outlook.module.css';

/** What stood out on a host in the last day, and what people say of it. */
export function AnomalyList({
  anomalies,
  onShow,
}: {
  readonly anomalies: readonly Anomaly[];
  readonly onShow: (anomaly: Anomaly) => void;
}): JSX.Element {
  const { t } = useLanguage();
  return (
    <section className={css['list']} aria-labelledby="anomalies-title">
      <h3 id="anomalies-title">{t('outlook.anomalies')}</h3>
      {anomalies.length === 0 ? (
        <p className={css['calm']}>{t('outlook.calm')}</p>
      ) : (
        <ul>
          {anomalies.map((anomaly) => (
            <Row key={anomaly.id} anomaly={anomaly} onShow={onShow} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Row({
  anomaly,
  onShow,
}: {
  readonly anomaly: Anomaly;
  readonly onShow: (anomaly: Anomaly) => void;
}): JSX.Element {
  const { t, format } = useLanguage();
  const nowMs = useNow(30_000);
  const { busy, problem, run } = useAction();
  const name = seriesLabel(t, anomaly.key);
  const judge = (method: 'PUT' | 'DELETE'): void =>
    void run(() => request(method, `anomalies/${encodeURIComponent(anomaly.id)}/normal`));
  return (
    <li className={css['anomaly']} data-normal={anomaly.normal !== undefined}>
      <Icon name="alert" size={14} />
      <button type="button" className={css['name']} onClick={() => onShow(anomaly)}>
        {name}
      </button>
      <span>
        {seriesValue(format, anomaly.key, anomaly.value)} · {reasonText(t, format, anomaly)}
      </span>
      <time
        dateTime={new Date(anomaly.timeMs).toISOString()}
        title={format.dateTime(anomaly.timeMs)}
      >
        {format.ago(anomaly.timeMs, nowMs)}
      </time>
      {anomaly.normal ? (
        <>
          <Tag tone="neutral" title={t('outlook.normalBy', { name: anomaly.normal.by })}>
            {t('outlook.isNormal')}
          </Tag>
          <Button look="quiet" disabled={busy} onClick={() => judge('DELETE')}>
            {t('outlook.undoNormal')}
          </Button>
        </>
      ) : (
        <Button
          look="quiet"
          disabled={busy}
          title={t('outlook.normalHint')}
          onClick={() => judge('PUT')}
        >
          {t('outlook.normal')}
        </Button>
      )}
      {problem !== null && <Problem>{problem}</Problem>}
    </li>
  );
}
