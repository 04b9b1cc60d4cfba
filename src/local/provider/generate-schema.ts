/**
 * Generates the schema file of a provider version from a CDK package, so that the stand-in provider knows exactly the
 * arguments that constructs can write. `npm run generate:provider-schema` uses the installed package; a test fails if
 * the committed file differs. `npm run generate:provider-schema -- FOLDER` uses an unpacked @cdktn/provider-databricks,
 * which this project does not install.
 *
 * It reads two files of the package. The generated mappers (`jobTaskToHclTerraform`) give each argument's Terraform
 * name, its type, and whether it is a block. They are regular enough to parse as text, so the package is never loaded.
 * `.jsii` gives the required arguments. An argument with only a getter is computed.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RawBlock, RawNestedBlock } from "./schema";
import { providerVersionOf } from "./version";

/** The source of each schema: a folder of the CDK package and a class in it. */
const SOURCES = {
  provider: ["provider", "DatabricksProvider"],
  databricks_directory: ["directory", "Directory"],
  databricks_job: ["job", "Job"],
  databricks_notebook: ["notebook", "Notebook"],
  databricks_permissions: ["permissions", "Permissions"],
  databricks_secret: ["secret", "Secret"],
  databricks_secret_acl: ["secret-acl", "SecretAcl"],
  databricks_secret_scope: ["secret-scope", "SecretScope"],
  databricks_workspace_file: ["workspace-file", "WorkspaceFile"],
  "data.databricks_current_user": ["data-databricks-current-user", "DataDatabricksCurrentUser"],
  "data.databricks_directory": ["data-databricks-directory", "DataDatabricksDirectory"],
  "data.databricks_job": ["data-databricks-job", "DataDatabricksJob"],
  "data.databricks_jobs": ["data-databricks-jobs", "DataDatabricksJobs"],
} as const;

export type SchemaName = keyof typeof SOURCES;

interface Writable {
  attributes?: Record<string, string>;
  blocks?: Record<string, RawNestedBlock>;
}

/** Generates the schema file for the CDK package in folder `root`. */
export function generateSchema(root: string): string {
  const assembly = readJson(join(root, ".jsii")) as Assembly;
  const schemas: Record<string, RawBlock> = {};
  for (const [name, [folder, className]] of Object.entries(SOURCES)) {
    schemas[name] = new PackageReader(join(root, "lib", folder), folder, assembly).read(className);
  }
  return format(schemas);
}

interface Assembly {
  readonly name: string;
  readonly types: Readonly<
    Record<string, { readonly properties?: readonly { name: string; optional?: boolean }[] }>
  >;
}

const SIMPLE_TYPES: Readonly<Record<string, string>> = {
  getStringAttribute: "string",
  getNumberAttribute: "number",
  getBooleanAttribute: "bool",
  getListAttribute: "list(string)",
  getStringMapAttribute: "map(string)",
  string: "string",
  number: "number",
  boolean: "bool",
  stringMap: "map(string)",
  stringList: "list(string)",
  numberList: "list(number)",
};

