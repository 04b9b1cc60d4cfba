import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A type as the package's jsii assembly, which describes its whole API, writes it. */
interface JsiiType {
  readonly primitive?: "string" | "number" | "boolean" | "json" | "any" | "date";
  readonly fqn?: string;
  readonly collection?: { readonly kind: "array" | "map"; readonly elementtype: JsiiType };
  readonly union?: { readonly types: readonly JsiiType[] };
}

interface Assembly {
  readonly types: Readonly<
    Record<
      string,
      {
        readonly properties?: readonly {
          readonly name: string;
          readonly type: JsiiType;
          readonly docs?: { readonly summary?: string; readonly remarks?: string };
        }[];
      }
    >
  >;
}

const packageFile = require.resolve("@cdktf/provider-databricks/package.json");
const { types } = JSON.parse(readFileSync(join(dirname(packageFile), ".jsii"), "utf8")) as Assembly;

/** Makes the value of one argument that takes text, numbers or a switch. */
export interface Leaves {
  readonly string: (path: string) => unknown;
  readonly number: (path: string) => unknown;
  readonly boolean: (path: string) => unknown;
}

const PLAIN: Leaves = { string: (path) => path, number: () => 7, boolean: () => true };

/** Arguments for every property of a struct of the provider package, and of the structs in it, down to the leaves. */
export function maximal(struct: string, leaves: Leaves = PLAIN): Record<string, unknown> {
  return structOf(`@cdktf/provider-databricks.${struct}`, "", leaves);
}

function structOf(fqn: string, path: string, leaves: Leaves): Record<string, unknown> {
  return Object.fromEntries(
    propertiesOf(fqn).map(({ name, type }) => [name, valueOf(type, `${path}.${name}`, leaves)]),
  );
}

function valueOf(type: JsiiType, path: string, leaves: Leaves): unknown {
  const { primitive, fqn, collection } = concrete(type);
  if (primitive === "string" || primitive === "number" || primitive === "boolean")
    return leaves[primitive](path);
  if (collection?.kind === "array") {
    return [1, 2].map((at) => valueOf(collection.elementtype, `${path}.${at}`, leaves));
  }
  if (collection?.kind === "map") return { "a.key": valueOf(collection.elementtype, path, leaves) };
  if (fqn !== undefined) return structOf(fqn, path, leaves);
  throw new Error(`what is ${path}?`);
}

/** The paths, such as `task.notebook_task.source`, that Terraform knows below a struct; `*` is any key of a map. */
export function terraformKeys(struct: string): ReadonlySet<string> {
  const keys = new Set<string>();
  const collect = (type: JsiiType, prefix: string): void => {
    const { fqn, collection } = concrete(type);
    if (collection?.kind === "map") keys.add(`${prefix}*`);
    else if (collection !== undefined) collect(collection.elementtype, prefix);
    else if (fqn !== undefined) {
      for (const { name, type: inner, docs } of propertiesOf(fqn)) {
        const text = `${docs?.summary ?? ""} ${docs?.remarks ?? ""}`;
        const key = /\{@link \S+#(\w+) /.exec(text)?.[1];
        if (key === undefined) throw new Error(`no Terraform name of ${fqn}.${name}`);
        keys.add(prefix + key);
        collect(inner, `${prefix}${key}.`);
      }
    }
  };
  collect({ fqn: `@cdktf/provider-databricks.${struct}` }, "");
  return keys;
}

/** The paths in a resource of Terraform's JSON that are not among `known`. */
export function unknownKeys(resource: unknown, known: ReadonlySet<string>, prefix = ""): string[] {
  if (Array.isArray(resource)) return resource.flatMap((item) => unknownKeys(item, known, prefix));
  if (typeof resource !== "object" || resource === null || known.has(`${prefix}*`)) return [];
  return Object.entries(resource)
    .filter(([key]) => key !== "//")
    .flatMap(([key, value]) =>
      known.has(prefix + key) ? unknownKeys(value, known, `${prefix}${key}.`) : [`${prefix}${key}`],
    );
}

function propertiesOf(fqn: string): NonNullable<Assembly["types"][string]["properties"]> {
  const { properties } = types[fqn] ?? {};
  if (properties === undefined) throw new Error(`the provider package has no ${fqn}`);
  return properties;
}

/** Where a token is allowed as well, the other thing. */
function concrete(type: JsiiType): JsiiType {
  return type.union?.types.find(({ fqn }) => fqn !== "cdktf.IResolvable") ?? type;
}
