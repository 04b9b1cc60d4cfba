import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { TYPESCRIPT } from "../e2e/support/processes";

const ROOT = resolve(__dirname, "..", "..");

describe("a mistake in an app", () => {
  it("is printed as one line that says what, where and how to fix it, with exit code 1", () => {
    const folder = mkdtempSync(join(tmpdir(), "jobstrata-app-"));
    try {
      const file = join(folder, "main.ts");
      const index = JSON.stringify(join(ROOT, "src", "constructs"));
      writeFileSync(
        file,
        `import { App, NotebookSource } from ${index};
new App({ outdir: ${JSON.stringify(folder)} });
NotebookSource.fromFile("src/alerting/nope.py");
`,
      );
      const { status, stdout, stderr } = spawnSync(process.execPath, [...TYPESCRIPT, file], {
        cwd: ROOT,
        encoding: "utf8",
      });
      expect(stderr).toMatch(
        /^notebook "src\/alerting\/nope\.py" does not exist \(looked in .*\) \(\S+main\.ts:3\)\n$/,
      );
      expect(stdout).toBe("");
      expect(status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
