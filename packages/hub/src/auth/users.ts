import type { Role } from '@openmanager/protocol';
import type { Clock, RecordStore } from '../ports/index.ts';
import { collection, RecordMap } from '../records/index.ts';
import { newId } from './secret.ts';

export interface User {
  readonly userId: string;
  readonly name: string;
  readonly role: Role;
  /** PHC string; absent until a password was set. */
  readonly passwordHash?: string;
  readonly createdAtMs: number;
}

const FIRST_ADMINISTRATOR = 'admin';

const userRecords = collection<User>('users');

export class Users {
  readonly #map: RecordMap<User>;
  readonly #clock: Clock;

  private constructor(map: RecordMap<User>, clock: Clock) {
    this.#map = map;
    this.#clock = clock;
  }

  static async open(records: RecordStore, clock: Clock): Promise<Users> {
    return new Users(await RecordMap.open(records, userRecords), clock);
  }

  get(userId: string): User | undefined {
    return this.#map.get(userId);
  }

  byName(name: string): User | undefined {
    for (const user of this.#map.values()) if (user.name === name) return user;
    return undefined;
  }

  administrator(): User | undefined {
    let first: User | undefined;
    for (const user of this.#map.values())
      if (user.role === 'admin' && (!first || user.createdAtMs < first.createdAtMs)) first = user;
    return first;
  }

  hasAdministratorWithPassword(): boolean {
    for (const user of this.#map.values())
      if (user.role === 'admin' && user.passwordHash !== undefined) return true;
    return false;
  }

  /** The first administrator, made when there is none yet. */
  async firstAdministrator(): Promise<User> {
    const known = this.administrator();
    if (known) return known;
    const user: User = {
      userId: newId(),
      name: FIRST_ADMINISTRATOR,
      role: 'admin',
      createdAtMs: this.#clock.now(),
    };
    await this.#map.put(user.userId, user);
    return user;
  }

  async setPassword(userId: string, passwordHash: string): Promise<void> {
    const user = this.#map.get(userId);
    if (user) await this.#map.put(userId, { ...user, passwordHash });
  }
}
