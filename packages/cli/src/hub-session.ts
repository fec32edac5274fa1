/** A hub's API, as a person who signed in or with a token. */
import { readProblem } from '@openmanager/protocol';
import { problemText } from './text.ts';

/** The hub refused, or said something we do not understand. */
export class HubAnswerError extends Error {}

export interface HubRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: RequestInit['body'];
  readonly contentType?: string;
}

export class HubSession {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(base: URL, headers: Readonly<Record<string, string>>) {
    this.#base = base;
    this.#headers = headers;
  }

  static withToken(hub: string, token: string): HubSession {
    return new HubSession(new URL('/api/v1/', hub), { authorization: `Bearer ${token}` });
  }

  static async signIn(hub: string, name: string, password: string): Promise<HubSession> {
    const session = new HubSession(new URL('/api/v1/', hub), {});
    const answer = await session.send('auth/login', {
      method: 'POST',
      body: JSON.stringify({ name, password }),
      contentType: 'application/json',
    });
    const cookie = answer.headers
      .getSetCookie()
      .map((entry) => entry.split(';', 1)[0] ?? '')
      .join('; ');
    return new HubSession(session.#base, { cookie });
  }

  /** The answer of a request that was accepted, its body not read yet. Throws HubAnswerError with the hub's error. */
  async send(
    path: string,
    { method = 'GET', body, contentType }: HubRequest = {},
  ): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(new URL(path, this.#base), {
        method,
        redirect: 'error',
        headers: {
          ...this.#headers,
          ...(method === 'GET' ? {} : { origin: this.#base.origin }),
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
        },
        ...(body === undefined ? {} : { body, duplex: 'half' as const }),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new HubAnswerError(
        `${this.#base.origin}: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    }
    if (answer.ok) return answer;
    const problem = readProblem(await answer.json().catch(() => undefined));
    throw new HubAnswerError(
      problem ? problemText(problem) : `${answer.status} ${answer.statusText}`,
    );
  }
}
