import { HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import { useConnection } from '@openmanager/react';
import type { JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { useNow } from '../../state/now.ts';
import { setPreferences } from '../../state/preferences.ts';
import { Button } from '../../ui/Button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { classes } from '../../ui/classes.ts';
import { Icon } from '../../ui/icons.tsx';
import type { TimelineState, View } from './use-timeline.ts';
import css from './toolbar.module.css';

const windows = [
  { value: 5 * MINUTE_MS, label: 'window.5m' },
  { value: 15 * MINUTE_MS, label: 'window.15m' },
  { value: HOUR_MS, label: 'window.1h' },
  { value: 6 * HOUR_MS, label: 'window.6h' },
  { value: 24 * HOUR_MS, label: 'window.24h' },
] as const;

/** Which span of time the charts show. */
export function Toolbar({
  windowMs,
  view,
  setView,
  state,
}: {
  readonly windowMs: number;
  readonly view: View;
  readonly setView: (view: View) => void;
  readonly state: TimelineState;
}): JSX.Element {
  const { t, format } = useLanguage();
  const live = view.mode === 'live';
  const connected = useConnection((connection) => connection.status === 'connected');
  const { span } = state;
  const nowMs = useNow(MINUTE_MS);
  const text = (timeMs: number): string =>
    nowMs - timeMs > 20 * HOUR_MS ? format.dateTime(timeMs) : format.time(timeMs);
  return (
    <div className={css['toolbar']}>
      <Segments<number>
        label={t('window.label')}
        choices={windows.map(({ value, label }) => ({ value, label: t(label) }))}
        value={view.mode === 'zoomed' ? null : windowMs}
        onChange={(value) => {
          setPreferences({ chartWindowMs: value });
          if (view.mode === 'zoomed') setView({ mode: 'live' });
        }}
      />
      <Button
        aria-pressed={!live}
        onClick={() => setView(live ? { mode: 'paused', toMs: span.toMs } : { mode: 'live' })}
        className={classes(css['pause'], !live && css['isPaused'])}
      >
        <Icon name={live ? 'pause' : 'play'} size={14} />
        {live ? t('window.pause') : t('window.resume')}
      </Button>
      <p className={css['range']} aria-live="off">
        {live ? (
          <span className={css['live']} data-connected={connected}>
            {connected ? t('window.live') : t('window.waiting')}
          </span>
        ) : (
          `${text(span.fromMs)} – ${text(span.toMs)} (${format.duration(span.toMs - span.fromMs)})`
        )}
        {state.problem !== null && <span className={css['problem']}> {state.problem}</span>}
      </p>
    </div>
  );
}
