import { MINUTE_MS } from '@openmanager/protocol/durations';
import {
  ProtocolError,
  type ApiToken,
  type CreatedToken,
  type Enrolled,
  type EnrolmentCode,
  type Session,
} from '@openmanager/protocol';
import {
  SESSION_COOKIE,
  type AgentAccounts,
  type AgentSeen,
  type Authenticator,
  type Clock,
  type RecordStore,
  type Service,
  type Subject,
  type Unsubscribe,
} from '../ports/index.ts';
import { Agents, type AgentRecord } from './agents.ts';
import { ApiTokens } from './api-tokens.ts';
import { Attempts } from './attempts.ts';
import { argon2CostDefaults, hashPassword, verifyPassword, type Argon2Cost } from './password.ts';
import { Sessions, type SessionRef } from './sessions.ts';
import { SigninLinks } from './signin-links.ts';
import { Users, type User } from './users.ts';

export interface AuthOptions {
  readonly records: RecordStore;
  readonly clock: Clock;
  /** Told when the store does not take data. @default nobody */
  /** @default OWASP's: 19 MiB, 2 passes, 1 lane */
  readonly passwordCost?: Argon2Cost;
}

export type UserSubject = Extract<Subject, { kind: 'user' }>;

/** A new session: what the person is told, and the token for the cookie. */
export interface SignedIn {
  readonly session: Session;
  readonly token: string;
}

/** How often sessions whose time is over are ended. */
const PRUNE_MS = MINUTE_MS;
const SESSION_COOKIE_VALUE = new RegExp(`(?:^|;\\s*)${SESSION_COOKIE}=([^;]*)`);

/** Everyone who can ask for something, and how they prove it. */
export class Auth implements Authenticator, AgentAccounts, Service {
  readonly #users: Users;
  readonly #sessions: Sessions;
  readonly #tokens: ApiTokens;
  readonly #agentKeys: Agents;
  readonly #links: SigninLinks;
  readonly #attempts: Attempts;
  readonly #attemptsAtName: Attempts;
  readonly #cost: Argon2Cost;
  #timer: NodeJS.Timeout | undefined;
  readonly #revokedListeners = new Set<(subject: Subject) => void>();

  private constructor(
    parts: {
      users: Users;
      sessions: Sessions;
      tokens: ApiTokens;
      agents: Agents;
      links: SigninLinks;
    },
    options: AuthOptions,
  ) {
    this.#users = parts.users;
    this.#sessions = parts.sessions;
    this.#tokens = parts.tokens;
    this.#agentKeys = parts.agents;
    this.#links = parts.links;
    this.#attempts = new Attempts(options.clock);
    this.#attemptsAtName = new Attempts(options.clock, { limit: 100 });
    this.#cost = options.passwordCost ?? argon2CostDefaults;
  }

  static async open(options: AuthOptions): Promise<Auth> {
    const { records, clock } = options;
    return new Auth(
      {
        users: await Users.open(records, clock),
        sessions: await Sessions.open(records, clock),
        tokens: await ApiTokens.open(records, clock),
        agents: await Agents.open(records, clock),
        links: await SigninLinks.open(records, clock),
      },
      options,
    );
  }

  async run(): Promise<void> {
    // What a failing store keeps from being removed is removed later.
    this.#timer = setInterval(() => void this.prune().catch(() => undefined), PRUNE_MS);
  }

