import { BROWSERS, defaultInhibitions, receiversOf, type Routing } from '@openmanager/alerting';
import { invalidField } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import { policyRecords } from './policy-records.ts';
import type { Receivers } from './receiver-settings.ts';

const ROUTING = 'routing';

const defaultRouting: Routing = {
  route: { receivers: [BROWSERS] },
  inhibitions: defaultInhibitions,
  allowHosts: [],
};

/** The routing tree, inhibitions, and where messages may go. */
export class RoutingSettings {
  readonly #records: RecordStore;
  #current: Routing;

  private constructor(records: RecordStore, current: Routing) {
    this.#records = records;
    this.#current = current;
  }

  static async open(records: RecordStore): Promise<RoutingSettings> {
    const stored = new Map(await policyRecords.entries(records)).get(ROUTING);
    return new RoutingSettings(records, (stored as Routing | undefined) ?? defaultRouting);
  }

  get current(): Routing {
    return this.#current;
  }

  uses(receiverId: string): boolean {
    return receiversOf(this.#current.route).includes(receiverId);
  }

  async set(routing: Routing, receivers: Pick<Receivers, 'has' | 'takesAlerts'>): Promise<void> {
    const unknown = receiversOf(routing.route).find((name) => !receivers.has(name));
    if (unknown !== undefined) throw invalidField('route', `there is no receiver “${unknown}”`);
    const silent = receiversOf(routing.route).find((name) => !receivers.takesAlerts(name));
    if (silent !== undefined)
      throw invalidField('route', `“${silent}” is a heartbeat and is told of no alerts`);
    await this.#records.write([policyRecords.put(ROUTING, routing)]);
    this.#current = routing;
  }
}
