import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generateSchema } from "../../../src/local/provider/generate-schema";
import { buildSchema, type Block } from "../../../src/local/provider/schema";
import { schemaOf, type SchemaName } from "../../../src/local/provider/schemas";
import * as raw132 from "../../../src/local/provider/schema-1.132.json";
import * as raw99 from "../../../src/local/provider/schema-1.99.json";
import { PROVIDER_VERSIONS } from "../../../src/local/provider/version";
import { blockOf } from "./samples";

const FOLDER = join(__dirname, "../../../src/local/provider");
const NAMES = Object.keys(raw99).filter((name) => name !== "default") as SchemaName[];

/** Every argument and block by its path. */
function pathsOf(block: Block, prefix = ""): string[] {
  return [
    ...[...block.attributes.keys()].map((name) => prefix + name),
    ...[...block.blocks].flatMap(([name, nested]) => [
      prefix + name,
      ...pathsOf(nested.block, `${prefix}${name}.`),
    ]),
  ];
}

describe("the provider's schema", () => {
  it("is what the installed CDK package makes (else: npm run generate:provider-schema)", () => {
    const installed = dirname(require.resolve("@cdktf/provider-databricks/package.json"));
    expect(readFileSync(join(FOLDER, "schema-1.99.json"), "utf8")).toBe(generateSchema(installed));
  });

  it.each(PROVIDER_VERSIONS)("has extras in %s only for what exists", (version) => {
    for (const name of NAMES) expect(pathsOf(schemaOf(name, version).block)).not.toEqual([]);
  });

  it("refuses an extra for an argument that does not exist", () => {
    expect(() => buildSchema(0, { attributes: { path: "string!" } }, { pth: {} })).toThrow(/pth/);
  });

  it.each([
    ["1.99", 27],
    ["1.132", 28],
  ] as const)("knows a job as the genuine provider %s does", (provider, blocks) => {
    const { version, block } = schemaOf("databricks_job", provider);
    expect(version).toBe(2);
    expect(block.blocks.size).toBe(blocks);
    expect(block.blocks.get("timeouts")?.nesting).toBe("single");
    const others = [...block.blocks].filter(([name]) => name !== "timeouts");
    expect(others.every(([, nested]) => nested.nesting === "list")).toBe(true);
    expect(block.blocks.get("task")?.maxItems).toBe(0);
    expect(block.blocks.get("queue")?.maxItems).toBe(1);
    expect(block.attributes.get("url")).toMatchObject({ computed: true, optional: false });
    expect(block.attributes.get("name")).toMatchObject({ optional: true, default: "Untitled" });
    expect(block.attributes.get("tags")).toMatchObject({ type: "map(string)", optional: true });
  });

  it.each(PROVIDER_VERSIONS)(
    "distinguishes required and optional arguments in nested blocks of %s",
    (version) => {
      const task = schemaOf("databricks_job", version).block.blocks.get("task")?.block;
      expect(task?.attributes.get("task_key")?.required).toBe(true);
      expect(task?.attributes.get("retry_on_timeout")).toMatchObject({
        optional: true,
        computed: true,
      });
      const forEach = task?.blocks.get("for_each_task")?.block;
      expect(forEach?.blocks.get("task")).toMatchObject({ minItems: 1, maxItems: 1 });
    },
  );

  it.each(PROVIDER_VERSIONS)("has sets where the genuine provider %s has them", (version) => {
    expect(
      schemaOf("databricks_permissions", version).block.blocks.get("access_control"),
    ).toMatchObject({
      nesting: "set",
      minItems: 1,
    });
  });

  it("has every argument of 1.99 in 1.132, except one of the provider", () => {
    expect(Object.keys(raw132).sort()).toEqual(Object.keys(raw99).sort());
    const gone = NAMES.flatMap((name) => {
      const now = new Set(pathsOf(schemaOf(name, "1.132").block));
      return pathsOf(schemaOf(name, "1.99").block)
        .filter((path) => !now.has(path))
        .map((path) => `${name} ${path}`);
    });
    expect(gone).toEqual(["provider experimental_is_unified_host"]);
  });

  it("knows what is new in 1.132, and in which shape", () => {
    const job = schemaOf("databricks_job", "1.132").block;
    expect(job.attributes.get("parent_path")).toMatchObject({ type: "string", optional: true });
    expect(job.blocks.get("triggers")).toMatchObject({ nesting: "list", maxItems: 0 });
    const task = blockOf(job, "task");
    for (const holder of [task, blockOf(blockOf(task, "for_each_task"), "task")]) {
      for (const kind of ["ai_runtime_task", "alert_task", "python_operator_task"]) {
        expect(holder.blocks.get(kind)).toMatchObject({ nesting: "list", maxItems: 1 });
      }
    }
    const runtime = blockOf(task, "ai_runtime_task");
    expect(runtime.attributes.get("experiment")?.required).toBe(true);
    expect(runtime.blocks.get("deployments")).toMatchObject({ minItems: 1, maxItems: 0 });
    expect(blockOf(task, "dashboard_task").attributes.get("filters")?.type).toBe("map(string)");
    const cluster = (version: "1.99" | "1.132"): unknown =>
      blockOf(schemaOf("databricks_job", version).block, "job_cluster").blocks.get("new_cluster");
    expect(cluster("1.99")).toMatchObject({ minItems: 1, maxItems: 1 });
    expect(cluster("1.132")).toMatchObject({ minItems: 0, maxItems: 1 });
  });

  it("leaves the workspace of a resource to the provider since 1.132", () => {
    const workspaceId = (version: "1.99" | "1.132"): unknown =>
      blockOf(schemaOf("databricks_job", version).block, "provider_config").attributes.get(
        "workspace_id",
      );
    expect(workspaceId("1.99")).toMatchObject({ required: true, computed: false });
    expect(workspaceId("1.132")).toMatchObject({ required: false, optional: true, computed: true });
  });

  it("replaces permissions when their object changes", () => {
    const { attributes } = schemaOf("databricks_permissions", "1.132").block;
    const inPlace = [...attributes].filter(([, { forceNew }]) => !forceNew).map(([name]) => name);
    expect(inPlace.sort()).toEqual(["id", "object_type"]);
  });
});
