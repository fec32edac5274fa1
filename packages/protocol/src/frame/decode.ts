import type { Backfill, Delta, Keyframe } from './frame.ts';
import { decodeBackfill } from './backfill.ts';
import { decodeDelta, type DeltaLayout } from './delta.ts';
import { decodeKeyframe, type KeyframeBody } from './keyframe.ts';
import { bodyOfPart, type Inflate, type Part } from './part.ts';

/** A keyframe as it is decoded: with what its deltas are read with. */
export type DecodedKeyframe = Omit<Keyframe, 'hosts'> & Pick<KeyframeBody, 'size' | 'hosts'>;

/**
 * Decodes the body of a keyframe, delta or backfill. A delta needs the layout of the channel's last keyframe, with the
 * newest codes. Every defect is a ProtocolError.
 */
export function decodePart(
  part: Part & { readonly kind: 'keyframe' | 'delta' | 'backfill' },
  epoch: number,
  layout: DeltaLayout,
  inflate: Inflate,
): DecodedKeyframe | Delta | Backfill {
  const { kind, channel, offset, hubTimeMs } = part;
  const header = { channel, epoch, offset, hubTimeMs };
  const body = bodyOfPart(part, inflate);
  if (kind === 'keyframe') return { kind, ...header, ...decodeKeyframe(body, hubTimeMs) };
  if (kind === 'delta') return { kind, ...header, ...decodeDelta(body, hubTimeMs, layout) };
  return { kind, ...header, ...decodeBackfill(body) };
}
