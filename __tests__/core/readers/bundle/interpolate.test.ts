import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jobstrata } from "../../../cli/program-support";

test("a circle of variables is named once, where it is used", async () => {
  const folder = mkdtempSync(join(tmpdir(), "jobstrata-circle-"));
  try {
    writeFileSync(
      join(folder, "databricks.yml"),
      `bundle: { name: shop }
variables:
  a: { default: "\${var.b}" }
  b: { default: "x\${var.a}" }
  self: { default: "\${var.self}" }
resources:
  jobs:
    load:
      name: "\${var.a} \${var.a}"
      description: "\${var.self}"
`,
    );
    const { out, code } = await jobstrata("check", folder);
    expect(code).not.toBe(0);
    expect(out.match(/lead back to themselves/g)).toHaveLength(2);
    expect(out).toContain("9:7  error readable-source  ${var.a} -> ${var.b} -> ${var.a} lead back");
    expect(out).toContain("${var.self} -> ${var.self} lead back");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
