/**
 * facts:   varint n, each: varint host index · string of JSON (HostInfo)
 * details: string of JSON {processes?, outlook?}, empty when there are none
 */
import * as v from 'valibot';
import type { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { ProtocolError } from '../errors.ts';
import { limits } from '../limits.ts';
import { hostInfoSchema, type HostInfo } from '../model/host.ts';
import { frameDetailsSchema, type FrameDetails, type FrameMeta } from './frame.ts';

/** Facts of the host at `index` of the layout, as JSON. */
export interface PlacedFacts {
  readonly index: number;
  readonly json: string;
}

export function writeMeta(
  writer: ByteWriter,
  facts: readonly PlacedFacts[],
  details: FrameDetails | undefined,
): void {
  writer.varint(facts.length);
  for (const { index, json } of facts) {
    writer.varint(index);
    writer.string(json);
  }
  writer.string(details === undefined ? '' : JSON.stringify(details));
}

export function readMeta(reader: ByteReader): FrameMeta | undefined {
  const hosts: HostInfo[] = [];
  for (let left = reader.count(limits.hosts, 2); left > 0; left--) {
    reader.varint();
    hosts.push(parse(hostInfoSchema, reader.string(limits.frameBytes)));
  }
  const text = reader.string(limits.frameBytes);
  const details = text === '' ? undefined : parse(frameDetailsSchema, text);
  if (hosts.length === 0 && details === undefined) return undefined;
  return {
    ...(hosts.length > 0 ? { hosts } : {}),
    ...details,
  };
}

function parse<T>(schema: v.GenericSchema<unknown, T>, text: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ProtocolError('malformed-message', 'facts or details are not JSON');
  }
  const parsed = v.safeParse(schema, json);
  if (!parsed.success)
    throw new ProtocolError('malformed-message', 'facts or details have an unknown form');
  return parsed.output;
}
