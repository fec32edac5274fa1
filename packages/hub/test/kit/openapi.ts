/** The document of a hub, and whether answers are what it says. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

export interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
}
export type Schema = Readonly<Record<string, unknown>>;
export interface Response {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, Media>>;
}
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
}
export interface DocumentedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Response['content'] };
  readonly responses: Readonly<Record<string, Response>>;
}
export interface OpenapiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, Response>>;
  };
}

export interface Located extends DocumentedOperation {
  readonly method: string;
  readonly path: string;
}

export function operationsOf(document: OpenapiDocument): Located[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
  );
}

/** Objects that say nothing of other fields allow none: a field that the document does not name is a gap in it. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === 'example' ? value : closed(value)]),
  );
  return 'properties' in inner && !('additionalProperties' in inner)
    ? { ...inner, additionalProperties: false }
    : inner;
}

export class Conformance {
  readonly document: OpenapiDocument;
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: OpenapiDocument) {
    this.document = document;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    formats.default(this.#ajv);
    this.#ajv.addSchema({ $id: 'openapi', components: closed(document.components) });
  }

  /** What is wrong with a value that the schema should describe. */
  issues(schema: Schema, value: unknown): readonly string[] {
    const key = JSON.stringify(schema);
    const text = JSON.stringify(closed(schema)).replaceAll('"#/', '"openapi#/');
    const validate = this.#compiled.get(key) ?? this.#ajv.compile(JSON.parse(text) as Schema);
    this.#compiled.set(key, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
    );
  }

  /** The content that the operation says it answers with this status. */
  contentOf(operation: DocumentedOperation, status: number): Response['content'] | undefined {
    const { responses } = operation;
    const found = responses[status] ?? responses[`${Math.floor(status / 100)}XX`];
    const shared = found?.$ref?.split('/').at(-1);
    const response = shared === undefined ? found : this.document.components.responses[shared];
    return response && (response.content ?? {});
  }
}
