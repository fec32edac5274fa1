import * as v from 'valibot';
import { defaultInhibitions, inhibitionSchema, type Inhibition } from './inhibit.ts';
import { routeSchema, type Route } from './route.ts';

/** Who is told of which alerts, and how messages leave the hub. */
export interface Routing {
  readonly route: Route;
  readonly inhibitions: readonly Inhibition[];
  /** Hosts that messages may go to although their addresses are private. */
  readonly allowHosts: readonly string[];
  /** Address of this hub for links in messages. */
  readonly hubUrl?: string | undefined;
}

export const routingSchema: v.GenericSchema<unknown, Routing> = v.pipe(
  v.strictObject({
    route: routeSchema,
    inhibitions: v.optional(v.pipe(v.array(inhibitionSchema), v.maxLength(100)), [
      ...defaultInhibitions,
    ]),
    allowHosts: v.optional(
      v.pipe(v.array(v.pipe(v.string(), v.maxLength(253), v.toLowerCase())), v.maxLength(100)),
      [],
    ),
    hubUrl: v.optional(v.pipe(v.string(), v.maxLength(500), v.regex(/^https?:\/\/\S+$/))),
  }),
  v.title('Routing'),
);
