import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jobstrata } from "../../cli/program-support";
import { ROOT } from "../../e2e/support/processes";

/** `<fixture>.<level>.<format>.txt`; UPDATE_EXPECTED=1 writes them anew. */
const EXPECTED = join(__dirname, "expected");

const CASES = [
  ["alerting-bundle", "jobs", "tree"],
  ["alerting-bundle", "tasks", "tree"],
  ["alerting-bundle", "jobs", "mermaid"],
  ["alerting-bundle", "tasks", "mermaid"],
  ["alerting-bundle", "jobs", "dot"],
  ["alerting-bundle", "tasks", "dot"],
  ["alerting-bundle", "jobs", "json"],
  ["wrong-bundle", "jobs", "tree"],
  ["wrong-bundle", "tasks", "tree"],
  ["wrong-bundle", "jobs", "mermaid"],
  ["wrong-bundle", "tasks", "mermaid"],
  ["wrong-bundle", "jobs", "dot"],
  ["wrong-bundle", "jobs", "json"],
  ["three-layer-bundle", "jobs", "tree"],
  ["three-layer-bundle", "tasks", "tree"],
  ["three-layer-bundle", "jobs", "mermaid"],
  ["three-layer-bundle", "tasks", "dot"],
  ["three-layer-bundle", "jobs", "json"],
] as const;

describe("the bundles of the fixtures", () => {
  it.each(CASES)("%s with its %s, as %s", async (fixture, level, format) => {
    const file = join(EXPECTED, `${fixture}.${level}.${format}.txt`);
    const bundle = join(ROOT, "__tests__", "fixtures", fixture);
    const { code, out } = await jobstrata("graph", bundle, "--level", level, "--format", format);
    expect(code).toBe(0);
    if (process.env.UPDATE_EXPECTED !== undefined) writeFileSync(file, out);
    expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe(out);
  });

  it("are drawn in the documentation as they are", () => {
    const drawing = readFileSync(join(EXPECTED, "wrong-bundle.jobs.tree.txt"), "utf8");
    const page = readFileSync(join(ROOT, "docs", "graph.md"), "utf8");
    expect(page).toContain(
      `\`\`\`\n${drawing.replaceAll("__tests__/fixtures/wrong-bundle/", "")}\`\`\``,
    );
  });

  it("leave no expected drawing over", () => {
    const names = CASES.map((parts) => `${parts.join(".")}.txt`);
    expect(readdirSync(EXPECTED).sort()).toEqual(names.sort());
  });
});