/** One entry of a generated mapper. */
const ENTRY =
  /^ {8,12}(\w+): \{\s+value: (.+),\s+isBlock: (true|false),\s+type: "(\w+)",\s+storageClassType: "(\w+)",/gm;

/** Reads one folder of the CDK package. */
class PackageReader {
  readonly #mappers = new Map<string, string>();
  readonly #main: string;

  readonly #namespace: string;
  readonly #assembly: Assembly;

  public constructor(folder: string, namespace: string, assembly: Assembly) {
    this.#namespace = namespace;
    this.#assembly = assembly;

    this.#main = readFileSync(join(folder, "index.js"), "utf8");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    for (const file of files.filter((name) => name.endsWith(".js"))) {
      const text = readFileSync(join(folder, file), "utf8");
      for (const match of text.matchAll(/^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}/gms)) {
        this.#mappers.set(match[1] ?? "", match[2] ?? "");
      }
    }
  }

  public read(className: string): RawBlock {
    const synthesize = /^ {4}synthesizeHclAttributes\(\) \{(.*?)^ {4}\}/ms.exec(this.#main)?.[1];
    if (synthesize === undefined) throw new Error(`${this.#namespace}: no synthesizeHclAttributes`);
    const block: Writable = this.#block(synthesize, `${className}Config`);
    // A meta-argument of Terraform, not an argument of the provider.
    delete block.attributes?.alias;
    const getters =
      /^class \w+ extends cdkt[fn]\.Terraform\w+ \{(.*)/ms.exec(this.#main)?.[1] ?? "";
    for (const match of getters.matchAll(/return this\.(get\w+Attribute)\('(\w+)'\)/g)) {
      const [, getter = "", name = ""] = match;
      if (block.attributes?.[name] !== undefined) continue;
      (block.attributes ??= {})[name] = `${simpleType(getter)}=`;
    }
    return block;
  }

  #block(mapper: string, structName: string): Writable {
    const required = this.#requiredProperties(structName);
    const attributes: Record<string, string> = {};
    const blocks: Record<string, RawNestedBlock> = {};
    for (const match of mapper.matchAll(ENTRY)) {
      const [, name = "", value = "", isBlock, type = "", storage = ""] = match;
      const property =
        /(?:struct\.|this\._)(\w+)/.exec(value.split(")(").at(-1) ?? value)?.[1] ?? "";
      if (isBlock === "false") {
        const simple = type === "set" ? storage.replace(/List$/, "Set") : storage;
        attributes[name] = simpleType(simple) + (required.has(property) ? "!" : "");
        continue;
      }
      const struct = /(\w+)ToHclTerraform/.exec(value)?.[1] ?? "";
      const nested = this.#mappers.get(struct);
      if (nested === undefined) throw new Error(`${structName}.${name}: no mapper ${struct}`);
      blocks[name] = {
        ...(type === "set" ? { nesting: "set" as const } : {}),
        ...(type === "struct" ? { nesting: "single" as const } : {}),
        ...(required.has(property) ? { min: 1 } : {}),
        // A repeatable block has a list mapper; any other list has at most one entry.
        ...(type !== "struct" && !value.includes("listMapper") ? { max: 1 } : {}),
        ...this.#block(nested, struct.charAt(0).toUpperCase() + struct.slice(1)),
      };
    }
    return {
      ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
      ...(Object.keys(blocks).length > 0 ? { blocks } : {}),
    };
  }

  #requiredProperties(structName: string): ReadonlySet<string> {
    const submodule = this.#namespace.replace(/-(\w)/g, (_, letter: string) =>
      letter.toUpperCase(),
    );
    const type = this.#assembly.types[`${this.#assembly.name}.${submodule}.${structName}`];
    if (type === undefined) throw new Error(`.jsii has no ${submodule}.${structName}`);
    const properties = type.properties ?? [];
    return new Set(properties.filter((one) => one.optional !== true).map((one) => one.name));
  }
}

function simpleType(name: string): string {
  const type = name.endsWith("Set")
    ? SIMPLE_TYPES[name.replace(/Set$/, "List")]?.replace("list", "set")
    : SIMPLE_TYPES[name];
  if (type === undefined) throw new Error(`no Terraform type is known for ${name}`);
  return type;
}

/** Formats JSON with one line for each block's attributes: compact, and diffs stay readable. */
function format(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  if (entries.every(([, member]) => typeof member !== "object")) return JSON.stringify(value);
  const deeper = `${indent} `;
  const lines = entries.map(([key, member]) => `${deeper}"${key}": ${format(member, deeper)}`);
  return `{\n${lines.join(",\n")}\n${indent}}${indent === "" ? "\n" : ""}`;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

if (require.main === module) {
  const root =
    process.argv[2] ?? dirname(require.resolve("@cdktf/provider-databricks/package.json"));
  const version = providerVersionOf(join(root, "package.json"));
  writeFileSync(join(__dirname, `schema-${version}.json`), generateSchema(root));
}
