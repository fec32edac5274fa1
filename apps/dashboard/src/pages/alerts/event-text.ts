import type { EventKind, HubEvent } from '@openmanager/protocol';
import type { Format } from '@openmanager/texts';
import type { MessageId, Translate } from '../../i18n/locale.ts';
import { reasonText, seriesLabel } from '../../format/anomaly-text.ts';

const messages: Readonly<Record<EventKind, MessageId>> = {
  'agent-enrolled': 'event.agentEnrolled',
  'agent-revoked': 'event.agentRevoked',
  'agent-connected': 'event.agentConnected',
  'agent-disconnected': 'event.agentDisconnected',
  'host-rebooted': 'event.hostRebooted',
  'host-name-taken': 'event.hostNameTaken',
  'host-stale': 'event.hostStale',
  'host-recovered': 'event.hostRecovered',
  'clock-skewed': 'event.clockSkewed',
  'batches-lost': 'event.batchesLost',
  'batches-lost-by-hub': 'event.batchesLostByHub',
  'series-refused': 'event.seriesRefused',
  'machine-refused': 'event.machineRefused',
  'machine-moved': 'event.machineMoved',
  'hub-started': 'event.hubStarted',
  'hub-clock-held': 'event.hubClockHeld',
  'hub-clock-set': 'event.hubClockSet',
  'hub-clock-returned': 'event.hubClockReturned',
  'store-failed': 'event.storeFailed',
  'store-recovered': 'event.storeRecovered',
  'clock-doubted': 'event.clockDoubted',
  'clock-trusted': 'event.clockTrusted',
  anomaly: 'event.anomaly',
  capacity: 'event.capacity',
};

/** What happened, without the host's name. */
export function eventText(t: Translate, format: Format, event: HubEvent): string {
  const number = (name: string): number => {
    const value = event.detail[name];
    return typeof value === 'number' ? value : 0;
  };
  const key = String(event.detail['key'] ?? '');
  const root = event.anomalies?.[0];
  const others = number('count') - 1;
  const message =
    event.kind === 'anomaly' && others > 0 ? 'event.anomalyMore' : messages[event.kind];
  const text = t(message, {
    offset: format.duration(Math.abs(number('offsetMs'))),
    lost: number('lost'),
    hostname: String(event.detail['hostname'] ?? ''),
    name: String(event.detail['name'] ?? ''),
    version: String(event.detail['version'] ?? ''),
    series: key === '' ? '' : seriesLabel(t, key),
    refused: number('refused'),
    first: String(event.detail['series'] ?? ''),
    machine: String(event.detail['machine'] ?? ''),
    reason: root ? reasonText(t, format, root) : '',
    others: Math.max(0, others),
    span: format.duration(number('spanMs')),
  });
  const leftOut = number('leftOut');
  return leftOut > 0 ? t('event.leftOut', { text, leftOut }) : text;
}
