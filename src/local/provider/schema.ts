/**
 * Schemas of resources, data sources and the provider. Names, types and nesting come from the CDK package
 * (`schema-*.json`, see `generate-schema.ts`); everything else from `schema-extras.ts`.
 */

/** The Terraform types that this provider needs. */
export type AttributeType =
  "string" | "number" | "bool" | "list(string)" | "set(string)" | "map(string)";

export interface Attribute {
  readonly type: AttributeType;
  readonly required: boolean;
  readonly optional: boolean;
  /** Whether the provider sets the value if it is not configured. */
  readonly computed: boolean;
  readonly sensitive: boolean;
  /** Whether a change replaces the object instead of updating it. */
  readonly forceNew: boolean;
  /** The value of an unset argument. */
  readonly default: string | number | boolean | undefined;
  /** Which values that only the workspace has are not shown as a change. */
  readonly suppress: Suppression | undefined;
  /** The deprecation warning that Terraform shows. */
  readonly deprecated: string | undefined;
  /** The allowed values; undefined means any. */
  readonly allowed: readonly string[] | undefined;
}

/** `"any"` suppresses every value that the workspace added; otherwise only this value, which is Databricks' default. */
export type Suppression = "any" | { readonly value: string };

export interface NestedBlock {
  readonly nesting: "list" | "set" | "single";
  readonly minItems: number;
  /** 0 means unlimited. */
  readonly maxItems: number;
  readonly computed: boolean;
  readonly forceNew: boolean;
  readonly suppress: Suppression | undefined;
  readonly deprecated: string | undefined;
  readonly block: Block;
}

export interface Block {
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly blocks: ReadonlyMap<string, NestedBlock>;
}

export interface Schema {
  readonly version: number;
  readonly block: Block;
}

/**
 * A block in a schema file. An attribute is its type, followed by `!` if it is required and by `=` if it cannot be
 * configured.
 */
export interface RawBlock {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly blocks?: Readonly<Record<string, RawNestedBlock>>;
}

export interface RawNestedBlock extends RawBlock {
  readonly nesting?: "set" | "single";
  readonly min?: number;
  readonly max?: number;
}

/** Information about an attribute or block that the CDK package lacks. */
export interface Extra {
  readonly computed?: boolean;
  readonly sensitive?: boolean;
  readonly forceNew?: boolean;
  readonly default?: string | number | boolean;
  readonly suppress?: Suppression;
  readonly deprecated?: string;
  readonly maxItems?: number;
  readonly allowed?: readonly string[];
}

/** Extras by path: dotted names without indexes (`task.notebook_task.source`). */
export type Extras = Readonly<Record<string, Extra>>;

/**
 * Combines `raw` and `extras` into a schema.
 * @throws {Error} if an extra names nothing in the schema: the package has changed, and the extras must follow.
 */
export function buildSchema(version: number, raw: RawBlock, extras: Extras): Schema {
  const unused = new Set(Object.keys(extras));
  const block = buildBlock(raw, "", (path) => {
    unused.delete(path);
    return extras[path];
  });
  if (unused.size > 0) {
    throw new Error(`schema-extras.ts names what the schema lacks: ${[...unused].join(", ")}`);
  }
  return { version, block };
}

function buildBlock(
  raw: RawBlock,
  prefix: string,
  extra: (path: string) => Extra | undefined,
): Block {
  const attributes = new Map<string, Attribute>();
  for (const [name, text] of Object.entries(raw.attributes ?? {})) {
    const flag = text.at(-1);
    const also = extra(prefix + name) ?? {};
    attributes.set(name, {
      type: text.replace(/[!=]$/, "") as AttributeType,
      required: flag === "!",
      optional: flag !== "!" && flag !== "=",
      computed: flag === "=" || (also.computed ?? false),
      sensitive: also.sensitive ?? false,
      forceNew: also.forceNew ?? false,
      default: also.default,
      suppress: also.suppress,
      deprecated: also.deprecated,
      allowed: also.allowed,
    });
  }
  const blocks = new Map<string, NestedBlock>();
  for (const [name, nested] of Object.entries(raw.blocks ?? {})) {
    const also = extra(prefix + name) ?? {};
    blocks.set(name, {
      nesting: nested.nesting ?? "list",
      minItems: nested.min ?? 0,
      maxItems: also.maxItems ?? nested.max ?? 0,
      computed: also.computed ?? false,
      forceNew: also.forceNew ?? false,
      suppress: also.suppress,
      deprecated: also.deprecated,
      block: buildBlock(nested, `${prefix}${name}.`, extra),
    });
  }
  return { attributes, blocks };
}
