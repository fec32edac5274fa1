import { request as httpRequest } from 'node:http';
import type { Problem } from '@openmanager/protocol';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Parsed when it is JSON. */
  readonly body: unknown;
}

export interface RequestOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is instead of `body`. */
  readonly raw?: string;
}

/** A browser-like client that keeps the session's cookie; every header is ours to set, Host and Origin too. */
export class HttpClient {
  cookie: string | undefined;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  send(path: string, options: RequestOptions = {}): Promise<Answer> {
    const payload =
      options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        new URL(path, this.#url),
        {
          method: options.method ?? (payload === undefined ? 'GET' : 'POST'),
          agent: false,
          headers: {
            ...(payload === undefined
              ? {}
              : {
                  'content-type': 'application/json',
                  'content-length': Buffer.byteLength(payload),
                }),
            ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
            ...options.headers,
          },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk) => (text += String(chunk)));
          response.on('end', () => {
            const set = response.headers['set-cookie']?.find((value) =>
              value.startsWith('openmanager_session='),
            );
            if (set !== undefined) this.cookie = set.split(';', 1)[0];
            const isJson = response.headers['content-type']?.includes('json') ?? false;
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
              body: isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined,
            });
          });
        },
      );
      request.on('error', reject);
      request.end(payload);
    });
  }

  /** Signs in by the link a hub printed. */
  async setUp(setupLink: string): Promise<Answer> {
    return this.send('/api/v1/auth/setup', {
      body: { token: new URL(setupLink).hash.slice('#token='.length) },
    });
  }
}

export function problemIn(answer: Answer): Problem {
  return answer.body as Problem;
}

/** The first field that a problem is about. */
export function fieldIn(answer: Answer): string | undefined {
  return problemIn(answer).errors?.[0]?.field;
}
