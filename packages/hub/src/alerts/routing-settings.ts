import {
  BROWSERS,
  defaultInhibitions,
  inhibitionSchema,
  receiversOf,
  routeSchema,
  type Inhibition,
  type Route,
} from '@openmanager/alerting';
import type { RecordStore } from '@openmanager/store';
import * as v from 'valibot';
import { invalidInput, parseInput } from './parse-input.ts';
import { policyRecords } from './policy-records.ts';
import type { Receivers } from './receiver-settings.ts';

const ROUTING = 'routing';

export interface Routing {
  readonly route: Route;
  readonly inhibitions: readonly Inhibition[];
  /** Hosts that messages may go to although their addresses are private. */
  readonly allowHosts: readonly string[];
  /** Address of this hub for links in messages. */
  readonly hubUrl?: string | undefined;
}

const routingSchema: v.GenericSchema<unknown, Routing> = v.strictObject({
  route: routeSchema,
  inhibitions: v.optional(v.pipe(v.array(inhibitionSchema), v.maxLength(100)), [
    ...defaultInhibitions,
  ]),
  allowHosts: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.maxLength(253), v.toLowerCase())), v.maxLength(100)),
    [],
  ),
  hubUrl: v.optional(v.pipe(v.string(), v.maxLength(500), v.regex(/^https?:\/\/\S+$/))),
});

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

  async set(input: unknown, receivers: Pick<Receivers, 'has'>): Promise<Routing> {
    const routing = parseInput(routingSchema, input);
    const unknown = receiversOf(routing.route).find((name) => !receivers.has(name));
    if (unknown !== undefined) throw invalidInput('route', `there is no receiver “${unknown}”`);
    await this.#records.write([policyRecords.put(ROUTING, routing)]);
    this.#current = routing;
    return routing;
  }
}
