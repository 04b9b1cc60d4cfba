import { readdirSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "@jobstrata/cdktf";

describe("RULES", () => {
  test("holds every rule file, under its own name", () => {
    const folder = join(__dirname, "../../../../src/core/policy/rules");
    const files = readdirSync(folder).filter((file) => file !== "index.ts");
    expect(RULES.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort());
  });

  test("begins with the six lines of the checklist", () => {
    expect(RULES.slice(0, 6).map(({ name }) => name)).toEqual([
      "notebook-in-one-job",
      "composite-runs-jobs",
      "job-level-tag",
      "job-reference",
      "depends-on",
      "atomic-environment",
    ]);
  });
});
