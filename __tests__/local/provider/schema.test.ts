import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generateSchema } from "../../../src/local/provider/generate-schema";
import { buildSchema } from "../../../src/local/provider/schema";
import { EXTRAS } from "../../../src/local/provider/schema-extras";
import { schemaOf } from "../../../src/local/provider/schemas";

const FILE = join(__dirname, "../../../src/local/provider/schema.json");

describe("the provider's schema", () => {
  it("is what the installed CDK package makes (else: npm run generate:provider-schema)", () => {
    expect(readFileSync(FILE, "utf8")).toBe(generateSchema());
  });

  it("has extras only for what exists", () => {
    for (const name of Object.keys(EXTRAS)) {
      expect(() => schemaOf(name as Parameters<typeof schemaOf>[0])).not.toThrow();
    }
    expect(() => buildSchema(0, { attributes: { path: "string!" } }, { pth: {} })).toThrow(/pth/);
  });

  it("knows a job as the genuine provider does", () => {
    const { version, block } = schemaOf("databricks_job");
    expect(version).toBe(2);
    expect(block.blocks.size).toBe(27);
    expect(block.blocks.get("timeouts")?.nesting).toBe("single");
    const others = [...block.blocks].filter(([name]) => name !== "timeouts");
    expect(others.every(([, nested]) => nested.nesting === "list")).toBe(true);
    expect(block.blocks.get("task")?.maxItems).toBe(0);
    expect(block.blocks.get("queue")?.maxItems).toBe(1);
    expect(block.attributes.get("url")).toMatchObject({ computed: true, optional: false });
    expect(block.attributes.get("name")).toMatchObject({ optional: true, default: "Untitled" });
    expect(block.attributes.get("tags")).toMatchObject({ type: "map(string)", optional: true });
  });

  it("tells required from optional in nested blocks", () => {
    const task = schemaOf("databricks_job").block.blocks.get("task")?.block;
    expect(task?.attributes.get("task_key")?.required).toBe(true);
    expect(task?.attributes.get("retry_on_timeout")).toMatchObject({
      optional: true,
      computed: true,
    });
    const forEach = task?.blocks.get("for_each_task")?.block;
    expect(forEach?.blocks.get("task")).toMatchObject({ minItems: 1, maxItems: 1 });
  });

  it("has sets where the genuine provider has them", () => {
    expect(schemaOf("databricks_permissions").block.blocks.get("access_control")).toMatchObject({
      nesting: "set",
      minItems: 1,
    });
  });
});
