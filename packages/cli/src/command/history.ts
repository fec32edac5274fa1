/** History of a running hub in and out of files. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseDuration } from '@openmanager/protocol/durations';
import { HubSession } from '../hub-session.ts';
import {
  readFileAndSettings,
  readSettings,
  settings,
  settingsOf,
  UsageError,
  type Values,
} from '../settings.ts';
import { text } from '../text.ts';

type Environment = NodeJS.ProcessEnv;

const PROGRESS_MS = 1000;

/** Passes bytes on and says on standard error how far it is; `total` 0 when nobody knows. */
function counted(total: number): { readonly stream: Transform; readonly bytes: () => number } {
  let bytes = 0;
  let told = Date.now();
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (process.stderr.isTTY && Date.now() - told >= PROGRESS_MS) {
        told = Date.now();
        const share = total > 0 ? ` (${Math.floor((100 * bytes) / total)} %)` : '';
        process.stderr.write(`\r  ${megabytes(bytes)} MB${share}`);
      }
      done(null, chunk);
    },
    flush(done) {
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
      done();
    },
  });
  return { stream, bytes: () => bytes };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** `24h` ago, or a time as `2026-01-31T12:00:00Z`. */
function timeMs(name: 'from' | 'to', value: string, nowMs: number): number {
  const ago = parseDuration(value);
  if (ago !== undefined) return nowMs - ago;
  const ms = Date.parse(value);
  if (Number.isNaN(ms))
    throw new UsageError(text('error.time', { flag: settings[name].flag, value }));
  return ms;
}

async function signedIn(
  values: Values<'hub' | 'user'>,
  environment: Environment,
): Promise<HubSession> {
  if (values.user === undefined) throw new UsageError(text('error.required', { flag: 'user' }));
  const password = environment['OPENMANAGER_PASSWORD'];
  if (!password) throw new UsageError(text('rules.no-password'));
  return HubSession.signIn(values.hub ?? settings.hub.sample, values.user, password);
}

/** Into a file that appears when it is whole. */
async function intoFile(
  content: Readable,
  file: string,
  total: number,
  mode = 0o666,
): Promise<number> {
  const part = `${file}.part`;
  const { stream, bytes } = counted(total);
  try {
    await pipeline(content, stream, createWriteStream(part, { mode }));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return bytes();
}

function bodyOf(answer: Response): Readable {
  if (!answer.body) throw new Error(text('history.no-body'));
  return Readable.from(answer.body as AsyncIterable<Uint8Array>, { objectMode: false });
}

export async function runExport(
  args: readonly string[],
  environment: Environment,
  output: Writable = process.stdout,
): Promise<number> {
  const values = readSettings(settingsOf.export, args, environment);
  const format = values.format ?? settings.format.sample;
  if (format !== 'csv' && format !== 'openmetrics' && format !== 'parquet')
    throw new UsageError(text('error.format', { value: format }));
  const nowMs = Date.now();
  const parameters = new URLSearchParams({ format });
  if (values.from !== undefined)
    parameters.set('fromMs', String(timeMs('from', values.from, nowMs)));
  if (values.to !== undefined) parameters.set('toMs', String(timeMs('to', values.to, nowMs)));
  for (const host of values.host) parameters.append('host', host);
  for (const metric of values.metric) parameters.append('metric', metric);
  const session =
    values.apiToken === undefined
      ? await signedIn(values, environment)
      : HubSession.withToken(values.hub ?? settings.hub.sample, values.apiToken);
  const content = bodyOf(await session.send(`export?${parameters.toString()}`));
  if (values.out === undefined) {
    await pipeline(content, counted(0).stream, output, { end: false });
    return 0;
  }
  const bytes = await intoFile(content, values.out, 0);
  console.error(text('history.exported', { megabytes: megabytes(bytes), file: values.out }));
  return 0;
}

/** The file may be `-` for standard input. */
export async function runImport(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { file, values } = readFileAndSettings(settingsOf.import, args, environment);
  const total = file === '-' ? 0 : (await stat(file)).size;
  const session = await signedIn(values, environment);
  const [host] = values.host;
  const query = host === undefined ? '' : `?${new URLSearchParams({ host }).toString()}`;
  const content = file === '-' ? process.stdin : createReadStream(file);
  const { stream } = counted(total);
  const sent = pipeline(content, stream);
  const [answer] = await Promise.all([
    session.send(`import${query}`, {
      method: 'POST',
      body: Readable.toWeb(stream) as unknown as ReadableStream,
      contentType: 'application/openmetrics-text',
    }),
    sent,
  ]);
  const report = (await answer.json()) as Record<
    'samples' | 'series' | 'hosts' | 'duplicates',
    number
  >;
  console.log(text('history.imported', report));
  return 0;
}

export async function runBackup(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { file, values } = readFileAndSettings(settingsOf.rulesHub, args, environment);
  const session = await signedIn(values, environment);
  const answer = await session.send('backup');
  const total = Number(answer.headers.get('content-length') ?? 0);
  // There are password hashes in it.
  const bytes = await intoFile(bodyOf(answer), file, total, 0o600);
  console.log(text('history.backed-up', { megabytes: megabytes(bytes), file }));
  return 0;
}
