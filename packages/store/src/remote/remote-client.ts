/** HTTP to a Prometheus-compatible cluster. */
import { StoreError } from '../contract/store-error.ts';

export interface RemoteOptions {
  /** Base address, as `http://127.0.0.1:8428`; a path stays in front of the API's. */
  readonly url: string;
  readonly timeoutMs?: number | undefined;
}

export type Delivery =
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'later'; readonly reason: string; readonly afterMs: number | undefined };

export interface RemoteSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

export class RemoteClient {
  readonly url: string;
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;

  /** Throws StoreError `invalid` for an invalid address. */
  constructor({ url, timeoutMs = 30_000 }: RemoteOptions) {
    let base: URL | undefined;
    if (URL.canParse(url)) base = new URL(url.endsWith('/') ? url : `${url}/`);
    if (!base || (base.protocol !== 'http:' && base.protocol !== 'https:'))
      throw new StoreError(
        'invalid',
        `"${url}" is no http address of a Prometheus-compatible store.`,
      );
    const { username, password } = base;
    this.#headers =
      username === ''
        ? {}
        : {
            authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`,
          };
    base.username = '';
    base.password = '';
    this.#base = base;
    this.url = base.href;
    this.#timeoutMs = timeoutMs;
  }

  /** One remote-write request, compressed. Never throws. */
  async write(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Delivery> {
    try {
      const answer = await fetch(new URL('api/v1/write', this.#base), {
        method: 'POST',
        headers: {
          ...this.#headers,
          'content-type': 'application/x-protobuf',
          'content-encoding': 'snappy',
          'x-prometheus-remote-write-version': '0.1.0',
          'user-agent': 'openmanager',
        },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]),
      });
      const text = (await answer.text()).slice(0, 300).trim();
      if (answer.ok) return { outcome: 'taken' };
      const reason = `${answer.status} ${text}`;
      if (answer.status < 500 && answer.status !== 429) return { outcome: 'refused', reason };
      const after = Number(answer.headers.get('retry-after') ?? Number.NaN);
      return {
        outcome: 'later',
        reason,
        afterMs: Number.isFinite(after) ? after * 1000 : undefined,
      };
    } catch (error) {
      return { outcome: 'later', reason: reasonOf(error), afterMs: undefined };
    }
  }

  /** Series of an instant or range query. Throws StoreError `failed` that says what to do. */
  async read(
    path: 'query' | 'query_range',
    parameters: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<readonly RemoteSeries[]> {
    const answer = await this.#call(`api/v1/${path}`, parameters, signal);
    const { data } = JSON.parse(answer) as {
      data: { result: readonly (RemoteSeries & { value?: readonly [number, string] })[] };
    };
    return data.result.map(({ metric, values, value }) => ({
      metric,
      values: values ?? (value ? [value] : []),
    }));
  }

  /** VictoriaMetrics and Prometheus with its admin API take it. */
  async removeSeries(selector: string): Promise<void> {
    await this.#call('api/v1/admin/tsdb/delete_series', { 'match[]': selector });
  }

  async #call(
    path: string,
    parameters: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<string> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(new URL(path, this.#base), {
        method: 'POST',
        headers: this.#headers,
        body: new URLSearchParams(parameters),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      text = await answer.text();
    } catch (error) {
      if (signal?.aborted) throw new StoreError('cancelled', 'The call was cancelled.');
      throw new StoreError(
        'failed',
        `The cluster store at ${this.url} does not answer (${reasonOf(error)}). Start it, or check --store; what comes meanwhile waits on disk.`,
      );
    }
    if (answer.ok) return text;
    throw new StoreError(
      'failed',
      `The cluster store at ${this.url} answered ${answer.status}: ${text.slice(0, 300).trim()}`,
    );
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
