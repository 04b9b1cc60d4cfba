/**
 * Writes bundle-schema.ts, the fields of a bundle and of its jobs with their shapes, from the JSON schema of a Databricks CLI:
 *
 *     databricks bundle schema > schema.json
 *     node -r ./packaging/typescript.js src/core/readers/bundle/generate-schema.ts schema.json
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/**
 * Fields that the Databricks CLI accepts but its JSON schema lacks: the CLI sets them itself, or keeps them for old
 * bundles.
 */
const UNLISTED: Readonly<Record<string, readonly string[]>> = {
  Root: ["definitions", "__locations"],
  Bundle: ["target", "environment", "mode"],
  Workspace: ["current_user"],
  Variable: ["value"],
  Job: ["deployment", "edit_mode", "format"],
  GitSource: ["job_source", "git_snapshot"],
};
/** Definitions that make up a job. Other resources have the type `any`. */
const JOB_PARTS = ["Job", "JobPermission", "Permission", "Lifecycle"];
const SCALARS = ["string", "bool", "int", "int64", "float64"];

class Table {
  public readonly types = new Map<string, string[]>();

  readonly #definitions: object;

  public constructor(definitions: object) {
    this.#definitions = definitions;
  }

  public add(name: string, { properties = {}, required = [] }: Schema): void {
    const fields: string[] = [];
    this.types.set(name, fields);
    for (const [field, { $ref = "" }] of Object.entries(properties))
      fields.push(`${field}${required.includes(field) ? "!" : ""}:${this.#shape($ref)}`);
    for (const field of UNLISTED[name] ?? []) fields.push(`${field}:any`);
    fields.sort();
  }

  #shape(reference: string): string {
    const path = reference.replace(/^#\/\$defs\//, "");
    if (path.startsWith("slice/")) return `${this.#shape(path.slice("slice/".length))}[]`;
    if (path.startsWith("map/")) return `${this.#shape(path.slice("map/".length))}{}`;
    if (SCALARS.includes(path)) return path.replace(/64$/, "");
    const full = path.split("/").at(-1) ?? "";
    const name = full.replace(/^.*\./, "");
    const found = this.#definition(path);
    const schema = found.oneOf?.[0] ?? found;
    if (schema.type === "string") return "string";
    const isOther = full.startsWith("resources.") && !JOB_PARTS.includes(name);
    if (schema.type !== "object" || schema.properties === undefined || isOther) return "any";
    if (!this.types.has(name)) this.add(name, schema);
    return name;
  }

  #definition(path: string): Schema {
    let at: unknown = this.#definitions;
    for (const part of path.split("/")) at = (at as Record<string, unknown>)[part];
    return at as Schema;
  }
}

const [, , file = ""] = process.argv;
const { $defs, ...root } = JSON.parse(readFileSync(file, "utf8")) as Schema & { $defs: object };
const table = new Table($defs);
table.add("Root", root);
const lines = [...table.types]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, fields]) => `  ${name}: ${JSON.stringify(fields.join(" "))},\n`);
writeFileSync(
  join(__dirname, "bundle-schema.ts"),
  `/**
 * The fields of a bundle and of its jobs, from the JSON schema that "databricks bundle schema" prints: name, "!" if it is
 * required, and its shape: a scalar, a type of this table or "any"; with [] a list, with {} a map of these. Renewed by generate-schema.ts.
 */
// prettier-ignore
export const BUNDLE_SCHEMA: Readonly<Record<string, string>> = {
${lines.join("")}};
`,
);
