/** Streams history as an Apache Parquet file; at most one row group is held in memory. */
import { zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { samplesOf } from '../contract/not-numbers.ts';
import type { ExportQuery, SeriesHistory } from '../contract/series-history.ts';

/** Rows of a row group; readers skip what their filters do not need by them. */
const GROUP_ROWS = 65_536;

const schema: ConstructorParameters<typeof ParquetWriter>[0]['schema'] = [
  { name: 'root', num_children: 5 },
  {
    name: 'time',
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    repetition_type: 'REQUIRED',
  },
  { name: 'host', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'instance', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'series', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'value', type: 'DOUBLE', repetition_type: 'REQUIRED' },
];

interface Group {
  readonly time: BigInt64Array;
  readonly host: string[];
  readonly instance: string[];
  readonly series: string[];
  readonly value: Float64Array;
}

/** One row per sample, in order of host and time: `time` (UTC), `host`, `instance`, `series`, `value`. */
export async function* parquet(
  history: Pick<SeriesHistory, 'exportRows'>,
  query: ExportQuery,
  instanceOf: (hostId: string) => string,
): AsyncGenerator<Uint8Array, void> {
  const bytes = new ByteWriter();
  const file = new ParquetWriter({
    writer: bytes,
    schema,
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
    createdBy: 'openmanager',
  });
  let group = newGroup();
  const write = async (): Promise<Uint8Array> => {
    const rows = group.host.length;
    await file.write({
      columnData: [
        { name: 'time', data: group.time.subarray(0, rows) },
        { name: 'host', data: group.host },
        { name: 'instance', data: group.instance },
        { name: 'series', data: group.series },
        { name: 'value', data: group.value.subarray(0, rows) },
      ],
      rowGroupSize: GROUP_ROWS,
    });
    group = newGroup();
    return taken(bytes);
  };
  for await (const rows of history.exportRows(query)) {
    const { hostId, keys, timesMs } = rows;
    const instance = instanceOf(hostId);
    for (const [row, place, value] of samplesOf(rows)) {
      const at = group.host.length;
      group.time[at] = BigInt(timesMs[row] as number);
      group.host.push(hostId);
      group.instance.push(instance);
      group.series.push(keys[place] as string);
      group.value[at] = value;
      if (at + 1 === GROUP_ROWS) yield await write();
    }
  }
  if (group.host.length > 0) yield await write();
  await file.finish();
  yield taken(bytes);
}

function newGroup(): Group {
  return {
    time: new BigInt64Array(GROUP_ROWS),
    host: [],
    instance: [],
    series: [],
    value: new Float64Array(GROUP_ROWS),
  };
}

/** Takes the bytes written since the last call; the writer keeps counting its offset in the file. */
function taken(bytes: ByteWriter): Uint8Array {
  const written = new Uint8Array(bytes.buffer.slice(0, bytes.index));
  bytes.index = 0;
  return written;
}
