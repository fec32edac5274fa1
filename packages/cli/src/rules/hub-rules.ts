import type { Rule } from '@openmanager/alerting';

/** The hub refused, or said something we do not understand. */
export class HubAnswerError extends Error {}

/** The rules of a hub, over its API, as a person who signed in. */
export class HubRules {
  private readonly base: URL;
  private readonly cookie: string;

  private constructor(base: URL, cookie: string) {
    this.base = base;
    this.cookie = cookie;
  }

  static async signIn(hub: string, name: string, password: string): Promise<HubRules> {
    const base = new URL('/api/v1/', hub);
    const answer = await call(base, 'auth/login', '', 'POST', { name, password });
    const cookie = answer.headers
      .getSetCookie()
      .map((entry) => entry.split(';', 1)[0] ?? '')
      .join('; ');
    return new HubRules(base, cookie);
  }

  /** Own rules and changed defaults. */
  async get(): Promise<readonly Rule[]> {
    const answer = await call(this.base, 'rules/full', this.cookie, 'GET');
    const entries = (await answer.json()) as { rule: Rule; origin: string }[];
    return entries.filter(({ origin }) => origin !== 'default').map(({ rule }) => rule);
  }

  async replace(rules: readonly Rule[]): Promise<void> {
    await call(this.base, 'rules', this.cookie, 'PUT', { rules });
  }
}

async function call(
  base: URL,
  path: string,
  cookie: string,
  method: string,
  body?: unknown,
): Promise<Response> {
  const answer = await fetch(new URL(path, base), {
    method,
    redirect: 'error',
    headers: {
      origin: base.origin,
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.ok) return answer;
  const said = (await answer.json().catch(() => undefined)) as
    | { error?: { message?: string } }
    | undefined;
  throw new HubAnswerError(said?.error?.message ?? `${answer.status} ${answer.statusText}`);
}
