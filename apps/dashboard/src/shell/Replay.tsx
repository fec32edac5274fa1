import { HOUR_MS } from '@openmanager/protocol/durations';
import { HubClient, useReplay, type UseReplayResult } from '@openmanager/react';
import { useId, type JSX, type ReactNode } from 'react';
import { useFormat, useT } from '../i18n/locale.ts';
import { Button } from '../ui/Button.tsx';
import { Select } from '../ui/choice.tsx';
import { Icon } from '../ui/icons.tsx';
import { lastHours, showReplay, type ReplaySpan } from '../state/replay-store.ts';
import css from './replay.module.css';

const SPEEDS = ['1', '2', '5', '10', '30', '60'] as const;
const HOURS = ['1', '6', '24', '168'] as const;
const STEP_S = 10;

/** Everything below shows the span instead of what is live, with a bar to move in it. */
export function Replay({
  span,
  children,
}: {
  readonly span: ReplaySpan;
  readonly children: ReactNode;
}): JSX.Element {
  const replay = useReplay(span);
  return (
    <HubClient client={replay.state?.client ?? null}>
      {replay.state !== null && children}
      <Bar span={span} replay={replay} />
    </HubClient>
  );
}

function Bar({
  span,
  replay,
}: {
  readonly span: ReplaySpan;
  readonly replay: UseReplayResult;
}): JSX.Element {
  const t = useT();
  const f = useFormat();
  const id = useId();
  const { state } = replay;
  const timeMs = state?.timeMs ?? span.fromMs;
  const plays = state?.status === 'playing' || state?.status === 'loading';
  const hours = Math.round((span.toMs - span.fromMs) / HOUR_MS);
  const word =
    state?.error === undefined
      ? t(`replay.${state?.status ?? 'loading'}`)
      : `${t('replay.loading')} · ${state.error.message}`;
  return (
    <section className={css['bar']} aria-label={t('replay.title')}>
      <Button
        square
        aria-label={t(plays ? 'replay.pause' : 'replay.play')}
        onClick={() => (plays ? replay.pause() : replay.play())}
      >
        <Icon name={plays ? 'pause' : 'play'} />
      </Button>
      <label className="visually-hidden" htmlFor={id}>
        {t('replay.time')}
      </label>
      <input
        id={id}
        className={css['slider']}
        type="range"
        min={Math.ceil(span.fromMs / 1000)}
        max={Math.floor(span.toMs / 1000)}
        step={STEP_S}
        value={Math.floor(timeMs / 1000)}
        aria-valuetext={f.dateTime(timeMs)}
        onChange={(event) => replay.seek(Number(event.currentTarget.value) * 1000)}
      />
      <span className={css['time']}>
        <strong>{f.dateTime(timeMs)}</strong>
        <output className={css['word']}>{word}</output>
      </span>
      <Select
        label={t('replay.speed')}
        choices={SPEEDS.map((value) => ({ value, label: `${value}×` }))}
        value={SPEEDS.find((value) => Number(value) === (state?.speed ?? 1)) ?? '1'}
        onChange={(value) => replay.setSpeed(Number(value))}
      />
      <Select
        label={t('replay.span')}
        choices={HOURS.map((value) => ({
          value,
          label: t('replay.last', { span: f.duration(Number(value) * HOUR_MS) }),
        }))}
        value={HOURS.find((value) => Number(value) === hours) ?? '1'}
        onChange={(value) => showReplay(lastHours(Number(value)))}
      />
      <Button onClick={() => showReplay(null)}>{t('replay.live')}</Button>
    </section>
  );
}
