import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { jobSettings } from "../../../src/local/services/jobs/schema/settings";
import type { RawBlock } from "../../../src/local/provider/schema";
import {
  isOfSingleTask,
  JOB_SCHEMA,
  type Shape,
  TASK_SCHEMA,
} from "../../../src/core/model/job-schema";

/** What is looked at of a schema of Zod. */
interface ZodDef {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
}

/** What the provider reads and does not send, or fills in. */
const OF_TERRAFORM = [
  "__apply_policy_default_values_allow_list",
  "format",
  "id",
  "timeouts",
  "url",
];

/** The kind of each field, by its path. */
function kindsOf(shape: Shape, path = ""): Map<string, string> {
  const of = shape.kind === "list" ? shape.of : shape;
  const below = of.kind !== "object" ? [] : Object.entries(of.fields);
  return new Map([
    ...(path === "" ? [] : [[path, shape.kind] as const]),
    ...below.flatMap(([name, field]) => [
      ...kindsOf(field, path === "" ? name : `${path}.${name}`),
    ]),
  ]);
}

describe("JOB_SCHEMA", () => {
  const known = kindsOf(JOB_SCHEMA);

  test.each(["1.99", "1.132"])("has every argument of databricks_job in provider %s", (version) => {
    const file = join(__dirname, `../../../src/local/provider/schema-${version}.json`);
    const schema = JSON.parse(readFileSync(file, "utf8")) as { databricks_job: RawBlock };
    const wrong: string[] = [];
    const check = (block: RawBlock, shape: Shape, path: string): void => {
      if (shape.kind !== "object") return;
      const at = (name: string): Shape | undefined => {
        const field = shape.fields[shape.terraform?.[name] ?? name];
        if (field === undefined) wrong.push(`${path}${name} is missing`);
        return field;
      };
      const isSingle = (name: string): boolean => path === "" && isOfSingleTask(name);
      for (const [name, type] of Object.entries(block.attributes ?? {})) {
        if (OF_TERRAFORM.includes(name) || isSingle(name)) continue;
        const kinds: Record<string, readonly string[]> = {
          bool: ["boolean"],
          number: name === "job_id" ? ["string"] : ["number"],
          string: ["string"],
          "list(string)": ["strings"],
          "set(string)": ["strings"],
          "map(string)": ["map"],
        };
        const kind = at(name)?.kind;
        if (kind !== undefined && kinds[type.replace(/[!=]$/, "")]?.includes(kind) !== true)
          wrong.push(`${path}${name} is a ${kind}, not a ${type}`);
      }
      for (const [name, nested] of Object.entries(block.blocks ?? {})) {
        if (OF_TERRAFORM.includes(name) || isSingle(name)) continue;
        const field = at(name);
        if (field === undefined || field.kind === "any") continue;
        const expected = nested.max === 1 ? "object" : "list";
        if (field.kind !== expected) wrong.push(`${path}${name} is a ${field.kind}`);
        check(nested, field.kind === "list" ? field.of : field, `${path}${name}.`);
      }
    };
    check(schema.databricks_job, JOB_SCHEMA, "");
    expect(wrong).toEqual([]);
  });

  test("has every setting that the local workspace takes", () => {
    const kinds: Record<string, string> = {
      array: "list",
      boolean: "boolean",
      enum: "string",
      int: "number",
      number: "number",
      object: "object",
      pipe: "string",
      record: "map",
      string: "string",
    };
    const wrong: string[] = [];
    const check = (type: z.core.$ZodType, path: string): void => {
      const { def } = type._zod as unknown as { def: ZodDef };
      if (def.type === "optional") {
        if (def.innerType !== undefined) check(def.innerType, path);
        return;
      }
      const kind = known.get(path);
      // The service's own note; an object that the local workspace does not look into.
      if (def.type === "never" || path === "format") return;
      if (path.endsWith("gen_ai_compute_task")) return;
      if (path !== "" && kind === undefined) wrong.push(`${path} is missing`);
      const element = (def.element?._zod as { def: ZodDef } | undefined)?.def;
      const elementType = def.type === "array" ? element?.type : undefined;
      const expected = elementType === "string" ? "strings" : kinds[def.type];
      const isJobId = path.endsWith("job_id") && kind === "string";
      const isNumber = def.type === "pipe" && kind === "number";
      if (path !== "" && kind !== expected && kind !== "any" && !isJobId && !isNumber)
        wrong.push(`${path} is a ${kind ?? ""}, not a ${def.type}`);
      for (const [name, field] of Object.entries(def.shape ?? element?.shape ?? {}))
        check(field, path === "" ? name : `${path}.${name}`);
    };
    check(jobSettings, "");
    expect(wrong).toEqual([]);
  });

  test("has the same fields for a task inside of a for-each task, but the loop", () => {
    const inner = TASK_SCHEMA.fields.for_each_task;
    if (inner?.kind !== "object" || inner.fields.task?.kind !== "object")
      throw new Error("no loop");
    expect([...Object.keys(inner.fields.task.fields), "for_each_task"].sort()).toEqual(
      Object.keys(TASK_SCHEMA.fields).sort(),
    );
  });
});
