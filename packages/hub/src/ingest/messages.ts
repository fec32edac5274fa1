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
      readonly batch: Batch;
      readonly set: DeclaredSet;
      /** One per series of the set that is stored. */
      readonly columns: readonly Float64Array[];
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
    if (set.keys.length === 0)
      throw new ProtocolError('invalid-input', 'No series of the set can be stored.', 'setId');
    if (set.declared !== batch.columns.length)
      throw new ProtocolError(
        'invalid-input',
        `${batch.columns.length} columns for ${set.declared} series.`,
        'columns',
      );
    const columns = set.columns?.map((at) => batch.columns[at] as Float64Array) ?? batch.columns;
    let samples = 0;
    for (const [index, column] of columns.entries())
      for (const value of column) {
        if (Number.isNaN(value)) continue;
        if (!Number.isFinite(value))
          throw new ProtocolError('invalid-input', 'A value is not finite.', set.keys[index]);
        samples++;
      }
    return { ok: true, batch, set, columns, samples };
  } catch (error) {
    if (error instanceof ProtocolError) return { ok: false, identity, error };
    throw error;
  }
}
