import { matchersSchema, matchesAll, type Labels, type Matcher } from '@openmanager/protocol';
import * as v from 'valibot';
import { scheduleSchema, windowAt, type Schedule } from './schedule.ts';

/** Mutes alerts for a time, or in windows that come again. The alerts go on being judged and shown. */
export interface Silence {
  readonly silenceId: string;
  readonly matchers: readonly Matcher[];
  readonly author: string;
  readonly reason: string;
  readonly createdAtMs: number;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** Within start and end it mutes only in these windows. @default all the time */
  readonly windows?: readonly Schedule[] | undefined;
}

export const silenceLimits = { silences: 1_000, windows: 32 } as const;

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(1_000));
/** Up to the last moment that a date can hold (ECMA-262 § 21.4.1.1). */
const time = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8_640_000_000_000_000));

const matchers = v.pipe(
  matchersSchema,
  // One that matches everything would be made by a slip, and hide everything.
  v.minLength(1, 'needs at least one matcher'),
);
const input = {
  matchers,
  reason: text,
  endsAtMs: time,
  windows: v.optional(
    v.pipe(v.array(scheduleSchema), v.minLength(1), v.maxLength(silenceLimits.windows)),
  ),
};

export const silenceSchema: v.GenericSchema<unknown, Silence> = v.pipe(
  v.strictObject({
    silenceId: text,
    author: text,
    createdAtMs: time,
    startsAtMs: time,
    ...input,
  }),
  v.forward(
    v.check(({ startsAtMs, endsAtMs }) => endsAtMs > startsAtMs, 'must be after the start'),
    ['endsAtMs'],
  ),
  v.title('Silence'),
);

/** What a person says of a silence; the rest is made by the hub. */
export interface SilenceInput extends Pick<
  Silence,
  'matchers' | 'reason' | 'endsAtMs' | 'windows'
> {
  /** @default now */
  readonly startsAtMs?: number | undefined;
}

export const silenceInputSchema: v.GenericSchema<unknown, SilenceInput> = v.pipe(
  v.strictObject({ ...input, startsAtMs: v.optional(time) }),
  v.title('SilenceInput'),
);

/** Which alerts a silence would mute now. */
export type SilencePreview = Pick<Silence, 'matchers'>;

export const silencePreviewSchema: v.GenericSchema<unknown, SilencePreview> = v.pipe(
  // The rest of a silence is welcome and makes no difference.
  v.object({ matchers }),
  v.title('SilencePreview'),
);

export function isActive(silence: Silence, nowMs: number): boolean {
  if (nowMs < silence.startsAtMs || nowMs >= silence.endsAtMs) return false;
  return silence.windows?.some((window) => windowAt(window, nowMs) !== undefined) ?? true;
}

/** When a silence that is active stops muting: at its end, or with the last of the windows that it is in. */
export function activeUntilMs({ endsAtMs, windows }: Silence, nowMs: number): number {
  if (!windows) return endsAtMs;
  return Math.min(endsAtMs, Math.max(...windows.map((one) => windowAt(one, nowMs)?.toMs ?? nowMs)));
}

/** The silences that mute an alert with these labels now. */
export function silencedBy(
  silences: readonly Silence[],
  labels: Labels,
  nowMs: number,
): readonly Silence[] {
  return silences.filter(
    (silence) => matchesAll(silence.matchers, labels) && isActive(silence, nowMs),
  );
}
