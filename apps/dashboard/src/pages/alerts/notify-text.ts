import { SILENCE_METRIC, type Alert } from '@openmanager/protocol';
import type { Format } from '@openmanager/texts';
import type { Translate } from '../../i18n/locale.ts';

/** Why nobody is told of an alert that fires; undefined where somebody is. */
export function untoldText(
  t: Translate,
  format: Pick<Format, 'dateTime'>,
  { notify }: Alert,
  alerts: readonly Alert[],
): string | undefined {
  if (notify?.to === 'nobody') return t('alert.onlyShown');
  const time = notify?.untilMs === undefined ? '' : format.dateTime(notify.untilMs);
  const muted = notify?.muted;
  switch (muted) {
    case 'silenced':
      return t('alert.silencedUntil', { time });
    case 'inhibited': {
      const by = alerts.find(({ id }) => id === notify?.by);
      return t(by?.metric === SILENCE_METRIC ? 'alert.hostDown' : 'alert.inhibited');
    }
    case 'too-early':
      return t('alert.tooEarly', { time });
    case 'off-hours':
      return t('alert.offHours');
    case 'fired-again':
      return t('alert.firedAgain', { time });
    case 'acknowledged':
      // A tag of its own says who acknowledged it.
      return undefined;
    default:
      return muted satisfies undefined;
  }
}
