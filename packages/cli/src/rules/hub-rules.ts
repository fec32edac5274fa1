import type { Rule } from '@openmanager/alerting';
import { HubSession } from '../hub-session.ts';

/** The rules of a hub, over its API, as a person who signed in. */
export class HubRules {
  readonly #session: HubSession;

  private constructor(session: HubSession) {
    this.#session = session;
  }

  static async signIn(hub: string, name: string, password: string): Promise<HubRules> {
    return new HubRules(await HubSession.signIn(hub, name, password));
  }

  /** Own rules and changed defaults. */
  async get(): Promise<readonly Rule[]> {
    const answer = await this.#session.send('rules/full');
    const entries = (await answer.json()) as { rule: Rule; origin: string }[];
    return entries.filter(({ origin }) => origin !== 'default').map(({ rule }) => rule);
  }

  async replace(rules: readonly Rule[]): Promise<void> {
    await this.#session.send('rules', {
      method: 'PUT',
      body: JSON.stringify({ rules }),
      contentType: 'application/json',
    });
  }
}
