import {
  agentUpSchema,
  decodeBatch,
  decodeBatchIdentity,
  ProtocolError,
  SUPPORTED_VERSIONS,
  type AgentUp,
  type Batch,
  type BatchIdentity,
} from '@openmanager/protocol';
import * as v from 'valibot';
import type { DeclaredSet } from './series-sets.ts';

/** A text message of an agent; throws `malformed-message`, `protocol-version` or `invalid-input`. */
export function parseAgentUp(text: string): AgentUp {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError('malformed-message', 'The text message is not JSON.');
  }
  // Checked first, because a newer agent's hello may have another form.
  const version = versionOf(value);
  if (version !== undefined && !SUPPORTED_VERSIONS.includes(version))
    throw new ProtocolError(
      'protocol-version',
      `The agent speaks protocol version ${version}; this hub speaks ${SUPPORTED_VERSIONS.join(', ')}.`,
    );
  const result = v.safeParse(agentUpSchema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue) ?? undefined;
  throw new ProtocolError(
    'invalid-input',
    field === undefined ? issue.message : `${field}: ${issue.message}`,
    field,
  );
}

function versionOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('version' in value))
    return undefined;
  return value.type === 'hello' && typeof value.version === 'number' ? value.version : undefined;
}

/** A batch that could be read, or the identity of one that could not, with what is wrong. */
export type ReadBatch =
  | {
      readonly ok: true;
      /** What of it is taken. */
      readonly batch: Batch;
      readonly keys: readonly string[];
      readonly samples: number;
    }
  | {
      readonly ok: false;
      readonly identity: BatchIdentity;
      readonly error: ProtocolError;
    };

/** Reads and bounds a batch of known sets; throws when not even its identity can be read. */
export function readBatch(
  bytes: Uint8Array,
  setOf: (setId: string) => DeclaredSet | undefined,
): ReadBatch {
  const identity = decodeBatchIdentity(bytes);
  try {
    const batch = decodeBatch(bytes);
    const set = setOf(batch.setId);
    if (!set)
      throw new ProtocolError(
        'invalid-input',
        `The series set ${batch.setId} was not declared.`,
        'setId',
      );
    const { keys, taken } = set;
    if (keys.length !== batch.columns.length)
      throw new ProtocolError(
        'invalid-input',
        `${batch.columns.length} columns for ${keys.length} series.`,
        'columns',
      );
    let samples = 0;
    for (const [index, column] of batch.columns.entries())
      for (const value of column) {
        if (Number.isNaN(value)) continue;
        if (!Number.isFinite(value))
          throw new ProtocolError('invalid-input', 'A value is not finite.', keys[index]);
        samples++;
      }
    if (taken.keys.length === 0)
      throw new ProtocolError(
        'message-too-large',
        'None of its series is taken: they are no series, or more than a host may have.',
      );
    const columns = taken.places?.map((place) => batch.columns[place] as Float64Array);
    return {
      ok: true,
      batch: columns ? { ...batch, setId: taken.setId, columns } : batch,
      keys: taken.keys,
      samples,
    };
  } catch (error) {
    if (error instanceof ProtocolError) return { ok: false, identity, error };
    throw error;
  }
}
