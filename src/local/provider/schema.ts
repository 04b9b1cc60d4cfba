/**
 * What a resource, a data source or the provider itself may hold. The names, types and nesting come from the CDK
 * package (`schema-*.json`, see `generate-schema.ts`), what that package can't tell from `schema-extras.ts`.
 */

/** A Terraform type of the few that this provider needs. */
export type AttributeType =
  "string" | "number" | "bool" | "list(string)" | "set(string)" | "map(string)";

export interface Attribute {
  readonly type: AttributeType;
  readonly required: boolean;
  readonly optional: boolean;
  /** The provider fills it in where the configuration does not. */
  readonly computed: boolean;
  readonly sensitive: boolean;
  /** A change of it means another object, not an update of this one. */
  readonly forceNew: boolean;
  /** What an absent value means. */
  readonly default: string | number | boolean | undefined;
  /** How a value that only the workspace has is kept from showing up as a change. */
  readonly suppress: Suppression | undefined;
  /** Why not to use it; Terraform warns with this text. */
  readonly deprecated: string | undefined;
  /** The only values that it takes; undefined where any will do. */
  readonly allowed: readonly string[] | undefined;
}

/** `"any"`: any value that the workspace added; otherwise only this value, the service's own default. */
export type Suppression = "any" | { readonly value: string };

export interface NestedBlock {
  readonly nesting: "list" | "set" | "single";
  readonly minItems: number;
  /** 0 means without limit. */
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
 * A block as a schema file writes it: an attribute is its type, followed by `!` when it is required, by nothing when
 * it is optional, and by `=` when it can't be configured at all.
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

/** What the CDK package can't tell about one attribute or block. */
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

/** Extras by path: names joined by dots, without indexes (`task.notebook_task.source`). */
export type Extras = Readonly<Record<string, Extra>>;

/**
 * The schema that `raw` and `extras` make together.
 * @throws {Error} when an extra names nothing in the schema: the package changed and the table must follow.
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
