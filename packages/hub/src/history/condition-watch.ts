import { readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { EmbeddedStore, StoreCondition, StoreErrorCode } from '@openmanager/store';
import type { EventLog, HealthIssues, Unsubscribe } from '../ports/index.ts';

/** Copies that a repair or a backup has left. */
const COPIES = /\.damaged-|\.repairing$|\.part$|^backup-/;

/** Without a failed write for this long, the store counts as recovered. */
const RECOVERED_MS = 5000;

const MEANWHILE =
  'Meanwhile nothing is stored: agents keep their data, pages and alerts go on from memory, and a notification may be sent twice after a restart.';

/** What to do about it, without paths, since this is shown on pages. */
const advice: Readonly<Partial<Record<StoreErrorCode, string>> & { failed: string }> = {
  full: `The disk of the data folder is full. Free some disk space; the hub goes on by itself. ${MEANWHILE}`,
  'read-only': `The data folder cannot be written to. Check its file system and permissions. ${MEANWHILE}`,
  'disk-error': `The disk of the data folder reports errors, or its quota is used up. Check the disk and the system log. ${MEANWHILE}`,
  missing: `The database was deleted, moved or replaced while the hub runs. Save what this hub still holds with “openmanager backup FILE”, stop the hub, put the file back, and start it again. ${MEANWHILE}`,
  failed: `The store cannot write: see the hub log. ${MEANWHILE}`,
};

export interface ConditionWatchOptions {
  readonly store: Pick<EmbeddedStore, 'condition' | 'onCondition' | 'acceptClock'>;
  readonly dataFolder: string;
  readonly issues: HealthIssues;
  readonly events: Pick<EventLog, 'record'>;
  readonly log: Logger;
}

/** What the store can do: as health issues, and as one event and one line of the log whenever it changes. */
export class ConditionWatch {
  readonly #options: ConditionWatchOptions;
  #last: StoreCondition | undefined;
  #trouble: string | undefined;
  #recovering: NodeJS.Timeout | undefined;
  #unsubscribe: Unsubscribe | undefined;

  constructor(options: ConditionWatchOptions) {
    this.#options = options;
  }

  run(): void {
    const { store } = this.#options;
    this.#unsubscribe = store.onCondition((condition) => this.#look(condition));
    this.#look(store.condition());
  }

  stop(): void {
    clearTimeout(this.#recovering);
    this.#unsubscribe?.();
  }

  /** An administrator says that the hub's clock is right although it jumped. */
  async trustClock(): Promise<void> {
    await this.#options.store.acceptClock();
  }

  #look(condition: StoreCondition): void {
    const before = this.#last;
    this.#last = condition;
    this.#writing(condition);
    this.#reserve(condition, before);
    if (condition.damage !== undefined && before?.damage === undefined)
      this.#damage(condition.damage);
    this.#clock(condition, before);
  }

  #writing({ trouble }: StoreCondition): void {
    const { issues, events, log } = this.#options;
    if (trouble) {
      clearTimeout(this.#recovering);
      this.#recovering = undefined;
      issues.set('storing', advice[trouble.code] ?? advice.failed, { down: true });
      if (this.#trouble === trouble.code) return;
      this.#trouble = trouble.code;
      log.error(
        {
          code: trouble.code,
          reason: trouble.message,
          ...(trouble.code === 'full' ? spaceOf(this.#options.dataFolder) : {}),
        },
        'the store cannot write',
      );
      events.record('store-failed', undefined, { code: trouble.code });
    } else if (this.#trouble !== undefined)
      // On a full disk what is small may fit now and then.
      this.#recovering ??= setTimeout(() => {
        this.#trouble = undefined;
        this.#recovering = undefined;
        issues.clear('storing');
        log.warn('the store writes again');
        events.record('store-recovered', undefined, {});
      }, RECOVERED_MS);
  }

  #damage(reason: string): void {
    const { issues, log } = this.#options;
    log.error({ reason }, 'a part of the database is damaged');
    issues.set(
      'file',
      'A part of the database is damaged. Stop the hub, see what is lost with “openmanager check DIR”, and keep what is whole with “openmanager repair DIR”; or restore a backup.',
    );
  }

  #reserve({ reserveUsed }: StoreCondition, before: StoreCondition | undefined): void {
    const { issues, log } = this.#options;
    if (!reserveUsed) issues.clear('reserve');
    else {
      issues.set(
        'reserve',
        'The disk of the data folder was full and the space kept in reserve is used. Free some disk space: at least 256 MB.',
      );
      if (before?.reserveUsed !== true)
        log.warn(
          'the disk was full: the reserve was given up and is made again when there is room',
        );
    }
  }

  #clock({ clockDoubt }: StoreCondition, before: StoreCondition | undefined): void {
    const { issues, events, log } = this.#options;
    if (clockDoubt) {
      const { clockMs, trustedMs } = clockDoubt;
      issues.set(
        'retention',
        `The clock of the hub jumped from ${iso(trustedMs)} to ${iso(clockMs)}. Nothing is removed by its age until the clock is set right, or an administrator says on the System page that it is.`,
      );
      if (before?.clockDoubt) return;
      log.warn({ clockMs, trustedMs }, 'the clock jumped: nothing is removed by its age');
      events.record('clock-doubted', undefined, { offsetMs: clockMs - trustedMs });
    } else if (before?.clockDoubt) {
      issues.clear('retention');
      log.info('the clock counts again: history is removed by its age');
      events.record('clock-trusted', undefined, {});
    }
  }
}

/** What is free on the disk, and which files of the data folder a person may remove. */
function spaceOf(folder: string): {
  readonly freeMb: number;
  readonly removable: readonly string[];
} {
  try {
    const { bavail, bsize } = statfsSync(folder);
    const removable = readdirSync(folder)
      .filter((name) => COPIES.test(name))
      .map((name) => `${name} (${Math.ceil(statSync(join(folder, name)).size / 1e6)} MB)`);
    return { freeMb: Math.floor((bavail * bsize) / 1e6), removable };
  } catch {
    return { freeMb: 0, removable: [] };
  }
}

function iso(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16)}Z`;
}
