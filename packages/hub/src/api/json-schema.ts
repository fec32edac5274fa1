/** Valibot schemas as JSON Schema; those with a title become named components that others refer to. */
import {
  toJsonSchema,
  type ConversionConfig,
  type JsonSchema,
  type OverrideSchemaContext,
} from '@valibot/to-json-schema';
import * as v from 'valibot';

export type AnySchema = v.GenericSchema<unknown, unknown>;

/** `input`: what has a default may be left out. `output`: it is always there. */
export type Side = 'input' | 'output';

const refTo = (name: string): string => `#/components/schemas/${name}`;

export class NamedSchemas {
  readonly #named = new Map<string, JsonSchema>();

  /** Convert all outputs first: an input that differs from the output of its name is called `<name>Input`. */
  of(schema: AnySchema, side: Side): JsonSchema {
    const config: ConversionConfig = {
      target: 'draft-2020-12',
      typeMode: 'output',
      // Checks that JSON Schema cannot say are left out of the document; the parser makes them all the same.
      errorMode: 'ignore',
      overrideSchema: (context) => adjusted(context, side),
      overrideAction: ({ valibotAction, jsonSchema }) => {
        if (valibotAction.type === 'title') return this.#nameOf(jsonSchema, side);
        if (valibotAction.type !== 'regex') return undefined;
        const { flags } = (valibotAction as v.RegexAction<string, undefined>).requirement;
        return flags === '' ? undefined : withoutPattern(jsonSchema);
      },
      overrideRef: ({ valibotSchema }) => {
        const title = v.getTitle(valibotSchema);
        if (title === undefined) throw new Error('A recursive schema needs a title');
        return refTo(title);
      },
    };
    const { $schema: _, $defs: __, ...json } = toJsonSchema(schema, config);
    return json;
  }

  all(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries(
      [...this.#named].toSorted(([one], [other]) => (one < other ? -1 : 1)),
    );
  }

  #nameOf(jsonSchema: JsonSchema, side: Side): JsonSchema {
    const { title = '', ...json } = jsonSchema;
    const name = [title, `${title}Input`].find((candidate) => {
      const known = this.#named.get(candidate);
      return known === undefined || JSON.stringify(known) === JSON.stringify(json);
    });
    if (name === undefined || (name !== title && side === 'output'))
      throw new Error(`Two schemas have the title ${title}`);
    this.#named.set(name, json);
    return { $ref: refTo(name) };
  }
}

function adjusted({ valibotSchema, jsonSchema }: OverrideSchemaContext, side: Side): JsonSchema {
  const { required, propertyNames, ...rest } = jsonSchema;
  const all = side === 'output' ? [...(required ?? []), ...defaulted(valibotSchema)] : required;
  return {
    ...rest,
    ...(all === undefined || all.length === 0 ? {} : { required: all }),
    // Keys of JSON are strings without our saying so.
    ...(propertyNames === undefined || JSON.stringify(propertyNames) === '{"type":"string"}'
      ? {}
      : { propertyNames }),
  };
}

/** Fields that are there whatever was given. */
function defaulted(schema: object): string[] {
  if (!('entries' in schema)) return [];
  return Object.entries(schema.entries as v.ObjectEntries).flatMap(([name, entry]) =>
    'default' in entry && entry.default !== undefined ? [name] : [],
  );
}

function withoutPattern(json: JsonSchema): JsonSchema {
  const { pattern: _, ...rest } = json;
  return rest;
}
