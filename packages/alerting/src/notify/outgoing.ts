/**
 * The one way by which notifications leave over HTTP. Every address of the host is checked, the connection goes to
 * the very address that was checked (a second answer of the name server cannot lead elsewhere), redirects are not
 * followed, time and size are bounded. Hosts that an administrator allows may be private.
 */
import { lookup } from 'node:dns/promises';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './address.ts';

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body: string | Uint8Array;
}

export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The beginning of it, at most `answerBytes`. */
  readonly body: string;
}

/** Sends; throws OutgoingError when there is no answer. */
export type Send = (request: OutgoingRequest) => Promise<OutgoingAnswer>;

export interface OutgoingOptions {
  /** Names or addresses that may be private, in lower case. @default none */
  readonly allowHosts?: ReadonlySet<string> | undefined;
  /** For name, connection and answer together. @default 10_000 */
  readonly timeoutMs?: number | undefined;
  /** What is read of an answer; the rest is left. @default 65_536 */
  readonly answerBytes?: number | undefined;
  /** @default 1_048_576 */
  readonly requestBytes?: number | undefined;
  /** All addresses of a name. @default the system's resolver */
  readonly resolve?: ((hostname: string) => Promise<readonly string[]>) | undefined;
  /** Certificates to trust in place of the system's, PEM. */
  readonly ca?: string | undefined;
}

export const outgoingDefaults = {
  timeoutMs: 10_000,
  answerBytes: 65_536,
  requestBytes: 1_048_576,
} as const;

export type OutgoingErrorCode =
  | 'bad-address'
  | 'forbidden-address'
  | 'too-large'
  | 'timeout'
  | 'unreachable';

export class OutgoingError extends Error {
  readonly code: OutgoingErrorCode;

  constructor(code: OutgoingErrorCode, message: string) {
    super(message);
    this.name = 'OutgoingError';
    this.code = code;
  }
}

/** Time for the body of an answer. */
const BODY_MS = 2_000;

async function systemResolve(hostname: string): Promise<readonly string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}

function parse(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new OutgoingError('bad-address', 'is not an address');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new OutgoingError('bad-address', 'must begin with http:// or https://');
  if (url.username !== '' || url.password !== '')
    throw new OutgoingError('bad-address', 'must not carry a name or password');
  return url;
}

/** The addresses to connect to, all of them checked. */
async function checked(hostname: string, options: OutgoingOptions): Promise<readonly string[]> {
  const addresses =
    isIP(hostname) === 0 ? await (options.resolve ?? systemResolve)(hostname) : [hostname];
  if (addresses.length === 0) throw new OutgoingError('unreachable', `${hostname} has no address`);
  if (options.allowHosts?.has(hostname.toLowerCase())) return addresses;
  const forbidden = addresses.find((address) => !isPublicAddress(address));
  if (forbidden !== undefined)
    throw new OutgoingError(
      'forbidden-address',
      `${hostname} leads to ${forbidden}, which is not a public address; an administrator can allow this host`,
    );
  return addresses;
}

/**
 * The address of a mail server to connect to, checked as those of HTTP are. Throws OutgoingError.
 */
export type Resolve = (hostname: string) => Promise<string>;

export function checkedAddress(options: OutgoingOptions = {}): Resolve {
  const timeoutMs = options.timeoutMs ?? outgoingDefaults.timeoutMs;
  return async (hostname) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new OutgoingError('timeout', `no address within ${timeoutMs / 1000} s`);
      timer = setTimeout(() => reject(error), timeoutMs);
    });
    try {
      const bare = hostname.replace(/^\[|\]$/g, '');
      const [address = ''] = await Promise.race([checked(bare, options), late]);
      return address;
    } catch (error) {
      if (error instanceof OutgoingError) throw error;
      throw new OutgoingError(
        'unreachable',
        error instanceof Error ? error.message : String(error),
      );
    } finally {
      clearTimeout(timer);
    }
  };
}

export function outgoing(options: OutgoingOptions = {}): Send {
  const timeoutMs = options.timeoutMs ?? outgoingDefaults.timeoutMs;
  const answerBytes = options.answerBytes ?? outgoingDefaults.answerBytes;
  const requestBytes = options.requestBytes ?? outgoingDefaults.requestBytes;
  return async (request) => {
    const url = parse(request.url);
    const body = Buffer.from(request.body);
    if (body.byteLength > requestBytes)
      throw new OutgoingError('too-large', `the message has ${body.byteLength} bytes`);
    const deadline = AbortSignal.timeout(timeoutMs);
    const late = (): OutgoingError =>
      new OutgoingError('timeout', `no answer within ${timeoutMs / 1000} s`);
    try {
      const hostname = url.hostname.replace(/^\[|\]$/g, '');
      const aborted = new Promise<never>((_, reject) => {
        deadline.addEventListener('abort', () => reject(late()), { once: true });
      });
      aborted.catch(() => undefined);
      const [address = ''] = await Promise.race([checked(hostname, options), aborted]);
      return await exchange(url, address, request, body, deadline, answerBytes, options.ca);
    } catch (error) {
      if (error instanceof OutgoingError) throw error;
      if (deadline.aborted) throw late();
      throw new OutgoingError(
        'unreachable',
        error instanceof Error ? error.message : String(error),
      );
    }
  };
}

function exchange(
  url: URL,
  address: string,
  request: OutgoingRequest,
  body: Buffer,
  signal: AbortSignal,
  answerBytes: number,
  ca: string | undefined,
): Promise<OutgoingAnswer> {
  const family = isIP(address);
  // Whatever the name means by now: only the checked address.
  const pinned: LookupFunction = (_, options, callback) =>
    options.all === true ? callback(null, [{ address, family }]) : callback(null, address, family);
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    const begin = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent: ClientRequest = begin(
      url,
      {
        method: request.method,
        headers: {
          'user-agent': 'OpenManager',
          ...request.headers,
          'content-length': body.byteLength,
        },
        lookup: pinned,
        agent: false,
        signal,
        ...(ca === undefined ? {} : { ca }),
      },
      (answer) => {
        isAnswered = true;
        const { statusCode: status = 0, headers } = answer;
        void read(answer, answerBytes).then((text) => resolve({ status, headers, body: text }));
      },
    );
    sent.on('error', (error) => {
      if (!isAnswered) reject(error);
    });
    sent.end(body);
  });
}

/** What came of the body by then: the status has decided, whoever drips the rest. */
function read(answer: IncomingMessage, bytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('utf8'));
      answer.destroy();
    };
    const timer = setTimeout(done, BODY_MS);
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, bytes - size));
      size += chunk.byteLength;
      if (size >= bytes) done();
    });
    answer.on('end', done);
    answer.on('error', done);
    answer.on('close', done);
  });
}