  async drain(): Promise<void> {
    clearInterval(this.#timer);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
  }

  /** Lifetime of the session cookie. */
  get sessionLifetimeMs(): number {
    return this.#sessions.options.lifetimeMs;
  }

  /** `cookie` is the session's token or a whole Cookie header; a bearer goes before it. */
  async authenticate(credentials: {
    readonly cookie?: string | undefined;
    readonly bearer?: string | undefined;
  }): Promise<Subject> {
    const { bearer, cookie } = credentials;
    if (bearer !== undefined && bearer !== '') return this.#bearer(bearer);
    const token = cookie?.includes('=') ? SESSION_COOKIE_VALUE.exec(cookie)?.[1] : cookie;
    if (token === undefined || token === '') return { kind: 'anonymous' };
    const found = await this.#sessions.resolve(token);
    const user = found && this.#users.get(found.userId);
    if (!found || !user) throw new ProtocolError('unauthenticated');
    return this.#subjectOf(user, found.sessionId);
  }

  onRevoked(listener: (subject: Subject) => void): Unsubscribe {
    this.#revokedListeners.add(listener);
    return () => this.#revokedListeners.delete(listener);
  }

  /** A token for the one-time link, or null when somebody can sign in with a password and none is forced. */
  async issueSigninLink(forced: boolean): Promise<string | null> {
    if (!forced && this.#users.hasAdministratorWithPassword()) {
      await this.#links.withdraw();
      return null;
    }
    return this.#links.issue();
  }

  async signInByLink(token: string): Promise<SignedIn> {
    await this.#links.redeem(token);
    return this.#begin(await this.#users.firstAdministrator());
  }

  /**
   * Throws `wrong-credentials`, or `too-many-requests` after ten attempts at a name from one address within five
   * minutes, or a hundred from all: who guesses from elsewhere does not easily lock the owner out.
   */
  async logIn(name: string, password: string, address: string): Promise<SignedIn> {
    const attempt = `${address} ${name}`;
    this.#attempts.count(attempt);
    this.#attemptsAtName.count(name);
    const user = this.#users.byName(name);
    const right = await verifyPassword(password, user?.passwordHash, this.#cost);
    if (!user || !right) throw new ProtocolError('wrong-credentials');
    this.#attempts.forget(attempt);
    return this.#begin(user);
  }

  async logOut(subject: UserSubject): Promise<void> {
    await this.#sessions.end([subject.sessionId]);
    this.#revoked(subject);
  }

  session(subject: UserSubject): Session {
    const user = this.#users.get(subject.userId);
    if (!user) throw new ProtocolError('unauthenticated');
    return sessionOf(user);
  }

  /** Sets the password and ends all other sessions of the user. `current` is checked once there is one. */
  async changePassword(
    subject: UserSubject,
    current: string | undefined,
    password: string,
  ): Promise<void> {
    const user = this.#users.get(subject.userId);
    if (!user) throw new ProtocolError('unauthenticated');
    if (user.passwordHash !== undefined) {
      this.#attempts.count(user.name);
      if (!(await verifyPassword(current ?? '', user.passwordHash, this.#cost)))
        throw new ProtocolError('wrong-credentials', 'The current password is wrong.', 'current');
      this.#attempts.forget(user.name);
    }
    await this.#users.setPassword(user.userId, await hashPassword(password, this.#cost));
    const others = this.#sessions
      .ofUser(user.userId)
      .filter((ref) => ref.sessionId !== subject.sessionId);
    await this.#endSessions(others);
    if (user.role === 'admin') await this.#links.withdraw();
  }

  listTokens(): ApiToken[] {
    return this.#tokens.list();
  }

  createToken(name: string): Promise<CreatedToken> {
    return this.#tokens.create(name);
  }

  async revokeToken(tokenId: string): Promise<void> {
    await this.#tokens.revoke(tokenId);
    this.#revoked({ kind: 'token', tokenId });
  }

  agents(): AgentRecord[] {
    return this.#agentKeys.list();
  }

  agent(agentId: string): AgentRecord | undefined {
    return this.#agentKeys.get(agentId);
  }

  createCode(): Promise<EnrolmentCode> {
    return this.#agentKeys.createCode();
  }

  enrol(code: string, hostname: string): Promise<Enrolled> {
    return this.#agentKeys.enrol(code, hostname);
  }

  localAgentKey(hostname: string): Promise<Enrolled> {
    return this.#agentKeys.localAgentKey(hostname);
  }

  agentSeen(agentId: string, seen?: AgentSeen): Promise<void> {
    return this.#agentKeys.seen(agentId, seen);
  }

  async revokeAgent(agentId: string): Promise<AgentRecord> {
    const agent = await this.#agentKeys.revoke(agentId);
    this.#revoked({ kind: 'agent', agentId });
    return agent;
  }

  /** Ends sessions whose time is over; called now and then. */
  async prune(): Promise<void> {
    await this.#endSessions(this.#sessions.expired());
  }

  async #bearer(bearer: string): Promise<Subject> {
    if (bearer.startsWith('oma_'))
      return { kind: 'agent', agentId: this.#agentKeys.resolve(bearer) };
    const tokenId = await this.#tokens.resolve(bearer);
    if (tokenId === undefined) throw new ProtocolError('wrong-token');
    return { kind: 'token', tokenId };
  }

  async #begin(user: User): Promise<SignedIn> {
    const { token, ended } = await this.#sessions.create(user.userId);
    for (const ref of ended) this.#revoked(this.#subjectOf(user, ref.sessionId));
    return { session: sessionOf(user), token };
  }

  async #endSessions(refs: readonly SessionRef[]): Promise<void> {
    await this.#sessions.end(refs.map((ref) => ref.sessionId));
    for (const ref of refs) {
      const user = this.#users.get(ref.userId);
      if (user) this.#revoked(this.#subjectOf(user, ref.sessionId));
    }
  }

  #subjectOf(user: User, sessionId: string): UserSubject {
    return { kind: 'user', userId: user.userId, name: user.name, role: user.role, sessionId };
  }

  #revoked(subject: Subject): void {
    for (const listener of this.#revokedListeners) listener(subject);
  }
}

function sessionOf(user: User): Session {
  return { name: user.name, role: user.role, hasPassword: user.passwordHash !== undefined };
}
